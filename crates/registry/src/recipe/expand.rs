//! From a recipe and values to a part of a subscription's document.

use std::{collections::BTreeMap, fmt};

use serde_json::Value as Json;

use super::{
    Parameter, Recipe, parameter,
    text::{self, Position},
};
use crate::{
    problem::{Problem, Problems, Step},
    tree::{Node, Value},
};

/// The place of the parameters in a pointer.
const PARAMETERS: &str = "parameters";

/// Values of parameters by name. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// Gives a parameter its value, and returns the one it had.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(name.into(), value.into())
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a parameter, or its default.
    fn of<'v>(&'v self, parameter: &'v Parameter) -> Option<&'v str> {
        self.get(&parameter.name).or(parameter.default.as_deref())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Recipe {
    /// What a subscription's document says of `payload`, `destination` and `delivery` with these values; or everything
    /// that is wrong with them. Holds the secrets among them. It is still to be read, and guarded, like any document.
    pub fn expand(&self, values: &Values) -> Result<Json, Problems> {
        let mut problems = Problems::default();
        for name in values.0.keys().filter(|name| parameter::named(&self.parameters, name).is_none()) {
            let known: Vec<_> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            problems.add(about(name, format!("is no parameter of this recipe: use {}", known.join(", "))));
        }
        for parameter in &self.parameters {
            let name = &parameter.name;
            let checked = match values.of(parameter) {
                Some(value) => parameter.check(value).map_err(|error| error.to_string()),
                None => Err(format!("is missing: {}", parameter.description)),
            };
            problems.keep(checked.map_err(|message| about(name, message)));
        }
        problems.none_or(())?;
        let expanded = expanded(&self.subscription, &mut Vec::new(), &self.parameters, values)?;
        expanded.json().map_err(|message| Problem::whole(message).into())
    }
}

fn about(name: &str, message: impl Into<String>) -> Problem {
    Problem::new(None, &[Step::Key(PARAMETERS), Step::Key(name)], message)
}

/// The same tree with values in the place of placeholders; everything keeps its place in the text.
pub(super) fn expanded<'n>(
    node: &'n Node,
    path: &mut Vec<&'n str>,
    parameters: &[Parameter],
    values: &Values,
) -> Result<Node, Problem> {
    let value = match &node.value {
        Value::Text(text) => {
            let value = |name: &str| {
                let parameter = parameter::named(parameters, name)?;
                Some((parameter, values.of(parameter)?))
            };
            let pieces = text::pieces(text).map_err(Problem::whole)?;
            let filled = text::filled(&pieces, position(path), value).map_err(|(name, why)| about(name, why))?;
            Value::Text(filled)
        }
        Value::List(items) => {
            Value::List(items.iter().map(|item| expanded(item, path, parameters, values)).collect::<Result<_, _>>()?)
        }
        Value::Mapping(entries) => {
            let mut mapping = Vec::with_capacity(entries.len());
            for (key, inner) in entries {
                let Value::Text(name) = &key.value else { continue };
                path.push(name);
                let inner = expanded(inner, path, parameters, values)?;
                path.pop();
                mapping.push((Node { place: key.place, value: Value::Text(name.clone()) }, inner));
            }
            Value::Mapping(mapping)
        }
        Value::Number(number) => Value::Number(number.clone()),
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Null => Value::Null,
        Value::Other(kind) => Value::Other(kind),
    };
    Ok(Node { place: node.place, value })
}

/// Whether a secret may stand at this place in the document of a subscription: what is elsewhere is never masked.
pub(super) fn may_be_secret(path: &[&str]) -> bool {
    path.first() == Some(&"destination")
}

/// What stands at this place in the document of a subscription.
pub(super) fn position(path: &[&str]) -> Position {
    match path {
        ["destination", "url"] => Position::Url,
        ["payload", "template"] => Position::Template,
        _ => Position::Plain,
    }
}
