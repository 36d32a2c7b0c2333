//! The proof that a tenant's key neither sees nor touches another tenant's anything, for every operation of the OpenAPI
//! document: one that is added is proved too, or fails here because nobody says how to call it.

use serde_json::{Value, json};

use crate::{
    client::send,
    world::{World, source, subscription},
};

/// The marks of the victim, which must be in no answer to anybody else.
const VICTIM: &str = "victim";

/// An operation of the document.
struct Operation {
    method: String,
    path: String,
    scopes: Vec<String>,
}

fn operations() -> Vec<Operation> {
    let document = barid_gateway::openapi();
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let scopes = operation["x-barid-scopes"].as_array().unwrap();
            let scopes = scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect();
            found.push(Operation { method: method.to_uppercase(), path: path.clone(), scopes });
        }
    }
    assert!(found.len() > 20);
    found
}

/// What the victim has, by the collection in the path.
struct Things {
    subscription: String,
    source: String,
    key: String,
}

impl Things {
    fn id(&self, path: &str) -> String {
        match path.split('/').nth(2).unwrap() {
            "subscriptions" => self.subscription.clone(),
            "sources" => self.source.clone(),
            "keys" => self.key.clone(),
            "tenants" => VICTIM.to_owned(),
            // They belong to the installation, and everybody may read them.
            "event-types" => "deal.won".to_owned(),
            "recipes" => "slack".to_owned(),
            other => panic!("say here what the victim has of {other}"),
        }
    }
}

/// A body that would be right for the victim itself.
fn body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("POST", "/v1/events" | "/v1/explain") => Some(json!({"type": "deal.won", "tenant": VICTIM})),
        ("POST" | "PUT", "/v1/subscriptions" | "/v1/subscriptions/{id}") => Some(subscription(VICTIM, "victims-deals")),
        ("POST" | "PUT", "/v1/sources" | "/v1/sources/{id}") => Some(source(VICTIM, "victims-source")),
        ("PATCH", _) => Some(json!({"events": ["stolen.#"]})),
        ("POST", "/v1/keys") => Some(json!({"name": "stolen", "scope": "read", "tenant": VICTIM})),
        ("POST" | "PUT", "/v1/tenants" | "/v1/tenants/{id}") => Some(json!({"id": VICTIM, "title": "stolen"})),
        ("POST" | "PUT", "/v1/event-types" | "/v1/event-types/{id}") => {
            Some(json!({"type": "deal.won", "description": "stolen"}))
        }
        _ => None,
    }
}

async fn victim(world: &World) -> Things {
    for tenant in [VICTIM, "other"] {
        world.post("/v1/tenants", &json!({"id": tenant})).await.expect(201);
    }
    world.put("/v1/event-types/deal.won", &json!({})).await.expect(201);
    let subscription = world.subscribe(VICTIM, "victims-deals").await;
    let key = json!({"name": "victims-key", "scope": "tenant", "tenant": VICTIM});
    let key = world.post("/v1/keys", &key).await.expect(201).body["id"].as_str().unwrap().to_owned();
    let source = world.post("/v1/sources", &source(VICTIM, "victims-source")).await.expect(201);
    let source = source.body["id"].as_str().unwrap().to_owned();
    Things { subscription, source, key }
}

