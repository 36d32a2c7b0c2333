//! How a source is changed: it is read, what it is to be is decided, and it is written if nobody was faster; else all of it
//! again.

use std::sync::Arc;

use axum::response::Response;
use barid_inbound::{Source, presets};
use barid_registry::{
    Problems,
    source::{SourceId, SourceReading, SourceSettings, SourceToken},
};
use barid_store::{Error, Expect, Outcome, RegisteredSource, Row};

use super::{WHAT, view};
use crate::{
    access::Caller,
    api::registered::{contended, done, is_raced, tried, with_version},
    app::App,
    changes::{self, WaitOrTry},
    clock,
    http::{Kind, Precondition, Problem},
};

/// How often a change is tried again when somebody else changes the same source at the same moment.
const TRIES: usize = 4;

/// What there is under an id.
struct Found {
    /// The source; none if what it says is lost, so that it can only be replaced or deleted.
    row: Option<Row<RegisteredSource>>,
    /// None if there is nothing.
    revision: Option<u64>,
}

/// What there is, if the caller sees it; one that it does not see is an error, since its id is taken.
async fn look(app: &App, caller: &Caller, id: &SourceId) -> Result<Found, Problem> {
    let (tenant, found) = match app.store.source(id).await {
        Ok(None) => return Ok(Found { row: None, revision: None }),
        Ok(Some(row)) => {
            let revision = Some(row.revision);
            (row.value.settings.tenant.clone(), Found { row: Some(row), revision })
        }
        Err(error @ Error::Corrupt(_)) => {
            tracing::error!(source.id = %id, %error, "a source cannot be read");
            let Some(head) = app.store.source_head(id).await? else { return Ok(Found { row: None, revision: None }) };
            (head.tenant, Found { row: None, revision: Some(head.revision) })
        }
        Err(error) => return Err(error.into()),
    };
    if caller.sees(&tenant) { Ok(found) } else { Err(Problem::not_found(WHAT)) }
}

fn unreadable() -> Problem {
    Problem::new(Kind::Internal, "the source cannot be read: replace it with PUT, or delete it")
}

/// The source, if there is one; one that cannot be read is an error.
pub(super) async fn find(app: &App, caller: &Caller, id: &SourceId) -> Result<Option<Row<RegisteredSource>>, Problem> {
    let found = look(app, caller, id).await?;
    if found.row.is_none() && found.revision.is_some() { Err(unreadable()) } else { Ok(found.row) }
}

/// The source, which must be there.
pub(super) async fn must_find(app: &App, caller: &Caller, id: &SourceId) -> Result<Row<RegisteredSource>, Problem> {
    find(app, caller, id).await?.ok_or_else(|| Problem::not_found(WHAT))
}

/// Reads settings, whose secrets must be keys of what the source verifies with.
pub(super) fn settings(
    caller: &Caller,
    current: Option<&SourceSettings>,
    read: impl FnOnce(&SourceReading<'_>) -> Result<SourceSettings, Problems>,
) -> Result<SourceSettings, Problem> {
    let settings = read(&SourceReading { presets: presets(), tenant: caller.tenant.as_ref(), current })?;
    must_compile(&settings)?;
    Ok(settings)
}

/// Refuses secrets that are no keys.
pub(super) fn must_compile(settings: &SourceSettings) -> Result<(), Problem> {
    let compiled = Source::compile(Arc::new(settings.clone()));
    compiled.map(drop).map_err(|error| Problem::at("/secret", error.to_string()))
}

/// A token that nobody knows.
pub(super) fn fresh_token() -> Result<SourceToken, Problem> {
    clock::random(|fill| SourceToken::generate(fill))
}

/// Writes what `decide` makes of what there is, and answers with it; shows the URL of one that was not there. One that
/// cannot be read is decided about as if there were none, and replaced.
pub(super) async fn write(
    app: &App,
    caller: &Caller,
    id: &SourceId,
    precondition: &Precondition,
    query: WaitOrTry,
    decide: impl Fn(Option<&Row<RegisteredSource>>) -> Result<SourceSettings, Problem>,
) -> Result<Response, Problem> {
    let token = fresh_token()?;
    for _ in 1..TRIES {
        let found = look(app, caller, id).await?;
        // Decided first: what is wrong in itself is told whatever version it is for.
        let settings = match decide(found.row.as_ref()) {
            // It builds on what there is, and that is there, but lost.
            Err(missing) if missing.kind() == Kind::NotFound && found.revision.is_some() => return Err(unreadable()),
            decided => decided?,
        };
        precondition.check(found.revision)?;
        if query.dry_run.is_on() {
            let outcome = match (&found.row, found.revision) {
                (_, None) => Outcome::Created,
                (Some(row), _) if row.value.settings == settings => Outcome::Unchanged,
                _ => Outcome::Changed,
            };
            return Ok(tried(outcome, Some(view::draft(&settings))));
        }
        let expect = found.revision.map_or(Expect::Absent, Expect::Revision);
        match app.store.put_source(&settings, &token.hash(), expect, clock::now()).await {
            Ok(put) => {
                let row = app.store.source(id).await?.ok_or(Error::NotFound)?;
                let mut shown = view::view(&row);
                if put.outcome == Outcome::Created {
                    view::reveal(&mut shown, app, &token);
                }
                let response = with_version(row.revision, done(put.outcome, Some(shown)));
                return Ok(changes::announce(app, put.revision, query.wait, response).await);
            }
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}
