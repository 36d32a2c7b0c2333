//! `/v1/subscriptions`: who wants what, sent where. A file per endpoint; `write` is how all of them change one, `view` how
//! all of them show one.

mod create;
mod delete;
mod get;
mod list;
mod patch;
mod pause;
mod put;
mod resume;
mod rotate_secret;
mod secrets;
mod test;
mod verification;
mod verify;
mod view;
mod write;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// What people call one.
const WHAT: &str = "subscription";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, put::put, patch::patch, delete::delete))
        .routes(routes!(secrets::secrets))
        .routes(routes!(rotate_secret::rotate_secret))
        .routes(routes!(pause::pause))
        .routes(routes!(resume::resume))
        .routes(routes!(test::test))
        .routes(routes!(verify::verify))
}
