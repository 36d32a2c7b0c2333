//! Mailchimp and HubSpot.

use anyhow::Result;
use barid_tests::receiver::Answer;
use serde_json::json;

use super::{Kitchen, json};

const CONTACT: &str = r#"{"id": "c1", "first_name": "Jane", "emails": [" Jane@Example.COM "], "phones": ["+491"]}"#;

#[tokio::test]
async fn mailchimp_gets_a_member_under_the_md5_of_the_address() -> Result<()> {
    // Of jane@example.com, by another program.
    let path = "/3.0/lists/a1b2/members/9e26471d35a78862c17e467d87cddedf";
    let parameters = [("base_url", "{base}"), ("list_id", "a1b2"), ("api_key", "k-us1")];
    let mailchimp = Kitchen::open("mailchimp-member", path, &parameters).await?;
    let request = mailchimp.delivered("1", "contact.created", CONTACT, Answer::status(200)).await?;
    assert_eq!(request.method, "PUT");
    assert!(request.header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    let expected = json!({"email_address": "Jane@Example.COM", "status_if_new": "pending",
        "merge_fields": {"FNAME": "Jane", "LNAME": ""}});
    assert_eq!(json(&request)?, expected);
    let (reason, _) = mailchimp.refused("2", "contact.created", CONTACT, Answer::status(400)).await?;
    assert_eq!(reason, "permanent_status");
    mailchimp.world.publish(&barid_tests::event_with("contact.created", "3", r#"{"id": "c2"}"#)?).await?;
    assert_eq!(mailchimp.died().await?.0, "template");
    mailchimp.close().await
}

#[tokio::test]
async fn hubspot_gets_an_upsert_by_the_address() -> Result<()> {
    let path = "/crm/v3/objects/contacts/batch/upsert";
    let hubspot = Kitchen::open("hubspot-contact", path, &[("base_url", "{base}"), ("access_token", "pat-1")]).await?;
    let request = hubspot.delivered("1", "contact.created", CONTACT, Answer::status(200)).await?;
    assert_eq!(request.header("authorization"), Some("Bearer pat-1"));
    let email = "Jane@Example.COM";
    let expected = json!({"inputs": [{"id": email, "idProperty": "email",
        "properties": {"email": email, "firstname": "Jane", "phone": "+491"}}]});
    assert_eq!(json(&request)?, expected);
    let (reason, _) = hubspot.refused("2", "contact.created", CONTACT, Answer::status(403)).await?;
    assert_eq!(reason, "permanent_status");
    hubspot.close().await
}
