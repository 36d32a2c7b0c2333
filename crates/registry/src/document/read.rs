//! From a tree to settings: which keys there are, what they default to, and which rule each value obeys.

use std::sync::Arc;

use barid_event::{Pattern, Tenant};

use super::{Reading, delivery, destination, payload, signing};
use crate::{
    cursor::{Cursor, Fields, Keys, all},
    destination::Destination,
    filter::Filter,
    name::Name,
    payload::Payload,
    policy::Policy,
    problem::{Problem, Problems},
    settings::Settings,
    signing::Signing,
    subscription::{MAX_PATTERNS, Patterns},
    verification::Verification,
};

const SUBSCRIPTION: Keys = Keys {
    known: &["name", "tenant", "events", "filter", "payload", "destination", "signing", "delivery"],
    unsupported: &[],
};

/// A subscription that was read.
pub(crate) struct Draft {
    pub(crate) name: Name,
    pub(crate) tenant: Tenant,
    patterns: Patterns,
    filter: Option<Filter>,
    payload: Arc<Payload>,
    destination: Destination,
    verification: Option<Verification>,
    /// Nothing where no secrets were needed.
    signing: Option<Signing>,
    policy: Policy,
}

/// The settings at a cursor.
pub(crate) fn settings(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Settings> {
    let Draft { name, tenant, patterns, filter, payload, destination, verification, signing, policy } =
        read(at, reading, Some(reading), problems)?;
    Some(Settings { name, tenant, patterns, filter, payload, destination, verification, signing: signing?, policy })
}

/// The subscription at a cursor, whether it has secrets or not.
pub(crate) fn draft(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Draft> {
    read(at, reading, None, problems)
}

/// `secrets` has those that the document does not name; without it, none are needed.
fn read(
    at: &Cursor<'_>,
    reading: &Reading<'_>,
    secrets: Option<&Reading<'_>>,
    problems: &mut Problems,
) -> Option<Draft> {
    let fields = at.fields(&SUBSCRIPTION, problems)?;
    // Read everything before giving up, so that every problem is found.
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let tenant = problems.keep(tenant(&fields, reading));
    let patterns = problems.keep(fields.require("events")).and_then(|at| patterns(at, problems));
    // One that is refused is left out, since the document is refused with it.
    let filter = fields.get("filter").and_then(|at| problems.keep(at.parse::<Filter>()));
    let payload = fields.get("payload").map_or_else(|| Some(Payload::default()), |at| payload::read(at, problems));
    let destination =
        problems.keep(fields.require("destination")).and_then(|at| destination::read(at, reading, problems));
    let (destination, verification) = destination.unzip();
    let signing = signing::of(&fields, destination.as_ref(), secrets, problems);
    let policy = fields.get("delivery").map_or_else(Policy::default, |at| delivery::read(at, problems));
    Some(Draft {
        name: name?,
        tenant: tenant?,
        patterns: patterns?,
        filter,
        payload: Arc::new(payload?),
        destination: destination?,
        verification: verification?,
        signing,
        policy,
    })
}

fn tenant(fields: &Fields<'_>, reading: &Reading<'_>) -> Result<Tenant, Problem> {
    let Some(at) = fields.get("tenant") else {
        return Ok(reading.tenant.cloned().unwrap_or_default());
    };
    let named = at.parse::<Tenant>()?;
    match reading.tenant {
        Some(own) if *own != named => Err(at.problem("is not yours: leave it out, or use a key of that tenant")),
        _ => Ok(named),
    }
}

fn patterns(at: &Cursor<'_>, problems: &mut Problems) -> Option<Patterns> {
    let patterns = all(at, MAX_PATTERNS, Cursor::parse::<Pattern>, problems)?;
    problems.keep(at.check(Patterns::new(patterns)))
}
