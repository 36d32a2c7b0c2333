//! Every preset as its provider would use it, and what goes wrong.

mod handshakes;
mod mapping;
mod refusals;
mod samples;

use std::sync::Arc;

use barid_registry::source::{SourceReading, read};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};
use serde_json::{Value, json};

use crate::{Budget, Decision, Incoming, SignedSample, Source, presets, sign};

const URL: &str = "https://hooks.example.com/in/st_token";

/// The time at which the samples are sent.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_512_660, 0).unwrap()
}

/// What verifies and what signs; the same but for asymmetric signatures.
fn secrets(preset: &str) -> (String, String) {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    match preset {
        "standard-webhooks-ed25519" => {
            let both = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
            ("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=".to_owned(), format!("whsk_{both}"))
        }
        "sendgrid" => {
            let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
            let public = key.verifying_key().to_public_key_der().unwrap();
            (STANDARD.encode(public.as_bytes()), STANDARD.encode(key.to_pkcs8_der().unwrap().as_bytes()))
        }
        "standard-webhooks" | "svix" => same("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "salesforce" => same("00D000000000001EAA"),
        "basic" | "pipedrive" => same("user:pass:word"),
        _ => same("a secret that only two know"),
    }
}

/// A source of a preset, with changes to its document.
fn source_with(preset: &str, changes: &Value) -> Source {
    let mut document =
        json!({"name": "in", "preset": preset, "secret": secrets(preset).0, "verify_token": "verify me"});
    for (key, value) in changes.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    let reading = SourceReading { presets: presets(), tenant: None, current: None };
    Source::compile(Arc::new(read(&document, &reading).unwrap())).unwrap()
}

fn source(preset: &str) -> Source {
    source_with(preset, &json!({}))
}

fn sample(preset: &str) -> SignedSample {
    let preset = presets().get(preset).unwrap();
    let verification = preset.verification().unwrap();
    sign(preset, &verification, &secrets(preset.name.as_str()).1, URL, "msg_1", now()).unwrap()
}

fn received(source: &Source, sample: &SignedSample, now: DateTime<Utc>) -> Decision {
    let headers: Vec<_> = sample.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let incoming = Incoming { method: sample.method, url: &sample.url, headers: &headers, body: &sample.body };
    receive(source, &incoming, now)
}

/// Judges in all the time there is.
fn receive(source: &Source, incoming: &Incoming<'_>, now: DateTime<Utc>) -> Decision {
    source.receive(incoming, now, &mut Budget::new(&|| false))
}
