//! The table of routes and what each needs.

use axum::http::Method;
use barid_store::Scope;

/// What a caller must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: no key is asked for.
    Nothing,
    /// Publish events of its tenant.
    Publish,
    /// Look at its tenant's things, and at the event types.
    Read,
    /// Change its tenant's things, and see their secrets.
    Manage,
    /// Change what belongs to the installation.
    Administer,
}

impl Need {
    /// Whether a key of this scope is enough.
    pub(crate) fn is_met_by(self, scope: Scope) -> bool {
        match self {
            Self::Nothing => true,
            Self::Publish => matches!(scope, Scope::Admin | Scope::Tenant | Scope::Publish),
            Self::Read => matches!(scope, Scope::Admin | Scope::Tenant | Scope::Read),
            Self::Manage => matches!(scope, Scope::Admin | Scope::Tenant),
            Self::Administer => scope == Scope::Admin,
        }
    }

    /// The scopes that are enough, for people.
    pub(crate) fn scopes(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Publish => "admin, tenant, publish",
            Self::Read => "admin, tenant, read",
            Self::Manage => "admin, tenant",
            Self::Administer => "admin",
        }
    }
}

/// Method, path as the router spells it, need.
pub(crate) const RULES: &[(Method, &str, Need)] = &[
    (Method::POST, "/v1/events", Need::Publish),
    (Method::POST, "/v1/explain", Need::Read),
    (Method::GET, "/v1/subscriptions", Need::Read),
    (Method::POST, "/v1/subscriptions", Need::Manage),
    (Method::GET, "/v1/subscriptions/{id}", Need::Read),
    (Method::PUT, "/v1/subscriptions/{id}", Need::Manage),
    (Method::PATCH, "/v1/subscriptions/{id}", Need::Manage),
    (Method::DELETE, "/v1/subscriptions/{id}", Need::Manage),
    (Method::GET, "/v1/subscriptions/{id}/secrets", Need::Manage),
    (Method::POST, "/v1/subscriptions/{id}/rotate-secret", Need::Manage),
    (Method::POST, "/v1/subscriptions/{id}/pause", Need::Manage),
    (Method::POST, "/v1/subscriptions/{id}/resume", Need::Manage),
    (Method::POST, "/v1/subscriptions/{id}/test", Need::Manage),
    (Method::POST, "/v1/subscriptions/{id}/verify", Need::Manage),
    (Method::GET, "/v1/sources", Need::Read),
    (Method::POST, "/v1/sources", Need::Manage),
    (Method::GET, "/v1/sources/{id}", Need::Read),
    (Method::PUT, "/v1/sources/{id}", Need::Manage),
    (Method::PATCH, "/v1/sources/{id}", Need::Manage),
    (Method::DELETE, "/v1/sources/{id}", Need::Manage),
    (Method::GET, "/v1/sources/{id}/secrets", Need::Manage),
    (Method::POST, "/v1/sources/{id}/rotate-secret", Need::Manage),
    (Method::POST, "/v1/sources/{id}/rotate-token", Need::Manage),
    (Method::POST, "/v1/sources/{id}/test", Need::Manage),
    (Method::GET, "/v1/tenants", Need::Administer),
    (Method::POST, "/v1/tenants", Need::Administer),
    (Method::GET, "/v1/tenants/{id}", Need::Read),
    (Method::PUT, "/v1/tenants/{id}", Need::Administer),
    (Method::DELETE, "/v1/tenants/{id}", Need::Administer),
    (Method::GET, "/v1/event-types", Need::Read),
    (Method::POST, "/v1/event-types", Need::Administer),
    (Method::GET, "/v1/event-types/{id}", Need::Read),
    (Method::PUT, "/v1/event-types/{id}", Need::Administer),
    (Method::DELETE, "/v1/event-types/{id}", Need::Administer),
    (Method::GET, "/v1/recipes", Need::Read),
    (Method::GET, "/v1/recipes/{id}", Need::Read),
    (Method::GET, "/v1/keys", Need::Manage),
    (Method::POST, "/v1/keys", Need::Manage),
    (Method::GET, "/v1/keys/{id}", Need::Manage),
    (Method::DELETE, "/v1/keys/{id}", Need::Manage),
    (Method::GET, "/livez", Need::Nothing),
    (Method::GET, "/readyz", Need::Nothing),
    (Method::GET, "/metrics", Need::Nothing),
    (Method::GET, "/openapi.json", Need::Nothing),
    (Method::GET, "/docs", Need::Nothing),
    (Method::GET, "/docs/", Need::Nothing),
    (Method::GET, "/docs/{*rest}", Need::Nothing),
];

/// What a route needs; none if there is no such route. HEAD is GET without the body.
pub(crate) fn need(method: &Method, path: &str) -> Option<Need> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let found = RULES.iter().find(|(known, route, _)| known == method && *route == path);
    found.map(|(.., need)| *need)
}

/// The methods of a path, as the header field `Allow` lists them.
pub(crate) fn allowed_methods(path: &str) -> String {
    let methods = RULES.iter().filter(|(_, route, _)| *route == path).map(|(method, ..)| method.as_str());
    methods
        .flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPES: [Scope; 4] = [Scope::Admin, Scope::Tenant, Scope::Publish, Scope::Read];

    fn reachable(scope: Scope) -> Vec<(&'static str, &'static str)> {
        let reached = RULES.iter().filter(|(.., need)| *need != Need::Nothing && need.is_met_by(scope));
        reached.map(|(method, path, _)| (method.as_str(), *path)).collect()
    }

    #[test]
    fn a_publish_key_publishes_and_nothing_else() {
        assert_eq!(reachable(Scope::Publish), [("POST", "/v1/events")]);
    }

    #[test]
    fn a_read_key_only_looks_and_sees_no_secrets() {
        for (method, path) in reachable(Scope::Read) {
            // What is explained is asked with a body, and changes nothing; sending is refused by itself.
            assert!(method == "GET" || path == "/v1/explain", "{path}");
            assert!(!path.ends_with("/secrets") && !path.contains("keys"), "{path}");
        }
    }

    #[test]
    fn an_admin_key_does_everything() {
        assert!(RULES.iter().all(|(.., need)| need.is_met_by(Scope::Admin)));
    }

    #[test]
    fn every_route_is_there_once() {
        for (number, (method, path, _)) in RULES.iter().enumerate() {
            assert!(
                !RULES[..number].iter().any(|(other, route, _)| (other, route) == (method, path)),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn what_is_not_in_the_table_cannot_be_reached() {
        assert_eq!(need(&Method::DELETE, "/v1/events"), None);
        assert_eq!(need(&Method::GET, "/v1/secrets"), None);
        assert_eq!(need(&Method::HEAD, "/v1/keys"), Some(Need::Manage));
        assert_eq!(allowed_methods("/v1/keys/{id}"), "GET, HEAD, DELETE");
    }

    #[test]
    fn says_the_scopes_that_are_enough() {
        for need in [Need::Publish, Need::Read, Need::Manage, Need::Administer] {
            let enough = SCOPES.into_iter().filter(|scope| need.is_met_by(*scope)).map(Scope::as_str);
            assert_eq!(need.scopes(), enough.collect::<Vec<_>>().join(", "));
        }
    }
}
