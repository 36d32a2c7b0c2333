//! The page of commands, made of what clap knows of them.

use std::fmt::{Error, Write as _};

use clap::{Arg, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::exit::EXPLAINED;

const HEAD: &str = "# Command line

Printed from the code by `make gen`; do not edit. `barid COMMAND --help` says the same.
";

/// Options that every command has.
const COMMON: [&str; 3] = ["config", "set", "output"];

/// Options of every command that uses the API.
const API: [&str; 4] = ["url", "key", "key_file", "local"];

/// Every command, with its options.
pub(super) fn page() -> Result<String, Error> {
    let mut root = Cli::command();
    root.build();
    let mut page = String::from(HEAD);
    write!(page, "\n## Common options\n\n{}", options(&root, |id| COMMON.contains(&id)))?;
    if let Some(api) =
        root.get_subcommands().find(|command| command.get_arguments().any(|argument| argument.get_id() == "local"))
    {
        let intro = "Commands that use the API have these as well.";
        write!(page, "\n## API options\n\n{intro}\n\n{}", options(api, |id| API.contains(&id)))?;
    }
    for command in root.get_subcommands() {
        walk(&mut page, command, "barid")?;
    }
    let (title, codes) = EXPLAINED.split_once('\n').unwrap_or((EXPLAINED, ""));
    write!(page, "\n## {}\n\n```text\n{codes}\n```\n", title.trim_end_matches(':'))?;
    Ok(page)
}

fn walk(page: &mut String, command: &Command, parent: &str) -> Result<(), Error> {
    if command.is_hide_set() || command.get_name() == "help" {
        return Ok(());
    }
    let name = format!("{parent} {}", command.get_name());
    let depth = if parent == "barid" { "##" } else { "###" };
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    write!(page, "\n{depth} `{name}`\n\n{}\n", sentence(about.trim().to_owned()))?;
    let own = options(command, |id| !COMMON.contains(&id) && !API.contains(&id));
    if !own.is_empty() {
        write!(page, "\n{own}")?;
    }
    command.get_subcommands().try_for_each(|inner| walk(page, inner, &name))
}

/// A table of the options with these ids; nothing if there are none.
fn options(command: &Command, wanted: impl Fn(&str) -> bool) -> String {
    let is_wanted =
        |argument: &&Arg| !argument.is_hide_set() && argument.get_id() != "help" && argument.get_id() != "version";
    let rows: Vec<_> = command
        .get_arguments()
        .filter(is_wanted)
        .filter(|argument| wanted(argument.get_id().as_str()))
        .map(row)
        .collect();
    if rows.is_empty() { String::new() } else { format!("| option | meaning |\n|---|---|\n{}\n", rows.join("\n")) }
}

fn row(argument: &Arg) -> String {
    let mut meaning = sentence(argument.get_help().map(ToString::to_string).unwrap_or_default());
    if let Some(variable) = argument.get_env() {
        meaning.extend([" In the environment: `", &*variable.to_string_lossy(), "`."]);
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        meaning.extend([" Default: `", &*defaults.join(","), "`."]);
    }
    let possible: Vec<_> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if argument.get_action().takes_values() && !possible.is_empty() {
        meaning.extend([" One of ", &*possible.join(", "), "."]);
    }
    format!("| `{}` | {} |", written(argument), meaning.replace('|', "\\|").replace('\n', " "))
}

/// With the full stop that clap takes away from the last sentence.
fn sentence(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// As one types it.
fn written(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let takes_value = argument.get_action().takes_values();
    match (argument.get_long(), argument.get_short()) {
        (Some(long), _) if takes_value => format!("--{long} {value}"),
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => format!("[{value}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_the_one_printed() {
        assert_eq!(include_str!("../../../../../docs/reference/cli.md"), page().unwrap(), "run `make gen`");
    }

    #[test]
    fn tells_no_default_that_the_environment_of_the_writer_gave() {
        assert!(page().unwrap().contains(
            "| `--url URL` | Where the API is; by default on this machine, at port 8080. In the environment: `BARID_URL`. |"
        ));
    }
}
