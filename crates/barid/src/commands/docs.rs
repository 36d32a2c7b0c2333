//! `barid docs`: reference pages, printed from the code so that they cannot lie.

use std::fmt::Write as _;

use barid_telemetry::{Description, ProcessMetrics};
use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::{output, reload};

/// Which page.
#[derive(Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// The page to print, as Markdown.
    page: Page,
}

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Page {
    /// Every metric.
    Metrics,
}

/// Prints the page.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let Page::Metrics = arguments.page;
    output::line(metrics()?.trim_end())?;
    Ok(Exit::Done)
}

const HEAD: &str = "# Metrics

Printed from the code by `make gen`; do not edit. Every process serves its metrics on `telemetry.listen`, with those of the
process itself (`process_cpu_seconds_total` and so on). Labels come from closed lists.
";

fn metrics() -> Result<String, std::fmt::Error> {
    let parts: [(&str, &[Description]); 5] = [
        ("Router", barid_router::Metrics::DESCRIPTIONS),
        ("Dispatcher", barid_dispatcher::Metrics::DESCRIPTIONS),
        ("Broker", barid_broker::Metrics::DESCRIPTIONS),
        ("Subscriptions", reload::Metrics::DESCRIPTIONS),
        ("Process", ProcessMetrics::DESCRIPTIONS),
    ];
    let mut page = String::from(HEAD);
    for (title, metrics) in parts {
        write!(page, "\n## {title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")?;
        for Description { name, kind, labels, help } in metrics {
            writeln!(page, "| `{name}` | {kind} | {} | {help} |", labels.join(", "))?;
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_repository_is_the_one_printed() {
        let page = include_str!("../../../../docs/reference/metrics.md");
        assert_eq!(page, metrics().unwrap(), "run `make gen`");
    }
}
