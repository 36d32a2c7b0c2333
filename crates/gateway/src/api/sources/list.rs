//! `GET /v1/sources`.

use axum::{extract::State, response::Response};
use barid_event::Tenant;
use barid_registry::Name;
use barid_store::Listing;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::view;
use crate::{
    access::Caller,
    app::App,
    http::{Kind, Paging, Problem, Query, listed},
};

/// Which sources.
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

/// List the sources.
///
/// Secrets are masked, and the URLs are not shown.
#[utoipa::path(get, path = "/v1/sources", tag = "sources", operation_id = "listSources", params(ListQuery),
    responses((status = 200, description = "A page of sources, in the order of tenant and name.", body = ref("#/components/schemas/SourcePage"))))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let ListQuery { tenant, name, after, limit } = query;
    let tenant = caller.filter(tenant)?;
    let name = name.map(|name| name.parse::<Name>()).transpose();
    let name = name.map_err(|error| Problem::new(Kind::Malformed, format!("query parameter name: {error}")))?;
    let Paging { after, limit } = Paging::new(after.as_deref(), limit)?;
    let listing = Listing { tenant: tenant.as_ref(), name: name.as_ref(), after, limit };
    Ok(listed(app.store.sources(listing).await?, |row| view(&row)))
}
