//! A tenant as registered: who it is and how much of everything it may have.

use std::ops::RangeInclusive;

use barid_event::Tenant;
use serde_json::{Map, Value, json};

use crate::{
    cursor::{Cursor, Fields, Keys},
    problem::{Problem, Problems},
    tree::Node,
};

/// The longest title, in bytes.
pub const MAX_TITLE: usize = 200;

/// How many subscriptions a tenant may be allowed.
const SUBSCRIPTIONS: RangeInclusive<u32> = 0..=1_000_000;
/// How many subscriptions a tenant's event may be allowed to reach.
const FANOUT: RangeInclusive<u32> = 1..=100_000;
/// How many own lanes a tenant may be allowed: as many as the installation has.
const OWN_LANES: RangeInclusive<u32> = 0..=500;
/// How many events a second a tenant may be allowed to publish over HTTP.
const PUBLISH: RangeInclusive<u32> = 1..=1_000_000;

const TENANT: Keys = Keys { known: &["id", "title", "quotas"], unsupported: &[] };
const QUOTAS: Keys = Keys { known: &["subscriptions", "fanout", "own_lanes", "publish_per_second"], unsupported: &[] };

/// A registered tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSettings {
    /// What events, subscriptions and keys call it.
    pub id: Tenant,
    /// What people call it, at most [`MAX_TITLE`] bytes.
    pub title: Option<String>,
    /// How much it may have.
    pub quotas: Quotas,
    /// The revision of the store at which it last changed; 0 if it comes from a file.
    pub revision: u64,
}

/// How much a tenant may have; `None`: the installation's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Subscriptions.
    pub subscriptions: Option<u32>,
    /// Subscriptions that one event reaches.
    pub fanout: Option<u32>,
    /// Subscriptions with a lane of their own.
    pub own_lanes: Option<u32>,
    /// Events a second, over HTTP.
    pub publish_per_second: Option<u32>,
}

/// The tenant that a document describes, at revision 0; or everything that is wrong with it.
pub fn read(document: &Value) -> Result<TenantSettings, Problems> {
    let node = Node::document(document).map_err(Problems::from)?;
    let mut problems = Problems::default();
    let read = settings(&Cursor::root(&node), &mut problems);
    problems.finish(read)
}

/// The canonical document. Of the quotas it has those that are set.
pub fn write(settings: &TenantSettings) -> Value {
    let TenantSettings { id, title, quotas, revision: _ } = settings;
    let mut document = Map::from_iter([("id".to_owned(), json!(id.as_str()))]);
    if let Some(title) = title {
        document.insert("title".to_owned(), json!(title));
    }
    let set = [
        ("subscriptions", quotas.subscriptions),
        ("fanout", quotas.fanout),
        ("own_lanes", quotas.own_lanes),
        ("publish_per_second", quotas.publish_per_second),
    ];
    let set = set.into_iter().filter_map(|(key, quota)| Some((key.to_owned(), quota?.into())));
    document.insert("quotas".to_owned(), Value::Object(set.collect()));
    Value::Object(document)
}

/// The tenant at a cursor.
pub(crate) fn settings(at: &Cursor<'_>, problems: &mut Problems) -> Option<TenantSettings> {
    let fields = at.fields(&TENANT, problems)?;
    let id = problems.keep(fields.require("id").and_then(Cursor::parse));
    let title = fields.optional("title", problems, |at| at.line(MAX_TITLE));
    let quotas = fields.get("quotas").and_then(|at| at.fields(&QUOTAS, problems));
    let quotas = quotas.map_or_else(Quotas::default, |fields| self::quotas(&fields, problems));
    Some(TenantSettings { id: id?, title, quotas, revision: 0 })
}

/// A quota that is refused is left at its default, since the document is refused with it.
fn quotas(fields: &Fields<'_>, problems: &mut Problems) -> Quotas {
    let mut quota = |key, allowed| fields.optional(key, problems, |at| within(at, &allowed));
    Quotas {
        subscriptions: quota("subscriptions", SUBSCRIPTIONS),
        fanout: quota("fanout", FANOUT),
        own_lanes: quota("own_lanes", OWN_LANES),
        publish_per_second: quota("publish_per_second", PUBLISH),
    }
}

fn within(at: &Cursor<'_>, allowed: &RangeInclusive<u32>) -> Result<u32, Problem> {
    let number = at.number()?;
    let quota = u32::try_from(number).ok().filter(|quota| allowed.contains(quota));
    quota.ok_or_else(|| at.problem(format!("is {number}: give {} to {}", allowed.start(), allowed.end())))
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};

    use super::*;

    #[test]
    fn the_least_is_an_id() {
        let read = read(&json!({"id": "acme"})).unwrap();
        assert_eq!((read.id.as_str(), read.title, read.quotas), ("acme", None, Quotas::default()));
    }

    #[test]
    fn every_problem_points_at_its_value() {
        let refused =
            read(&json!({"id": "A", "title": "x".repeat(201), "quotas": {"fanout": 0, "own_lanes": 501, "x": 1}}));
        let refused = refused.unwrap_err();
        let pointers: Vec<_> = refused.listed().iter().map(Problem::pointer).collect();
        assert_eq!(pointers, ["/id", "/title", "/quotas/x", "/quotas/fanout", "/quotas/own_lanes"]);
        assert_eq!(refused.listed()[3].message, "is 0: give 1 to 100000");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            id in "[a-z0-9_-]{1,64}",
            title in option::of("[a-zA-Z ]{1,40}"),
            numbers in (option::of(SUBSCRIPTIONS), option::of(FANOUT), option::of(OWN_LANES), option::of(PUBLISH)),
        ) {
            let (subscriptions, fanout, own_lanes, publish_per_second) = numbers;
            let quotas = Quotas { subscriptions, fanout, own_lanes, publish_per_second };
            let settings = TenantSettings { id: id.parse().unwrap(), title, quotas, revision: 0 };
            prop_assert_eq!(read(&write(&settings)).unwrap(), settings);
        }
    }
}
