//! The page of metrics.

use std::fmt::{Error, Write as _};

use barid_telemetry::{Description, ProcessMetrics};

use crate::reload;

const HEAD: &str = "# Metrics

Printed from the code by `make gen`; do not edit. Every process serves its metrics on `/metrics`: a gateway on
`gateway.listen`, others on `telemetry.listen`; with those of the process itself (`process_cpu_seconds_total` and so on).
Labels come from closed lists.
";

/// Every metric, crate by crate.
pub(super) fn page() -> Result<String, Error> {
    let parts: [(&str, &[Description]); 7] = [
        ("Gateway", barid_gateway::Metrics::DESCRIPTIONS),
        ("Router", barid_router::Metrics::DESCRIPTIONS),
        ("Dispatcher", barid_dispatcher::Metrics::DESCRIPTIONS),
        ("Broker", barid_broker::Metrics::DESCRIPTIONS),
        ("Registry", barid_store::Metrics::DESCRIPTIONS),
        ("Subscriptions from a file", reload::Metrics::DESCRIPTIONS),
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
        assert_eq!(include_str!("../../../../../docs/reference/metrics.md"), page().unwrap(), "run `make gen`");
    }
}
