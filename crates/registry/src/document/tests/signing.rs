//! Schemes and their secrets, read, kept, written and refused.

use super::*;

/// Schemes beside `standard`, one secret each, that all go together.
pub(super) fn other_schemes() -> Vec<SigningScheme> {
    let document = json!([
        {"scheme": "standard-ed25519"},
        {"scheme": "github"},
        {"scheme": "stripe"},
        {"scheme": "hmac", "header": "x-signature", "algorithm": "sha1", "encoding": "base64", "prefix": "sha1="},
    ]);
    made(&document).signing.schemes().to_vec()
}

/// The minimal document with this `signing`.
fn with(signing: &Value) -> Value {
    let mut document = minimal();
    document["signing"] = signing.clone();
    document
}

fn fresh(byte: u8) -> Fresh {
    Fresh::generate(|bytes| bytes.fill(byte))
}

/// With new secrets where none is named.
fn made(signing: &Value) -> Settings {
    read(&with(signing), &Reading { fresh: Some(&fresh(1)), ..Reading::default() }).unwrap()
}

/// In place of these settings, with other new secrets.
fn replaced(current: &Settings, signing: &Value) -> Settings {
    let reading = Reading { signing: Some(&current.signing), fresh: Some(&fresh(2)), ..Reading::default() };
    read(&with(signing), &reading).unwrap()
}

fn refused(signing: &Value) -> Vec<(String, String)> {
    let reading = Reading { fresh: Some(&fresh(1)), ..Reading::default() };
    let problems = read(&with(signing), &reading).unwrap_err();
    problems.listed().iter().map(|problem| (problem.pointer().to_owned(), problem.message.clone())).collect()
}

fn shown(settings: &Settings) -> Value {
    write(settings, Secrets::Shown)["signing"].clone()
}

#[test]
fn one_scheme_is_a_mapping_and_several_are_a_list_with_every_default() {
    let one = shown(&made(&json!([{"scheme": "hmac", "header": "X-Signature"}])));
    let hmac = json!({"scheme": "hmac", "header": "x-signature", "algorithm": "sha256", "encoding": "hex", "prefix": "",
        "secret": "01".repeat(32)});
    assert_eq!(one, hmac);
    let two =
        shown(&made(&json!([{"scheme": "standard", "secret": SECRET}, {"scheme": "stripe", "secret": "whsec_12"}])));
    let expected = json!([{"scheme": "standard", "secret": SECRET},
        {"scheme": "stripe", "header": "stripe-signature", "secret": "whsec_12"}]);
    assert_eq!(two, expected);
}

#[test]
fn the_public_key_is_shown_and_checked_when_it_comes_back() {
    let settings = made(&json!({"scheme": "standard-ed25519"}));
    let masked = write(&settings, Secrets::Masked)["signing"].clone();
    let public = masked["public_key"].as_str().unwrap();
    assert!(public.starts_with("whpk_") && masked["secret"].as_str().unwrap().starts_with("whsk_…"), "{masked}");
    let again = json!({"scheme": "standard-ed25519", "public_key": public});
    assert_eq!(replaced(&settings, &again), settings);
    let message = "does not belong to the newest secret: remove it, or give its secret";
    let other =
        replaced(&settings, &json!({"scheme": "standard-ed25519", "secret": format!("whsk_{}=", "A".repeat(43))}));
    let other = json!({"scheme": "standard-ed25519", "public_key": shown(&other)["public_key"]});
    assert_eq!(refused(&other), [("/signing/public_key".to_owned(), message.to_owned())]);
}

#[test]
fn a_scheme_keeps_its_secrets_and_another_gets_new_ones() {
    let before = made(&json!([{"scheme": "github"}, {"scheme": "hmac", "header": "x-a"}]));
    let after =
        replaced(&before, &json!([{"scheme": "hmac", "header": "X-A", "encoding": "base64"}, {"scheme": "stripe"}]));
    let [kept, new] = after.signing.schemes() else { panic!("not two") };
    assert_eq!(kept.keys, before.signing.schemes()[1].keys);
    assert_eq!(new.keys, [fresh(2).key(1, &new.scheme).unwrap().into()]);
    let mut unsigned = with(&json!(null));
    unsigned.as_object_mut().unwrap().remove("signing");
    let reading = Reading { signing: Some(&before.signing), ..Reading::default() };
    assert_eq!(read(&unsigned, &reading).unwrap(), before);
}

#[test]
fn only_new_secrets_are_revealed() {
    let before = made(&json!({"scheme": "github"}));
    let after = replaced(&before, &json!([{"scheme": "github"}, {"scheme": "standard-ed25519"}]));
    let answer = reveal(&after.signing, &fresh(2));
    assert_eq!(answer[0], json!({"scheme": "github", "secret": "…0101"}));
    let private = fresh(2).key(1, &Scheme::StandardEd25519).unwrap().expose().to_string();
    assert_eq!(answer[1]["secrets"], json!([{"secret": private}]));
    assert!(answer[1]["public_key"].is_string());
    let alone = reveal(&before.signing, &fresh(1));
    assert_eq!(alone, json!({"scheme": "github", "secrets": [{"secret": "01".repeat(32)}]}));
}

