//! `GET /v1/subscriptions`.

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

/// Which subscriptions.
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

/// List the subscriptions.
///
/// Secrets are masked: of a destination there is the origin, of a signing secret the end.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "subscriptions", operation_id = "listSubscriptions", params(ListQuery),
    responses((status = 200, description = "A page of subscriptions, in the order of tenant and name.", body = ref("#/components/schemas/SubscriptionPage"))))]
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
    Ok(listed(app.store.subscriptions(listing).await?, |row| view(&row)))
}
