//! Requests that are no events.

use super::*;
use crate::Reason;

fn get(preset: &str, method: &str, query: &str) -> Decision {
    let url = format!("{URL}{query}");
    receive(&source(preset), &Incoming { method, url: &url, headers: &[], body: b"" }, now())
}

fn told(body: &str) -> Decision {
    Decision::Challenge { status: 200, content_type: "text/plain", body: body.to_owned() }
}

#[test]
fn gives_meta_its_challenge_for_the_right_token() {
    let asked = |token, challenge| {
        get("meta", "GET", &format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge={challenge}"))
    };
    assert_eq!(asked("verify%20me", "1158201444"), told("1158201444"));
    assert_eq!(asked("verify", "1158201444"), Decision::Rejected(Reason::WrongToken));
    assert_eq!(Reason::WrongToken.status(), 403);
    assert_eq!(asked("verify%20me", ""), Decision::Rejected(Reason::BadChallenge));
    assert_eq!(asked("verify%20me", "%0A"), Decision::Rejected(Reason::BadChallenge));
    assert_eq!(asked("verify%20me", &"1".repeat(1025)), Decision::Rejected(Reason::BadChallenge));
    assert_eq!(get("meta", "GET", ""), Decision::Rejected(Reason::BadChallenge));
}

#[test]
fn gives_slack_its_challenge_after_verifying() {
    let mut preset = presets().get("slack").unwrap().clone();
    preset.sample.body = r#"{"type":"url_verification","challenge":"3eZbrw1aB"}"#.to_owned();
    let verification = preset.verification().unwrap();
    let mut sample = sign(&preset, &verification, &secrets("slack").1, URL, "", now()).unwrap();
    assert_eq!(received(&source("slack"), &sample, now()), told("3eZbrw1aB"));
    sample.headers.retain(|(name, _)| name != "x-slack-signature");
    assert_eq!(received(&source("slack"), &sample, now()), Decision::Rejected(Reason::MissingSignature));
}

#[test]
fn answers_probes_of_those_who_probe() {
    assert_eq!(get("mailchimp", "GET", ""), told(""));
    assert_eq!(get("intercom", "HEAD", ""), told(""));
    assert_eq!(get("github", "GET", ""), Decision::Rejected(Reason::MissingSignature));
}

#[test]
fn acknowledges_pings_and_makes_no_event_of_them() {
    let mut preset = presets().get("github").unwrap().clone();
    preset.sample.headers = [("x-github-event".into(), "ping".into())].into();
    let verification = preset.verification().unwrap();
    let sample = sign(&preset, &verification, &secrets("github").1, URL, "", now()).unwrap();
    assert!(matches!(received(&source("github"), &sample, now()), Decision::Ignored(_)));
}

#[test]
fn acknowledges_woocommerces_unsigned_ping_and_nothing_else_unsigned() {
    let form = |body: &str| {
        let headers: [(&str, &[u8]); 1] = [("Content-Type", b"application/x-www-form-urlencoded")];
        let incoming = Incoming { method: "POST", url: URL, headers: &headers, body: body.as_bytes() };
        receive(&source("woocommerce"), &incoming, now())
    };
    assert!(matches!(form("webhook_id=12"), Decision::Ignored(_)));
    assert_eq!(form("webhook_id=12&id=1"), Decision::Rejected(Reason::MissingSignature));
}

#[test]
fn acknowledges_salesforce_in_soap() {
    let Decision::Accepted(accepted) = received(&source("salesforce"), &sample("salesforce"), now()) else {
        panic!("accepted")
    };
    assert_eq!((accepted.acknowledgement.status, &*accepted.acknowledgement.content_type), (200, "text/xml"));
    let body = roxmltree::Document::parse(&accepted.acknowledgement.body).unwrap();
    let ack = body.descendants().find(|node| node.tag_name().name() == "Ack").unwrap();
    assert_eq!(ack.tag_name().namespace(), Some("http://soap.sforce.com/2005/09/outbound"));
    assert_eq!(ack.text(), Some("true"));
}