/// Everything there is, as the operator sees it.
async fn everything(world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    for collection in ["subscriptions", "sources", "tenants", "event-types", "keys"] {
        let mut page = world.get(&format!("/v1/{collection}")).await.expect(200).body;
        for item in page["data"].as_array_mut().unwrap() {
            // Using a key is no change.
            if let Value::Object(item) = item {
                item.remove("last_used_at");
            }
        }
        all.push(page);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_another_tenant_sees_or_changes_anything() {
    let world = World::new().await;
    let things = victim(&world).await;
    let mut keys = Vec::new();
    for scope in ["tenant", "read", "publish"] {
        keys.push((scope, world.key(scope, "other").await));
    }
    let before = everything(&world).await;
    for Operation { method, path, scopes } in operations() {
        let is_shared = path.starts_with("/v1/event-types") || path.starts_with("/v1/recipes");
        for (scope, key) in &keys {
            let called = path.replace("{id}", &things.id_or_none(&path));
            let answer = world.request(key, &method, &called, body(&method, &path).as_ref()).await;
            let told = format!("{scope}: {method} {path}: {} {}", answer.status, answer.text);
            match scopes.iter().any(|enough| enough == scope) {
                false => assert_eq!(answer.status, 403, "{told}"),
                true if is_shared => assert_eq!(answer.status, 200, "{told}"),
                // The document names the victim, which is refused whether the victim has such a thing or not.
                true if method == "PUT" => assert_eq!(answer.status, 422, "{told}"),
                true if path.contains("{id}") => assert_eq!(answer.status, 404, "{told}"),
                true if method == "GET" => {
                    assert_eq!(answer.status, 200, "{told}");
                    assert!(!answer.text.contains(VICTIM), "{told}");
                    let filtered = format!("{called}?tenant={VICTIM}");
                    assert_eq!(world.request(key, "GET", &filtered, None).await.status, 403, "{told}");
                }
                // A document that names the victim is no document for anybody else.
                true => assert!([403, 422].contains(&answer.status), "{told}"),
            }
        }
    }
    assert_eq!(everything(&world).await, before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_seen_or_changed() {
    let world = World::new().await;
    let things = victim(&world).await;
    let before = everything(&world).await;
    for Operation { method, path, .. } in operations() {
        let called = path.replace("{id}", &things.id_or_none(&path));
        let body = body(&method, &path).map(|body| body.to_string()).unwrap_or_default();
        let headers = [("content-type", "application/json")];
        let answer = send(world.addresses[0], &method, &called, &headers, body).await.expect(401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{method} {path}");
        assert!(!answer.text.contains(VICTIM));
    }
    assert_eq!(everything(&world).await, before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_key_sees_and_changes_its_own() {
    let world = World::new().await;
    let things = victim(&world).await;
    let key = world.key("tenant", VICTIM).await;
    let path = format!("/v1/subscriptions/{}", things.subscription);
    world.request(&key, "GET", &path, None).await.expect(200);
    world.request(&key, "GET", &format!("/v1/tenants/{VICTIM}"), None).await.expect(200);
    let keys = world.request(&key, "GET", "/v1/keys", None).await.expect(200);
    assert!(keys.body["data"].as_array().unwrap().iter().all(|key| key["tenant"] == VICTIM));
    world.request(&key, "PATCH", &path, Some(&json!({"events": ["lead.#"]}))).await.expect(200);
    world.request(&key, "DELETE", &path, None).await.expect(204);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_knows_only_the_callers_subscriptions() {
    let world = World::new().await;
    let things = victim(&world).await;
    world.subscribe("other", "own").await;
    let event = json!({"type": "deal.won"});
    for scope in ["tenant", "read"] {
        let key = world.key(scope, "other").await;
        let answer = world.request(&key, "POST", "/v1/explain", Some(&event)).await.expect(200);
        assert_eq!(answer.body["subscriptions"].as_array().unwrap().len(), 1, "{}", answer.text);
        assert!(!answer.text.contains(VICTIM), "{}", answer.text);
        for asked in [things.subscription.as_str(), "victims-deals"] {
            let path = format!("/v1/explain?subscription={asked}");
            world.request(&key, "POST", &path, Some(&event)).await.expect(404);
            let sent = world.request(&key, "POST", &format!("{path}&send=1"), Some(&event)).await;
            assert_eq!(sent.status, if scope == "read" { 403 } else { 404 });
        }
    }
    world.end().await;
}

impl Things {
    /// For a path without an identifier there is nothing to fill in.
    fn id_or_none(&self, path: &str) -> String {
        if path.contains("{id}") { self.id(path) } else { String::new() }
    }
}
