//! Which of the things that exist nobody wants any more.
//!
//! Only subscriptions, and only those of tenants that the files speak of: files of one team must not delete what another
//! team keeps in its own. Tenants and event types are shared, and are deleted one by one by whoever knows better.

use std::collections::HashSet;

use super::wanted::{Kind, Thing, Wanted};

/// The tenants that the files speak of.
pub(crate) fn tenants(wanted: &[Wanted]) -> Vec<&str> {
    let mut tenants: Vec<_> = wanted.iter().filter_map(|wanted| wanted.thing.tenant.as_deref()).collect();
    tenants.sort_unstable();
    tenants.dedup();
    tenants
}

/// The subscriptions to delete, in the order they exist.
pub(crate) fn unwanted(wanted: &[Wanted], existing: impl IntoIterator<Item = Thing>) -> Vec<Thing> {
    let tenants: HashSet<_> = tenants(wanted).into_iter().collect();
    let ids: HashSet<_> = wanted.iter().map(|wanted| (wanted.thing.kind, wanted.thing.id.as_str())).collect();
    let is_unwanted = |thing: &Thing| {
        thing.kind == Kind::Subscription
            && thing.tenant.as_deref().is_some_and(|tenant| tenants.contains(tenant))
            && !ids.contains(&(thing.kind, thing.id.as_str()))
    };
    existing.into_iter().filter(is_unwanted).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn thing(kind: Kind, tenant: &str, name: &str) -> Thing {
        Thing { kind, tenant: Some(tenant.to_owned()), name: name.to_owned(), id: format!("{tenant}-{name}") }
    }

    fn wanted(thing: Thing) -> Wanted {
        Wanted { thing, document: Value::Null, place: String::new() }
    }

    fn names(things: &[Thing]) -> Vec<String> {
        things.iter().map(ToString::to_string).collect()
    }

    use Kind::{Subscription, Tenant};

    #[test]
    fn deletes_what_is_in_no_file_of_tenants_that_are() {
        let existing = [
            thing(Subscription, "acme", "kept"),
            thing(Subscription, "acme", "gone"),
            thing(Subscription, "globex", "of-another-team"),
            thing(Tenant, "acme", "acme"),
        ];
        let wanted = [wanted(thing(Subscription, "acme", "kept"))];
        assert_eq!(names(&unwanted(&wanted, existing)), ["subscription acme/gone"]);
    }

    #[test]
    fn a_tenant_that_is_named_without_subscriptions_loses_all() {
        let wanted = [wanted(thing(Tenant, "acme", "acme"))];
        assert_eq!(names(&unwanted(&wanted, [thing(Subscription, "acme", "a")])), ["subscription acme/a"]);
    }

    #[test]
    fn files_that_say_nothing_delete_nothing() {
        assert!(unwanted(&[], [thing(Subscription, "acme", "a")]).is_empty());
    }
}
