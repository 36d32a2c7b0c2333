//! What verifications may say, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::{cursor::Cursor, problem::Problems, tree::Node};

fn read(document: &Value) -> Result<Verification, Problems> {
    let node = Node::document(document).unwrap();
    let mut problems = Problems::default();
    let read = super::read(&Cursor::root(&node), &mut problems);
    problems.finish(read)
}

fn hmac() -> Value {
    json!({
        "scheme": "hmac", "algorithm": "sha256", "signed": "{timestamp}.{body}",
        "signature": {"header": "stripe-signature", "separator": ",", "prefix": "v1="},
        "timestamp": {"beside": "t="},
    })
}

fn refused(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = hmac();
    change(&mut document);
    let problems = read(&document).unwrap_err();
    problems.listed().iter().map(|problem| problem.pointer().to_owned()).collect()
}

#[test]
fn reads_a_signature() {
    let Verification::Signature(read) = read(&hmac()).unwrap() else { panic!("a signature") };
    assert_eq!(read.algorithm, Algorithm::Hmac(Hash::Sha256));
    assert_eq!(read.proof.place, ProofPlace::Header("stripe-signature".into()));
    assert_eq!(read.proof.encoding, Encoding::Hex);
    let timestamp = read.timestamp.unwrap();
    assert_eq!((timestamp.place, timestamp.tolerance), (TimestampPlace::Beside("t=".into()), DEFAULT_SKEW));
}

#[test]
fn reads_a_secret_that_comes_along() {
    let read = read(&json!({"scheme": "shared-secret", "signature": {"query": "key"}})).unwrap();
    let Verification::Secret(proof) = read else { panic!("a secret") };
    assert_eq!((proof.place, proof.encoding), (ProofPlace::Query("key".into()), Encoding::Text));
}

#[test]
fn refuses_what_proves_nothing() {
    assert_eq!(refused(|it| it["signed"] = "{body}".into()), ["/timestamp"]);
    assert_eq!(refused(|it| it["signed"] = "{timestamp}.{id}.{body}".into()), ["/id"]);
    assert_eq!(refused(|it| it["signed"] = "{timestamp}.{secret}{body}".into()), ["/algorithm"]);
    assert_eq!(refused(|it| it["signed"] = "{timestamp}".into()), ["/signed"]);
}

#[test]
fn every_problem_points_at_its_value() {
    assert_eq!(refused(|it| it["scheme"] = "magic".into()), ["/scheme"]);
    assert_eq!(refused(|it| it["algorithm"] = "ed25519".into()), ["/algorithm"]);
    assert_eq!(refused(|it| it["signature"]["header"] = "A b".into()), ["/signature/header", "/signature"]);
    assert_eq!(refused(|it| it["signature"]["query"] = "x".into()), ["/signature"]);
    assert_eq!(refused(|it| it["timestamp"]["tolerance"] = "2days".into()), ["/timestamp/tolerance"]);
    assert_eq!(refused(|it| it["secret"] = "hex".into()), ["/secret"]);
}
