//! Reading the file of a recipe, as strictly as a subscription's: what its own examples make of it is read as a document.

use barid_event::Pattern;

use super::{
    Parameter, Recipe, Values, expand,
    parameter::{self, Kind},
    text::{self, Piece},
};
use crate::{
    cursor::{Cursor, Fields, Keys, all},
    document::{self, Reading},
    name::Name,
    problem::{Problem, Problems},
    subscription::MAX_PATTERNS,
    tree::{self, Node, Value},
};

/// The largest file, in bytes: 64 KiB.
pub const MAX_RECIPE_BYTES: usize = 64 << 10;
/// The most parameters of a recipe.
const MAX_PARAMETERS: usize = 32;
/// The longest title, name and link, in bytes.
const MAX_LINE: usize = 200;
/// The longest text for people, in bytes.
const MAX_PROSE: usize = 2_000;
/// The most limits, and the most traps.
const MAX_NOTES: usize = 20;

const RECIPE: Keys = Keys {
    known: &[
        "name",
        "title",
        "description",
        "documentation",
        "parameters",
        "events",
        "rate_hint",
        "limits",
        "traps",
        "subscription",
    ],
    unsupported: &[],
};
const PARAMETER: Keys =
    Keys { known: &["name", "kind", "description", "example", "default", "secret", "pattern"], unsupported: &[] };
const SUBSCRIPTION: Keys = Keys { known: &["payload", "destination", "delivery"], unsupported: &[] };

/// The recipe that `text` describes, in YAML; or everything that is wrong with it, each at its place.
pub fn parse(text: &str) -> Result<Recipe, Problems> {
    if text.len() > MAX_RECIPE_BYTES {
        return Err(Problem::whole(format!("has {} bytes: give at most {MAX_RECIPE_BYTES}", text.len())).into());
    }
    let root = tree::read(text)?;
    let mut problems = Problems::default();
    let recipe = recipe(&Cursor::root(&root), &mut problems);
    problems.finish(recipe)
}

fn recipe(at: &Cursor<'_>, problems: &mut Problems) -> Option<Recipe> {
    let fields = at.fields(&RECIPE, problems)?;
    let name = problems.keep(fields.require("name").and_then(Cursor::parse::<Name>));
    let title = problems.keep(fields.require("title").and_then(|at| at.line(MAX_LINE)));
    let description = problems.keep(fields.require("description").and_then(|at| at.prose(MAX_PROSE)));
    let documentation = problems.keep(fields.require("documentation").and_then(link));
    let events = problems.keep(fields.require("events")).and_then(|at| events(at, problems));
    let rate_hint = problems.keep(fields.require("rate_hint").and_then(|at| at.line(MAX_LINE)));
    let limits = notes(&fields, "limits", problems);
    let traps = notes(&fields, "traps", problems);
    let parameters = problems.keep(fields.require("parameters")).and_then(|at| parameters(at, problems))?;
    let at = problems.keep(fields.require("subscription"))?;
    let subscription = subscription(at, &parameters, problems);
    Some(Recipe {
        name: name?,
        title: title?,
        description: description?,
        documentation: documentation?,
        parameters,
        events: events?,
        rate_hint: rate_hint?,
        limits: limits?,
        traps: traps?,
        subscription: subscription?,
    })
}

fn link(at: &Cursor<'_>) -> Result<String, Problem> {
    let text = at.line(MAX_LINE)?;
    if text.starts_with("https://") { Ok(text) } else { Err(at.problem("is no link: begin it with https://")) }
}

fn events(at: &Cursor<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let patterns = all(at, MAX_PATTERNS, Cursor::parse::<Pattern>, problems)?;
    if patterns.is_empty() {
        problems.add(at.problem("is empty: name the events that it is made for, such as '#'"));
    }
    Some(patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect())
}

fn notes(fields: &Fields<'_>, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
    fields.get(key).map_or(Some(Vec::new()), |at| all(at, MAX_NOTES, |at| at.prose(MAX_PROSE), problems))
}

fn parameters(at: &Cursor<'_>, problems: &mut Problems) -> Option<Vec<Parameter>> {
    let items = problems.keep(at.items(MAX_PARAMETERS))?;
    let mut parameters: Vec<Parameter> = Vec::with_capacity(items.len());
    for at in items {
        let parameter = parameter(&at, problems)?;
        if parameter::named(&parameters, &parameter.name).is_some() {
            problems.add(at.problem("has the name of another parameter: rename one"));
        }
        parameters.push(parameter);
    }
    Some(parameters)
}

