//! Who calls, and whose things it sees. Another tenant's things do not exist for it.

use axum::{extract::FromRequestParts, http::request::Parts};
use barid_event::Tenant;
use barid_store::{ApiKey, KeyId, Scope};

use crate::http::{Kind, Problem};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Its key; none for a caller within this process.
    pub(crate) key: Option<KeyId>,
    /// What it may do.
    pub(crate) scope: Scope,
    /// Whose things it sees; none: everybody's.
    pub(crate) tenant: Option<Tenant>,
}

impl Caller {
    /// The operator, within this process.
    pub(crate) fn operator() -> Self {
        Self { key: None, scope: Scope::Admin, tenant: None }
    }

    /// The holder of a key. A key without a tenant that is no admin's cannot be, and would see everything.
    pub(crate) fn of(key: &ApiKey) -> Option<Self> {
        match (key.scope, &key.tenant) {
            (Scope::Admin, _) => Some(Self { key: Some(key.id.clone()), scope: Scope::Admin, tenant: None }),
            (_, None) => None,
            (scope, Some(tenant)) => Some(Self { key: Some(key.id.clone()), scope, tenant: Some(tenant.clone()) }),
        }
    }

    /// Whether it sees this tenant's things.
    pub(crate) fn sees(&self, tenant: &Tenant) -> bool {
        self.tenant.as_ref().is_none_or(|own| own == tenant)
    }

    /// Whose things a list shows: those asked for, or the caller's, or everybody's.
    pub(crate) fn filter(&self, asked: Option<Tenant>) -> Result<Option<Tenant>, Problem> {
        match (&self.tenant, asked) {
            (None, asked) => Ok(asked),
            (Some(own), Some(asked)) if *own != asked => {
                Err(Problem::new(Kind::Forbidden, "the key belongs to another tenant: leave out the tenant"))
            }
            (Some(own), _) => Ok(Some(own.clone())),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Put there by the authentication that every route passes. Without it, nobody is nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::new(Kind::Unauthenticated, "no key was checked"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> Tenant {
        name.parse().unwrap()
    }

    fn of_acme() -> Caller {
        Caller { key: None, scope: Scope::Tenant, tenant: Some(tenant("acme")) }
    }

    #[test]
    fn a_tenant_sees_its_own_things() {
        assert!(of_acme().sees(&tenant("acme")));
        assert!(!of_acme().sees(&tenant("globex")));
        assert!(Caller::operator().sees(&tenant("globex")));
    }

    #[test]
    fn a_list_shows_what_the_caller_sees() {
        assert_eq!(of_acme().filter(None).unwrap(), Some(tenant("acme")));
        assert_eq!(of_acme().filter(Some(tenant("acme"))).unwrap(), Some(tenant("acme")));
        assert_eq!(of_acme().filter(Some(tenant("globex"))).unwrap_err().kind(), Kind::Forbidden);
        assert_eq!(Caller::operator().filter(None).unwrap(), None);
        assert_eq!(Caller::operator().filter(Some(tenant("globex"))).unwrap(), Some(tenant("globex")));
    }
}
