//! Recipes as tables and sentences for people, as documents for programs.

use barid_registry::Recipe;
use barid_registry::recipe::Parameter;
use serde_json::Value;

use crate::cli::Output;
use crate::output;

/// All of them.
pub(super) fn list(recipes: &[Recipe], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, &recipes.iter().map(Recipe::to_value).collect::<Vec<_>>());
    }
    let rows = recipes.iter().map(|recipe| {
        let names: Vec<_> = recipe.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        [recipe.name.to_string(), recipe.title.clone(), names.join(", "), recipe.description.clone()]
    });
    Ok(output::table(["RECIPE", "RECEIVER", "PARAMETERS", "DESCRIPTION"], rows)?)
}

/// One, with everything in it.
pub(super) fn one(recipe: &Recipe, output: Output) -> anyhow::Result<()> {
    let document = recipe.to_value();
    if output != Output::Table {
        return output::data(output, &document);
    }
    output::line(&head(recipe))?;
    output::table(["PARAMETER", "VALUE", "EXAMPLE", "DESCRIPTION"], recipe.parameters.iter().map(row))?;
    output::line(&tail(recipe, &document["subscription"]))?;
    Ok(())
}

fn head(recipe: &Recipe) -> String {
    let Recipe { title, description, documentation, events, .. } = recipe;
    let events = events.join(", ");
    output::printable(&format!("{title}\n{description}\n{documentation}\n\nMade for: {events}\n"))
}

fn row(parameter: &Parameter) -> [String; 4] {
    let Parameter { name, description, example, default, secret, .. } = parameter;
    let value = match (default, secret) {
        (Some(default), _) => default.clone(),
        (None, true) => "must be given; secret".to_owned(),
        (None, false) => "must be given".to_owned(),
    };
    [name.clone(), value, example.clone(), description.clone()]
}

fn tail(recipe: &Recipe, subscription: &Value) -> String {
    let mut lines = vec![String::new(), "What is sent:".to_owned()];
    lines.extend(barid_registry::file::write(subscription).lines().map(|line| format!("  {line}")));
    lines.extend([String::new(), format!("Rate: {}", recipe.rate_hint)]);
    for (title, notes) in [("Limits", &recipe.limits), ("Traps", &recipe.traps)] {
        if !notes.is_empty() {
            lines.extend([String::new(), format!("{title}:")]);
            lines.extend(notes.iter().map(|note| format!("- {note}")));
        }
    }
    output::printable(&lines.join("\n"))
}
