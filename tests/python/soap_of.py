"""Reads a SOAP envelope (a JSON string on standard input) with Python's own parser, and prints what is in it as JSON."""

import json
import sys
import xml.etree.ElementTree as ElementTree

envelope = ElementTree.fromstring(json.load(sys.stdin))
operation = envelope[0][0]
fields = [[field.tag.split("}")[1], field.get("name"), field.text] for field in operation]
print(json.dumps([envelope.tag, operation.tag, fields]))
