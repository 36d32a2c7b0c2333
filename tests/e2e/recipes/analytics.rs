//! Google Analytics 4.

use anyhow::Result;
use barid_tests::receiver::Answer;
use serde_json::{Map, Value, json};

use super::{Kitchen, json};

#[tokio::test]
async fn ga4_gets_no_more_than_it_takes_and_nobodys_name() -> Result<()> {
    let path = "/mp/collect?measurement_id=G-TEST123&api_secret=s3%26cret";
    let parameters = [("base_url", "{base}"), ("measurement_id", "G-TEST123"), ("api_secret", "s3&cret")];
    let ga4 = Kitchen::open("ga4", path, &parameters).await?;
    let mut data: Map<String, Value> = (0..60).map(|n| (format!("field_{n}"), json!("v".repeat(500)))).collect();
    data.insert("a".repeat(99), json!(7));
    data.insert("email".to_owned(), json!("jane@example.com"));
    data.insert("lines".to_owned(), json!([{"sku": "x"}]));
    let kind = format!("form.submitted.{}", "x".repeat(60));
    let request = ga4.delivered("1", &kind, &Value::Object(data).to_string(), Answer::status(204)).await?;
    let body = json(&request)?;
    assert_eq!(body["client_id"].as_str().map(str::len), Some(64));
    let event = &body["events"][0];
    let is_name =
        |name: &str| name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(
        event["name"].as_str().is_some_and(|name| is_name(name) && name.starts_with("form_submitted_x")),
        "{event}"
    );
    let params = event["params"].as_object().into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(params.len(), 25);
    for (name, value) in params {
        assert!(is_name(name), "{name}");
        assert!(value.is_number() || value.as_str().is_some_and(|text| text.chars().count() <= 100), "{value}");
    }
    assert!(!String::from_utf8_lossy(&request.body).contains("jane"));
    assert_eq!(event["params"]["a".repeat(40)], 7);

    let request = ga4.delivered("2", "deal.won", r#"{"client_id": "1.2"}"#, Answer::status(204)).await?;
    assert_eq!(json(&request)?["client_id"], "1.2");
    let (reason, _) = ga4.refused("3", "deal.won", "null", Answer::status(413)).await?;
    assert_eq!(reason, "permanent_status");
    ga4.close().await
}
