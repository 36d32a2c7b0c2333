//! Why each subscription of a tenant gets an event or does not, and the request that would be sent: the decisions of router
//! and dispatcher, asked of the same code, with nothing published and nothing sent.
//!
//! Whoever asks gives the time and a clock: an explanation that takes too long ends early, and says so.

mod patterns;
mod shown;
mod words;
mod write;

#[cfg(test)]
mod tests;

use std::{collections::HashSet, sync::Arc, time::Duration};

use barid_event::{Event, Pattern};

pub use self::shown::{ShownBody, ShownHeader, ShownRequest};
use crate::{
    conformity::Mismatch,
    event_type::Validation,
    filter::{Facts, Filter, SLOW_FILTER, SLOW_FILTER_STRIKES, Seen, Verdict},
    refused::{Refused, check_fanout, check_hops},
    snapshot::Snapshot,
    subscription::Subscription,
    trie::Scratch,
};

/// The most subscriptions that are explained at a time.
pub const MAX_EXPLAINED: usize = 1000;

/// Bytes of a body that are shown where one subscription is asked about: 64 KiB.
pub const MAX_BODY_OF_ONE: usize = 64 << 10;

/// Bytes of each body that are shown where all of them are: 2 KiB.
pub const MAX_BODY_OF_MANY: usize = 2 << 10;

/// Under which circumstances the event would come.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The time of the attempt, in seconds since 1970.
    pub now: i64,
    /// How often the event has passed through Barid before.
    pub hops: u8,
    /// The most subscriptions that an event may reach where the tenant's quota says nothing else.
    pub max_fanout: u32,
    /// How long explaining may take.
    pub budget: Duration,
}

/// What would become of an event.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    event: &'a Event,
    /// Why nobody gets it; it would be a dead letter.
    pub refused: Option<Refused>,
    /// What the schema of its type says.
    pub schema: Schema,
    /// How many subscriptions want it.
    pub fanout: usize,
    /// The subscriptions asked about, by name.
    pub subscriptions: Vec<Explained<'a>>,
    /// Whether there are more, or were too many to ask in time.
    pub truncated: bool,
}

/// What the schema of an event's type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none in force.
    Unchecked,
    /// The data is as it asks.
    Valid(Validation),
    /// The data is not; whether that matters is up to the validation.
    Mismatch(Validation, Mismatch),
}

/// What becomes of an event for one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is sent.
    Delivers,
    /// It waits until the subscription is resumed.
    Paused,
    /// The subscription has no pattern for its type.
    NoPattern,
    /// The filter says no.
    Filtered,
    /// The filter cannot be evaluated on it, which counts as no.
    FilterError,
    /// The event is a dead letter, for this reason, and nobody gets it.
    Refused(&'static str),
    /// The delivery is a dead letter, for this reason: no request can be made of it.
    Unmakeable(&'static str),
}

/// Why one subscription gets an event or does not.
#[derive(Clone, Debug)]
pub struct Explained<'a> {
    /// The subscription.
    pub subscription: &'a Arc<Subscription>,
    /// What becomes of the event for it.
    pub outcome: Outcome,
    /// Which pattern decided.
    pub pattern: Fit<'a>,
    /// What the filter said; nothing if there is none, or it was not asked.
    pub filter: Option<Judged>,
    /// The request that would be sent; or why there is none. Nothing where none would be.
    pub request: Option<Result<ShownRequest, Unmakeable>>,
}

/// How the patterns of a subscription fit the type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit<'a> {
    /// This one matches.
    Matches(&'a Pattern),
    /// None does; this one shares most with the type.
    Nearest(&'a Pattern),
    /// None does, nor shares anything.
    Nothing,
}

/// What a filter said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its verdict.
    pub verdict: Verdict,
    /// What it saw.
    pub values: Vec<Seen>,
    /// Whether it took longer than [`SLOW_FILTER`] so often in a row that a router would switch it off.
    pub is_slow: bool,
}

/// Why no request can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmakeable {
    /// The reason in dead letters.
    pub reason: &'static str,
    /// What is wrong. Quotes no value of the event.
    pub detail: String,
}

