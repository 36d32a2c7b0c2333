//! The page of settings, made of the file of defaults: what stands above a setting there is what it means.

use std::fmt::{Error, Write as _};

use crate::config::{DEFAULT, variable};

const HEAD: &str = "# Configuration

Printed from the code by `make gen`; do not edit. A setting is taken from the last of these that gives it: the default, the
file `barid.toml` (or that of `--config`), the environment, the command line (`--set section.key=value`). `barid config`
prints what is in force and where it comes from; `barid config --default` prints a file to start from.
";

const TABLE: &str = "\n| setting | default | environment | meaning |\n|---|---|---|---|\n";

/// Every setting, section by section.
pub(super) fn page() -> Result<String, Error> {
    let mut page = String::from(HEAD);
    let mut section = String::new();
    let mut meaning = Vec::new();
    let mut in_table = false;
    for line in DEFAULT.lines() {
        if let Some(text) = line.strip_prefix('#') {
            meaning.push(text.strip_prefix(' ').unwrap_or(text));
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            write!(page, "\n## `{name}`\n")?;
            if !meaning.is_empty() {
                write!(page, "\n{}\n", lines(&meaning))?;
            }
            meaning.clear();
            in_table = false;
        } else if let Some((key, default)) = line.split_once(" = ") {
            if !in_table {
                page.push_str(TABLE);
                in_table = true;
            }
            let key = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            writeln!(page, "| `{key}` | `{default}` | `{}` | {} |", variable(&key), cell(&meaning))?;
            meaning.clear();
        } else {
            // A comment with an empty line below it is about the file.
            meaning.clear();
        }
    }
    Ok(page)
}

/// As a paragraph, in which an example (indented) is code.
fn lines(meaning: &[&str]) -> String {
    let line = |line: &&str| match line.strip_prefix("  ") {
        Some(example) => format!("\n    {}\n", example.trim_start()),
        None => (*line).to_owned(),
    };
    meaning.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// In one line, since it stands in a table.
fn cell(meaning: &[&str]) -> String {
    meaning.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_the_one_printed() {
        assert_eq!(include_str!("../../../../../docs/reference/configuration.md"), page().unwrap(), "run `make gen`");
    }

    #[test]
    fn every_setting_has_a_meaning() {
        let page = page().unwrap();
        let without: Vec<_> = page.lines().filter(|line| line.ends_with("|  |")).collect();
        assert_eq!(without, Vec::<&str>::new());
        assert!(
            page.contains(
                "| `store.max_connections` | `8` | `BARID_STORE__MAX_CONNECTIONS` | Connections of a process"
            )
        );
    }
}
