//! From a tree to settings: which keys there are, what they default to, and which rule each value obeys.

use std::sync::Arc;

use barid_event::{Pattern, Tenant};
use barid_signature::{MAX_KEYS, Secret};
use chrono::{DateTime, Utc};

use super::{
    Reading,
    destination::{self, MASK},
    payload,
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
    signing::{Signing, SigningSecret},
    subscription::{MAX_PATTERNS, Patterns},
};

/// The most statuses in `delivery.retry.permanent`.
const MAX_STATUSES: usize = 100;

const SUBSCRIPTION: Keys = Keys {
    known: &["name", "tenant", "events", "filter", "payload", "destination", "signing", "delivery"],
    unsupported: &[],
};
const SIGNING: Keys = Keys { known: &["scheme", "secret", "secrets"], unsupported: &[] };
const SECRET: Keys = Keys { known: &["secret", "until"], unsupported: &[] };
const DELIVERY: Keys = Keys { known: &["max_in_flight", "retry"], unsupported: &["rate_limit", "ordered"] };
const RETRY: Keys = Keys { known: &["schedule", "permanent"], unsupported: &[] };

/// For who has no store beside the file in which a generated secret could be kept.
const MAKE_A_SECRET: &str = "make one with: echo whsec_$(openssl rand -base64 32)";

/// A subscription that was read, and may still lack its secrets.
pub(crate) struct Draft {
    pub(crate) name: Name,
    pub(crate) tenant: Tenant,
    patterns: Patterns,
    filter: Option<Filter>,
    payload: Arc<Payload>,
    destination: Destination,
    signing: Option<Signing>,
    policy: Policy,
}

/// The settings at a cursor.
pub(crate) fn settings(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Settings> {
    let none = |fields: &Fields<'_>| fields.missing(&["signing", "secret"], MAKE_A_SECRET);
    let signing = |named: Option<Signing>, fields: &Fields<'_>| {
        named.or_else(|| reading.signing.cloned()).ok_or_else(|| none(fields)).map(Some)
    };
    let Draft { name, tenant, patterns, filter, payload, destination, signing, policy } =
        read(at, reading, signing, problems)?;
    Some(Settings { name, tenant, patterns, filter, payload, destination, signing: signing?, policy })
}

/// The subscription at a cursor, whether it has secrets or not.
pub(crate) fn draft(at: &Cursor<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Option<Draft> {
    read(at, reading, |named, _| Ok(named), problems)
}

/// `secrets` says what becomes of the secrets that are named.
fn read(
    at: &Cursor<'_>,
    reading: &Reading<'_>,
    secrets: impl FnOnce(Option<Signing>, &Fields<'_>) -> Result<Option<Signing>, Problem>,
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
        problems.keep(fields.require("destination")).and_then(|at| destination::read(at, reading.allow_http, problems));
    let named = fields.get("signing").map_or(Some(None), |at| signing(at, problems));
    let signing = named.and_then(|named| problems.keep(secrets(named, &fields)));
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

/// The secrets, or `Some(None)` where none is named.
#[expect(clippy::option_option, reason = "refused, not named and named are three answers")]
fn signing(at: &Cursor<'_>, problems: &mut Problems) -> Option<Option<Signing>> {
    let fields = at.fields(&SIGNING, problems)?;
    if let Some(scheme) = fields.get("scheme") {
        let supported = scheme.text().and_then(|text| match text {
            "standard" => Ok(()),
            _ => Err(scheme.problem("is not supported by this version of barid: use standard")),
        });
        problems.keep(supported);
    }
    let (at, secrets) = match (fields.get("secret"), fields.get("secrets")) {
        (Some(at), None) => (at, vec![problems.keep(secret(at))?.into()]),
        (None, Some(at)) => (at, several(at, problems)?),
        (Some(_), Some(at)) => {
            problems.add(at.problem("is there beside secret: put all of them here and remove secret"));
            return None;
        }
        (None, None) => return Some(None),
    };
    problems.keep(at.check(Signing::new(secrets))).map(Some)
}

fn several(at: &Cursor<'_>, problems: &mut Problems) -> Option<Vec<SigningSecret>> {
    let items = problems.keep(at.items(MAX_KEYS))?;
    let read: Vec<_> = items.iter().map(|item| signing_secret(item, problems)).collect();
    read.into_iter().collect()
}

/// A secret as text, or as `{secret, until}`.
fn signing_secret(at: &Cursor<'_>, problems: &mut Problems) -> Option<SigningSecret> {
    if at.is_text() {
        return problems.keep(secret(at)).map(SigningSecret::from);
    }
    let fields = at.fields(&SECRET, problems)?;
    let until = fields.get("until").map_or(Some(None), |at| problems.keep(at.parse::<DateTime<Utc>>()).map(Some));
    let secret = problems.keep(fields.require("secret").and_then(secret));
    Some(SigningSecret { secret: secret?, until: until? })
}

fn secret(at: &Cursor<'_>) -> Result<Secret, Problem> {
    let text = at.text()?;
    if text.contains(MASK) {
        return Err(at.problem("is masked: leave it out to keep it, or give the whole secret"));
    }
    text.parse::<Secret>().map_err(|error| at.problem(format!("{error}, or {MAKE_A_SECRET}")))
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
