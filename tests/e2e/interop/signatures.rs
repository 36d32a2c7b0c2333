//! Every scheme is verified by somebody else's library, while secrets rotate and several schemes sign at once. A changed
//! byte and a wrong secret are not.

use anyhow::Result;
use barid_signature::SigningKey;
use barid_tests::{Language, Stranger, Wants, World, event};
use serde_json::{Map, Value, json};

use crate::ALL;

/// Long after every test.
const UNTIL: &str = "2100-01-01T00:00:00Z";

/// Secrets of each kind: the newest, one that goes on signing beside it, and one that signs nothing.
const STANDARD: [&str; 3] = [
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
];
const TEXTS: [&str; 3] = ["whsec_stripes_newest", "It's a Secret to Everybody", "nobody knows this one"];

/// A check of a receiver: the library, and what it is given. The last secret is the wrong one.
fn check(library: &str, secrets: &[impl AsRef<str>]) -> Value {
    let mut secrets: Vec<_> = secrets.iter().map(AsRef::as_ref).collect();
    let wrong = secrets.pop();
    json!({"library": library, "secrets": secrets, "wrong": wrong})
}

/// A check of a bare HMAC, under the one secret that its scheme carries.
fn bare(header: &str, algorithm: &str, encoding: &str, prefix: &str) -> Value {
    let mut check = check("hmac", &TEXTS[1..]);
    for (key, value) in [("header", header), ("algorithm", algorithm), ("encoding", encoding), ("prefix", prefix)] {
        check[key] = value.into();
    }
    check
}

fn hmac(header: &str, algorithm: &str, encoding: &str, prefix: &str) -> Value {
    json!({"scheme": "hmac", "header": header, "algorithm": algorithm, "encoding": encoding, "prefix": prefix,
        "secret": TEXTS[1]})
}

fn rotating(scheme: &str, secrets: &[impl AsRef<str>]) -> Value {
    json!({"scheme": scheme, "secrets": [secrets[0].as_ref(), {"secret": secrets[1].as_ref(), "until": UNTIL}]})
}

/// Every path with how its requests are signed, and what its receiver makes of them.
fn paths(language: Language) -> Vec<(&'static str, Value, Value)> {
    let pairs = [1, 2, 3].map(|byte| SigningKey::generate(|seed| seed.fill(byte)));
    let private = pairs.each_ref().map(SigningKey::expose);
    let private = private.each_ref().map(|key| key.as_str());
    let public = pairs.each_ref().map(|pair| pair.verifying_key().to_string());
    let github = json!({"scheme": "github", "secret": TEXTS[1]});
    let (standard, stripe) = (rotating("standard", &STANDARD), rotating("stripe", &TEXTS));
    let ed25519 = rotating("standard-ed25519", &private);
    let all = json!([github, standard, stripe, ed25519]);
    let hmacs = json!([
        hmac("x-hub-signature", "sha1", "hex", "sha1="),
        hmac("x-hmac-sha256", "sha256", "base64", ""),
        hmac("x-signature", "sha512", "hex", "HMAC "),
    ]);
    let as_github = match language {
        Language::Node => check("github", &TEXTS[1..]),
        Language::Python => bare("x-hub-signature-256", "sha256", "hex", "sha256="),
    };
    vec![
        ("/standard", standard.clone(), check("standardwebhooks", &STANDARD)),
        ("/standard-svix", standard, check("svix", &STANDARD)),
        ("/ed25519", ed25519, check("ed25519", &public)),
        ("/github", github, as_github.clone()),
        ("/stripe", stripe, check("stripe", &TEXTS)),
        ("/all-standard", all.clone(), check("standardwebhooks", &STANDARD)),
        ("/all-svix", all.clone(), check("svix", &STANDARD)),
        ("/all-ed25519", all.clone(), check("ed25519", &public)),
        ("/all-github", all.clone(), as_github),
        ("/all-stripe", all, check("stripe", &TEXTS)),
        ("/hmac-sha1", hmacs.clone(), bare("x-hub-signature", "sha1", "hex", "sha1=")),
        ("/hmac-sha256", hmacs.clone(), bare("x-hmac-sha256", "sha256", "base64", "")),
        ("/hmac-sha512", hmacs, bare("x-signature", "sha512", "hex", "HMAC ")),
    ]
}

async fn every_scheme_is_verified(language: Language) -> Result<()> {
    let mut world = World::new(&format!("sign-{language:?}").to_lowercase()).await?;
    let paths = paths(language);
    let checks: Map<_, _> = paths.iter().map(|(path, _, check)| ((*path).to_owned(), check.clone())).collect();
    let receiver = Stranger::start(language, &checks.into(), &world.path("")).await?;
    let want = |(path, signing, _): &(&str, Value, Value)| {
        Wants::everything(&path[1..], receiver.url(path)).signing(signing.clone())
    };
    world.subscribe(&paths.iter().map(want).collect::<Vec<_>>())?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    world.settled().await?;
    let results = receiver.results().await?;
    for (path, ..) in &paths {
        assert_eq!(results[path], json!([{"verified": true}]), "{path}");
    }
    world.finish().await
}

#[tokio::test]
async fn every_scheme_is_verified_in_python() -> Result<()> {
    every_scheme_is_verified(Language::Python).await
}

#[tokio::test]
async fn every_scheme_is_verified_in_node() -> Result<()> {
    every_scheme_is_verified(Language::Node).await
}

/// The published vector of `v1a`: what we sign is what others verify, and not only what we verify ourselves.
async fn the_published_key_pair_is_verified(language: Language) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=".to_owned();
    let wrong = SigningKey::generate(|seed| seed.fill(1)).verifying_key().to_string();
    let checks = json!({"/": check("ed25519", &[public, wrong])});
    let receiver = Stranger::start(language, &checks, directory.path()).await?;
    let v1a = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    let other = format!("v1a,{}== {v1a}", "A".repeat(86));
    for (signatures, status) in [(v1a, 200), (&other, 200), (&v1a.replace("v1a,h", "v1a,g"), 400)] {
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signatures),
        ];
        let answer = receiver.post("/", &headers, br#"{"test": 2432232314}"#).await?;
        assert_eq!(answer.status, status, "{signatures}: {}", answer.body);
    }
    Ok(())
}

#[tokio::test]
async fn the_published_key_pair_is_verified_in_python() -> Result<()> {
    the_published_key_pair_is_verified(Language::Python).await
}

#[tokio::test]
async fn the_published_key_pair_is_verified_in_node() -> Result<()> {
    the_published_key_pair_is_verified(Language::Node).await
}
