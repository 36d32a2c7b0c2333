//! A subscription that is to be, from a file or from options; and changes to one that is.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::exit::Usage;
use crate::manifest;

/// A file, or options for the usual case.
#[derive(Clone, Debug, Args)]
pub(super) struct Draft {
    /// A YAML or JSON file with one subscription, or `-` for standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with_all = ["name", "events", "to"])]
    file: Option<PathBuf>,

    /// What to call it: unique within its tenant.
    #[arg(long, required_unless_present = "file")]
    name: Option<String>,

    /// Whose events it gets; by default the tenant of the key.
    #[arg(long)]
    tenant: Option<String>,

    /// Which types of event it gets, such as `deal.*`. Again, or with commas, for more.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', required_unless_present = "file")]
    events: Vec<String>,

    /// Where deliveries go.
    #[arg(long, value_name = "URL", required_unless_present = "file")]
    to: Option<String>,
}

impl Draft {
    /// The document, as the API takes it.
    pub(super) fn document(&self) -> anyhow::Result<Value> {
        let mut document = match &self.file {
            Some(file) => manifest::one(file)?,
            None => json!({ "name": self.name, "events": self.events, "destination": { "url": self.to } }),
        };
        if let (Some(tenant), Value::Object(fields)) = (&self.tenant, &mut document) {
            fields.insert("tenant".to_owned(), tenant.as_str().into());
        }
        Ok(document)
    }
}

/// The merge patch (RFC 7396) of `key.inside=value` texts.
pub(super) fn patch(changes: &[String]) -> anyhow::Result<Value> {
    let mut patch = Value::Object(Map::new());
    for change in changes {
        let Some((key, value)) = change.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            bail!(Usage(format!("{change:?} changes nothing: write KEY=VALUE, such as destination.timeout=30s")));
        };
        insert(&mut patch, key, read(value))?;
    }
    Ok(patch)
}

fn insert(patch: &mut Value, key: &str, value: Value) -> anyhow::Result<()> {
    let mut place = patch;
    for segment in key.split('.') {
        let Value::Object(fields) = place else {
            bail!(Usage(format!("{key} lies within a value that is set as well: set one of them")));
        };
        place = fields.entry(segment).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value;
    Ok(())
}

/// JSON, where it is; otherwise text, so that nobody has to quote for two languages.
fn read(text: &str) -> Value {
    match text {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(changes: &[&str]) -> anyhow::Result<Value> {
        patch(&changes.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn dots_lead_inside() {
        let patch = patched(&["destination.timeout=30s", "events=[\"deal.*\"]", "delivery.max_in_flight=8"]).unwrap();
        let expected =
            json!({"destination": {"timeout": "30s"}, "events": ["deal.*"], "delivery": {"max_in_flight": 8}});
        assert_eq!(patch, expected);
    }

    #[test]
    fn nothing_after_the_equals_sign_removes() {
        assert_eq!(patched(&["delivery.retry="]).unwrap(), json!({"delivery": {"retry": null}}));
    }

    #[test]
    fn refuses_what_is_no_change() {
        assert!(patched(&["destination"]).is_err());
        assert!(patched(&["a=1", "a.b=2"]).is_err());
    }
}
