//! Subscriptions as people read them.

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

/// The same, with the signing secret that the API shows this once.
pub(super) fn with_secret(done: &str, item: &Value, output: Output) -> anyhow::Result<()> {
    outcome(done, item, output)?;
    let Some(secret) = secret(item).filter(|_| output == Output::Table) else { return Ok(()) };
    output::line(&format!("signing secret: {secret}"))?;
    // On the error stream, so that the two lines above are all that a script reads.
    eprintln!("keep the secret for the receiver: only `barid subscriptions secrets` shows it again");
    Ok(())
}

/// The newest signing secret, if it is shown whole.
fn secret(item: &Value) -> Option<&str> {
    let newest = &item["signing"]["secrets"][0];
    let secret = newest["secret"].as_str().or_else(|| newest.as_str()).or_else(|| item["secret"].as_str())?;
    (!secret.contains('…')).then_some(secret)
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
        assert_eq!(secret(&json!({"signing": {"secrets": [{"secret": "whsec_a"}]}})), Some("whsec_a"));
        assert_eq!(secret(&json!({"signing": {"secrets": ["whsec_a"]}})), Some("whsec_a"));
        assert_eq!(secret(&json!({"signing": {"secrets": [{"secret": "whsec_…abcd"}]}})), None);
        assert_eq!(secret(&json!({})), None);
    }
}
