//! Destinations that come back as they were, patches, and secrets that do not show.

use serde_json::{Value, json};

use crate::{
    Secrets, Settings,
    document::{Reading, patch, read, write},
    problem::Problems,
};

fn document(destination: &Value) -> Value {
    let mut document = json!({
        "name": "a",
        "events": ["deal.won"],
        "destination": {"url": "https://hooks.example.com/"},
        "signing": {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
    });
    for (key, value) in destination.as_object().unwrap() {
        document["destination"][key] = value.clone();
    }
    document
}

fn accepted(destination: &Value) -> Settings {
    read(&document(destination), &Reading::default()).unwrap()
}

fn told(refused: &Problems) -> Vec<(String, String)> {
    refused.listed().iter().map(|problem| (problem.pointer().to_owned(), problem.message.clone())).collect()
}

fn refused(destination: &Value) -> (String, String) {
    told(&read(&document(destination), &Reading::default()).unwrap_err()).remove(0)
}

fn every_kind() -> [Value; 6] {
    [
        json!({"kind": "none"}),
        json!({"kind": "basic", "username": "sesame", "password": "sesame"}),
        json!({"kind": "bearer", "token": "sesame"}),
        json!({"kind": "header", "name": "x-api-key", "value": "sesame"}),
        json!({
            "kind": "oauth2", "token_url": "https://id.example.com/sesame", "client_id": "c", "client_secret": "sesame",
            "scope": "a b", "audience": "x", "client_auth": "body",
        }),
        json!({"kind": "mtls", "certificate": "CERT", "key": "sesame"}),
    ]
}

#[test]
fn every_kind_of_authentication_comes_back_as_it_was() {
    for auth in every_kind() {
        let settings = accepted(&json!({"auth": auth, "method": "PUT", "headers": {"X-Team": "sales"}, "ca": "PEM"}));
        let written = write(&settings, Secrets::Shown);
        assert_eq!(written["destination"]["auth"], auth);
        assert_eq!(written["destination"]["headers"], json!({"x-team": "sales"}));
        assert_eq!((&written["destination"]["method"], &written["destination"]["ca"]), (&json!("PUT"), &json!("PEM")));
        assert_eq!(read(&written, &Reading::default()).unwrap(), settings);
    }
}

#[test]
fn no_secret_shows_and_what_is_masked_is_refused() {
    for auth in every_kind() {
        let settings = accepted(&json!({"auth": auth, "headers": {"x-team": "sesame"}}));
        let masked = write(&settings, Secrets::Masked);
        assert!(!masked.to_string().contains("sesame"), "{masked}");
        assert!(!format!("{settings:?}").contains("sesame"), "{settings:?}");
        let refused = told(&read(&masked, &Reading::default()).unwrap_err());
        let is_masked = |(pointer, message): &(String, String)| {
            pointer.starts_with("/destination/") == message.starts_with("is masked: give the whole value")
        };
        assert!(refused.iter().all(is_masked), "{refused:?}");
    }
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    let cases = [
        (json!({"method": "TRACE"}), "/destination/method", "use POST, PUT, PATCH, DELETE, GET"),
        (json!({"headers": {"Host": "x"}}), "/destination/headers/Host", "set by barid itself"),
        (json!({"headers": {"webhook-id": "x"}}), "/destination/headers/webhook-id", "set by barid itself"),
        (json!({"headers": {"content-type": "x"}}), "/destination/headers/content-type", "payload.content_type"),
        (json!({"headers": {"a b": "x"}}), "/destination/headers/a b", "not valid"),
        (json!({"headers": {"x-a": "x\r\nhost: y"}}), "/destination/headers/x-a", "not visible ascii"),
        (json!({"headers": {"x-a": "x", "X-A": "y"}}), "/destination/headers", "there twice"),
        (
            json!({"auth": {"kind": "digest"}}),
            "/destination/auth/kind",
            "use none, basic, bearer, header, oauth2, mtls",
        ),
        (json!({"auth": {"token": "t"}}), "/destination/auth/kind", "is missing"),
        (json!({"auth": {"kind": "bearer"}}), "/destination/auth/token", "is missing"),
        (json!({"auth": {"kind": "bearer", "token": "t", "key": "k"}}), "/destination/auth/key", "another kind"),
        (json!({"auth": {"kind": "basic", "username": "a:b", "password": ""}}), "/destination/auth/username", "colon"),
        (json!({"auth": {"kind": "header", "name": "host", "value": "v"}}), "/destination/auth/name", "set by barid"),
        (json!({"auth": {"kind": "mtls", "certificate": "", "key": "k"}}), "/destination/auth/certificate", "is empty"),
        (
            json!({"auth": {"kind": "oauth2", "token_url": "http://a/", "client_id": "c", "client_secret": "s"}}),
            "/destination/auth/token_url",
            "use https",
        ),
        (json!({"ca": 7}), "/destination/ca", "give text"),
    ];
    for (destination, pointer, message) in cases {
        let (at, text) = refused(&destination);
        assert_eq!(at, pointer, "{destination}");
        assert!(text.contains(message), "{destination}: {text}");
    }
}

#[test]
fn a_header_that_the_authentication_sets_is_refused() {
    let destination = json!({"headers": {"authorization": "x"}, "auth": {"kind": "bearer", "token": "t"}});
    let (pointer, message) = refused(&destination);
    assert_eq!(pointer, "/destination/headers");
    assert!(message.contains("`authorization` is set by destination.auth"), "{message}");
}

#[test]
fn a_patch_of_another_kind_replaces_the_authentication_and_of_a_header_that_header() {
    let current = accepted(&json!({"auth": every_kind()[1], "headers": {"x-a": "1", "x-b": "2"}}));
    let change = json!({"destination": {"auth": every_kind()[2], "headers": {"X-A": "3", "X-B": null}}});
    let patched = patch(&current, &change, &Reading::default()).unwrap();
    let written = write(&patched, Secrets::Shown);
    assert_eq!(written["destination"]["auth"], every_kind()[2]);
    assert_eq!(written["destination"]["headers"], json!({"x-a": "3"}));
    let same_kind = json!({"destination": {"auth": {"kind": "basic", "password": "new"}}});
    let patched = patch(&current, &same_kind, &Reading::default()).unwrap();
    let expected = json!({"kind": "basic", "username": "sesame", "password": "new"});
    assert_eq!(write(&patched, Secrets::Shown)["destination"]["auth"], expected);
    let none = patch(&current, &json!({"destination": {"auth": null, "headers": null}}), &Reading::default()).unwrap();
    assert_eq!(none.destination.access(), None);
}
