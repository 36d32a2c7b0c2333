//! Doing it: every thing is put, and the API says what became of it. Many at a time, kind by kind.

use futures_util::stream::{self, StreamExt as _};
use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::Value;

use super::difference::{self, Change};
use super::wanted::{Kind, Thing, Wanted};
use crate::api::{Answer, Api, Method, Refused, Unavailable};
use crate::exit::explain;

/// How many requests are under way at a time.
const AT_A_TIME: usize = 8;

/// What became of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It was not there.
    Created,
    /// It was there, and different.
    Changed,
    /// It was there already.
    Unchanged,
    /// It is not there any more.
    Deleted,
    /// It was refused.
    Failed,
}

impl Outcome {
    pub(crate) const ALL: [Self; 5] = [Self::Created, Self::Changed, Self::Unchanged, Self::Deleted, Self::Failed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
        }
    }
}

/// A thing, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) thing: Thing,
    pub(crate) outcome: Outcome,
    /// The fields that differ, where they were asked for.
    pub(crate) changes: Vec<Change>,
    /// The URL of a source that was made, which is shown once.
    pub(crate) url: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// The revision it is at.
    revision: Option<u64>,
    /// Whether routers were waited for, and if so, whether they all have it.
    everywhere: Option<bool>,
}

/// How it is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// Ask for the fields that differ.
    pub(crate) differences: bool,
    /// End when every router has it.
    pub(crate) wait: bool,
}

/// Puts everything wanted, in the order of kinds; the result is in the order given. Ends early if the API cannot go on.
pub(crate) async fn put(api: &Api, wanted: &[Wanted], manner: Manner, bar: &ProgressBar) -> anyhow::Result<Vec<Done>> {
    let mut done = Vec::with_capacity(wanted.len());
    for kind in Kind::ALL {
        let of_kind = wanted.iter().filter(|wanted| wanted.thing.kind == kind);
        let mut puts = stream::iter(of_kind.map(|wanted| put_one(api, wanted, manner))).buffered(AT_A_TIME);
        while let Some(result) = puts.next().await {
            done.push(result?);
            bar.inc(1);
        }
    }
    Ok(done)
}

async fn put_one(api: &Api, wanted: &Wanted, manner: Manner) -> anyhow::Result<Done> {
    let path = wanted.thing.path().with_flag("dry_run", manner.dry_run);
    let before = if manner.differences { api.find(&wanted.thing.path()).await? } else { None };
    let result = api.call(Method::Put, &path, Some(&wanted.document)).await;
    finish(&wanted.thing, &wanted.place, result, |answer| {
        let outcome = match answer.outcome.as_deref() {
            Some("created") => Outcome::Created,
            Some("unchanged") => Outcome::Unchanged,
            _ => Outcome::Changed,
        };
        let differ = outcome == Outcome::Changed && manner.differences;
        let changes = before.filter(|_| differ).map(|before| difference::between(&before.body, &answer.body));
        (outcome, changes.unwrap_or_default())
    })
}

/// Deletes things, one after the other.
pub(crate) async fn delete(
    api: &Api,
    things: &[Thing],
    manner: Manner,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Done>> {
    let mut done = Vec::with_capacity(things.len());
    for (index, thing) in things.iter().enumerate() {
        // Whoever has the last change has all before it.
        let waits = manner.wait && index + 1 == things.len();
        let path = thing.path().with_flag("dry_run", manner.dry_run).with_flag("wait", waits);
        let result = api.call(Method::Delete, &path, None).await;
        done.push(finish(thing, "--prune", result, |_| (Outcome::Deleted, Vec::new()))?);
        bar.inc(1);
    }
    Ok(done)
}

/// A refusal belongs to its thing; that the API is away ends everything.
fn finish(
    thing: &Thing,
    place: &str,
    result: anyhow::Result<Answer>,
    judge: impl FnOnce(&Answer) -> (Outcome, Vec<Change>),
) -> anyhow::Result<Done> {
    let thing = thing.clone();
    match result {
        Ok(answer) => {
            let (outcome, changes) = judge(&answer);
            let everywhere = answer.propagation.is_some().then(|| !answer.is_pending());
            let url = answer.body["url"].as_str().filter(|_| thing.kind == Kind::Source).map(str::to_owned);
            Ok(Done { thing, outcome, changes, url, error: None, revision: revision(&answer), everywhere })
        }
        Err(error) if error.is::<Refused>() => {
            let error = Some(format!("{place}: {}", explain(&error)));
            Ok(Done {
                thing,
                outcome: Outcome::Failed,
                changes: Vec::new(),
                url: None,
                error,
                revision: None,
                everywhere: None,
            })
        }
        Err(error) => Err(error),
    }
}

fn revision(answer: &Answer) -> Option<u64> {
    let of_body = answer.body.get("revision").and_then(Value::as_u64);
    of_body.or_else(|| answer.etag.as_deref()?.trim_matches('"').parse().ok())
}

/// Waits until every router has what was done. Whether they all have it.
pub(crate) async fn wait(api: &Api, wanted: &[Wanted], done: &[Done]) -> anyhow::Result<bool> {
    if let Some(everywhere) = done.last().and_then(|done| done.everywhere) {
        return Ok(everywhere);
    }
    // Whoever has the last change has all before it, so the last one is put again, which changes nothing but waits.
    let Some(last) = done.iter().filter(|done| done.outcome != Outcome::Failed).max_by_key(|done| done.revision) else {
        return Ok(true);
    };
    let Some(wanted) = wanted.iter().find(|wanted| wanted.thing == last.thing) else { return Ok(true) };
    let answer = api.call(Method::Put, &wanted.thing.path().with_flag("wait", true), Some(&wanted.document)).await;
    match answer {
        Ok(answer) => Ok(!answer.is_pending()),
        Err(error) if error.is::<Unavailable>() => Ok(false),
        Err(error) => Err(error),
    }
}
