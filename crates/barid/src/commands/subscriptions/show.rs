//! Subscriptions as people read them.

use std::slice;

use serde_json::Value;

use crate::cli::Output;
use crate::output;

/// All of them, a row each.
pub(super) fn list(items: &[Value], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, items);
    }
    if items.is_empty() {
        return Ok(output::line("there are no subscriptions: make one with `barid subscriptions create`")?);
    }
    let rows = items.iter().map(|item| {
        let destination = item["destination"]["url"].as_str().unwrap_or_default();
        [
            text(&item["tenant"]),
            text(&item["name"]),
            words(&item["events"]),
            destination.to_owned(),
            state(item),
            text(&item["id"]),
        ]
    });
    output::table(["TENANT", "NAME", "EVENTS", "DESTINATION", "STATE", "ID"], rows)?;
    Ok(output::line(&format!("\n{}", output::count(items.len(), "subscription")))?)
}

/// What became of one, in a sentence.
pub(super) fn outcome(done: &str, item: &Value, output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, item);
    }
    let tenant = text(&item["tenant"]);
    Ok(output::line(&output::printable(&format!(
        "{done} subscription {} of tenant {tenant} ({})",
        text(&item["name"]),
        text(&item["id"])
    )))?)
}

/// The same, with the signing secrets that the API shows this once.
pub(super) fn with_secret(done: &str, item: &Value, output: Output) -> anyhow::Result<()> {
    outcome(done, item, output)?;
    let secrets = if output == Output::Table { secrets(&item["signing"]) } else { Vec::new() };
    for line in &secrets {
        output::line(&output::printable(line))?;
    }
    if !secrets.is_empty() {
        // On the error stream, so that the lines above are all that a script reads.
        eprintln!("give it to the receiver: only `barid subscriptions secrets` shows secrets again");
    }
    Ok(())
}

/// A line for each scheme whose newest secret is shown whole. A key pair's public half is all its receiver needs.
fn secrets(signing: &Value) -> Vec<String> {
    let (schemes, is_only) = match signing {
        Value::Array(schemes) => (&schemes[..], false),
        one => (slice::from_ref(one), true),
    };
    let line = |scheme: &Value| {
        let newest = scheme["secrets"].get(0)?;
        let secret = newest["secret"].as_str().filter(|secret| !secret.contains('…'))?;
        let of = if is_only { String::new() } else { format!(" for {}", text(&scheme["scheme"])) };
        Some(match scheme["public_key"].as_str() {
            Some(public) => format!("public key{of}: {public}"),
            None => format!("signing secret{of}: {secret}"),
        })
    };
    schemes.iter().filter_map(line).collect()
}

fn state(item: &Value) -> String {
    if item["paused"] == true { "paused" } else { "active" }.to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn words(list: &Value) -> String {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shows_a_secret_only_where_it_is_whole() {
        assert_eq!(secrets(&json!({"secrets": [{"secret": "whsec_a"}]})), ["signing secret: whsec_a"]);
        assert!(secrets(&json!({"secrets": [{"secret": "whsec_…abcd"}]})).is_empty());
        assert!(secrets(&json!({"secret": "whsec_…abcd"})).is_empty());
        assert!(secrets(&json!(null)).is_empty());
    }

    #[test]
    fn shows_for_which_scheme_a_secret_is_and_of_a_pair_the_public_half() {
        let pair = json!({"scheme": "standard-ed25519", "secrets": [{"secret": "whsk_a"}], "public_key": "whpk_b"});
        let several =
            json!([{"scheme": "github", "secrets": [{"secret": "abc"}]}, {"scheme": "stripe", "secret": "…"}, pair]);
        assert_eq!(secrets(&several), ["signing secret for github: abc", "public key for standard-ed25519: whpk_b"]);
    }
}
