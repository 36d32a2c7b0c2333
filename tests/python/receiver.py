"""A subscriber made of other people's libraries: an HTTP server that verifies or parses every request with one of them.

The variable CHECKS is a JSON object of paths: {"/a": {"library": "svix", "secrets": ["whsec_..", ..], "wrong": "whsec_.."}}.
A request must verify with each of the secrets, and must not with the wrong one or after one byte of its body changed.
The first line of standard output is the port. GET / answers {"/a": [what each request came to, ..]}.
"""

import base64
import hashlib
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks
import stripe
import svix
from cloudevents.http import from_http
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CHECKS = json.loads(os.environ["CHECKS"])
RESULTS = {path: [] for path in CHECKS}


def of_standardwebhooks(check, secret, headers, body):
    standardwebhooks.Webhook(secret).verify(body, headers)


def of_svix(check, secret, headers, body):
    svix.Webhook(secret).verify(body, headers)


def of_ed25519(check, public, headers, body):
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    for item in headers["webhook-signature"].split(" "):
        version, _, signature = item.partition(",")
        if version == "v1a":
            try:
                return key.verify(base64.b64decode(signature), signed)
            except InvalidSignature:
                continue
    raise ValueError("no v1a signature fits")


def of_stripe(check, secret, headers, body):
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
    if event["id"] != json.loads(body)["id"]:
        raise ValueError("another event")


def of_hmac(check, secret, headers, body):
    digest = hmac.new(secret.encode(), body, getattr(hashlib, check["algorithm"]))
    text = digest.hexdigest() if check["encoding"] == "hex" else base64.b64encode(digest.digest()).decode()
    if not hmac.compare_digest(headers[check["header"]], check["prefix"] + text):
        raise ValueError("another signature")


LIBRARIES = {
    "standardwebhooks": of_standardwebhooks,
    "svix": of_svix,
    "ed25519": of_ed25519,
    "stripe": of_stripe,
    "hmac": of_hmac,
}


def fails(verify, *arguments):
    try:
        verify(*arguments)
    except Exception:
        return
    raise ValueError("verified what nobody signed")


def verified(check, headers, body):
    verify = LIBRARIES[check["library"]]
    changed = bytes([body[0] ^ 1]) + body[1:]
    for secret in check["secrets"]:
        verify(check, secret, headers, body)
        fails(verify, check, secret, headers, changed)
    fails(verify, check, check["wrong"], headers, body)


def as_event(headers, body):
    event = from_http(headers, body)
    data = event.get_data()
    attributes = {name: value for name, value in event.get_attributes().items() if value is not None}
    if isinstance(data, bytes):
        return {"attributes": attributes, "bytes": base64.b64encode(data).decode()}
    return {"attributes": attributes, "data": data}


def judged(check, headers, body):
    try:
        if check["library"] == "cloudevents":
            return as_event(headers, body)
        verified(check, headers, body)
        return {"verified": True}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        result = judged(CHECKS[self.path], headers, body)
        RESULTS[self.path].append(result)
        self.answer(400 if "error" in result else 200, result)

    def do_GET(self):
        self.answer(200, RESULTS)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
