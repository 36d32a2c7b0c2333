//! From the tree of a file to subscriptions: which keys there are, what they default to, and which rule each value obeys.

use barid_event::{Pattern, Tenant};
use barid_signature::{Key, MAX_KEYS, Secret, Signer};

use super::{
    MAX_SUBSCRIPTIONS,
    cursor::{Cursor, Fields, Keys},
    problem::{Problem, Problems},
};
use crate::{
    destination::{Destination, Timeout},
    id::SubscriptionId,
    name::Name,
    policy::Policy,
    schedule::{MAX_DELAYS, Schedule},
    subscription::{MAX_PATTERNS, Patterns, Subscription},
};

/// The most statuses in `delivery.retry.permanent`.
const MAX_STATUSES: usize = 100;

const FILE: Keys = Keys { known: &["subscriptions"], unsupported: &[] };
const SUBSCRIPTION: Keys = Keys {
    known: &["name", "tenant", "events", "destination", "signing", "delivery"],
    unsupported: &["filter", "payload"],
};
const DESTINATION: Keys = Keys { known: &["url", "timeout"], unsupported: &["headers", "auth"] };
const SIGNING: Keys = Keys { known: &["scheme", "secret", "secrets"], unsupported: &[] };
const DELIVERY: Keys = Keys { known: &["max_in_flight", "retry"], unsupported: &["rate_limit", "ordered"] };
const RETRY: Keys = Keys { known: &["schedule", "permanent"], unsupported: &[] };

/// A file has no store beside it in which a generated secret could be kept.
const MAKE_A_SECRET: &str = "make one with: echo whsec_$(openssl rand -base64 32)";

/// The subscriptions of a file, each with where it stands.
pub(super) fn subscriptions<'y>(
    root: &Cursor<'y>,
    allow_http: bool,
    problems: &mut Problems,
) -> Vec<(Subscription, Cursor<'y>)> {
    let items = root.fields(&FILE, problems).and_then(|fields| {
        let items = fields.require("subscriptions").and_then(|list| list.items(MAX_SUBSCRIPTIONS));
        problems.keep(items)
    });
    let read = |at: Cursor<'y>| Some((subscription(&at, allow_http, problems)?, at));
    items.unwrap_or_default().into_iter().filter_map(read).collect()
}

fn subscription(at: &Cursor<'_>, allow_http: bool, problems: &mut Problems) -> Option<Subscription> {
    let fields = at.fields(&SUBSCRIPTION, problems)?;
    // Read everything before giving up, so that every problem is found.
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let tenant = fields.get("tenant").map_or(Some(Tenant::default()), |at| problems.keep(at.parse()));
    let patterns = problems.keep(fields.require("events")).and_then(|at| patterns(at, problems));
    let destination = problems.keep(fields.require("destination")).and_then(|at| destination(at, allow_http, problems));
    let signer = signer(&fields, problems);
    let policy = fields.get("delivery").map_or_else(Policy::default, |at| policy(at, problems));
    let (name, tenant) = (name?, tenant?);
    Some(Subscription {
        id: SubscriptionId::derive(&tenant, &name),
        name,
        tenant,
        patterns: patterns?,
        destination: destination?,
        signer: signer?,
        policy,
    })
}

fn patterns(at: &Cursor<'_>, problems: &mut Problems) -> Option<Patterns> {
    let patterns = all(at, MAX_PATTERNS, Cursor::parse::<Pattern>, problems)?;
    problems.keep(at.check(Patterns::new(patterns)))
}

fn destination(at: &Cursor<'_>, allow_http: bool, problems: &mut Problems) -> Option<Destination> {
    let fields = at.fields(&DESTINATION, problems)?;
    // A timeout that is refused is left at its default, since the file is refused with it: the URL is still to be checked.
    let timeout = fields.get("timeout").and_then(|at| problems.keep(timeout(at)));
    let at = problems.keep(fields.require("url"))?;
    let url = problems.keep(at.text())?;
    problems.keep(at.check(Destination::new(url, timeout.unwrap_or_default(), allow_http)))
}

fn timeout(at: &Cursor<'_>) -> Result<Timeout, Problem> {
    at.check(at.duration()?.try_into())
}

fn signer(subscription: &Fields<'_>, problems: &mut Problems) -> Option<Signer> {
    let Some(at) = subscription.get("signing") else {
        problems.add(subscription.missing("signing.secret", MAKE_A_SECRET));
        return None;
    };
    let fields = at.fields(&SIGNING, problems)?;
    if let Some(scheme) = fields.get("scheme") {
        let supported = scheme.text().and_then(|text| match text {
            "standard" => Ok(()),
            _ => Err(scheme.problem("is not supported by this version of barid: use standard")),
        });
        problems.keep(supported);
    }
    let secrets = match (fields.get("secret"), fields.get("secrets")) {
        (Some(one), None) => vec![problems.keep(secret(one))?],
        (None, Some(several)) => all(several, MAX_KEYS, secret, problems)?,
        (Some(_), Some(at)) => {
            problems.add(at.problem("is there beside secret: put all of them here and remove secret"));
            return None;
        }
        (None, None) => {
            problems.add(fields.missing("secret", MAKE_A_SECRET));
            return None;
        }
    };
    let at = fields.get("secrets").unwrap_or(at);
    problems.keep(at.check(Signer::new(secrets)))
}

fn secret(at: &Cursor<'_>) -> Result<Key, Problem> {
    let secret = at.text()?.parse::<Secret>();
    let secret = secret.map_err(|error| at.problem(format!("{error}, or {MAKE_A_SECRET}")))?;
    Ok(secret.into())
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

/// Every item of a list, or a problem for each that cannot be read.
fn all<'y, T>(
    at: &Cursor<'y>,
    limit: usize,
    read: impl Fn(&Cursor<'y>) -> Result<T, Problem>,
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let items = problems.keep(at.items(limit))?;
    // Counts to the end instead of stopping at the first that is missing.
    let read: Vec<_> = items.iter().map(|item| problems.keep(read(item))).collect();
    read.into_iter().collect()
}
