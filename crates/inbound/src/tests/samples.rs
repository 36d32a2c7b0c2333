//! What a provider sends is accepted and becomes what it should; what differs from it in one bit is not.

use barid_event::Event;
use barid_registry::{catalogue, source::Verification};
use proptest::prelude::*;

use super::*;
use crate::{Accepted, Reason, signed::sorted_form};

fn accepted(preset: &str) -> (Source, Accepted) {
    let source = source(preset);
    match received(&source, &sample(preset), now()) {
        Decision::Accepted(accepted) => (source, accepted),
        other => panic!("{preset}: {other:?}"),
    }
}

fn event(preset: &str) -> Event {
    let (source, accepted) = accepted(preset);
    source.event(&accepted, &accepted.items[0]).unwrap_or_else(|error| panic!("{preset}: {error}"))
}

#[test]
fn every_sample_becomes_its_event() {
    let types = catalogue::event_types();
    for preset in presets().iter() {
        let event = event(preset.name.as_str());
        assert_eq!(event.envelope.event_type.as_str(), preset.sample.event_type, "{}", preset.name);
        let known = types.iter().find(|known| known.event_type == event.envelope.event_type);
        let known = known.unwrap_or_else(|| panic!("{} is in the catalogue", event.envelope.event_type));
        let data: Value = serde_json::from_slice(&event.data).unwrap();
        if let Some(schema) = &known.schema {
            let checked = schema.check(&data);
            assert!(checked.is_ok(), "{}: {checked:?} {data}", preset.name);
        }
    }
}

/// The events of another body than the sample's, signed likewise; with their ids.
fn events_of(preset: &str, content_type: &str, body: &str) -> Vec<(String, Event)> {
    let source = source(preset);
    let mut changed = presets().get(preset).unwrap().clone();
    changed.sample.body = body.to_owned();
    let verification = changed.verification().unwrap();
    let mut sample = sign(&changed, &verification, &secrets(preset).1, URL, "msg_1", now()).unwrap();
    sample.headers.retain(|(name, _)| name != "content-type");
    sample.headers.push(("content-type".to_owned(), content_type.to_owned()));
    let Decision::Accepted(accepted) = received(&source, &sample, now()) else { panic!("{preset}: {body}") };
    let events = source.events(&accepted, &mut Budget::new(&|| false)).unwrap();
    events.into_iter().map(|(item, event)| (item.dedup_id, event.unwrap())).collect()
}

#[test]
fn regression_slacks_commands_and_actions_have_a_kind() {
    let form = "application/x-www-form-urlencoded";
    let command = "command=%2Fcall&text=layla&user_id=U1&trigger_id=13345224609.738474920";
    let json = json!({"type": "block_actions", "trigger_id": "13345224609.8088930a", "actions": []}).to_string();
    let action = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &json).finish();
    for (body, event_type, id) in [
        (command, "slack.command", "13345224609.738474920"),
        (action.as_str(), "slack.block_actions", "13345224609.8088930a"),
    ] {
        let events = events_of("slack", form, body);
        assert_eq!((events[0].1.envelope.event_type.as_str(), events[0].0.as_str()), (event_type, id));
    }
}

#[test]
fn regression_zohos_notification_of_several_records_keeps_all_ids() {
    let body = |ids: Value| {
        json!({"module": "Leads", "operation": "insert", "ids": ids, "channel_id": "1", "token": "$SECRET"}).to_string()
    };
    let event_type = |events: &[(String, Event)]| events[0].1.envelope.event_type.as_str().to_owned();
    let one = events_of("zoho", "application/json", &body(json!(["7"])));
    assert_eq!(event_type(&one), "lead.created");
    let several = events_of("zoho", "application/json", &body(json!(["7", "8"])));
    assert_eq!(event_type(&several), "zoho.leads.insert");
    let data: Value = serde_json::from_slice(&several[0].1.data).unwrap();
    assert_eq!(data["ids"], json!(["7", "8"]));
}