#[test]
fn each_wrong_value_is_named_by_its_place() {
    let text = "0123456789abcdef";
    for (signing, pointer, message) in [
        (
            json!({"scheme": "svix"}),
            "/signing/scheme",
            "is no scheme: use standard, standard-ed25519, github, stripe or hmac",
        ),
        (json!([]), "/signing", "is empty: name a scheme, or leave signing out"),
        (
            json!([{}, {}]),
            "/signing/1",
            "sets header webhook-signature, as standard before it: remove one, or use another header",
        ),
        (
            json!([{"scheme": "github"}, {"scheme": "hmac", "header": "x-hub-signature-256"}]),
            "/signing/1",
            "sets header x-hub-signature-256, as github before it: remove one, or use another header",
        ),
        (json!([{}, {}, {}, {}, {}]), "/signing", "has 5 items: give at most 4"),
        (json!({"scheme": "hmac"}), "/signing/header", "is missing: name it, such as x-signature"),
        (
            json!({"scheme": "hmac", "header": "webhook-id"}),
            "/signing/header",
            "header `webhook-id` is set by barid itself, as every one that begins with webhook-, barid- or ce-: remove it",
        ),
        (
            json!({"scheme": "hmac", "header": "Host"}),
            "/signing/header",
            "header `host` is set by barid itself: remove it",
        ),
        (
            json!({"scheme": "hmac", "header": "x-a", "algorithm": "md5"}),
            "/signing/algorithm",
            "is none of those known: use sha1, sha256 or sha512",
        ),
        (json!({"scheme": "github", "header": "x-a"}), "/signing/header", "is fixed by scheme github: remove it"),
        (json!({"scheme": "stripe", "prefix": "v1="}), "/signing/prefix", "is fixed by scheme stripe: remove it"),
        (
            json!({"scheme": "github", "public_key": "whpk_AAAA"}),
            "/signing/public_key",
            "belongs to scheme standard-ed25519: github has none, remove it",
        ),
        (
            json!({"scheme": "github", "secret": "short"}),
            "/signing/secret",
            "secret has 5 bytes: give 8 to 512, or make one with: openssl rand -hex 32",
        ),
        (
            json!({"scheme": "github", "secrets": [text, text]}),
            "/signing/secrets",
            "has several, and github carries one signature: keep the newest",
        ),
        (
            json!({"scheme": "stripe", "secrets": []}),
            "/signing/secrets",
            "is empty: give at least one, or leave it out",
        ),
        (
            json!([{"scheme": "github", "secret": "…cdef"}]),
            "/signing/0/secret",
            "is masked: leave it out to keep it, or give the whole secret",
        ),
        (
            json!({"scheme": "standard-ed25519", "secret": SECRET}),
            "/signing/secret",
            "key begins with `whsec_`: a key that begins with `whsk_` is needed here, or make one with: echo whsk_$(openssl rand -base64 32)",
        ),
    ] {
        assert_eq!(refused(&signing), [(pointer.to_owned(), message.to_owned())], "{signing}");
    }
}

#[test]
fn a_header_belongs_to_the_signature_or_to_the_destination() {
    for (key, value, by) in [
        ("headers", json!({"X-Signature": "a"}), "destination.headers"),
        ("auth", json!({"kind": "header", "name": "x-signature", "value": "a"}), "destination.auth"),
    ] {
        let mut document = with(&json!({"scheme": "hmac", "header": "x-signature", "secret": "0123456789"}));
        document["destination"][key] = value;
        let refused = read(&document, &Reading::default()).unwrap_err();
        let message = format!("sets header x-signature, as {by} does: use another header");
        assert_eq!(told(&refused), [("/signing", message.as_str())]);
    }
}

#[test]
fn without_new_secrets_every_scheme_must_name_its_own() {
    let document = with(&json!([{"scheme": "standard", "secret": SECRET}, {"scheme": "github"}]));
    let refused = read(&document, &Reading::default()).unwrap_err();
    assert_eq!(told(&refused), [("/signing/1/secret", "is missing: make one with: openssl rand -hex 32")]);
}

#[test]
fn a_patch_that_changes_the_scheme_begins_anew() {
    let before = made(&json!({"scheme": "hmac", "header": "x-a", "prefix": "sha1=", "algorithm": "sha1"}));
    let fresh = fresh(2);
    let patched = |change| patch(&before, &change, &Reading { fresh: Some(&fresh), ..Reading::default() });
    let stripe = patched(json!({"signing": {"scheme": "stripe"}})).unwrap();
    assert_eq!(shown(&stripe)["secret"], "02".repeat(32));
    let renamed = patched(json!({"signing": {"header": "x-b"}})).unwrap();
    assert_eq!(renamed.signing.schemes()[0].keys, before.signing.schemes()[0].keys);
    let listed = patched(json!({"signing": [{"scheme": "hmac", "header": "x-a"}, {"scheme": "standard"}]})).unwrap();
    assert_eq!(listed.signing.schemes()[0].keys, before.signing.schemes()[0].keys);
}

#[test]
fn a_patch_may_replace_a_key_pair() {
    let before = made(&json!({"scheme": "standard-ed25519"}));
    let change = json!({"signing": {"secret": format!("whsk_{}=", "A".repeat(43))}});
    assert_ne!(changed(&before, &change).unwrap().signing, before.signing);
}
