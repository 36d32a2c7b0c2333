//! `/v1/tenants`: who has an account. While none is registered, every tenant is accepted.

use axum::{extract::State, response::Response};
use barid_event::Tenant;
use barid_registry::{Problems, TenantSettings, tenant};
use barid_store::{Error, Expect, Page, Put, Row, Store};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::registered::{self, Entry};
use crate::{
    access::Caller,
    app::App,
    changes::WaitOrTry,
    http::{Document, Id, NoQuery, Paging, Precondition, Problem, Query},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, put, delete))
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// At most this many entries; 100 if not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

impl ListQuery {
    pub(super) fn paging(&self) -> Result<Paging<'_>, Problem> {
        Paging::new(self.after.as_deref(), self.limit)
    }
}

/// List the tenants.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", operation_id = "listTenants", params(ListQuery),
    responses((status = 200, description = "A page of tenants, in the order of their ids.", body = ref("#/components/schemas/TenantPage"))))]
async fn list(State(app): State<App>, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    registered::list::<TenantSettings>(&app, query.paging()?).await
}

/// Register a tenant.
///
/// From the first one on, events and subscriptions of tenants that are not registered are refused.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", operation_id = "createTenant", params(WaitOrTry),
    request_body(content = ref("#/components/schemas/TenantDocument"), content_type = "application/json",
        example = json!({"id": "acme", "title": "Acme Ltd", "quotas": {"subscriptions": 50}})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Tenant")),
        (status = 200, description = "It would be registered (`dry_run`).", body = ref("#/components/schemas/TenantDocument"))))]
async fn create(
    State(app): State<App>,
    Query(query): Query<WaitOrTry>,
    Document(document): Document,
) -> Result<Response, Problem> {
    registered::create::<TenantSettings>(&app, &document, query).await
}

/// Show a tenant.
#[utoipa::path(get, path = "/v1/tenants/{id}", tag = "tenants", operation_id = "getTenant", params(("id" = String, Path)),
    responses((status = 200, description = "The tenant.", body = ref("#/components/schemas/Tenant"))))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<Tenant>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    if !caller.sees(&id) {
        return Err(Problem::not_found(TenantSettings::WHAT));
    }
    registered::get::<TenantSettings>(&app, &id).await
}

/// Register or change a tenant.
#[utoipa::path(put, path = "/v1/tenants/{id}", tag = "tenants", operation_id = "putTenant", params(("id" = String, Path), WaitOrTry),
    request_body(content = ref("#/components/schemas/TenantPut"), content_type = "application/json",
        example = json!({"title": "Acme Ltd", "quotas": {"publish_per_second": 200}})),
    responses((status = 201, description = "It is registered.", body = ref("#/components/schemas/Tenant")),
        (status = 200, description = "It is changed, or was like that already; with `dry_run`, what it would be.", body = ref("#/components/schemas/TenantOrDocument"))))]
async fn put(
    State(app): State<App>,
    Id(id): Id<Tenant>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
    Document(document): Document,
) -> Result<Response, Problem> {
    registered::put::<TenantSettings>(&app, &id, document, &precondition, query).await
}

/// Delete a tenant.
///
/// Its subscriptions and keys have to go first.
#[utoipa::path(delete, path = "/v1/tenants/{id}", tag = "tenants", operation_id = "deleteTenant", params(("id" = String, Path), WaitOrTry),
    responses((status = 204, description = "It is deleted, or would be (`dry_run`).")))]
async fn delete(
    State(app): State<App>,
    Id(id): Id<Tenant>,
    Query(query): Query<WaitOrTry>,
    precondition: Precondition,
) -> Result<Response, Problem> {
    registered::delete::<TenantSettings>(&app, &id, &precondition, query).await
}

impl Entry for TenantSettings {
    type Id = Tenant;
    const WHAT: &'static str = "tenant";
    const KEY: &'static str = "id";

    fn id(&self) -> &Tenant {
        &self.id
    }

    fn read(document: &Value) -> Result<Self, Problems> {
        tenant::read(document)
    }

    fn write(&self) -> Value {
        tenant::write(self)
    }

    fn unnumbered(self) -> Self {
        Self { revision: 0, ..self }
    }

    async fn find(store: &Store, id: &Tenant) -> Result<Option<Row<Self>>, Error> {
        store.tenant(id).await
    }

    async fn list(store: &Store, paging: Paging<'_>) -> Result<Page<Row<Self>>, Error> {
        store.tenants(paging.after, paging.limit).await
    }

    async fn put(store: &Store, entry: &Self, expect: Expect, now: DateTime<Utc>) -> Result<Put, Error> {
        store.put_tenant(entry, expect, now).await
    }

    async fn delete(store: &Store, id: &Tenant, expect: Expect, now: DateTime<Utc>) -> Result<u64, Error> {
        store.delete_tenant(id, expect, now).await
    }
}
