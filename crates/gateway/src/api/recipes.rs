//! `/v1/recipes`: how well-known receivers want to be spoken to. They come with the process, not from the store.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use barid_registry::{Name, Recipe};
use barid_store::Page;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::tenants::ListQuery;
use crate::{
    app::App,
    http::{Id, NoQuery, Problem, Query, listed},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// List the recipes.
///
/// A recipe and its parameters make the `payload`, `destination` and `delivery` of a subscription.
#[utoipa::path(get, path = "/v1/recipes", tag = "recipes", operation_id = "listRecipes", params(ListQuery),
    responses((status = 200, description = "A page of recipes, in the order of their names.", body = ref("#/components/schemas/RecipePage"))))]
async fn list(State(app): State<App>, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let paging = query.paging()?;
    let after = paging.after.unwrap_or_default();
    let limit = usize::from(paging.limit);
    let mut items: Vec<&Recipe> =
        app.recipes.iter().filter(|recipe| recipe.name.as_str() > after).take(limit + 1).collect();
    let next = (items.len() > limit).then(|| {
        items.truncate(limit);
        items.last().map(|recipe| recipe.name.to_string())
    });
    Ok(listed(Page { items, next: next.flatten() }, Recipe::to_value))
}

/// Show a recipe.
#[utoipa::path(get, path = "/v1/recipes/{id}", tag = "recipes", operation_id = "getRecipe", params(("id" = String, Path)),
    responses((status = 200, description = "The recipe.", body = ref("#/components/schemas/Recipe"))))]
async fn get(
    State(app): State<App>,
    Id(name): Id<Name>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let found = app.recipes.iter().find(|recipe| recipe.name == name);
    found.map(|recipe| Json(recipe.to_value()).into_response()).ok_or_else(|| Problem::not_found("recipe"))
}
