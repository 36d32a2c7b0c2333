//! `barid subscriptions test`: a sample event for one subscription, and what came of it.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value};

use crate::cli::Output;
use crate::exit::Exit;
use crate::output;

/// Bytes of an answer's body that are shown.
const SHOWN: usize = 500;

/// What is sent.
#[derive(Clone, Debug, Args)]
pub(super) struct Sample {
    /// The type of the sample event; by default one that the subscription wants.
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,

    /// The sample's data, as JSON; by default the example of its type.
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
}

impl Sample {
    /// What the API is asked.
    pub(super) fn body(&self) -> anyhow::Result<Value> {
        let mut body = Map::new();
        if let Some(event_type) = &self.event_type {
            body.insert("type".to_owned(), event_type.as_str().into());
        }
        if let Some(data) = &self.data {
            body.insert("data".to_owned(), serde_json::from_str(data).context("--data is no JSON")?);
        }
        Ok(body.into())
    }
}

/// Prints the outcome; the exit code says whether it was delivered.
pub(super) fn show(outcome: &Value, output: Output) -> anyhow::Result<Exit> {
    let exit = Exit::done_if(outcome["delivered"] == true);
    if output != Output::Table {
        output::data(output, outcome)?;
        return Ok(exit);
    }
    output::line(&output::printable(&sentence(outcome)))?;
    if let Some(body) = outcome["body"].as_str().map(str::trim).filter(|body| !body.is_empty()) {
        let cut: String = body.chars().take(SHOWN).collect();
        let more = if cut.len() < body.len() { "…" } else { "" };
        output::line(&format!("{}{more}", output::printable(&cut)))?;
    }
    Ok(exit)
}

fn sentence(outcome: &Value) -> String {
    let verdict = if outcome["delivered"] == true { "delivered" } else { "not delivered" }.to_owned();
    let status = outcome["status"].as_u64().map(|status| format!(": status {status}"));
    let error = outcome["error"].as_str().map(|error| format!(": {error}"));
    let duration = outcome["duration_ms"].as_u64().map(|duration| format!(" after {duration} ms"));
    [Some(verdict), status, error, duration].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_what_came_of_it() {
        let delivered = json!({"delivered": true, "status": 204, "error": null, "duration_ms": 31});
        assert_eq!(sentence(&delivered), "delivered: status 204 after 31 ms");
        let refused = json!({"delivered": false, "status": null, "error": "connect: refused", "duration_ms": 2});
        assert_eq!(sentence(&refused), "not delivered: connect: refused after 2 ms");
    }
}
