//! Headers that are missing, there twice, too many or written wrongly; replays and clocks that differ.

use chrono::TimeDelta;

use super::*;
use crate::Reason;

fn reason(preset: &str, change: impl FnOnce(&mut SignedSample)) -> Reason {
    let mut sample = sample(preset);
    change(&mut sample);
    match received(&source(preset), &sample, now()) {
        Decision::Rejected(reason) => reason,
        other => panic!("{preset}: {other:?}"),
    }
}

fn set(sample: &mut SignedSample, name: &str, value: &str) {
    sample.headers.retain(|(known, _)| known != name);
    sample.headers.push((name.to_owned(), value.to_owned()));
}

fn remove(sample: &mut SignedSample, name: &str) {
    sample.headers.retain(|(known, _)| known != name);
}

#[test]
fn says_which_header_is_wrong_and_how() {
    let stripe = "stripe-signature";
    assert_eq!(reason("stripe", |it| remove(it, stripe)), Reason::MissingSignature);
    assert_eq!(reason("stripe", |it| set(it, stripe, "")), Reason::MissingSignature);
    assert_eq!(
        reason("stripe", |it| it.headers.push((stripe.to_owned(), "t=1,v1=00".to_owned()))),
        Reason::RepeatedHeader
    );
    assert_eq!(reason("stripe", |it| set(it, stripe, "v1=00")), Reason::MissingTimestamp);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=1,t=1,v1=00")), Reason::RepeatedHeader);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=soon,v1=00")), Reason::UnreadableTimestamp);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=-1,v1=00")), Reason::UnreadableTimestamp);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=1,v0=00")), Reason::UnreadableSignature);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=1,v1=xyz")), Reason::UnreadableSignature);
    assert_eq!(reason("stripe", |it| set(it, stripe, "t=1,v1=")), Reason::UnreadableSignature);
    assert_eq!(reason("stripe", |it| set(it, stripe, &"v1=00,".repeat(100))), Reason::TooManySignatures);
    assert_eq!(reason("stripe", |it| set(it, stripe, &"v1=00,".repeat(1000))), Reason::LongHeader);
    assert_eq!(reason("slack", |it| remove(it, "x-slack-request-timestamp")), Reason::MissingTimestamp);
    assert_eq!(reason("svix", |it| remove(it, "svix-id")), Reason::MissingId);
    assert_eq!(reason("basic", |it| set(it, "authorization", "Basic !")), Reason::UnreadableSignature);
    assert_eq!(reason("bearer", |it| set(it, "authorization", "Basic YTpi")), Reason::UnreadableSignature);
    assert_eq!(reason("zoho", |it| it.body = b"{}".to_vec()), Reason::MissingSignature);
}

#[test]
fn every_refusal_of_a_proof_is_the_same_outside() {
    for header in ["", "t=1,v1=00", "v1=00", "t=1,t=1", "t=x,v1=00"] {
        assert_eq!(reason("stripe", |it| set(it, "stripe-signature", header)).status(), 401, "{header}");
    }
}

#[test]
fn schemes_of_http_are_the_same_in_any_case() {
    let mut sample = sample("bearer");
    let value = format!("bearer  {}", secrets("bearer").0);
    set(&mut sample, "authorization", &value);
    assert!(matches!(received(&source("bearer"), &sample, now()), Decision::Accepted(_)));
}

#[test]
fn takes_replays_within_the_tolerance_only() {
    for preset in ["stripe", "slack", "svix", "hubspot", "zendesk", "sendgrid"] {
        let (source, sample) = (source(preset), sample(preset));
        let at = |seconds| received(&source, &sample, now() + TimeDelta::seconds(seconds));
        for seconds in [-300, 0, 300] {
            let Decision::Accepted(accepted) = at(seconds) else { panic!("{preset} {seconds}") };
            assert_eq!(accepted.age, Some(TimeDelta::seconds(seconds)), "{preset}");
        }
        assert_eq!(at(301), Decision::Rejected(Reason::Stale), "{preset}");
        assert_eq!(at(-301), Decision::Rejected(Reason::Premature), "{preset}");
    }
}

