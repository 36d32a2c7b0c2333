"""Reads webhooks as CloudEvents with the CloudEvents SDK, as a receiver would.

Standard input: {"webhooks": [{"headers": {..}, "body": base64}, ..]}. Prints a JSON list of their attributes and data.
"""

import base64
import json
import sys

from cloudevents.http import from_http

task = json.load(sys.stdin)
events = [from_http(webhook["headers"], base64.b64decode(webhook["body"])) for webhook in task["webhooks"]]
print(json.dumps([{"attributes": dict(event.get_attributes()), "data": event.get_data()} for event in events]))
