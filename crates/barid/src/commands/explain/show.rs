//! An explanation as people read it.

use serde_json::Value;

use crate::output;

/// A table of all subscriptions, or the whole story of `one`.
pub(super) fn explanation(explanation: &Value, one: bool) -> anyhow::Result<()> {
    print(&heading(explanation))?;
    let subscriptions = explanation["subscriptions"].as_array().map(Vec::as_slice).unwrap_or_default();
    match subscriptions {
        [only] if one => story(only)?,
        [] => print(&format!("\n{}", nobody(explanation)))?,
        all => table(all, explanation)?,
    }
    if explanation["sent"].is_object() {
        print(&format!("\nsent: {}", sent(&explanation["sent"])))?;
    }
    Ok(())
}

/// What is true of the event, whoever may want it.
fn heading(explanation: &Value) -> String {
    let (event, schema) = (&explanation["event"], &explanation["schema"]);
    let mut lines = vec![format!(
        "{} {} of tenant {} ({})",
        text(&event["type"]),
        text(&event["id"]),
        text(&event["tenant"]),
        text(&explanation["message_id"])
    )];
    if let Some(detail) = explanation["refused"]["detail"].as_str() {
        lines.push(format!("becomes a dead letter: {detail}"));
    }
    for error in schema["errors"].as_array().into_iter().flatten() {
        let (pointer, message) = (text(&error["pointer"]), text(&error["message"]));
        lines.push(format!("schema ({}): {pointer}: {message}", text(&schema["validation"])));
    }
    lines.join("\n")
}

/// What an empty list means.
fn nobody(explanation: &Value) -> &'static str {
    if explanation["truncated"] == true {
        "the time was over before anybody was asked: ask for one with --subscription"
    } else {
        "nobody of this tenant subscribes to anything"
    }
}

fn table(all: &[Value], explanation: &Value) -> anyhow::Result<()> {
    output::line("")?;
    let row = |one: &Value| [&one["name"], &one["verdict"], &one["why"]].map(|value| text(value).to_owned());
    output::table(["SUBSCRIPTION", "VERDICT", "WHY"], all.iter().map(row))?;
    let gets = all.iter().filter(|one| one["verdict"] == "delivers").count();
    let more = if explanation["truncated"] == true { "; there are more: ask for one with --subscription" } else { "" };
    print(&format!("\n{gets} of {} get it{more}", output::count(all.len(), "subscription")))
}

fn story(one: &Value) -> anyhow::Result<()> {
    print(&format!(
        "\n{} ({}): {}\n{}",
        text(&one["name"]),
        text(&one["id"]),
        text(&one["verdict"]),
        text(&one["why"])
    ))?;
    let filter = &one["filter"];
    if filter.is_object() {
        print(&format!("\nfilter: {}", text(&filter["source"])))?;
        for seen in filter["values"].as_array().into_iter().flatten() {
            print(&format!("  {} is {}", text(&seen["path"]), value(seen)))?;
        }
        if filter["slow"] == true {
            print("  it was slow three times in a row, for which a router switches a filter off")?;
        }
    }
    if one["request"].is_object() {
        print(&format!("\n{}", request(&one["request"])))?;
    }
    Ok(())
}

fn value(seen: &Value) -> String {
    match (seen["absent"] == true, seen["truncated"] == true) {
        (true, _) => "absent".to_owned(),
        (_, true) => format!("{}…", text(&seen["value"])),
        _ => seen["value"].to_string(),
    }
}

/// The request as it goes over the wire, more or less.
fn request(request: &Value) -> String {
    let mut lines = vec![format!("{} {}", text(&request["method"]), text(&request["url"]))];
    let headers = request["headers"].as_array().into_iter().flatten();
    lines.extend(headers.map(|header| format!("{}: {}", text(&header["name"]), text(&header["value"]))));
    let shown = lines.join("\n");
    let (body, bytes) = (text(&request["body"]), &request["body_bytes"]);
    let base64 = if request["body_encoding"] == "base64" { " in base64" } else { "" };
    let cut = if request["body_truncated"] == true { ", cut" } else { "" };
    if body.is_empty() { shown } else { format!("{shown}\n\n{body}\n({bytes} bytes{base64}{cut})") }
}

fn sent(outcome: &Value) -> String {
    let verdict = if outcome["delivered"] == true { "delivered" } else { "not delivered" }.to_owned();
    let status = outcome["status"].as_u64().map(|status| format!("status {status}"));
    let error = outcome["error"].as_str().map(str::to_owned);
    [Some(verdict), status, error].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(output::line(&output::printable(text))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_looks_like_one() {
        let shown = request(&json!({
            "method": "POST", "url": "https://a.example/…", "body": "{}", "body_encoding": "text", "body_bytes": 2,
            "body_truncated": false,
            "headers": [{"name": "webhook-id", "value": "msg_1"}, {"name": "webhook-signature", "value": "…", "masked": true}],
        }));
        assert_eq!(shown, "POST https://a.example/…\nwebhook-id: msg_1\nwebhook-signature: …\n\n{}\n(2 bytes)");
    }

    #[test]
    fn says_what_is_there_and_what_is_not() {
        assert_eq!(value(&json!({"path": "data.a", "value": "x"})), "\"x\"");
        assert_eq!(value(&json!({"path": "data.a", "value": null})), "null");
        assert_eq!(value(&json!({"path": "data.a", "absent": true})), "absent");
        assert_eq!(value(&json!({"path": "data.a", "value": "[1,2", "truncated": true})), "[1,2…");
    }

    #[test]
    fn does_not_say_that_nobody_subscribes_where_nobody_was_asked() {
        let empty = |truncated| json!({"subscriptions": [], "truncated": truncated});
        assert!(nobody(&empty(true)).starts_with("the time was over"));
        assert!(nobody(&empty(false)).starts_with("nobody of this tenant"));
    }

    #[test]
    fn tells_of_a_refused_event_first() {
        let told = heading(&json!({
            "event": {"type": "deal.won", "id": "1", "tenant": "acme"}, "message_id": "msg_1",
            "refused": {"reason": "schema", "detail": "no"},
            "schema": {"validation": "enforce", "errors": [{"pointer": "/data", "message": "\"owner\" is missing"}]},
        }));
        assert_eq!(
            told,
            "deal.won 1 of tenant acme (msg_1)\nbecomes a dead letter: no\nschema (enforce): /data: \"owner\" is missing"
        );
    }
}
