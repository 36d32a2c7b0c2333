//! Sources as people read them.

use barid_inbound::presets as all;
use serde_json::{Value, json};

use crate::cli::Output;
use crate::exit::Exit;
use crate::output;

/// All of them, a row each.
pub(super) fn list(items: &[Value], output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, items);
    }
    if items.is_empty() {
        return Ok(output::line("there are no sources: make one with `barid sources create`")?);
    }
    let rows = items.iter().map(|item| {
        let state = if item["enabled"] == true { "enabled" } else { "disabled" };
        [text(&item["tenant"]), text(&item["name"]), text(&item["preset"]), state.to_owned(), text(&item["id"])]
    });
    output::table(["TENANT", "NAME", "PRESET", "STATE", "ID"], rows)?;
    Ok(output::line(&format!("\n{}", output::count(items.len(), "source")))?)
}

/// The providers there are.
pub(super) fn presets(output: Output) -> anyhow::Result<Exit> {
    if output == Output::Table {
        let rows = all()
            .iter()
            .map(|preset| [preset.name.to_string(), preset.title.clone(), preset.sample.event_type.clone()]);
        output::table(["PRESET", "PROVIDER", "EVENT OF ITS SAMPLE"], rows)?;
    } else {
        let presets: Vec<_> = all()
            .iter()
            .map(|preset| {
                json!({"name": preset.name.as_str(), "title": preset.title, "note": preset.note,
                    "sample_type": preset.sample.event_type})
            })
            .collect();
        output::data(output, &presets)?;
    }
    Ok(Exit::Done)
}

/// What became of one, in a sentence.
pub(super) fn outcome(done: &str, item: &Value, output: Output) -> anyhow::Result<()> {
    if output != Output::Table {
        return output::data(output, item);
    }
    let (name, tenant, id) = (text(&item["name"]), text(&item["tenant"]), text(&item["id"]));
    Ok(output::line(&output::printable(&format!("{done} source {name} of tenant {tenant} ({id})")))?)
}

/// The same, with the URL that the API shows this once.
pub(super) fn with_url(done: &str, item: &Value, output: Output) -> anyhow::Result<()> {
    outcome(done, item, output)?;
    let Some(url) = item["url"].as_str().filter(|_| output == Output::Table) else { return Ok(()) };
    output::line(&format!("url: {url}"))?;
    // On the error stream, so that the two lines above are all that a script reads.
    eprintln!("tell the provider this url: it is a secret, and nothing shows it again");
    Ok(())
}

/// What came of a test; the exit code says whether all of it would be accepted.
pub(super) fn test(outcome: &Value, output: Output) -> anyhow::Result<Exit> {
    let exit = Exit::done_if(outcome["accepted"] == true);
    if output != Output::Table {
        output::data(output, outcome)?;
        return Ok(exit);
    }
    let events = outcome["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let verdict = if outcome["accepted"] == true { "accepted" } else { "not accepted" };
    let reason = outcome["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
    output::line(&output::printable(&format!("{verdict}{reason}: {}", output::count(events.len(), "event"))))?;
    for event in events {
        let told = match event["error"].as_str() {
            Some(error) => format!("  {}: {error}", text(&event["event"]["type"])),
            None => format!("  {}: {}", text(&event["event"]["type"]), event["data"]),
        };
        output::line(&output::printable(&told))?;
    }
    Ok(exit)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
