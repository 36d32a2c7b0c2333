//! The values of a recipe's parameters: from the command line, from files, or asked for on the terminal.

use std::fs;
use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, bail};
use barid_registry::Recipe;
use barid_registry::recipe::{Parameter, Values};
use console::Term;

use crate::exit::Usage;

/// All values there are: those that were given, and, where somebody is there to be asked, those that are missing.
pub(super) fn gather(
    recipe: &Recipe,
    given: &[(String, String)],
    files: &[(String, String)],
) -> anyhow::Result<Values> {
    let mut values = Values::default();
    for (name, value) in given {
        add(&mut values, name, value)?;
    }
    for (name, path) in files {
        let value = fs::read_to_string(path).with_context(|| format!("cannot read the value of {name} in {path}"))?;
        add(&mut values, name, value.trim_end_matches(['\r', '\n']))?;
    }
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        for parameter in &recipe.parameters {
            if !is_missing(parameter, &values) {
                continue;
            }
            let value = ask(parameter).with_context(|| format!("cannot read the value of {}", parameter.name))?;
            values.set(&parameter.name, value);
        }
    }
    Ok(values)
}

fn add(values: &mut Values, name: &str, value: &str) -> anyhow::Result<()> {
    match values.set(name, value) {
        None => Ok(()),
        Some(_) => bail!(Usage(format!("{name} is given twice: give it once"))),
    }
}

fn is_missing(parameter: &Parameter, values: &Values) -> bool {
    parameter.default.is_none() && values.get(&parameter.name).is_none()
}

/// Asks, on the error stream, so that the subscription can go into a file. A secret is not shown as it is typed.
fn ask(parameter: &Parameter) -> io::Result<String> {
    let terminal = Term::stderr();
    terminal.write_line(&parameter.description)?;
    if parameter.secret {
        terminal.write_str(&format!("{} (not shown): ", parameter.name))?;
        terminal.read_secure_line()
    } else {
        terminal.write_str(&format!("{} (such as {}): ", parameter.name, parameter.example))?;
        terminal.read_line()
    }
}

#[cfg(test)]
mod tests {
    use barid_registry::recipe::catalogue;

    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_file_gives_its_value_without_the_line_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("url");
        fs::write(&path, "https://e.com/s3cret\n").unwrap();
        let recipes = catalogue();
        let file = pair("webhook_url", &path.display().to_string());
        let values = gather(&recipes[0], &[], std::slice::from_ref(&file)).unwrap();
        assert_eq!(values.get("webhook_url"), Some("https://e.com/s3cret"));
        assert!(gather(&recipes[0], &[pair("webhook_url", "x")], &[file]).is_err());
    }
}
