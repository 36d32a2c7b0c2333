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
    try:
        receiver.verify(base64.b64decode(webhook["body"]), webhook["headers"])
    except json.JSONDecodeError:
        # The library parses what it has verified, and not every body is JSON.
        pass
print(len(task["webhooks"]))
