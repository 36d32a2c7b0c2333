//! The server around the API.

use std::time::Duration;

use barid_gateway::Limits;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::send,
    world::{Choice, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn operations_and_documentation_need_no_key() {
    let world = World::new().await;
    let get = async |path: &str| send(world.addresses[0], "GET", path, &[], "").await;
    assert_eq!(get("/livez").await.status, 200);
    world.health.readiness("store").set_failing("away");
    assert_eq!(get("/readyz").await.status, 503);
    assert!(
        get("/metrics")
            .await
            .text
            .contains(r#"barid_http_requests_total{code_class="2xx",method="GET",route="/livez"} 1"#)
    );
    assert_eq!(get("/openapi.json").await.body, barid_gateway::openapi());
    assert_eq!(get("/docs").await.status, 308);
    let page = get("/docs/").await;
    assert!(page.text.contains("swagger"), "{}", page.text);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    for part in page.text.split(['"', '\'']).filter(|part| [".js", ".css"].iter().any(|end| part.contains(end))) {
        assert!(!part.contains("//"), "{part} is loaded from elsewhere");
        assert_eq!(get(&format!("/docs/{}", part.trim_start_matches("./"))).await.status, 200, "{part}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_paths_and_methods_are_problems() {
    let world = World::new().await;
    world.get("/v2/events").await.expect(404);
    let refused = world.delete("/v1/events").await.expect(405);
    assert_eq!(refused.header("allow"), "POST");
    let refused = world.request(&world.admin, "TRACE", "/v1/keys", None).await.expect(405);
    assert_eq!(refused.header("allow"), "GET, HEAD, POST");
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
    let json = ("content-type", "application/json");
    world.with_headers("POST", "/v1/tenants", &[json], "{").await.expect(400);
    world.with_headers("POST", "/v1/tenants", &[json], "").await.expect(400);
    world.with_headers("POST", "/v1/tenants", &[("content-type", "text/yaml")], "id: acme").await.expect(415);
    world.with_headers("POST", "/v1/tenants", &[json], &" ".repeat(300_000)).await.expect(413);
    world.post("/v1/tenants?colour=red", &json!({"id": "acme"})).await.expect(400);
    world.get("/v1/tenants/%FF").await.expect(404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_address_takes_events_and_nothing_else() {
    for publishes in [true, false] {
        let world = World::with(Choice { public: Some(publishes), ..Choice::default() }).await;
        let (public, authorization) = (world.addresses[1], format!("Bearer {}", world.admin));
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        for path in ["/v1/subscriptions", "/v1/keys", "/metrics", "/readyz", "/docs/", "/openapi.json"] {
            assert_eq!(send(public, "GET", path, &headers, "").await.status, 404, "{path}");
        }
        let published = send(public, "POST", "/v1/events", &headers, r#"{"type": "deal.won"}"#).await;
        assert_eq!(published.status, if publishes { 202 } else { 404 });
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_drips_its_header_is_cut_off() {
    let limits = Limits { header_timeout: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(Choice { limits, ..Choice::default() }).await;
    let mut stream = TcpStream::connect(world.addresses[0]).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    let mut rest = Vec::new();
    // Ends by itself: that is the proof.
    stream.read_to_end(&mut rest).await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_given_up() {
    let limits = Limits { body_timeout: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(Choice { limits, ..Choice::default() }).await;
    let mut stream = TcpStream::connect(world.addresses[0]).await.unwrap();
    let head = format!(
        "POST /v1/tenants HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{",
        world.admin
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_neither_in_the_database_nor_in_answers() {
    let world = World::new().await;
    let made = world.post("/v1/subscriptions", &crate::world::subscription("acme", "deals")).await.expect(201);
    let secret = made.body["signing"]["secrets"][0]["secret"].as_str().unwrap();
    let key = world.key("read", "acme").await;
    for path in ["/v1/subscriptions", "/v1/keys", "/metrics"] {
        let text = world.get(path).await.text;
        assert!(!text.contains(secret) && !text.contains(&key[16..]) && !text.contains("private-path"), "{path}");
    }
    for entry in std::fs::read_dir(world.directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [secret, &key[16..], &world.admin[16..], "private-path"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
    world.end().await;
}
