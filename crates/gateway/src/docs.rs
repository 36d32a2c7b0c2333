//! The document, and a page to read and try it: both from the binary, nothing loaded from elsewhere.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::Value;
use utoipa_swagger_ui::Config;

use crate::{
    app::App,
    http::{Kind, Problem},
};

/// Only what this server sends, and no other page around it. The page styles itself in place.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";

/// The document and the page.
pub(crate) fn routes(document: Value) -> Router<App> {
    let document = Arc::new(document);
    let config = Arc::new(Config::from(DOCUMENT).validator_url("none").persist_authorization(false));
    let page = move |path: Option<Path<String>>| {
        let config = Arc::clone(&config);
        async move { file(path.as_ref().map_or("", |Path(path)| path), config) }
    };
    Router::new()
        .route(DOCUMENT, get(move || async move { Json(&*document).into_response() }))
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(page.clone()))
        .route("/docs/{*rest}", get(page))
}

fn file(path: &str, config: Arc<Config<'static>>) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            let headers =
                [(header::CONTENT_TYPE, file.content_type.clone()), (header::CACHE_CONTROL, "max-age=3600".to_owned())];
            let mut response = (headers, file.bytes.into_owned()).into_response();
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
            Ok(response)
        }
        Ok(None) => Err(Problem::not_found("page")),
        Err(error) => {
            tracing::error!(%error, "the documentation page could not be made");
            Err(Problem::new(Kind::Internal, "the documentation page could not be made"))
        }
    }
}
