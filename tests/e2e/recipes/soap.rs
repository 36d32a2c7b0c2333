//! A SOAP service.

use anyhow::Result;
use barid_tests::python;
use barid_tests::receiver::Answer;
use serde_json::{Value, json};

use super::Kitchen;

const FAULT: &str = "<s:Envelope><s:Body><s:Fault><faultcode>s:Client</faultcode></s:Fault></s:Body></s:Envelope>";

#[tokio::test]
async fn soap_gets_an_envelope_and_a_fault_is_a_failure() -> Result<()> {
    let parameters = [
        ("endpoint", "{base}/crm"),
        ("soap_action", "urn:crm#Notify"),
        ("namespace", "urn:crm?a&b"),
        ("operation", "Notify"),
    ];
    let soap = Kitchen::open("soap", "/crm", &parameters).await?;
    let data = r#"{"name": "A & <B>\u0001", "n": 7, "na\"me": true, "list": [1]}"#;
    let request = soap.delivered("1", "deal.won", data, Answer::with_body(200, "<ok/>")).await?;
    assert_eq!(request.header("soapaction"), Some("\"urn:crm#Notify\""));
    assert_eq!(request.header("content-type"), Some("text/xml; charset=utf-8"));
    // A parser that is not ours reads it.
    let text = String::from_utf8(request.body.to_vec())?;
    let read: Value = serde_json::from_str(&python::run_script("soap_of.py", &text.into()).await?.success()?)?;
    let fields = json!([
        "{http://schemas.xmlsoap.org/soap/envelope/}Envelope",
        "{urn:crm?a&b}Notify",
        [
            ["Id", null, "1"],
            ["Type", null, "deal.won"],
            ["Time", null, read[2][2][2]],
            ["Subject", null, null],
            ["Field", "n", "7"],
            ["Field", "na\"me", "true"],
            ["Field", "name", "A & <B>"]
        ],
    ]);
    assert_eq!(read, fields);
    let (reason, _) = soap.refused("2", "deal.won", "{}", Answer::with_body(200, FAULT)).await?;
    assert_eq!(reason, "permanent_body");
    let (reason, _) = soap.refused("3", "deal.won", "null", Answer::status(404)).await?;
    assert_eq!(reason, "permanent_status");
    soap.close().await
}