/// What would become of an event: for all subscriptions of its tenant, or for `only` one of them. `elapsed` is the time since
/// some moment.
pub fn explain<'a>(
    snapshot: &'a Snapshot,
    event: &'a Event,
    only: Option<&'a Arc<Subscription>>,
    circumstances: &Circumstances,
    elapsed: impl Fn() -> Duration,
) -> Explanation<'a> {
    let tenant = &event.envelope.tenant;
    let (schema, refused) = admitted(snapshot, event);
    // Before anything else is looked at, as the router does.
    let refused = check_hops(circumstances.hops).err().or(refused);
    let is_only = |subscription: &Subscription| only.is_some_and(|only| only.id == subscription.id);
    let mut all: Vec<_> = snapshot.of_tenant(tenant).iter().collect();
    // The one asked about comes first, so that it is answered whatever the others cost.
    all.sort_unstable_by_key(|subscription| (!is_only(subscription), subscription.name.as_str()));
    let mut scratch = Scratch::default();
    let matching = snapshot.matching(tenant, &event.envelope.event_type, &mut scratch);
    let matching: HashSet<_> = matching.map(|subscription| &subscription.id).collect();

    let facts = Facts::new(&event.envelope, &event.data);
    let began = elapsed();
    let is_in_time = || elapsed().saturating_sub(began) <= circumstances.budget;
    let (mut asked, mut fanout) = (Vec::new(), 0);
    let mut truncated = false;
    for subscription in all {
        if !is_only(subscription) && !is_in_time() {
            truncated = true;
            break;
        }
        let is_asked = only.is_none() || is_only(subscription);
        let explained = judge(subscription, matching.contains(&subscription.id), &facts, is_asked, &elapsed);
        fanout += usize::from(explained.outcome == Outcome::Delivers);
        if is_asked {
            asked.push(explained);
        }
    }
    // Of an event that is not asked about to its end, nobody knows.
    let limit = snapshot.fanout_limit(tenant, circumstances.max_fanout);
    let refused = refused.or_else(|| check_fanout(fanout, limit).err());

    truncated |= asked.len() > MAX_EXPLAINED;
    asked.truncate(MAX_EXPLAINED);
    let max_body = if only.is_some() { MAX_BODY_OF_ONE } else { MAX_BODY_OF_MANY };
    for (number, explained) in asked.iter_mut().enumerate() {
        if only.is_none() && !is_in_time() {
            truncated = true;
            asked.truncate(number);
            break;
        }
        conclude(explained, event, refused.as_ref(), circumstances, max_body);
    }
    Explanation { event, refused, schema, fanout, subscriptions: asked, truncated }
}

/// Whether the event may come in, as the router decides it.
fn admitted(snapshot: &Snapshot, event: &Event) -> (Schema, Option<Refused>) {
    let settings = snapshot.event_type(&event.envelope.event_type);
    let in_force = settings.filter(|settings| settings.schema.is_some() && settings.validation != Validation::Off);
    let Some(validation) = in_force.map(|settings| settings.validation) else {
        return (Schema::Unchecked, snapshot.admit(event).err());
    };
    match snapshot.admit(event) {
        Ok(None) => (Schema::Valid(validation), None),
        Ok(Some(mismatch)) => (Schema::Mismatch(validation, mismatch), None),
        Err(Refused::Schema(mismatch)) => {
            (Schema::Mismatch(validation, mismatch.clone()), Some(Refused::Schema(mismatch)))
        }
        // Asked before the schema.
        Err(other) => (Schema::Unchecked, Some(other)),
    }
}

/// What pattern and filter say. Only for one that `is_asked` about is it looked at what the filter saw.
fn judge<'a>(
    subscription: &'a Arc<Subscription>,
    matches: bool,
    facts: &Facts<'_>,
    is_asked: bool,
    elapsed: impl Fn() -> Duration,
) -> Explained<'a> {
    let event_type = facts.event_type();
    let mut explained = Explained {
        subscription,
        outcome: Outcome::NoPattern,
        pattern: patterns::nearest(&subscription.patterns, event_type),
        filter: None,
        request: None,
    };
    if !matches {
        return explained;
    }
    explained.outcome = Outcome::Delivers;
    if let Some(filter) = &subscription.filter {
        let (verdict, is_slow) = timed(filter, facts, elapsed);
        explained.outcome = match verdict {
            Verdict::Match => Outcome::Delivers,
            Verdict::NoMatch => Outcome::Filtered,
            Verdict::Error(_) => Outcome::FilterError,
        };
        let values = if is_asked { filter.values(facts) } else { Vec::new() };
        explained.filter = Some(Judged { verdict, values, is_slow });
    }
    explained
}

/// What a filter says, and whether it is slow by the rule of routers: so many times in a row. Once says little, as the first
/// one parses the data, and any machine pauses.
fn timed(filter: &Filter, facts: &Facts<'_>, elapsed: impl Fn() -> Duration) -> (Verdict, bool) {
    let judge = || {
        let began = elapsed();
        (filter.judge(facts), elapsed().saturating_sub(began) > SLOW_FILTER)
    };
    let (verdict, is_slow) = judge();
    (verdict, is_slow && (1..SLOW_FILTER_STRIKES).all(|_| judge().1))
}

/// What follows for one that wants the event.
fn conclude(
    explained: &mut Explained<'_>,
    event: &Event,
    refused: Option<&Refused>,
    circumstances: &Circumstances,
    max_body: usize,
) {
    if explained.outcome != Outcome::Delivers {
        return;
    }
    if let Some(refused) = refused {
        explained.outcome = Outcome::Refused(refused.reason());
        return;
    }
    let request = shown::request(explained.subscription, event, circumstances, max_body);
    explained.outcome = match &request {
        // Whether a request can be made is seen when it is tried.
        _ if explained.subscription.paused => Outcome::Paused,
        Err(unmakeable) => Outcome::Unmakeable(unmakeable.reason),
        Ok(_) => Outcome::Delivers,
    };
    explained.request = Some(request);
}

impl Outcome {
    /// As one stable word: `delivers`, `paused`, `no_pattern`, `filtered`, `filter_error`, or the reason of the dead letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivers => "delivers",
            Self::Paused => "paused",
            Self::NoPattern => "no_pattern",
            Self::Filtered => "filtered",
            Self::FilterError => "filter_error",
            Self::Refused(reason) | Self::Unmakeable(reason) => reason,
        }
    }
}
