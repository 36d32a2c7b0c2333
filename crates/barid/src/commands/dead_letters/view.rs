//! A dead letter as it is shown: for scripts as JSON, for people in lines.

use barid_broker::dead_letter::{Content, DeadLetter};
use barid_broker::original::{Header, Original};
use barid_broker::work::Work;
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

use crate::output::printable;

/// The moment, in seconds of UTC.
pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// One line of a list.
pub(super) fn row(letter: &DeadLetter) -> [String; 7] {
    let (tenant, what, attempts) = match &letter.content {
        Content::Delivery(work) => {
            (work.envelope.tenant.to_string(), work.envelope.event_type.to_string(), attempts(work).to_string())
        }
        Content::Message(original) => ("-".to_owned(), original.routing_key.clone(), "-".to_owned()),
    };
    let subscription = letter.subscription().unwrap_or("-").to_owned();
    [moment(letter.died_at), letter.reason.clone(), tenant, what, subscription, attempts, letter.id.clone()]
}

/// The most attempts of its deliveries: they are one, unless the broker gave a whole message up.
fn attempts(work: &Work) -> u32 {
    work.deliveries.iter().map(|delivery| delivery.attempts).max().unwrap_or_default()
}

/// Everything but the payload.
pub(super) fn summary(letter: &DeadLetter) -> Value {
    let content = match &letter.content {
        Content::Delivery(work) => json!({
            "event": work.envelope,
            "message_id": work.envelope.message_id(),
            "accepted_at": work.accepted_at,
            "hops": work.hops,
            "deliveries": work.deliveries.iter().map(|delivery| json!({
                "subscription": delivery.subscription,
                "attempts": delivery.attempts,
                "expires_at": delivery.expires_at,
                "replay": delivery.replay,
            })).collect::<Vec<_>>(),
        }),
        Content::Message(original) => json!({ "message": message(original) }),
    };
    let mut summary = json!({
        "id": letter.id,
        "reason": letter.reason,
        "detail": letter.detail,
        "died_at": letter.died_at,
        "bytes": payload(letter).len(),
    });
    if let (Value::Object(summary), Value::Object(content)) = (&mut summary, content) {
        summary.extend(content);
    }
    summary
}

/// Everything.
pub(super) fn whole(letter: &DeadLetter) -> Value {
    let mut whole = summary(letter);
    match Payload::of(letter) {
        Payload::None => {}
        Payload::Json(value) => whole["payload"] = value,
        Payload::Text(text) => whole["payload"] = text.into(),
        Payload::Binary(hex) => whole["payload_hex"] = hex.into(),
    }
    whole
}

/// Everything, for people: the scalars as lines, then each part under its name.
pub(super) fn lines(letter: &DeadLetter) -> String {
    let mut lines = vec![
        format!("id       {}", letter.id),
        format!("reason   {}", letter.reason),
        format!("detail   {}", letter.detail),
        format!("died at  {}", moment(letter.died_at)),
    ];
    let mut part = |name: &str, text: String| lines.extend([String::new(), format!("{name}:"), text]);
    if let Value::Object(summary) = summary(letter) {
        for name in ["event", "message_id", "deliveries", "message"] {
            match summary.get(name) {
                Some(Value::String(text)) => part(name, text.clone()),
                Some(value) => part(name, format!("{value:#}")),
                None => {}
            }
        }
    }
    match Payload::of(letter) {
        Payload::None => {}
        Payload::Json(value) => part("payload", format!("{value:#}")),
        Payload::Text(text) => part("payload", text.to_owned()),
        Payload::Binary(hex) => part("payload in hexadecimal", hex),
    }
    printable(&lines.join("\n"))
}

/// A payload, as what it can be read as.
enum Payload<'a> {
    None,
    Json(Value),
    Text(&'a str),
    Binary(String),
}

impl<'a> Payload<'a> {
    fn of(letter: &'a DeadLetter) -> Self {
        let bytes = payload(letter);
        if bytes.is_empty() {
            return Self::None;
        }
        match (serde_json::from_slice(bytes), std::str::from_utf8(bytes)) {
            (Ok(value), _) => Self::Json(value),
            (Err(_), Ok(text)) => Self::Text(text),
            (Err(_), Err(_)) => Self::Binary(HEXLOWER.encode(bytes)),
        }
    }
}