#[test]
fn regression_two_statuses_of_an_order_within_a_second_are_two_events() {
    let body = |status| json!({"id": 727, "status": status, "date_modified": "2026-11-24T10:30:00"}).to_string();
    let id = |status| events_of("woocommerce", "application/json", &body(status)).remove(0).0;
    assert!(id("processing") != id("completed") && id("completed") == id("completed"));
}

#[test]
fn what_is_sent_again_is_the_same_event() {
    for preset in presets().iter() {
        let source = source(preset.name.as_str());
        let sample = sample(preset.name.as_str());
        let ids = [0, 60].map(|later| match received(&source, &sample, now() + chrono::TimeDelta::seconds(later)) {
            Decision::Accepted(accepted) => accepted.items.into_iter().map(|item| item.dedup_id).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        });
        assert!(!ids[0].is_empty() && ids[0] == ids[1], "{}: {ids:?}", preset.name);
    }
}

#[test]
fn another_secret_is_refused_and_so_is_an_ended_one() {
    for preset in presets().iter().filter(|preset| preset.verification() != Ok(Verification::Token)) {
        let name = preset.name.as_str();
        let ended = json!({"secret": null, "secrets": [{"secret": secrets(name).0, "until": "2026-01-01T00:00:00Z"}]});
        let refused = received(&source_without(name, &ended), &sample(name), now());
        assert_eq!(refused, Decision::Rejected(Reason::WrongSignature), "{name}");
        if let Ok(Verification::Signature(signature)) = preset.verification()
            && matches!(
                signature.algorithm,
                barid_registry::source::verification::Algorithm::Ed25519
                    | barid_registry::source::verification::Algorithm::EcdsaP256
            )
        {
            continue;
        }
        let other = source_with(name, &json!({"secret": "c2VjcmV0IHRoYXQgaXMgYW5vdGhlciBvbmU="}));
        assert_eq!(received(&other, &sample(name), now()), Decision::Rejected(Reason::WrongSignature), "{name}");
    }
}

#[test]
fn a_long_text_of_an_issue_is_kept_whole() {
    let source = source("github");
    let preset = presets().get("github").unwrap();
    let text = "It was cold.".repeat(5 << 10);
    let body = preset.sample.body.replace("It was cold.", &text);
    let mut preset = preset.clone();
    preset.sample.body = body;
    let sample = sign(&preset, &preset.verification().unwrap(), &secrets("github").1, URL, "msg_1", now()).unwrap();
    let Decision::Accepted(accepted) = received(&source, &sample, now()) else { panic!("accepted") };
    let event = source.event(&accepted, &accepted.items[0]).unwrap();
    let data: Value = serde_json::from_slice(&event.data).unwrap();
    assert_eq!((event.envelope.event_type.as_str(), &data["description"]), ("ticket.created", &json!(text)));
}

/// A null takes the key out.
fn source_without(preset: &str, changes: &Value) -> Source {
    let mut document = json!({"name": "in", "preset": preset, "verify_token": "verify me"});
    for (key, value) in changes.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        document[key] = value.clone();
    }
    let reading = SourceReading { presets: presets(), tenant: None, current: None };
    Source::compile(Arc::new(read(&document, &reading).unwrap())).unwrap()
}

#[test]
fn the_newer_and_the_older_secret_both_count() {
    let both = json!({"secrets": ["the newer secret of two", {"secret": secrets("github").0, "until": "2027-01-01T00:00:00Z"}]});
    let decision = received(&source_without("github", &both), &sample("github"), now());
    assert!(matches!(decision, Decision::Accepted(_)), "{decision:?}");
}

#[test]
fn verifies_what_sendgrid_signed() {
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    let signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
    let body = concat!(
        r#"[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","#,
        r#""sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","#,
        r#""smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]"#,
        "\r\n",
    );
    let headers: [(&str, &[u8]); 3] = [
        ("X-Twilio-Email-Event-Webhook-Signature", signature.as_bytes()),
        ("X-Twilio-Email-Event-Webhook-Timestamp", b"1600112502"),
        ("Content-Type", b"application/json"),
    ];
    let incoming = Incoming { method: "POST", url: URL, headers: &headers, body: body.as_bytes() };
    let source = source_with("sendgrid", &json!({"secret": key}));
    let at = DateTime::from_timestamp(1_600_112_502, 0).unwrap();
    let Decision::Accepted(accepted) = receive(&source, &incoming, at) else { panic!("accepted") };
    assert_eq!(source.event(&accepted, &accepted.items[0]).unwrap().envelope.event_type.as_str(), "sendgrid.dropped");
    let changed = Incoming { body: body.trim_end().as_bytes(), ..incoming };
    assert_eq!(receive(&source, &changed, at), Decision::Rejected(Reason::WrongSignature));
}

