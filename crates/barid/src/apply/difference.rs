//! What changes between two documents, field by field. Both come masked from the API, so nothing here can show a secret.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields that say how something is, not what somebody wanted.
const NOT_WANTED: [&str; 8] = ["id", "paused", "lane", "url", "old_url_until", "created_at", "updated_at", "revision"];

/// The longest value that is shown, in characters.
const MAX_SHOWN: usize = 100;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Change {
    /// Which: `delivery.retry.schedule`.
    pub(crate) field: String,
    /// What it was, if it was there.
    pub(crate) from: Option<String>,
    /// What it becomes, if it stays.
    pub(crate) to: Option<String>,
}

impl Change {
    /// For people: `destination.timeout: "15s" -> "30s"`.
    pub(crate) fn line(&self) -> String {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        format!("{}: {} -> {}", self.field, shown(&self.from), shown(&self.to))
    }
}

/// The fields that differ, by name. Empty if they differ only in what is masked, or not at all.
pub(crate) fn between(from: &Value, to: &Value) -> Vec<Change> {
    let (mut from, to) = (fields(from), fields(to));
    let mut changes: Vec<_> = to
        .into_iter()
        .filter_map(|(field, to)| {
            let from = from.remove(&field);
            (from.as_ref() != Some(&to)).then(|| Change { field, from: from.as_ref().map(text), to: Some(text(&to)) })
        })
        .collect();
    changes.extend(from.into_iter().map(|(field, from)| Change { field, from: Some(text(&from)), to: None }));
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}

/// Every value that is no object, by its path. Lists stay whole: people read them as one value.
fn fields(document: &Value) -> BTreeMap<String, Value> {
    fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(object) if !object.is_empty() => {
                for (key, value) in object {
                    if path.is_empty() && NOT_WANTED.contains(&key.as_str()) {
                        continue;
                    }
                    let inside = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&inside, value, found);
                }
            }
            Value::Null => {}
            Value::Object(_) if path.is_empty() => {}
            other => _ = found.insert(path.to_owned(), other.clone()),
        }
    }
    let mut found = BTreeMap::new();
    walk("", document, &mut found);
    found
}

fn text(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(MAX_SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(from: &Value, to: &Value) -> Vec<String> {
        between(from, to).iter().map(Change::line).collect()
    }

    #[test]
    fn names_the_fields_that_differ() {
        let from = json!({"events": ["a"], "destination": {"timeout": "15s", "url": "https://h/…"}, "old": 1});
        let to = json!({"events": ["a", "b"], "destination": {"timeout": "30s", "url": "https://h/…"}, "new": true});
        assert_eq!(
            lines(&from, &to),
            [
                r#"destination.timeout: "15s" -> "30s""#,
                r#"events: ["a"] -> ["a","b"]"#,
                "new: - -> true",
                "old: 1 -> -",
            ]
        );
    }

    #[test]
    fn what_the_registry_adds_is_no_difference() {
        let from = json!({"name": "a", "revision": 7, "updated_at": "x", "paused": true, "title": null});
        assert!(between(&from, &json!({"name": "a", "revision": 8})).is_empty());
    }

    #[test]
    fn a_long_value_is_cut() {
        let line = &lines(&json!({}), &json!({"a": "x".repeat(500)}))[0];
        assert!(line.chars().count() < 120 && line.ends_with('…'), "{line}");
    }
}
