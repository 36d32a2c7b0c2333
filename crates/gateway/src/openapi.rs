//! The OpenAPI document: paths from the handlers, shapes from `openapi/schemas.json`, and what is the same everywhere from
//! the table of access and from here: which scopes an operation needs, and how it can fail.

use axum::http::Method;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    access::{Need, need},
    api,
    app::App,
};

/// The shapes of bodies, as JSON Schema, which describe more than types can: patterns, bounds, examples.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// What the API is, in a few sentences.
const DESCRIPTION: &str = "Publish events, and manage who receives them. Every request has an API key: \
`authorization: Bearer bk_...`. Errors are `application/problem+json` with a pointer to each fault. Lists are pages: ask \
again with `after` set to `next`. Changes may name the version they are made for (`If-Match`), and `?wait=1` waits until \
every router has them.";

/// How an operation can fail: status, what it means, and which operations.
const FAILURES: &[(&str, &str, Operations)] = &[
    ("400", "The request cannot be read: bad JSON, an unknown or malformed query parameter.", Operations::All),
    ("401", "There is no API key, or it is not valid.", Operations::All),
    ("403", "The key's scope or tenant does not allow it.", Operations::All),
    ("404", "There is no such thing, or it is another tenant's.", Operations::OfOneThing),
    ("405", "The path has no such method.", Operations::All),
    ("408", "The body took too long to arrive.", Operations::WithBody),
    ("409", "There is one already, it is in use, or others change it at the same time.", Operations::Changing),
    ("412", "It is not at the version that `If-Match` or `If-None-Match` names.", Operations::ChangingOneThing),
    ("413", "The body, or an event in it, is too large.", Operations::WithBody),
    ("415", "The body is in another format.", Operations::WithBody),
    ("422", "The request can be read and is wrong: `errors` points at each fault.", Operations::ChangingOrPublishing),
    ("429", "The tenant publishes more than it may. `Retry-After` says when to go on.", Operations::Publishing),
    ("500", "Something went wrong here. The log of the gateway says what.", Operations::All),
    (
        "503",
        "The store or the broker is away, or does not confirm. `Retry-After` says when to try again.",
        Operations::All,
    ),
];

/// Which operations a failure belongs to.
#[derive(Clone, Copy)]
enum Operations {
    All,
    OfOneThing,
    WithBody,
    Changing,
    ChangingOneThing,
    ChangingOrPublishing,
    Publishing,
}

impl Operations {
    fn include(self, method: &Method, path: &str) -> bool {
        let (publishes, explains) = (path == "/v1/events", path == "/v1/explain");
        let (is_of_one, changes) = (path.contains("{id}"), method != Method::GET);
        match self {
            Self::All => true,
            Self::OfOneThing => is_of_one,
            Self::WithBody => changes && method != Method::DELETE,
            Self::Changing => changes && !publishes && !explains,
            Self::ChangingOneThing => changes && is_of_one,
            Self::ChangingOrPublishing => changes,
            Self::Publishing => publishes || explains,
        }
    }
}

/// The OpenAPI document of the API.
pub fn openapi() -> Value {
    with_routes(api::routes()).1
}

/// The routes and their document.
pub(crate) fn with_routes(routes: OpenApiRouter<App>) -> (axum::Router<App>, Value) {
    let (routes, document) = routes.split_for_parts();
    // Neither of the two can fail: what is written is a tree of plain values, and a test reads the file.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    document["info"] = json!({"title": "Barid", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}});
    document["servers"] = json!([{"url": "/"}]);
    document["tags"] = json!([
        {"name": "events", "description": "Events in."},
        {"name": "subscriptions", "description": "Who receives which events, where and how."},
        {"name": "sources", "description": "Third parties' webhooks that become events. A provider calls `/in/{token}`, which needs no key: it is verified as its source says, and answered once the broker has confirmed all its events."},
        {"name": "tenants", "description": "Who has an account, and how much each may have."},
        {"name": "event types", "description": "What events mean and what their data looks like."},
        {"name": "recipes", "description": "How well-known receivers want to be spoken to."},
        {"name": "keys", "description": "Who may use the API."},
    ]);
    document["components"] = json!({
        "schemas": schemas,
        "responses": failures(),
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "bk_<id>_<secret>"},
            "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        },
    });
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, operations) in paths {
            for (method, operation) in operations.as_object_mut().into_iter().flatten() {
                if let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) {
                    complete(&method, path, operation);
                }
            }
        }
    }
    (routes, document)
}

