//! The routes, and what stands around each: authentication inside, then the deadline, then what catches panics, then what
//! observes. Of two listeners, the public one has hardly any routes.

use std::any::Any;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    access, api,
    app::App,
    docs, events,
    http::{Kind, Problem},
    inbound, observe, openapi, operations,
};

/// What third parties call. Their tokens are no API keys, so that the table of access has no say here.
const INBOUND: &str = "/in/{token}";

/// Everything, for the main listener; `takes_webhooks` if third parties have no other.
pub(crate) fn main(app: &App, takes_webhooks: bool) -> Router {
    let (api, document) = openapi::with_routes(api::routes());
    around(api.merge(operations::routes()).merge(docs::routes(document)), app, takes_webhooks)
}

/// What the internet may see.
pub(crate) fn public(app: &App, publish: bool) -> Router {
    let routes = Router::new();
    around(if publish { routes.route("/v1/events", post(events::publish)) } else { routes }, app, true)
}

fn around(routes: Router<App>, app: &App, takes_webhooks: bool) -> Router {
    let panics = app.metrics.http_panics_total.clone();
    let caught = move |_: Box<dyn Any + Send>| {
        panics.inc();
        Problem::new(Kind::Internal, "the request made the gateway fail: the log says why").into_response()
    };
    // A router without routes has none to put a layer on, and says so with a panic.
    let routes = if routes.has_routes() {
        routes.route_layer(middleware::from_fn_with_state(app.clone(), access::authenticate))
    } else {
        routes
    };
    let routes = if takes_webhooks { routes.route(INBOUND, any(inbound::receive)) } else { routes };
    routes
        .fallback(async || Problem::new(Kind::NotFound, "there is no such path: see /docs"))
        .layer(middleware::from_fn_with_state(app.clone(), deadline))
        .layer(CatchPanicLayer::custom(caught))
        .layer(middleware::from_fn_with_state(app.clone(), observe::observe))
        .with_state(app.clone())
}

/// No request takes longer than this, whatever it waits for.
async fn deadline(State(app): State<App>, request: Request, next: Next) -> Response {
    let late = || Problem::unavailable("the request took too long: try again").into_response();
    timeout(app.limits.deadline, next.run(request)).await.unwrap_or_else(|_| late())
}
