//! Tenants and event types are registered in the same way: one document under one id, which belongs to the installation.
//! This is that way; the two say only what they read, write and call it.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use barid_registry::Problems;
use barid_store::{Error, Expect, Outcome, Page, Put, Row, Store};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::{
    app::App,
    changes::{self, WaitOrTry},
    clock,
    http::{Paging, Precondition, Problem, etag, listed},
};

/// What a change did, in a header field.
const OUTCOME: &str = "barid-outcome";

/// How often a change is tried again when somebody else changes the same thing at the same moment.
const TRIES: usize = 4;

/// What is registered as one document under one id.
pub(super) trait Entry: Sized + PartialEq + Clone {
    /// Its id.
    type Id: std::fmt::Display + PartialEq;
    /// What people call one.
    const WHAT: &'static str;
    /// The member of the document that is the id.
    const KEY: &'static str;

    fn id(&self) -> &Self::Id;
    fn read(document: &Value) -> Result<Self, Problems>;
    fn write(&self) -> Value;
    /// The same at no revision in particular, to be compared.
    fn unnumbered(self) -> Self;
    fn find(store: &Store, id: &Self::Id) -> impl Future<Output = Result<Option<Row<Self>>, Error>> + Send;
    fn list(store: &Store, paging: Paging<'_>) -> impl Future<Output = Result<Page<Row<Self>>, Error>> + Send;
    fn put(
        store: &Store,
        entry: &Self,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Put, Error>> + Send;
    fn delete(
        store: &Store,
        id: &Self::Id,
        expect: Expect,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<u64, Error>> + Send;
}

/// A page of them.
pub(super) async fn list<E: Entry>(app: &App, paging: Paging<'_>) -> Result<Response, Problem> {
    Ok(listed(E::list(&app.store, paging).await?, |row| view(&row)))
}

/// One of them.
pub(super) async fn get<E: Entry>(app: &App, id: &E::Id) -> Result<Response, Problem> {
    let row = E::find(&app.store, id).await?.ok_or_else(|| Problem::not_found(E::WHAT))?;
    Ok(with_version(row.revision, Json(view(&row)).into_response()))
}

/// Registers one that is not there.
pub(super) async fn create<E: Entry>(app: &App, document: &Value, query: WaitOrTry) -> Result<Response, Problem> {
    let entry = E::read(document)?;
    if E::find(&app.store, entry.id()).await?.is_some() {
        return Err(Error::Exists.into());
    }
    if query.dry_run.is_on() {
        return Ok(tried(Outcome::Created, Some(entry.write())));
    }
    let put = E::put(&app.store, &entry, Expect::Absent, clock::now()).await?;
    answer::<E>(app, entry.id(), put, query).await
}

/// Registers one or replaces it.
pub(super) async fn put<E: Entry>(
    app: &App,
    id: &E::Id,
    mut document: Value,
    precondition: &Precondition,
    query: WaitOrTry,
) -> Result<Response, Problem> {
    if let Value::Object(document) = &mut document {
        document.entry(E::KEY).or_insert_with(|| json!(id.to_string()));
    }
    let entry = E::read(&document)?;
    if entry.id() != id {
        return Err(Problem::at(
            &format!("/{}", E::KEY),
            "is another than in the path: leave it out, or make them the same",
        ));
    }
    for _ in 1..TRIES {
        let found = E::find(&app.store, id).await?;
        let revision = found.as_ref().map(|row| row.revision);
        precondition.check(revision)?;
        if query.dry_run.is_on() {
            let outcome = match found.map(|row| row.value.unnumbered() == entry.clone().unnumbered()) {
                None => Outcome::Created,
                Some(true) => Outcome::Unchanged,
                Some(false) => Outcome::Changed,
            };
            return Ok(tried(outcome, Some(entry.write())));
        }
        match E::put(&app.store, &entry, revision.map_or(Expect::Absent, Expect::Revision), clock::now()).await {
            Ok(put) => return answer::<E>(app, id, put, query).await,
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}

/// Removes one.
pub(super) async fn delete<E: Entry>(
    app: &App,
    id: &E::Id,
    precondition: &Precondition,
    query: WaitOrTry,
) -> Result<Response, Problem> {
    for _ in 1..TRIES {
        let row = E::find(&app.store, id).await?.ok_or_else(|| Problem::not_found(E::WHAT))?;
        precondition.check(Some(row.revision))?;
        if query.dry_run.is_on() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        match E::delete(&app.store, id, Expect::Revision(row.revision), clock::now()).await {
            Ok(revision) => {
                return Ok(changes::announce(app, revision, query.wait, StatusCode::NO_CONTENT.into_response()).await);
            }
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}

async fn answer<E: Entry>(app: &App, id: &E::Id, put: Put, query: WaitOrTry) -> Result<Response, Problem> {
    let row = E::find(&app.store, id).await?.ok_or_else(|| Problem::not_found(E::WHAT))?;
    let response = with_version(row.revision, done(put.outcome, Some(view(&row))));
    Ok(changes::announce(app, put.revision, query.wait, response).await)
}

fn view<E: Entry>(row: &Row<E>) -> Value {
    let mut document = row.value.write();
    stamp(&mut document, row.revision, row.created_at, row.updated_at);
    document
}

/// Adds what every entry has beside its document.
pub(super) fn stamp(document: &mut Value, revision: u64, created_at: DateTime<Utc>, updated_at: DateTime<Utc>) {
    document["created_at"] = json!(time(created_at));
    document["updated_at"] = json!(time(updated_at));
    document["revision"] = json!(revision);
}

/// A time as answers have it.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An answer with the version of what is in it.
pub(super) fn with_version(revision: u64, mut response: Response) -> Response {
    response.headers_mut().insert(header::ETAG, etag(revision));
    response
}

/// The answer that says what was done.
pub(super) fn done(outcome: Outcome, body: Option<Value>) -> Response {
    let (status, text) = match outcome {
        Outcome::Created => (StatusCode::CREATED, "created"),
        Outcome::Changed => (StatusCode::OK, "changed"),
        Outcome::Unchanged => (StatusCode::OK, "unchanged"),
    };
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(OUTCOME, HeaderValue::from_static(text));
    response
}

/// The answer that says what would be done.
pub(super) fn tried(outcome: Outcome, body: Option<Value>) -> Response {
    let mut response = done(outcome, body);
    *response.status_mut() = StatusCode::OK;
    response
}

/// Whether somebody else was faster, so that everything is to be decided anew.
pub(super) fn is_raced(error: &Error) -> bool {
    matches!(error, Error::Conflict { .. } | Error::Exists | Error::NotFound)
}

/// Somebody else was faster again and again.
pub(super) fn contended() -> Problem {
    Problem::new(crate::http::Kind::Contended, "others change the same thing at the same time: try again")
}
