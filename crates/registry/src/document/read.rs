//! From a tree to settings: which keys there are, what they default to, and which rule each value obeys.

use std::sync::Arc;

use barid_event::{Pattern, Tenant};

use super::{
    Reading, destination, payload,
    signing::{self, Named},
};
use crate::{
    cursor::{Cursor, Fields, Keys, all},
    destination::Destination,
    filter::Filter,
    name::Name,
    payload::Payload,
    policy::Policy,
    problem::{Problem, Problems},
    schedule::{MAX_DELAYS, Schedule},
    settings::Settings,
    subscription::{MAX_PATTERNS, Patterns},
};

/// The most statuses in `delivery.retry.permanent`.
const MAX_STATUSES: usize = 100;

const SUBSCRIPTION: Keys = Keys {
    known: &["name", "tenant", "events", "filter", "payload", "destination", "signing", "delivery"],
    unsupported: &[],
};
const DELIVERY: Keys = Keys { known: &["max_in_flight", "retry"], unsupported: &["rate_limit", "ordered"] };
const RETRY: Keys = Keys { known: &["schedule", "permanent"], unsupported: &[] };

/// A subscription that was read, its secrets apart.
pub(crate) struct Draft<S> {
    pub(crate) name: Name,
    pub(crate) tenant: Tenant,
    patterns: Patterns,
    filter: Option<Filter>,
    payload: Arc<Payload>,
    destination: Destination,
    signing: S,
    policy: Policy,
}

/// The settings at a cursor.
pub(crate) fn settings(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Settings> {
    let complete = |named: Option<Vec<Named<'_>>>, at: &Cursor<'_>, problems: &mut Problems| match named {
        Some(named) => signing::complete(named, at, reading, problems),
        None => problems.keep(signing::unnamed(at, reading)),
    };
    let Draft { name, tenant, patterns, filter, payload, destination, signing, policy } =
        read(at, reading, complete, problems)?;
    Some(Settings { name, tenant, patterns, filter, payload, destination, signing, policy })
}

/// The subscription at a cursor, whether it has secrets or not.
pub(crate) fn draft(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Draft<()>> {
    read(at, reading, |_, _, _| Some(()), problems)
}

/// `complete` makes of the schemes that are named, and where that is, what signs; nothing after adding a problem.
fn read<'y, S>(
    at: &Cursor<'y>,
    reading: &Reading<'_>,
    complete: impl FnOnce(Option<Vec<Named<'y>>>, &Cursor<'y>, &mut Problems) -> Option<S>,
    problems: &mut Problems,
) -> Option<Draft<S>> {
    let fields = at.fields(&SUBSCRIPTION, problems)?;
    // Read everything before giving up, so that every problem is found.
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let tenant = problems.keep(tenant(&fields, reading));
    let patterns = problems.keep(fields.require("events")).and_then(|at| patterns(at, problems));
    // One that is refused is left out, since the document is refused with it.
    let filter = fields.get("filter").and_then(|at| problems.keep(at.parse::<Filter>()));
    let payload = fields.get("payload").map_or_else(|| Some(Payload::default()), |at| payload::read(at, problems));
    let destination =
        problems.keep(fields.require("destination")).and_then(|at| destination::read(at, reading.allow_http, problems));
    let signing = match fields.get("signing") {
        Some(at) => signing::read(at, problems).and_then(|named| complete(Some(named), at, problems)),
        None => complete(None, at, problems),
    };
    let policy = fields.get("delivery").map_or_else(Policy::default, |at| policy(at, problems));
    Some(Draft {
        name: name?,
        tenant: tenant?,
        patterns: patterns?,
        filter,
        payload: Arc::new(payload?),
        destination: destination?,
        signing: signing?,
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

/// The policy. A setting that is refused is left at its default, since the file is refused with it.
fn policy(at: &Cursor<'_>, problems: &mut Problems) -> Policy {
    let mut policy = Policy::default();
    let Some(fields) = at.fields(&DELIVERY, problems) else {
        return policy;
    };
    if let Some(at) = fields.get("max_in_flight") {
        let set = |number| at.check(policy.set_max_in_flight(number));
        problems.keep(at.number().and_then(set));
    }
    if let Some(at) = fields.get("retry") {
        retry(at, &mut policy, problems);
    }
    policy
}

fn retry(at: &Cursor<'_>, policy: &mut Policy, problems: &mut Problems) {
    let Some(fields) = at.fields(&RETRY, problems) else {
        return;
    };
    if let Some(at) = fields.get("schedule")
        && let Some(delays) = all(at, MAX_DELAYS, Cursor::duration, problems)
        && let Some(schedule) = problems.keep(at.check(Schedule::new(delays)))
    {
        policy.set_schedule(schedule);
    }
    if let Some(at) = fields.get("permanent")
        && let Some(statuses) = all(at, MAX_STATUSES, Cursor::number, problems)
    {
        problems.keep(at.check(policy.set_permanent(statuses)));
    }
}
