//! What a destination asks for arrives: method, headers, and each way to prove who sends; and what cannot be sent is refused
//! when it is saved, by its place.

use anyhow::{Context as _, Result};
use barid_signature::{Secret, Verifier};
use barid_tests::receiver::{Answer, Request, Script};
use barid_tests::{Receiver, SECRET, TlsFront, Wants, World, event, pki};
use serde_json::{Value, json};

use crate::ALL;

/// The only request that came to a path, signed as all are.
async fn only(receiver: &Receiver, path: &str) -> Result<Request> {
    receiver.until_count(path, 1).await?;
    let request = receiver.requests(path).remove(0);
    request.verify(&Verifier::from(SECRET.parse::<Secret>()?)).context(path.to_owned())?;
    Ok(request)
}

fn wants(name: &str, url: String, destination: Value) -> Wants {
    Wants::everything(name, url).destination(destination)
}

/// An answer of a token endpoint.
fn token(token: &str) -> Answer {
    let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
    Answer::with_body(200, &body.to_string())
}

#[tokio::test]
async fn method_headers_and_authentication_arrive() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut world = World::new("destination").await?;
    let to = |path: &str| receiver.url(path);
    world.subscribe(&[
        wants("put", to("/put"), json!({"method": "PUT", "headers": {"X-Team": "sales"}})),
        wants("get", to("/get"), json!({"method": "GET"})),
        wants(
            "basic",
            to("/basic"),
            json!({"auth": {"kind": "basic", "username": "Aladdin", "password": "open sesame"}}),
        ),
        wants("bearer", to("/bearer"), json!({"auth": {"kind": "bearer", "token": "sesame"}})),
        wants("header", to("/header"), json!({"auth": {"kind": "header", "name": "X-Api-Key", "value": "sesame"}})),
    ])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;

    let put = only(&receiver, "/put").await?;
    assert_eq!((put.method.as_str(), put.header("x-team"), put.header("authorization")), ("PUT", Some("sales"), None));
    let get = only(&receiver, "/get").await?;
    assert_eq!((get.method.as_str(), get.body.len(), get.header("content-type")), ("GET", 0, None));
    let basic = only(&receiver, "/basic").await?;
    assert_eq!(basic.method, "POST");
    assert_eq!(basic.header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_eq!(only(&receiver, "/bearer").await?.header("authorization"), Some("Bearer sesame"));
    assert_eq!(only(&receiver, "/header").await?.header("x-api-key"), Some("sesame"));
    world.settled().await?;
    world.finish().await
}

#[tokio::test]
async fn a_token_is_fetched_and_replaced_once_when_it_is_refused() -> Result<()> {
    let receiver = Receiver::start().await?;
    receiver.on("/token", Script::first([token("one"), token("two")]).then(Answer::status(500)));
    receiver.on("/crm", Script::first([Answer::status(401)]));
    let mut world = World::new("oauth2").await?;
    let auth = json!({"kind": "oauth2", "token_url": receiver.url("/token"), "client_id": "c", "client_secret": "s"});
    // One attempt: what arrives a second time within it is no retry.
    world.subscribe(&[wants("crm", receiver.url("/crm"), json!({"auth": auth})).schedule(&["1h"])])?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    receiver.until_count("/crm", 2).await?;
    world.publish(&event("deal.won", "2")?).await?;
    receiver.until_count("/crm", 3).await?;
    world.settled().await?;
    let shown: Vec<_> =
        receiver.requests("/crm").iter().map(|r| r.header("authorization").map(str::to_owned)).collect();
    assert_eq!(shown, ["Bearer one", "Bearer two", "Bearer two"].map(|value| Some(value.to_owned())));
    let asked = receiver.requests("/token");
    assert_eq!((asked.len(), &asked[0].body[..]), (2, b"grant_type=client_credentials".as_slice()));
    assert_eq!(asked[0].header("authorization"), Some("Basic Yzpz"));
    world.finish().await
}

#[tokio::test]
async fn authorities_and_client_certificates_open_tls() -> Result<()> {
    let receiver = Receiver::start().await?;
    let (open, strict) =
        (TlsFront::start(receiver.address(), false).await?, TlsFront::start(receiver.address(), true).await?);
    let mut world = World::new("mtls").await?;
    let mtls = json!({"kind": "mtls", "certificate": pki::CERTIFICATE, "key": pki::KEY});
    world.subscribe(
        &[
            wants("ca", open.url("/ca"), json!({"ca": pki::CA})),
            wants("mtls", strict.url("/mtls"), json!({"ca": pki::CA, "auth": mtls})),
            wants("unknown-ca", open.url("/unknown-ca"), json!({"auth": mtls})),
            wants("no-certificate", strict.url("/no-certificate"), json!({"ca": pki::CA})),
        ]
        .map(|wants| wants.schedule(&["1s"])),
    )?;
    world.start(&ALL).await?;
    world.publish(&event("deal.won", "1")?).await?;
    only(&receiver, "/ca").await?;
    only(&receiver, "/mtls").await?;
    let dead = world.claim_dead_letters(2).await?;
    assert_eq!(dead.len(), 2);
    assert_eq!((receiver.count("/unknown-ca"), receiver.count("/no-certificate")), (0, 0));
    world.settled().await?;
    world.finish().await
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_by_its_place_and_secrets_are_masked() -> Result<()> {
    let mut world = World::new("destination-api").await?;
    world.use_sqlite();
    let gateway = world.start(&["gateway"]).await?;
    let api = world.api(&gateway)?;
    let mtls = |key: &str| json!({"auth": {"kind": "mtls", "certificate": pki::CERTIFICATE, "key": key}});
    let oauth2 =
        |url: &str| json!({"auth": {"kind": "oauth2", "token_url": url, "client_id": "c", "client_secret": "s"}});
    let refused = [
        (json!({"method": "BREW"}), "/destination/method"),
        (json!({"headers": {"Host": "x"}}), "/destination/headers/Host"),
        (json!({"headers": {"x-a": "x\r\nx-b: y"}}), "/destination/headers/x-a"),
        (json!({"ca": "garbage"}), "/destination/ca"),
        (mtls("garbage"), "/destination/auth/key"),
        (mtls(pki::OTHER_KEY), "/destination/auth/key"),
        (oauth2("ftp://id.example.com/"), "/destination/auth/token_url"),
        (oauth2("http://169.254.169.254/token"), "/destination/auth/token_url"),
    ];
    for (destination, pointer) in refused {
        let document = wants("a", "http://127.0.0.1:9/".to_owned(), destination).to_value();
        let answer = api.call("POST", "/v1/subscriptions", Some(&document), &[]).await?;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body.contains(&format!("\"{pointer}\"")), "{pointer}: {}", answer.body);
        assert!(!answer.body.contains("PRIVATE KEY"), "{}", answer.body);
    }
    let headers = json!({"headers": {"x-team": "sesame"}, "auth": mtls(pki::KEY)["auth"], "ca": pki::CA});
    let id = api.subscribe(&wants("a", "http://127.0.0.1:9/".to_owned(), headers)).await?;
    let shown = api.get(&format!("/v1/subscriptions/{id}")).await?;
    assert_eq!(shown["destination"]["headers"], json!({"x-team": "…"}));
    assert_eq!(shown["destination"]["auth"]["key"], "…");
    let masked = json!({"destination": {"headers": {"x-team": "…"}}});
    let merge = [("content-type", "application/merge-patch+json")];
    let answer = api.call("PATCH", &format!("/v1/subscriptions/{id}"), Some(&masked), &merge).await?;
    assert_eq!(answer.status, 422, "{}", answer.body);
    world.finish().await
}
