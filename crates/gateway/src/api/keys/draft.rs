//! A key as somebody asks for it, and whether they may.

use barid_event::Tenant;
use barid_store::Scope;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    access::Caller,
    http::{Kind, Problem},
};

/// The longest name, in bytes.
const MAX_NAME: usize = 100;

const KNOWN: [&str; 4] = ["name", "scope", "tenant", "expires_at"];

/// What a key is to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) tenant: Option<Tenant>,
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl Draft {
    /// What the document asks for, if the caller may have it.
    pub(super) fn read(document: &Value, caller: &Caller, now: DateTime<Utc>) -> Result<Self, Problem> {
        let Value::Object(fields) = document else {
            return Err(Problem::at("", "is no object: give name, scope and tenant"));
        };
        if let Some(unknown) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            let pointer = format!("/{}", unknown.replace('~', "~0").replace('/', "~1"));
            return Err(Problem::at(&pointer, format!("is unknown: use {}", KNOWN.join(", "))));
        }
        let name = text(fields, "name")?.ok_or_else(|| Problem::at("/name", "is missing: say what the key is for"))?;
        if !(1..=MAX_NAME).contains(&name.len()) || name.chars().any(char::is_control) {
            return Err(Problem::at("/name", format!("is not 1 to {MAX_NAME} bytes without control characters")));
        }
        let scope = parse::<Scope>(fields, "scope")?
            .ok_or_else(|| Problem::at("/scope", "is missing: give admin, tenant, publish or read"))?;
        let tenant = parse::<Tenant>(fields, "tenant")?;
        let expires_at = parse::<DateTime<Utc>>(fields, "expires_at")?;
        if expires_at.is_some_and(|end| end <= now) {
            return Err(Problem::at("/expires_at", "is not in the future: give a later time, or leave it out"));
        }
        let tenant = whose(scope, tenant, caller)?;
        Ok(Self { name: name.to_owned(), scope, tenant, expires_at })
    }
}

/// Whose key it is to be.
fn whose(scope: Scope, tenant: Option<Tenant>, caller: &Caller) -> Result<Option<Tenant>, Problem> {
    match (&caller.tenant, scope, tenant) {
        (None, Scope::Admin, None) => Ok(None),
        (None, Scope::Admin, Some(_)) => {
            Err(Problem::at("/tenant", "is given, and an admin key has none: leave it out"))
        }
        (None, _, Some(tenant)) => Ok(Some(tenant)),
        (None, _, None) => Err(Problem::at("/tenant", "is missing: every key but an admin's belongs to a tenant")),
        (Some(_), Scope::Admin, _) => {
            Err(Problem::new(Kind::Forbidden, "a tenant's key makes no admin keys: ask an administrator"))
        }
        (Some(own), _, Some(other)) if *own != other => {
            Err(Problem::new(Kind::Forbidden, "the key belongs to another tenant: leave out the tenant"))
        }
        (Some(own), ..) => Ok(Some(own.clone())),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Problem> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::at(&format!("/{key}"), "is no string: put it in quotes")),
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    fields: &Map<String, Value>,
    key: &str,
) -> Result<Option<T>, Problem> {
    let parsed = text(fields, key)?.map(str::parse::<T>).transpose();
    parsed.map_err(|error| Problem::at(&format!("/{key}"), error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn acme() -> Caller {
        Caller { key: None, scope: Scope::Tenant, tenant: Some("acme".parse().unwrap()) }
    }

    fn refused(document: &Value, caller: &Caller) -> (Kind, String) {
        let problem = Draft::read(document, caller, DateTime::UNIX_EPOCH).unwrap_err();
        (problem.kind(), problem.to_json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_tenants_key_makes_keys_of_its_tenant() {
        let draft = Draft::read(&json!({"name": "a", "scope": "publish"}), &acme(), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(draft.tenant, Some("acme".parse().unwrap()));
        for document in
            [json!({"name": "a", "scope": "admin"}), json!({"name": "a", "scope": "read", "tenant": "globex"})]
        {
            assert_eq!(refused(&document, &acme()).0, Kind::Forbidden, "{document}");
        }
    }

    #[test]
    fn every_key_but_an_admins_has_a_tenant() {
        let operator = Caller::operator();
        let pointer = |document| refused(&document, &operator).1;
        assert_eq!(pointer(json!({"name": "a", "scope": "read"})), "/tenant");
        assert_eq!(pointer(json!({"name": "a", "scope": "admin", "tenant": "acme"})), "/tenant");
        assert!(Draft::read(&json!({"name": "a", "scope": "admin"}), &operator, DateTime::UNIX_EPOCH).is_ok());
    }

    #[test]
    fn points_at_what_is_wrong() {
        let operator = Caller::operator();
        let pointer = |document| refused(&document, &operator).1;
        assert_eq!(pointer(json!({"scope": "admin"})), "/name");
        assert_eq!(pointer(json!({"name": "a\n", "scope": "admin"})), "/name");
        assert_eq!(pointer(json!({"name": "a", "scope": "root"})), "/scope");
        assert_eq!(pointer(json!({"name": 1, "scope": "admin"})), "/name");
        assert_eq!(pointer(json!({"name": "a", "scope": "admin", "x/y": 1})), "/x~1y");
        assert_eq!(
            pointer(json!({"name": "a", "scope": "admin", "expires_at": "1969-01-01T00:00:00Z"})),
            "/expires_at"
        );
        assert_eq!(pointer(json!({"name": "a", "scope": "admin", "expires_at": "soon"})), "/expires_at");
    }
}
