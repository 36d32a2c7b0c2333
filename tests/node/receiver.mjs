// A subscriber made of other people's libraries: an HTTP server that verifies or parses every request with one of them.
//
// The variable CHECKS is a JSON object of paths: {"/a": {"library": "svix", "secrets": ["whsec_..", ..], "wrong": "whsec_.."}}.
// A request must verify with each of the secrets, and must not with the wrong one or after one byte of its body changed.
// The first line of standard output is the port. GET / answers {"/a": [what each request came to, ..]}.

import crypto from "node:crypto";
import http from "node:http";

import * as octokit from "@octokit/webhooks-methods";
import { HTTP } from "cloudevents";
import * as standardwebhooks from "standardwebhooks";
import Stripe from "stripe";
import * as svix from "svix";

const checks = JSON.parse(process.env.CHECKS);
const results = Object.fromEntries(Object.keys(checks).map((path) => [path, []]));

// The head of an ed25519 public key in DER, before its 32 bytes (RFC 8410).
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const libraries = {
  standardwebhooks: (_, secret, headers, body) => new standardwebhooks.Webhook(secret).verify(body, headers),
  svix: (_, secret, headers, body) => new svix.Webhook(secret).verify(body, headers),
  stripe(_, secret, headers, body) {
    const event = Stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret);
    if (event.id !== JSON.parse(body).id) throw new Error("another event");
  },
  async github(_, secret, headers, body) {
    if (!(await octokit.verify(secret, body, headers["x-hub-signature-256"]))) throw new Error("another signature");
  },
  ed25519(_, publicKey, headers, body) {
    const bytes = Buffer.from(publicKey.replace("whpk_", ""), "base64");
    const key = crypto.createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: "der", type: "spki" });
    const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
    const fits = (item) => {
      const [version, signature] = item.split(",");
      return version === "v1a" && crypto.verify(null, signed, key, Buffer.from(signature, "base64"));
    };
    if (!headers["webhook-signature"].split(" ").some(fits)) throw new Error("no v1a signature fits");
  },
  hmac({ header, algorithm, encoding, prefix }, secret, headers, body) {
    const expected = prefix + crypto.createHmac(algorithm, secret).update(body).digest(encoding);
    if (!crypto.timingSafeEqual(Buffer.from(headers[header]), Buffer.from(expected))) throw new Error("another signature");
  },
};

async function fails(verify, ...rest) {
  try {
    await verify(...rest);
  } catch {
    return;
  }
  throw new Error("verified what nobody signed");
}

async function verified(check, headers, body) {
  const verify = libraries[check.library];
  const changed = String.fromCharCode(body.charCodeAt(0) ^ 1) + body.slice(1);
  for (const secret of check.secrets) {
    await verify(check, secret, headers, body);
    await fails(verify, check, secret, headers, changed);
  }
  await fails(verify, check, check.wrong, headers, body);
}

function asEvent(headers, bytes) {
  // The library takes what body parsers make of a request: text where it is JSON, else bytes.
  const body = headers["content-type"].includes("json") ? bytes.toString() : bytes;
  const { data, data_base64: base64, ...attributes } = HTTP.toEvent({ headers, body }).toJSON();
  if (base64 !== undefined) return { attributes, bytes: base64 };
  return Buffer.isBuffer(data) ? { attributes, bytes: data.toString("base64") } : { attributes, data };
}

async function judged(check, headers, body) {
  try {
    if (check.library === "cloudevents") return asEvent(headers, body);
    await verified(check, headers, body.toString());
    return { verified: true };
  } catch (error) {
    return { error: `${error}` };
  }
}

function answer(response, status, value) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

const server = http.createServer(async (request, response) => {
  const chunks = await request.toArray();
  if (request.method === "GET") return answer(response, 200, results);
  const result = await judged(checks[request.url], request.headers, Buffer.concat(chunks));
  results[request.url].push(result);
  answer(response, "error" in result ? 400 : 200, result);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
