//! The settings in force, as TOML with the origin of whatever is no default.

use serde_json::Value;

use super::Loaded;

/// A `barid.toml` that says the same, secrets masked.
pub(crate) fn to_toml(loaded: &Loaded) -> Result<String, serde_json::Error> {
    let settings = serde_json::to_value(&loaded.settings)?;
    let mut lines = Vec::new();
    section("", &settings, loaded, &mut lines);
    Ok(lines.join("\n"))
}

/// The settings of a section, then the sections in it: below those, a setting would belong to them.
fn section(path: &str, value: &Value, loaded: &Loaded, lines: &mut Vec<String>) {
    let Value::Object(table) = value else { return };
    let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let scalars: Vec<_> = table.iter().filter(|(_, value)| !value.is_object()).collect();
    if !path.is_empty() && !scalars.is_empty() {
        lines.extend([String::new(), format!("[{path}]")]);
    }
    for (name, value) in scalars {
        let origin = loaded.origins.given_by(&inside(name)).map(|origin| format!("  # {origin}"));
        lines.push(format!("{} = {}{}", key(name), toml(value), origin.unwrap_or_default()));
    }
    for (name, value) in table {
        section(&inside(&key(name)), value, loaded, lines);
    }
}

/// JSON's strings, numbers, booleans and lists of them are TOML's, but for one control character.
fn toml(value: &Value) -> String {
    value.to_string().replace('\u{7f}', "\\u007f")
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { toml(&name.into()) }
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::super::tests::{file, settings};
    use super::*;

    fn shown(sources: &Sources) -> String {
        to_toml(&sources.load().unwrap()).unwrap()
    }

    #[test]
    fn masks_the_password_and_names_the_origin() {
        let (_directory, sources) = file("dispatcher.slots = 9");
        let sources = Sources {
            environment: [("BARID_BROKER__URL".to_owned(), "amqp://u:s3cret@h/".to_owned())].into(),
            command_line: vec![("router.prefetch".to_owned(), "7".to_owned())],
            ..sources
        };
        let toml = shown(&sources);
        assert!(!toml.contains("s3cret"), "{toml}");
        assert!(toml.contains("url = \"amqp://u:***@h/\"  # BARID_BROKER__URL\n"), "{toml}");
        assert!(toml.contains("prefetch = 7  # command line\n"), "{toml}");
        assert!(toml.contains("namespace = \"barid\"\n"), "{toml}");
    }

    #[test]
    fn reads_back_as_the_same_settings() {
        let text = "
            subscriptions = 'a \"b\" \u{e9}'
            [tenants.publishers]
            'crm.eu' = ['acme', 'globex']";
        let (_directory, sources) = file(text);
        let toml = shown(&sources);
        let json = |settings| serde_json::to_value(settings).unwrap();
        assert_eq!(json(settings(&toml)), json(settings(text)), "{toml}");
    }
}
