"""Verifies webhooks with the reference library of Standard Webhooks, as a receiver would.

Standard input: {"secret": "whsec_..", "webhooks": [{"headers": {..}, "body": base64}, ..]}. Prints how many were verified;
the first that is not ends the program with the library's own error.
"""

import base64
import json
import sys

from standardwebhooks import Webhook

task = json.load(sys.stdin)
receiver = Webhook(task["secret"])
for webhook in task["webhooks"]:
    receiver.verify(base64.b64decode(webhook["body"]), webhook["headers"])
print(len(task["webhooks"]))
