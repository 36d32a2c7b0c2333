//! How a subscription is changed: it is read, what it is to be is decided, and it is written if nobody was faster; else all
//! of it again. So neither a change nor a secret is lost to somebody who writes at the same moment.

use axum::response::Response;
use barid_registry::{Consents, Fresh, Problems, Reading, Settings, Signing, SubscriptionId};
use barid_store::{Error, Expect, Outcome, Put, Registered, Row};

use super::{WHAT, verification, view};
use crate::{
    access::Caller,
    api::registered::{contended, done, is_raced, tried, with_version},
    app::App,
    changes::{self, WaitOrTry},
    clock,
    destination::{RefusedDestination, judge_destination},
    http::{Kind, Precondition, Problem},
};

/// How often a change is tried again when somebody else changes the same subscription at the same moment.
const TRIES: usize = 4;

/// What there is under an id.
enum Found {
    Nothing,
    Readable(Box<Row<Registered>>),
    /// What it says is lost: sealed with a key that nobody has any more, or damaged. It can be replaced and deleted.
    Unreadable {
        revision: u64,
    },
}

impl Found {
    fn row(&self) -> Option<&Row<Registered>> {
        match self {
            Self::Readable(row) => Some(row),
            Self::Nothing | Self::Unreadable { .. } => None,
        }
    }

    fn revision(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Readable(row) => Some(row.revision),
            Self::Unreadable { revision } => Some(*revision),
        }
    }
}

/// What there is, if the caller sees it; one that it does not see is an error, since its id is taken.
async fn look(app: &App, caller: &Caller, id: &SubscriptionId) -> Result<Found, Problem> {
    let (tenant, found) = match app.store.subscription(id).await {
        Ok(None) => return Ok(Found::Nothing),
        Ok(Some(row)) => (row.value.settings.tenant.clone(), Found::Readable(Box::new(row))),
        Err(error @ Error::Corrupt(_)) => {
            let Some(head) = app.store.subscription_head(id).await? else { return Ok(Found::Nothing) };
            tracing::error!(subscription.id = %id, %error, "a subscription cannot be read");
            (head.tenant, Found::Unreadable { revision: head.revision })
        }
        Err(error) => return Err(error.into()),
    };
    if caller.sees(&tenant) { Ok(found) } else { Err(Problem::not_found(WHAT)) }
}

fn unreadable() -> Problem {
    Problem::new(Kind::Internal, "the subscription cannot be read: replace it with PUT, or delete it")
}

/// The subscription, if there is one; as [`look`], and one that cannot be read is an error.
pub(super) async fn find(app: &App, caller: &Caller, id: &SubscriptionId) -> Result<Option<Row<Registered>>, Problem> {
    match look(app, caller, id).await? {
        Found::Nothing => Ok(None),
        Found::Readable(row) => Ok(Some(*row)),
        Found::Unreadable { .. } => Err(unreadable()),
    }
}

/// The subscription, which must be there.
pub(super) async fn must_find(app: &App, caller: &Caller, id: &SubscriptionId) -> Result<Row<Registered>, Problem> {
    find(app, caller, id).await?.ok_or_else(|| Problem::not_found(WHAT))
}

/// Signing secrets that nobody knows.
pub(super) fn fresh_secrets() -> Result<Fresh, Problem> {
    clock::random(|fill| Fresh::generate(fill))
}

/// Reads settings, with what signs now and new secrets for what has none, and refuses destinations that must not be called.
pub(super) fn settings(
    app: &App,
    caller: &Caller,
    signing: Option<&Signing>,
    fresh: &Fresh,
    read: impl FnOnce(&Reading<'_>) -> Result<Settings, Problems>,
) -> Result<Settings, Problem> {
    let reading = Reading {
        allow_http: app.guard.allow_http,
        signing,
        fresh: Some(fresh),
        tenant: caller.tenant.as_ref(),
        consents: Consents::Asked,
    };
    let settings = read(&reading)?;
    match judge_destination(&settings, app.guard) {
        Ok(()) => Ok(settings),
        Err(RefusedDestination { pointer, message }) => Err(Problem::at(pointer, message)),
    }
}

/// Writes what `decide` makes of what there is, and answers with it; those of `fresh` among its secrets are shown. One that cannot be read is decided about as if there
/// were none, and replaced.
pub(super) async fn write(
    app: &App,
    caller: &Caller,
    id: &SubscriptionId,
    precondition: &Precondition,
    query: WaitOrTry,
    fresh: &Fresh,
    decide: impl Fn(Option<&Row<Registered>>) -> Result<Settings, Problem>,
) -> Result<Response, Problem> {
    let mut asked = None;
    for _ in 1..TRIES {
        let found = look(app, caller, id).await?;
        // Decided first: what is wrong in itself is told whatever version it is for.
        let mut settings = match decide(found.row()) {
            // It builds on what there is, and that is there, but lost.
            Err(missing) if missing.kind() == Kind::NotFound && found.revision().is_some() => return Err(unreadable()),
            decided => decided?,
        };
        precondition.check(found.revision())?;
        if query.dry_run.is_on() {
            let outcome = match &found {
                Found::Nothing => Outcome::Created,
                Found::Readable(row) if row.value.settings == settings => Outcome::Unchanged,
                Found::Readable(_) | Found::Unreadable { .. } => Outcome::Changed,
            };
            return Ok(tried(outcome, Some(view::draft(&settings))));
        }
        verification::complete(app, &mut settings, &mut asked).await?;
        let expect = found.revision().map_or(Expect::Absent, Expect::Revision);
        let quota = app.quotas(&settings.tenant).subscriptions;
        match app.store.put_subscription(&settings, expect, quota, clock::now()).await {
            Ok(put) => return answer(app, id, put, query, fresh).await,
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}

async fn answer(
    app: &App,
    id: &SubscriptionId,
    put: Put,
    query: WaitOrTry,
    fresh: &Fresh,
) -> Result<Response, Problem> {
    let row = app.store.subscription(id).await?.ok_or(Error::NotFound)?;
    let mut shown = view::view(&row);
    view::reveal(&mut shown, &row.value.settings.signing, fresh);
    let response = with_version(row.revision, done(put.outcome, Some(shown)));
    Ok(changes::announce(app, put.revision, query.wait, response).await)
}