/// The answers that are no success.
fn failures() -> Value {
    let answers = FAILURES.iter().map(|(status, meaning, _)| {
        let mut answer = json!({
            "description": meaning,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
        let header = match *status {
            "401" => Some("WWW-Authenticate"),
            "405" => Some("Allow"),
            "429" | "503" => Some("Retry-After"),
            _ => None,
        };
        if let Some(header) = header {
            answer["headers"] = json!({header: {"schema": {"type": "string"}}});
        }
        (format!("Problem{status}"), answer)
    });
    Value::Object(answers.collect())
}

/// Adds to an operation what is the same for all of its sort.
fn complete(method: &Method, path: &str, operation: &mut Value) {
    let need = need(method, path).unwrap_or(Need::Administer);
    operation["security"] = json!([{"bearer": []}, {"header": []}]);
    operation["x-barid-scopes"] = need.scopes().split(", ").collect();
    let description = operation["description"].as_str().unwrap_or_default();
    operation["description"] = format!("{description}\n\nScopes: {}.", need.scopes()).trim_start().into();
    for (status, _, operations) in FAILURES {
        if operations.include(method, path) && operation["responses"][status].is_null() {
            operation["responses"][status] = json!({"$ref": format!("#/components/responses/Problem{status}")});
        }
    }
    identify(path, operation);
    if operation["requestBody"].is_object() {
        operation["requestBody"]["required"] = json!(true);
    }
    let optional_body = match path.rsplit('/').next() {
        Some("test") if path.starts_with("/v1/subscriptions") => Some("TestSample"),
        Some("rotate-secret") if path.starts_with("/v1/subscriptions") => Some("SubscriptionRotation"),
        Some("rotate-token") => Some("Rotation"),
        _ => None,
    };
    if let Some(shape) = optional_body {
        operation["requestBody"]["required"] = json!(false);
        operation["requestBody"]["content"]["application/json"]["schema"] =
            json!({"$ref": format!("#/components/schemas/{shape}")});
    }
    let changes_one = method != Method::GET && path.starts_with("/v1/") && path.contains("{id}");
    if changes_one && !path.ends_with("/test") && !path.starts_with("/v1/keys") {
        let version = json!({"name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "Only if it is at this version: the `ETag` of an earlier answer."});
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            parameters.push(version);
        }
    }
}

/// Describes the identifier in the path.
fn identify(path: &str, operation: &mut Value) {
    let shape = match path.split('/').nth(2) {
        Some("subscriptions") => "SubscriptionId",
        Some("sources") => "SourceId",
        Some("tenants") => "TenantId",
        Some("event-types") => "EventTypeName",
        Some("recipes") => "RecipeName",
        _ => "KeyId",
    };
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"] == "id" {
            parameter["schema"] = json!({"$ref": format!("#/components/schemas/{shape}")});
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::access::table::RULES;

    use super::*;

    fn operations() -> Vec<(Method, String, Value)> {
        let document = openapi();
        let paths = document["paths"].as_object().unwrap().clone();
        let all = paths.into_iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap().clone();
            item.into_iter().map(move |(method, operation)| {
                (Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap(), path.clone(), operation)
            })
        });
        all.collect()
    }

    #[test]
    fn every_operation_is_in_the_table_of_access_and_says_so() {
        for (method, path, operation) in operations() {
            let need = need(&method, &path).unwrap_or_else(|| panic!("{method} {path} is not in the table"));
            assert_ne!(need, Need::Nothing, "{method} {path}");
            assert!(operation["security"][0]["bearer"].is_array(), "{method} {path}");
        }
    }

    #[test]
    fn every_route_with_a_key_is_in_the_document() {
        let documented = operations();
        for (method, path, need) in RULES {
            let is_documented = documented.iter().any(|(other, route, _)| (other, route.as_str()) == (method, *path));
            assert_eq!(is_documented, *need != Need::Nothing, "{method} {path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, document: &Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                        assert!(target.is_some(), "{reference}");
                    }
                    fields.values().for_each(|value| walk(value, document));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(value, document)),
                _ => {}
            }
        }
        let document = openapi();
        assert!(document["components"]["schemas"]["Problem"].is_object());
        walk(&document, &document);
    }

    #[test]
    fn the_checked_in_document_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
        let checked_in: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
        assert!(checked_in == openapi(), "docs/reference/openapi.json is not what the code says: run `make gen`");
    }
}
