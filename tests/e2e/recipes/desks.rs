//! Zendesk and Freshdesk.

use anyhow::Result;
use barid_tests::receiver::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Kitchen, json};

const TICKET: &str = r#"{"subject": "The van <b>", "description": "It & I", "priority": "high",
    "requester": {"name": "Omar", "email": "omar@example.com"}}"#;

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn zendesk_gets_a_ticket_with_the_events_id() -> Result<()> {
    let parameters = [("base_url", "{base}/"), ("email", "agent@example.com"), ("api_token", "t0k")];
    let zendesk = Kitchen::open("zendesk-ticket", "/api/v2/tickets.json", &parameters).await?;
    let request = zendesk.delivered("e-1", "ticket.created", TICKET, Answer::status(201)).await?;
    assert_eq!(request.header("authorization"), Some(basic("agent@example.com/token:t0k").as_str()));
    let expected = json!({"ticket": {
        "subject": "The van <b>", "comment": {"body": "It & I"}, "priority": "high", "external_id": "e-1",
        "requester": {"name": "Omar", "email": "omar@example.com"},
    }});
    assert_eq!(json(&request)?, expected);
    let request = zendesk.delivered("e-2", "ticket.created", r#"{"priority": "now"}"#, Answer::status(201)).await?;
    let bare = json!({"subject": "ticket.created", "comment": {"body": "ticket.created"}, "external_id": "e-2"});
    assert_eq!(json(&request)?["ticket"], bare);
    let (reason, detail) = zendesk.refused("e-3", "ticket.created", TICKET, Answer::status(422)).await?;
    assert_eq!(reason, "permanent_status", "{detail}");
    zendesk.close().await
}

#[tokio::test]
async fn freshdesk_gets_a_ticket_in_its_numbers() -> Result<()> {
    let parameters = [("base_url", "{base}"), ("api_key", "k3y")];
    let freshdesk = Kitchen::open("freshdesk-ticket", "/api/v2/tickets", &parameters).await?;
    let request = freshdesk.delivered("1", "ticket.created", TICKET, Answer::status(201)).await?;
    assert_eq!(request.header("authorization"), Some(basic("k3y:X").as_str()));
    let expected = json!({"subject": "The van <b>", "description": "It &amp; I", "email": "omar@example.com",
        "status": 2, "source": 2, "priority": 3});
    assert_eq!(json(&request)?, expected);
    let (reason, _) = freshdesk.refused("2", "ticket.created", TICKET, Answer::status(400)).await?;
    assert_eq!(reason, "permanent_status");
    // Nobody to answer to: no request is made.
    freshdesk.world.publish(&barid_tests::event_with("ticket.created", "3", "{}")?).await?;
    assert_eq!(freshdesk.died().await?.0, "template");
    assert_eq!(freshdesk.receiver.count("/api/v2/tickets"), 2);
    freshdesk.close().await
}
