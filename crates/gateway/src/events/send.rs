//! Handing events to the broker: an event is accepted when the broker has confirmed it, and not before.

use std::time::Duration;

use barid_broker::{
    Names, PublishError,
    incoming::HOPS_HEADER,
    original::{Header, Original},
    outgoing::Outgoing,
};
use barid_event::{AttributeValue, Event, amqp};
use tokio::time::timeout;

use crate::{
    app::App,
    http::{Kind, Problem},
};

/// How long a confirm is waited for. An event without one may or may not be stored.
pub(super) const CONFIRM_WITHIN: Duration = Duration::from_secs(10);

/// Refuses at once while the broker cannot take anything.
pub(crate) fn must_be_open(app: &App) -> Result<(), Problem> {
    let health = app.road.publisher.health();
    if health.blocked {
        Err(Problem::unavailable("the broker takes no events at the moment: send the same again, with the same id"))
    } else if !health.connected {
        Err(Problem::unavailable("the broker is away: send the same again, with the same id"))
    } else {
        Ok(())
    }
}

/// Publishes an event that has passed through Barid `hops` times, and waits for the confirm, `within` this time.
pub(crate) async fn send(app: &App, event: &Event, hops: Option<u8>, within: Duration) -> Result<(), Problem> {
    let mut outgoing = match hops {
        None => Outgoing::event(&app.road.names, event),
        Some(hops) => Outgoing::again(&app.road.names, &with_hops(&app.road.names, event, hops)),
    };
    if let Some(user) = &app.user_id {
        outgoing = outgoing.by_user(user);
    }
    match timeout(within, app.road.publisher.publish(outgoing)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(PublishError::TooLarge { size, limit })) => {
            Err(Problem::new(Kind::TooLarge, format!("the event has {size} bytes: send at most {limit}")))
        }
        Ok(Err(PublishError::Returned { .. })) => {
            tracing::error!("an event could not be routed to the inbox: check the topology with `barid doctor`");
            Err(Problem::unavailable("the broker has nowhere to put the event: send the same again, with the same id"))
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "an event was not confirmed");
            Err(Problem::unavailable("the broker did not confirm the event: send the same again, with the same id"))
        }
        Err(_) => {
            tracing::warn!(within_ms = within.as_millis(), "an event was not confirmed in time");
            Err(Problem::unavailable(
                "the broker did not confirm the event in time: send the same again, with the same id",
            ))
        }
    }
}

/// The same message with the count of hops, which no event has by itself.
fn with_hops(names: &Names, event: &Event, hops: u8) -> Original {
    let message = amqp::write(event);
    let text = |(name, value)| match value {
        AttributeValue::Text(text) => Some((String::from(name), Header::Text(String::from(text)))),
        _ => None,
    };
    let mut headers: Vec<_> = message.headers.into_iter().filter_map(text).collect();
    headers.push((HOPS_HEADER.to_owned(), Header::Integer(hops.into())));
    Original {
        exchange: names.events().to_owned(),
        routing_key: message.routing_key.to_owned(),
        content_type: message.content_type.map(ToOwned::to_owned),
        message_id: message.message_id.map(ToOwned::to_owned),
        app_id: message.app_id.map(ToOwned::to_owned),
        message_type: message.message_type.map(ToOwned::to_owned),
        timestamp: message.timestamp,
        headers,
        body: message.body,
        ..Original::default()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_count_of_hops_travels_beside_the_event() {
        let envelope = r#"{"id":"1","source":"/crm","type":"deal.won","time":"2026-11-24T09:30:00Z","tenant":"acme"}"#;
        let event = Event { envelope: serde_json::from_str(envelope).unwrap(), data: Bytes::from_static(b"{}") };
        let names = Names::new("barid".parse().unwrap(), "crm.events");
        let original = with_hops(&names, &event, 3);
        assert_eq!(original.headers.last(), Some(&(HOPS_HEADER.to_owned(), Header::Integer(3))));
        assert_eq!((original.routing_key.as_str(), original.timestamp), ("deal.won", Some(1_795_512_600)));
        assert!(original.headers.contains(&("cloudEvents_id".to_owned(), Header::Text("1".to_owned()))));
    }
}
