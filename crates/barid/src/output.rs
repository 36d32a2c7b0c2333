//! Results on the output stream: tables and sentences for people, JSON or YAML for scripts.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::Output;

/// Prints a line. Whoever reads only the beginning, as `head` does, is content.
pub(crate) fn line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints a value as JSON, indented.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    Ok(line(&serde_json::to_string_pretty(value)?)?)
}

/// Prints a value for programs, in the format asked for; as JSON where that is one for people.
pub(crate) fn data<T: Serialize + ?Sized>(format: Output, value: &T) -> anyhow::Result<()> {
    match format {
        Output::Yaml => Ok(line(barid_registry::file::write(&serde_json::to_value(value)?).trim_end())?),
        Output::Json | Output::Table => json(value),
    }
}

/// Prints one thing with everything in it: as YAML for people, which they can edit and give back.
pub(crate) fn document(format: Output, value: &serde_json::Value) -> anyhow::Result<()> {
    data(if format == Output::Json { Output::Json } else { Output::Yaml }, value)
}

/// Prints a table. On a terminal, cells are wrapped to its width; elsewhere a row is a line.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row.map(|cell| printable(&cell)));
    }
    // The first column begins at the margin.
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    line(&table.trim_fmt())
}

/// A progress bar on the error stream, if that is a terminal. Without a total it counts.
pub(crate) fn progress(total: Option<u64>, unit: &str) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            format!("{{bar:30}} {{human_pos}} of {{human_len}} {unit}, {{per_sec}}, {{eta}} left"),
        ),
        None => (ProgressBar::new_spinner(), format!("{{spinner}} {{human_pos}} {unit}, {{per_sec}}")),
    };
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Text of strangers, made harmless for terminals: control characters are escaped.
pub(crate) fn printable(text: &str) -> String {
    let escape = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(escape) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if escape(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A number and what it counts: `1 event`, `3 events`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_strangers_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}c"), "a\\u{1b}[31mb\\u{9b}c");
        assert_eq!(printable("two\nlines, é"), "two\nlines, é");
    }

    #[test]
    fn counts_in_words() {
        assert_eq!(count(1, "event"), "1 event");
        assert_eq!(count(0, "event"), "0 events");
    }
}
