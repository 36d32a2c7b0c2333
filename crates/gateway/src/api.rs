//! What is registered, a file per endpoint.

mod event_types;
mod keys;
mod overlap;
mod owned;
mod recipes;
mod registered;
mod sources;
mod subscriptions;
mod tenants;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, events};

/// The routes of the API, which are those of the document.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::publish))
        .routes(routes!(events::explain))
        .merge(subscriptions::routes())
        .merge(sources::routes())
        .merge(tenants::routes())
        .merge(event_types::routes())
        .merge(recipes::routes())
        .merge(keys::routes())
}
