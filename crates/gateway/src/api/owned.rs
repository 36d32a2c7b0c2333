//! Subscriptions and sources belong to a tenant and have a name within it: how both are listed and deleted.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use barid_event::Tenant;
use barid_registry::Name;
use barid_store::{Error, Expect, Head, Listing};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    access::Caller,
    api::registered::{contended, is_raced},
    app::App,
    changes::{self, WaitOrTry},
    http::{Kind, Paging, Precondition, Problem},
};

/// How often a deletion is tried when somebody changes the same thing at the same moment.
const TRIES: usize = 4;

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Those of this tenant only.
    #[param(value_type = Option<String>)]
    tenant: Option<Tenant>,
    /// Those with this name only.
    name: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most this many entries; 100 if not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// What a caller may see of what was asked for.
pub(super) struct Chosen {
    tenant: Option<Tenant>,
    name: Option<Name>,
    after: Option<String>,
    limit: u16,
}

impl ListQuery {
    /// The part that the caller may see.
    pub(super) fn chosen(self, caller: &Caller) -> Result<Chosen, Problem> {
        let Self { tenant, name, after, limit } = self;
        let tenant = caller.filter(tenant)?;
        let name = name.map(|name| name.parse::<Name>()).transpose();
        let name = name.map_err(|error| Problem::new(Kind::Malformed, format!("query parameter name: {error}")))?;
        let Paging { limit, .. } = Paging::new(after.as_deref(), limit)?;
        Ok(Chosen { tenant, name, after, limit })
    }
}

impl Chosen {
    /// The same for the store.
    pub(super) fn listing(&self) -> Listing<'_> {
        let Self { tenant, name, after, limit } = self;
        Listing { tenant: tenant.as_ref(), name: name.as_ref(), after: after.as_deref(), limit: *limit }
    }
}

/// Deletes one that the caller may see: `head` says whose it is now, `delete` deletes the one at a revision. What it says is
/// not asked, since one that cannot be read any more can be deleted.
pub(super) async fn delete<H, D>(
    app: &App,
    caller: &Caller,
    what: &'static str,
    precondition: &Precondition,
    query: WaitOrTry,
    head: impl Fn() -> H,
    delete: impl Fn(Expect) -> D,
) -> Result<Response, Problem>
where
    H: Future<Output = Result<Option<Head>, Error>>,
    D: Future<Output = Result<u64, Error>>,
{
    for _ in 0..TRIES {
        let seen = head().await?.filter(|head| caller.sees(&head.tenant));
        let Some(head) = seen else { return Err(Problem::not_found(what)) };
        precondition.check(Some(head.revision))?;
        let response = StatusCode::NO_CONTENT.into_response();
        if query.dry_run.is_on() {
            return Ok(response);
        }
        match delete(Expect::Revision(head.revision)).await {
            Ok(revision) => return Ok(changes::announce(app, revision, query.wait, response).await),
            Err(error) if is_raced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended())
}