fn payload(letter: &DeadLetter) -> &[u8] {
    match &letter.content {
        Content::Delivery(work) => &work.data,
        Content::Message(original) => &original.body,
    }
}

fn message(original: &Original) -> Value {
    let headers: Map<_, _> = original.headers.iter().map(|(name, value)| (name.clone(), header(value))).collect();
    let mut message = Map::from_iter([
        ("exchange".to_owned(), original.exchange.as_str().into()),
        ("routing_key".to_owned(), original.routing_key.as_str().into()),
    ]);
    let properties = [
        ("content_type", &original.content_type),
        ("content_encoding", &original.content_encoding),
        ("message_id", &original.message_id),
        ("app_id", &original.app_id),
        ("type", &original.message_type),
        ("user_id", &original.user_id),
    ];
    for (name, value) in properties {
        if let Some(value) = value {
            message.insert(name.to_owned(), value.as_str().into());
        }
    }
    if let Some(timestamp) = original.timestamp {
        message.insert("timestamp".to_owned(), timestamp.into());
    }
    message.insert("headers".to_owned(), Value::Object(headers));
    Value::Object(message)
}

fn header(value: &Header) -> Value {
    match value {
        Header::Text(text) => text.as_str().into(),
        Header::Boolean(value) => (*value).into(),
        Header::Integer(value) => (*value).into(),
        Header::Timestamp(seconds) => (*seconds).into(),
        Header::Other(kind) => format!("({kind})").into(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use barid_broker::work::Delivery;
    use bytes::Bytes;

    use super::*;

    pub(crate) fn delivery(reason: &str, tenant: &str, subscription: &str) -> DeadLetter {
        let envelope = json!({
            "id": "1", "source": "/crm", "type": "deal.won", "time": "2026-11-24T09:30:00Z", "tenant": tenant,
        });
        let delivery = Delivery { attempts: 9, ..Delivery::first(subscription, DateTime::UNIX_EPOCH) };
        let work = Work {
            envelope: serde_json::from_value(envelope).unwrap(),
            accepted_at: DateTime::UNIX_EPOCH,
            revision: None,
            hops: 0,
            deliveries: vec![],
            data: Bytes::from_static(br#"{"amount": 7}"#),
        };
        DeadLetter::of_delivery(reason, "503 nine times".to_owned(), &work, delivery, DateTime::UNIX_EPOCH)
    }

    pub(crate) fn message(reason: &str, body: &'static [u8]) -> DeadLetter {
        let original = Original {
            routing_key: "deal.won".to_owned(),
            headers: vec![("x".to_owned(), Header::Integer(7))],
            body: Bytes::from_static(body),
            ..Original::default()
        };
        DeadLetter::of_message(reason, String::new(), original, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_row_says_what_died_for_whom_and_why() {
        let row = row(&delivery("attempts_exhausted", "acme", "sub_1"));
        let expected = ["1970-01-01T00:00:00Z", "attempts_exhausted", "acme", "deal.won", "sub_1", "9"];
        assert_eq!(row[..6], expected);
    }

    #[test]
    fn shows_json_text_and_bytes_each_as_what_they_are() {
        assert_eq!(whole(&delivery("expired", "acme", "sub_1"))["payload"]["amount"], 7);
        assert_eq!(whole(&message("invalid_json", b"{\"a\""))["payload"], "{\"a\"");
        assert_eq!(whole(&message("invalid_json", b"\xff\x00"))["payload_hex"], "ff00");
        assert_eq!(whole(&message("invalid_json", b"")).get("payload"), None);
    }

    #[test]
    fn a_payload_cannot_command_the_terminal() {
        let shown = lines(&message("invalid_json", b"\x1b]0;owned\x07"));
        assert!(!shown.contains('\u{1b}') && shown.contains("owned"), "{shown}");
        assert!(shown.contains("\"routing_key\": \"deal.won\""), "{shown}");
    }
}
