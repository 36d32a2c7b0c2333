//! `/v1/keys`: who may use the API. A key is shown once, when it is made; it is revoked, never changed.

mod draft;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use barid_event::Tenant;
use barid_store::{ApiKey, KeyId, Scope};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::draft::Draft;
use super::registered::time;
use crate::{
    access::Caller,
    app::App,
    changes::{self, Wait},
    clock,
    http::{Document, Id, NoQuery, Paging, Problem, Query, listed},
    keys,
};

const WHAT: &str = "key";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, revoke))
}

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Those of this tenant only.
    #[param(value_type = Option<String>)]
    tenant: Option<Tenant>,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most this many entries; 100 if not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// List the API keys, revoked ones too.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", operation_id = "listKeys", params(ListQuery),
    responses((status = 200, description = "A page of keys, in the order of their ids.", body = ref("#/components/schemas/KeyPage"))))]
async fn list(State(app): State<App>, caller: Caller, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let ListQuery { tenant, after, limit } = query;
    let tenant = caller.filter(tenant)?;
    let paging = Paging::new(after.as_deref(), limit)?;
    let page = app.store.keys(tenant.as_ref(), paging.after, paging.limit).await?;
    Ok(listed(page, |key| view(&key)))
}

/// Make an API key.
///
/// The answer is the only time that the key is shown. A tenant's key makes keys of its tenant, with the scopes `tenant`,
/// `publish` and `read`.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", operation_id = "createKey", params(Wait),
    request_body(content = ref("#/components/schemas/KeyDocument"), content_type = "application/json",
        example = json!({"name": "CRM back end", "scope": "publish", "tenant": "acme"})),
    responses((status = 201, description = "It is made.", body = ref("#/components/schemas/NewKey"))))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Wait>,
    Document(document): Document,
) -> Result<Response, Problem> {
    let now = clock::now();
    let Draft { name, scope, tenant, expires_at } = Draft::read(&document, &caller, now)?;
    let (key, text) = clock::random(|fill| keys::generate(scope, tenant, name, fill, now))?;
    let mut key = ApiKey { expires_at, ..key };
    key.revision = app.store.add_key(&key).await?;
    let mut body = view(&key);
    body["key"] = json!(text.expose_secret());
    let response = (StatusCode::CREATED, Json(body)).into_response();
    Ok(changes::announce(&app, key.revision, query.wait, response).await)
}

/// Show an API key, without its secret.
#[utoipa::path(get, path = "/v1/keys/{id}", tag = "keys", operation_id = "getKey", params(("id" = String, Path)),
    responses((status = 200, description = "The key.", body = ref("#/components/schemas/Key"))))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<KeyId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    Ok(Json(view(&find(&app, &caller, &id).await?)).into_response())
}

/// Revoke an API key, for ever.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", operation_id = "revokeKey", params(("id" = String, Path), Wait),
    responses((status = 200, description = "It is revoked, and stays in the list.", body = ref("#/components/schemas/Key"))))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<KeyId>,
    Query(query): Query<Wait>,
) -> Result<Response, Problem> {
    let key = find(&app, &caller, &id).await?;
    let now = clock::now();
    if key.revoked_at.is_some() {
        return Ok(Json(view(&key)).into_response());
    }
    let revision = app.store.revoke_key(&id, now).await?;
    let response = Json(view(&ApiKey { revoked_at: Some(now), revision, ..key })).into_response();
    Ok(changes::announce(&app, revision, query.wait, response).await)
}

/// The key, if it is the caller's to see.
async fn find(app: &App, caller: &Caller, id: &KeyId) -> Result<ApiKey, Problem> {
    let key = app.store.key(id).await?;
    let seen = key.filter(|key| match (&caller.tenant, &key.tenant) {
        (None, _) => true,
        (Some(own), Some(tenant)) => own == tenant && key.scope != Scope::Admin,
        (Some(_), None) => false,
    });
    seen.ok_or_else(|| Problem::not_found(WHAT))
}

fn view(key: &ApiKey) -> Value {
    json!({
        "id": key.id.as_str(),
        "name": key.name,
        "scope": key.scope.as_str(),
        "tenant": key.tenant.as_ref().map(Tenant::as_str),
        "created_at": time(key.created_at),
        "expires_at": key.expires_at.map(time),
        "last_used_at": key.last_used_at.map(time),
        "revoked_at": key.revoked_at.map(time),
        "revision": key.revision,
    })
}