#[test]
fn the_tolerance_is_the_sources() {
    let source = source_with("stripe", &json!({"verification": {"timestamp": {"tolerance": "1h"}}}));
    let decision = received(&source, &sample("stripe"), now() + TimeDelta::minutes(59));
    assert!(matches!(decision, Decision::Accepted(_)));
}

#[test]
fn what_is_signed_by_its_fields_must_be_a_form() {
    let json = |sample: &mut SignedSample, body: &[u8]| {
        set(sample, "content-type", "application/json");
        sample.body = body.to_vec();
    };
    assert_eq!(reason("twilio", |it| json(it, b"{}")), Reason::UnsignedBody);
    assert_eq!(reason("mandrill", |it| json(it, b"{}")), Reason::UnsignedBody);
}

#[test]
fn takes_json_that_is_signed_by_its_hash_in_the_url() {
    let preset = presets().get("twilio").unwrap();
    let mut preset = preset.clone();
    preset.sample.body = String::new();
    let hash = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(b"{\"CallSid\":\"CA1\"}"));
    let url = format!("{URL}?bodySHA256={hash}");
    let verification = preset.verification().unwrap();
    let mut sample = sign(&preset, &verification, &secrets("twilio").1, &url, "", now()).unwrap();
    set(&mut sample, "content-type", "application/json");
    sample.body = b"{\"CallSid\":\"CA1\"}".to_vec();
    assert!(matches!(received(&source("twilio"), &sample, now()), Decision::Accepted(_)));
    sample.body = b"{\"CallSid\":\"CA2\"}".to_vec();
    assert_eq!(received(&source("twilio"), &sample, now()), Decision::Rejected(Reason::UnsignedBody));
}

#[test]
fn signs_the_url_that_the_provider_was_told() {
    let url = "https://public.example.com/in/st_token";
    let preset = presets().get("hubspot").unwrap();
    let verification = preset.verification().unwrap();
    let mut sample = sign(preset, &verification, &secrets("hubspot").1, &format!("{url}?a=1"), "", now()).unwrap();
    sample.url = "http://10.0.0.7:8080/in/st_token?a=1".to_owned();
    assert_eq!(received(&source("hubspot"), &sample, now()), Decision::Rejected(Reason::WrongSignature));
    let source = source_with("hubspot", &json!({"public_url": url}));
    assert!(matches!(received(&source, &sample, now()), Decision::Accepted(_)));
}

#[test]
fn regression_a_public_url_with_one_token_serves_both_while_they_rotate() {
    let url = |host: &str, letter: &str| format!("{host}/in/st_{}", letter.repeat(32));
    let (host, own) = ("https://public.example.com", "http://10.0.0.7:8080");
    for slash in ["", "/"] {
        let source = source_with("hubspot", &json!({"public_url": url(host, "a") + slash}));
        for letter in ["a", "b"] {
            let (preset, told) = (presets().get("hubspot").unwrap(), url(host, letter) + slash + "?a=1");
            let verification = preset.verification().unwrap();
            let mut sample = sign(preset, &verification, &secrets("hubspot").1, &told, "", now()).unwrap();
            sample.url = url(own, letter) + "?a=1";
            assert!(matches!(received(&source, &sample, now()), Decision::Accepted(_)), "{letter}{slash}");
        }
    }
}

#[test]
fn refuses_other_methods_and_media_types() {
    assert_eq!(reason("api-key", |it| it.method = "DELETE"), Reason::Method);
    assert_eq!(reason("api-key", |it| set(it, "content-type", "multipart/form-data; boundary=x")), Reason::MediaType);
    assert_eq!(reason("api-key", |it| it.body = b"{".to_vec()), Reason::Malformed);
    assert_eq!(reason("api-key", |it| it.body = "[".repeat(100_000).into_bytes()), Reason::Deep);
}
