//! `/v1/sources`: third parties' webhooks. A file per endpoint; `write` is how all of them change one, `view` how all of
//! them show one. What a provider calls is `/in/{token}`, in `inbound`.

mod create;
mod delete;
mod get;
mod list;
mod patch;
mod put;
mod rotate_secret;
mod rotate_token;
mod secrets;
mod test;
mod view;
mod write;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// What people call one.
const WHAT: &str = "source";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, put::put, patch::patch, delete::delete))
        .routes(routes!(secrets::secrets))
        .routes(routes!(rotate_secret::rotate_secret))
        .routes(routes!(rotate_token::rotate_token))
        .routes(routes!(test::test))
}
