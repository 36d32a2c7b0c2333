//! Who may publish for whom.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use barid_event::{InvalidTenant, Tenant};
use barid_router::{Publishers, Speaks};
use serde::{Deserialize, Serialize};

use super::text::List;

/// What stands for every tenant.
const EVERY: &str = "*";

/// The section `tenants`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenants {
    /// Broker users, and the tenants each may publish for.
    pub(crate) publishers: BTreeMap<String, List<Whose>>,
}

/// For whom somebody may publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// For every tenant.
    Every,
    /// For this one.
    One(Tenant),
}

impl FromStr for Whose {
    type Err = InvalidTenant;

    fn from_str(text: &str) -> Result<Self, InvalidTenant> {
        if text == EVERY { Ok(Self::Every) } else { text.parse().map(Self::One) }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str(EVERY),
            Self::One(tenant) => tenant.fmt(f),
        }
    }
}

impl Tenants {
    /// What the router is told.
    pub(crate) fn publishers(&self) -> Publishers {
        self.publishers.iter().map(|(user, tenants)| (user.clone(), speaks(tenants))).collect()
    }

    /// Whether publishers must be named, and this user may not publish for every tenant.
    pub(crate) fn restrict(&self, user: Option<&str>) -> bool {
        let is_free = |user: &str| self.publishers.get(user).is_some_and(|tenants| tenants.0.contains(&Whose::Every));
        !self.publishers.is_empty() && !user.is_some_and(is_free)
    }
}

fn speaks(tenants: &List<Whose>) -> Speaks {
    let named = tenants.0.iter().map(|whose| match whose {
        Whose::Every => None,
        Whose::One(tenant) => Some(tenant.clone()),
    });
    // One that is everybody outweighs the others.
    named.collect::<Option<Vec<_>>>().map_or(Speaks::ForAll, Speaks::For)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn publishers_are_lists_or_text_with_commas() {
        let publishers = settings("[tenants.publishers]\na = 'acme, globex'\nb = ['acme']").tenants.publishers;
        let tenants = |user: &str| publishers[user].0.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(tenants("a"), ["acme", "globex"]);
        assert_eq!(tenants("b"), ["acme"]);
    }

    #[test]
    fn a_star_is_every_tenant() {
        let tenants = settings("[tenants.publishers]\ngate = '*'\ncrm = ['acme']").tenants;
        let expected = [("gate", Speaks::ForAll), ("crm", Speaks::For(vec!["acme".parse().unwrap()]))];
        let expected: Publishers = expected.into_iter().map(|(user, speaks)| (user.to_owned(), speaks)).collect();
        assert_eq!(tenants.publishers(), expected);
        assert!(!tenants.restrict(Some("gate")) && tenants.restrict(Some("crm")) && tenants.restrict(None));
        assert!(!settings("").tenants.restrict(None));
    }
}