#[test]
fn verifies_what_standard_webhooks_signed() {
    let cases = [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "standard-webhooks",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
            "standard-webhooks-ed25519",
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        ),
    ];
    for (secret, preset, signature) in cases {
        let source = source_with(preset, &json!({"secret": secret}));
        let told = |signature: &str| {
            let headers: [(&str, &[u8]); 3] = [
                ("webhook-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", b"1614265330"),
                ("webhook-signature", signature.as_bytes()),
            ];
            let body = br#"{"test": 2432232314}"#;
            let incoming = Incoming { method: "POST", url: URL, headers: &headers, body };
            receive(&source, &incoming, DateTime::from_timestamp(1_614_265_330, 0).unwrap())
        };
        assert!(matches!(told(signature), Decision::Accepted(_)), "{preset}");
        assert!(matches!(told(&format!("v1,AAAA v0,x {signature} v2,x")), Decision::Accepted(_)), "{preset}");
        // The right digest under a version that nobody knows.
        let unknown = signature.replacen("v1", "v9", 1);
        assert_eq!(told(&unknown), Decision::Rejected(Reason::UnreadableSignature), "{preset}");
    }
}

/// Presets with a signature, which covers the body.
fn signed() -> Vec<&'static str> {
    let signed = presets().iter().filter(|preset| matches!(preset.verification(), Ok(Verification::Signature(_))));
    signed.map(|preset| preset.name.as_str()).collect()
}

proptest! {
    #[test]
    fn one_bit_of_the_body_is_enough_to_refuse(preset in prop::sample::select(signed()), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let mut sample = sample(preset);
        let at = at.index(sample.body.len());
        sample.body[at] ^= 1_u8 << bit;
        // A form means the same with its escapes in either case, and what it means is what is signed.
        let before = super::sample(preset).body;
        prop_assume!(!["twilio", "mandrill"].contains(&preset) || sorted_form(&before) != sorted_form(&sample.body));
        let decision = received(&source(preset), &sample, now());
        prop_assert!(matches!(decision, Decision::Rejected(_)), "{preset}: {decision:?}");
    }

    #[test]
    fn one_bit_of_a_header_that_proves_is_enough(preset in prop::sample::select(signed()), at in any::<prop::sample::Index>(), bit in 0_u32..7) {
        let mut sample = sample(preset);
        let mine = |name: &str| name.contains("signature") || name.contains("timestamp") || name.contains("hmac");
        for (_, value) in sample.headers.iter_mut().filter(|(name, _)| mine(name)) {
            let mut bytes = value.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            // Hexadecimal digits mean the same in both cases, and white space around a value nothing.
            if changed.eq_ignore_ascii_case(value) || changed.trim_ascii() == value.as_str() {
                return Ok(());
            }
            *value = changed;
        }
        let decision = received(&source(preset), &sample, now());
        prop_assert!(matches!(decision, Decision::Rejected(_)), "{preset}: {decision:?}");
    }

    #[test]
    fn one_bit_of_the_secret_is_enough(preset in prop::sample::select(vec!["github", "stripe", "slack", "twilio", "hubspot-v1"]), at in any::<prop::sample::Index>(), bit in 0_u32..5) {
        let mut secret = secrets(preset).0.into_bytes();
        let at = at.index(secret.len());
        secret[at] ^= 1_u8 << bit;
        let Ok(secret) = String::from_utf8(secret) else { return Ok(()) };
        prop_assume!(!secret.contains(char::is_control));
        let decision = received(&source_with(preset, &json!({"secret": secret})), &sample(preset), now());
        prop_assert_eq!(decision, Decision::Rejected(Reason::WrongSignature));
    }
}