fn parameter(at: &Cursor<'_>, problems: &mut Problems) -> Option<Parameter> {
    let fields = at.fields(&PARAMETER, problems)?;
    let name = problems.keep(fields.require("name").and_then(|at| {
        let name = at.line(MAX_LINE)?;
        if text::is_name(&name) {
            Ok(name)
        } else {
            Err(at.problem("is no name: use a-z, 0-9 and '_', a letter first"))
        }
    }));
    let kind = fields.optional("kind", problems, |at| at.one_of(&Kind::ALL));
    let description = problems.keep(fields.require("description").and_then(|at| at.prose(MAX_PROSE)));
    let example = problems.keep(fields.require("example").and_then(Cursor::text));
    let default = fields.optional("default", problems, Cursor::text);
    let secret = fields.optional("secret", problems, |at| match at.json()? {
        serde_json::Value::Bool(secret) => Ok(secret),
        _ => Err(at.problem("is neither true nor false: use one of them")),
    });
    let pattern = fields.optional("pattern", problems, Cursor::text);
    let parameter = Parameter {
        name: name?,
        kind: kind.unwrap_or_default(),
        description: description?,
        example: example?.to_owned(),
        default: default.map(str::to_owned),
        secret: secret.unwrap_or_default(),
        pattern: None,
    };
    let parameter = parameter.with_pattern(pattern);
    let parameter = problems.keep(fields.get("pattern").unwrap_or(at).check(parameter))?;
    for key in ["example", "default"] {
        if let Some(at) = fields.get(key)
            && let Ok(value) = at.text()
        {
            problems.keep(at.check(parameter.check(value)));
        }
    }
    if parameter.secret && parameter.default.is_some() {
        problems.add(at.problem("is secret and has a default, which everybody can read: remove one"));
    }
    Some(parameter)
}

/// The part of a subscription, after what its parameters' examples make of it was found to be one.
fn subscription(at: &Cursor<'_>, parameters: &[Parameter], problems: &mut Problems) -> Option<Node> {
    let fields = at.fields(&SUBSCRIPTION, problems)?;
    problems.keep(fields.require("destination"))?;
    let mut used = Vec::new();
    let mut path = Vec::new();
    placeholders(at, &mut path, parameters, &mut used, problems);
    for parameter in parameters.iter().filter(|parameter| !used.contains(&parameter.name)) {
        problems.add(at.problem(format!("does not use the parameter {}: use it, or remove it", parameter.name)));
    }
    let mut values = Values::default();
    for Parameter { name, example, .. } in parameters {
        values.set(name, example);
    }
    let example = problems.keep(expand::expanded(at.node(), &mut Vec::new(), parameters, &values))?;
    // Places are those of the recipe's file, and the path begins with where the part stands in it.
    let whole = within("subscription", completed(example));
    let reading = Reading { allow_http: true, ..Reading::default() };
    let members = problems.keep(Cursor::root(&whole).members(1))?;
    for (_, at) in &members {
        document::draft(at, &reading, problems)?;
    }
    Some(at.node().clone())
}

/// Adds what a recipe leaves to whoever uses it.
fn completed(mut part: Node) -> Node {
    let text = |text: &str| Node { place: None, value: Value::Text(text.to_owned()) };
    if let Value::Mapping(entries) = &mut part.value {
        entries.push((text("name"), text("example")));
        entries.push((text("events"), Node { place: None, value: Value::List(vec![text("#")]) }));
    }
    part
}

fn within(key: &str, value: Node) -> Node {
    let key = Node { place: None, value: Value::Text(key.to_owned()) };
    Node { place: None, value: Value::Mapping(vec![(key, value)]) }
}

/// Looks at every placeholder: whose it is, and whether it may stand where it does.
fn placeholders<'y>(
    at: &Cursor<'y>,
    path: &mut Vec<&'y str>,
    parameters: &[Parameter],
    used: &mut Vec<String>,
    problems: &mut Problems,
) {
    match &at.node().value {
        Value::Text(text) => {
            let Some(pieces) = problems.keep(text::pieces(text).map_err(|why| at.problem(why))) else { return };
            for piece in pieces {
                let Piece::Parameter(name) = piece else { continue };
                match parameter::named(parameters, name) {
                    None => {
                        problems.add(at.problem(format!("names {name}, which is no parameter: add it to parameters")));
                    }
                    Some(parameter) if parameter.secret && !expand::may_be_secret(path) => {
                        let why = "is secret, but whoever looks at a subscription reads what stands here";
                        problems.add(at.problem(format!("holds {name}, which {why}: use it in destination")));
                    }
                    Some(_) => {}
                }
                used.push(name.to_owned());
            }
            let kind = |name: &str| parameter::named(parameters, name).map_or(Kind::Text, |parameter| parameter.kind);
            if let Some(why) = text::misplaced(text, expand::position(path), kind) {
                problems.add(at.problem(why));
            }
        }
        Value::List(items) => {
            for item in at.items(items.len()).unwrap_or_default() {
                placeholders(&item, path, parameters, used, problems);
            }
        }
        Value::Mapping(entries) => {
            let Some(members) = problems.keep(at.members(entries.len())) else { return };
            for (key, inner) in members {
                path.push(key);
                placeholders(&inner, path, parameters, used, problems);
                path.pop();
            }
        }
        Value::Number(_) | Value::Bool(_) | Value::Null | Value::Other(_) => {}
    }
}
