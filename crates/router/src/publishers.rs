//! Who may publish for whom.

use std::collections::HashMap;

use barid_event::Tenant;

/// The tenants a broker user may publish for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// For every tenant: `*` in the configuration. The gateway's user does, which answers for its callers.
    ForAll,
    /// For these.
    For(Vec<Tenant>),
}

impl From<Vec<Tenant>> for Speaks {
    fn from(tenants: Vec<Tenant>) -> Self {
        Self::For(tenants)
    }
}

/// The broker users that may publish, and for whom. Empty, which is the default: whoever may write to the events exchange
/// may publish for every tenant. Otherwise a message must carry its `user_id`, which the broker validates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers(HashMap<String, Speaks>);

impl<T: Into<Speaks>> FromIterator<(String, T)> for Publishers {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(users: I) -> Self {
        Self(users.into_iter().map(|(user, speaks)| (user, speaks.into())).collect())
    }
}

impl Publishers {
    /// Whether nobody is named, and so everybody may publish.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this user may publish for this tenant.
    pub(crate) fn admit(&self, user: &str, tenant: &Tenant) -> bool {
        match self.0.get(user) {
            None => false,
            Some(Speaks::ForAll) => true,
            Some(Speaks::For(tenants)) => tenants.contains(tenant),
        }
    }
}
