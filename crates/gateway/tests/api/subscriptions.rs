//! Subscriptions through the API.

use serde_json::json;

use crate::world::{Choice, World, subscription};

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_lives_from_creation_to_deletion() {
    let world = World::new().await;
    let made = world.post("/v1/subscriptions", &subscription("acme", "deals")).await.expect(201);
    let secret = made.body["signing"]["secrets"][0]["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && !secret.contains('…'));
    assert_eq!((made.header("barid-outcome"), made.header("cache-control")), ("created", "no-store"));
    let path = format!("/v1/subscriptions/{}", made.body["id"].as_str().unwrap());

    let shown = world.get(&path).await.expect(200);
    assert_eq!(shown.body["destination"]["url"], "http://127.0.0.1:9/…");
    assert!(!shown.text.contains(&secret) && !shown.text.contains("private-path"));
    assert_eq!(shown.header("etag"), format!("\"{}\"", shown.body["revision"]));
    world.post("/v1/subscriptions", &subscription("acme", "deals")).await.expect(409);

    let secrets = world.get(&format!("{path}/secrets")).await.expect(200);
    assert_eq!(secrets.body["secrets"][0]["secret"], secret.as_str());
    assert_eq!(secrets.body["url"], "http://127.0.0.1:9/private-path");

    let again = world.put(&path, &subscription("acme", "deals")).await.expect(200);
    assert_eq!(again.header("barid-outcome"), "unchanged");
    let change = json!({"delivery": {"max_in_flight": 8}});
    let patched = world.request(&world.admin, "PATCH", &path, Some(&change)).await.expect(200);
    assert_eq!(patched.body["delivery"]["max_in_flight"], 8);
    assert_eq!(patched.header("barid-outcome"), "changed");
    assert_eq!(world.get(&format!("{path}/secrets")).await.body["secrets"][0]["secret"], secret.as_str());

    world.delete(&path).await.expect(204);
    world.get(&path).await.expect(404);
    world.delete(&path).await.expect(404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_gone_changes_nothing() {
    let world = World::new().await;
    let id = world.subscribe("acme", "deals").await;
    let path = format!("/v1/subscriptions/{id}");
    let old = world.get(&path).await.header("etag").to_owned();
    let document = subscription("acme", "deals").to_string();
    let json = ("content-type", "application/json");
    let change = r#"{"delivery": {"max_in_flight": 8}}"#;
    world.with_headers("PATCH", &path, &[json, ("if-match", &old)], change).await.expect(200);
    for (method, body) in [("PUT", document.as_str()), ("PATCH", change), ("DELETE", "")] {
        let refused = world.with_headers(method, &path, &[json, ("if-match", &old)], body).await.expect(412);
        assert_ne!(refused.header("etag"), old);
    }
    world.with_headers("PUT", &path, &[json, ("if-none-match", "*")], &document).await.expect(412);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_changes_nothing() {
    let world = World::new().await;
    let tried = world.post("/v1/subscriptions?dry_run=1", &subscription("acme", "deals")).await.expect(200);
    assert_eq!(tried.header("barid-outcome"), "created");
    let path = format!("/v1/subscriptions/{}", tried.body["id"].as_str().unwrap());
    world.get(&path).await.expect(404);
    world.put(&path, &subscription("acme", "deals")).await.expect(201);
    let mut other = subscription("acme", "deals");
    other["events"] = json!(["lead.#"]);
    let tried = world.put(&format!("{path}?dry_run=1"), &other).await.expect(200);
    assert_eq!(tried.header("barid-outcome"), "changed");
    world.delete(&format!("{path}?dry_run=1")).await.expect(204);
    assert_eq!(world.get(&path).await.expect(200).body["events"], json!(["deal.#"]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_pointed_at() {
    let world = World::new().await;
    let id = world.subscribe("acme", "deals").await;
    let with = |key: &str, value| {
        let mut document = subscription("acme", "other");
        document[key] = value;
        document
    };
    let cases = [
        ("/destination/url", with("destination", json!({"url": "http://169.254.169.254/"}))),
        ("/destination/url", with("destination", json!({"url": "ftp://example.com/"}))),
        ("/events/0", with("events", json!(["Deal"]))),
        ("/colour", with("colour", json!("red"))),
        ("/name", with("name", json!(""))),
    ];
    for (pointer, document) in cases {
        let refused = world.post("/v1/subscriptions", &document).await.expect(422);
        assert_eq!(refused.pointer(), pointer, "{}", refused.text);
    }
    let refused = world.put(&format!("/v1/subscriptions/{id}"), &subscription("acme", "other")).await.expect(422);
    assert_eq!(refused.pointer(), "/name");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_signs_beside_the_old_one() {
    let world = World::new().await;
    let path = format!("/v1/subscriptions/{}", world.subscribe("acme", "deals").await);
    let before = world.get(&format!("{path}/secrets")).await.body["secrets"][0]["secret"].clone();
    let rotated = world.post(&format!("{path}/rotate-secret"), &json!({"overlap": "1h"})).await.expect(200);
    let fresh = &rotated.body["signing"]["secrets"][0]["secret"];
    assert!(!fresh.as_str().unwrap().contains('…'));
    assert!(rotated.body["signing"]["secrets"][1]["secret"].as_str().unwrap().contains('…'));
    let secrets = world.get(&format!("{path}/secrets")).await.body["secrets"].clone();
    assert_eq!((&secrets[0]["secret"], &secrets[1]["secret"]), (fresh, &before));
    assert!(secrets[1]["until"].is_string());
    let refused = world.post(&format!("{path}/rotate-secret"), &json!({"overlap": "31days"})).await.expect(422);
    assert_eq!(refused.pointer(), "/overlap");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_page_by_page_and_keep_to_the_quota() {
    let quotas = barid_gateway::DefaultQuotas { subscriptions: 3, ..Default::default() };
    let world = World::with(Choice { quotas, ..Choice::default() }).await;
    for name in ["a", "b", "c"] {
        world.subscribe("acme", name).await;
    }
    world.subscribe("globex", "a").await;
    let refused = world.post("/v1/subscriptions", &subscription("acme", "d")).await.expect(422);
    assert_eq!(refused.body["type"], "urn:barid:problem:quota");

    let first = world.get("/v1/subscriptions?limit=3").await.expect(200);
    assert_eq!(first.body["data"].as_array().unwrap().len(), 3);
    let next = first.body["next"].as_str().unwrap();
    let second = world.get(&format!("/v1/subscriptions?limit=3&after={next}")).await.expect(200);
    assert_eq!(second.body["data"][0]["tenant"], "globex");
    assert!(second.body["next"].is_null());
    assert_eq!(world.get("/v1/subscriptions?tenant=acme&name=b").await.body["data"].as_array().unwrap().len(), 1);
    for query in ["?limit=0", "?limit=1001", "?after=nonsense!", "?tenant=ACME", "?colour=red", "?name=%00"] {
        world.get(&format!("/v1/subscriptions{query}")).await.expect(400);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_whether_every_router_has_it() {
    let world = World::new().await;
    // There is no router: one that starts reads the registry before it consumes.
    let made = world.post("/v1/subscriptions?wait=1", &subscription("acme", "deals")).await.expect(201);
    assert_eq!(made.header("barid-propagation"), "complete");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_master_key_is_lost_can_be_replaced_and_deleted() {
    let world = World::new().await;
    let ids = [world.subscribe("acme", "deals").await, world.subscribe("acme", "leads").await];
    // Sealed with a key that is gone, while new ones are sealed with the gateway's.
    world.store_with(&[8, 7]).reseal(|_, _| ()).await.unwrap();
    assert!(world.store_with(&[7, 9]).prepare().await.is_err(), "the word is sealed with the lost key too");
    world.store_with(&[7, 9]).reseal(|_, _| ()).await.unwrap_err();
    let [replaced, deleted] = ids.map(|id| format!("/v1/subscriptions/{id}"));

    let shown = world.get(&replaced).await.expect(500);
    assert!(shown.text.contains("replace it"), "{}", shown.text);
    let change = json!({"delivery": {"max_in_flight": 8}});
    world.request(&world.admin, "PATCH", &replaced, Some(&change)).await.expect(500);
    let put = world.put(&replaced, &subscription("acme", "deals")).await.expect(200);
    assert_eq!(put.header("barid-outcome"), "changed");
    world.get(&replaced).await.expect(200);
    world.delete(&deleted).await.expect(204);
    world.get(&deleted).await.expect(404);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_schemes_sign_and_each_has_its_own_secret() {
    let world = World::new().await;
    let signing = json!([{"scheme": "standard-ed25519"}, {"scheme": "github"}, {"scheme": "hmac", "header": "X-Old"}]);
    let body = json!({"name": "a", "events": ["#"], "destination": {"url": "http://127.0.0.1:9/"}, "signing": signing});
    let made = world.post("/v1/subscriptions", &body).await.expect(201).body;
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    assert!(made["signing"][0]["public_key"].as_str().unwrap().starts_with("whpk_"));
    let secrets = async || world.get(&format!("{path}/secrets")).await.body["secrets"].clone();
    let before = secrets().await;
    for number in 0..3 {
        assert_eq!(made["signing"][number]["secrets"][0]["secret"], before[number]["secret"]);
    }
    let shown = world.get(&path).await.body["signing"].clone();
    assert!(shown[1]["secret"].as_str().unwrap().starts_with('…'), "{shown}");
    assert_eq!(shown[0]["public_key"], before[0]["public_key"]);
    let again = world.put(&path, &body).await.expect(200);
    assert_eq!(again.header("barid-outcome"), "unchanged");

    let rotate = format!("{path}/rotate-secret");
    let refused = world.post(&rotate, &json!({})).await.expect(422);
    assert_eq!(refused.pointer(), "/scheme", "{}", refused.text);
    let refused = world.post(&rotate, &json!({"scheme": "github", "overlap": "1h"})).await.expect(422);
    assert_eq!(refused.pointer(), "/overlap", "{}", refused.text);
    let rotated = world.post(&rotate, &json!({"scheme": "github"})).await.expect(200).body["signing"].clone();
    let after = secrets().await;
    assert_ne!(after[1]["secret"], before[1]["secret"]);
    assert_eq!(rotated[1]["secrets"], json!([{"secret": after[1]["secret"]}]));
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));

    // A patch that adds a scheme keeps the others' secrets and shows the new one's.
    let change = json!({"signing": [{"scheme": "github"}, {"scheme": "standard"}]});
    let patched = world.request(&world.admin, "PATCH", &path, Some(&change)).await.expect(200).body["signing"].clone();
    assert!(patched[1]["secrets"][0]["secret"].as_str().unwrap().starts_with("whsec_"));
    let now = secrets().await;
    assert_eq!((&now[0], &now[1]["secret"]), (&after[1], &patched[1]["secrets"][0]["secret"]));
    world.end().await;
}
