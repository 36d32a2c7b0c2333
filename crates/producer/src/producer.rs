//! The producer: a connection that is kept, and publishing with confirms on it.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Duration;

use barid_broker::outgoing::Outgoing;
use barid_broker::{Metrics, Names, Publisher};
use barid_event::Event;
use barid_telemetry::prometheus::Registry;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::config::Config;
use crate::error::Error;

/// Our part of the broker's names, none of which a producer uses.
const NAMESPACE: &str = "producer";

/// The pause before a publish is tried again; it doubles each time up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a publish is tried again.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Publishes events. Clones share one connection, which ends with the last of them.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<Inner>,
}

struct Inner {
    publisher: Publisher,
    names: Names,
    publish_timeout: Duration,
    max_payload: usize,
    user_id: Option<String>,
    /// Counts what is in flight.
    in_flight: TaskTracker,
    closing: CancellationToken,
    _connection: DropGuard,
}

impl Producer {
    /// Connects, by URL or by [`Config`], and waits for the first connection: a service whose broker cannot be reached
    /// should learn that when it starts. Needs a tokio runtime, on which the connection then lives.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if there is no connection within [`Config::connect_timeout`].
    pub async fn connect(config: impl Into<Config>) -> Result<Self, Error> {
        let config = config.into();
        let wrong = |error: &dyn std::error::Error| Error::Config(error.to_string());
        let namespace = NAMESPACE.parse().map_err(|error| wrong(&error))?;
        let names = Names::new(namespace, config.events_exchange);
        let metrics = Metrics::new(&Registry::new()).map_err(|error| wrong(&error))?;
        let mut broker = barid_broker::Config::new(config.url, names.clone());
        broker.connection_name = config.connection_name;
        let shutdown = CancellationToken::new();
        let publisher = Publisher::spawn(&broker, &metrics, shutdown.clone());
        let connection = shutdown.drop_guard();
        publisher.connected(config.connect_timeout).await.map_err(|_| Error::Unreachable(config.connect_timeout))?;
        Ok(Self {
            inner: Arc::new(Inner {
                publisher,
                names,
                publish_timeout: config.publish_timeout,
                max_payload: config.max_payload,
                user_id: config.user_id,
                in_flight: TaskTracker::new(),
                closing: CancellationToken::new(),
                _connection: connection,
            }),
        })
    }

    /// Publishes an event and returns when the broker has confirmed it.
    ///
    /// Dropping the future does not take the event back: it may be published all the same.
    ///
    /// # Errors
    /// See [`Error`]. The event's id stays the same, so it is safe to publish it again.
    pub async fn publish(&self, event: impl Borrow<Event>) -> Result<(), Error> {
        self.publish_once(event.borrow()).await
    }

    /// Publishes an event, again and again with a growing pause (up to 5 s), until the broker has confirmed it.
    ///
    /// # Errors
    /// Only what no repetition can mend: [`Error::TooLarge`], and [`Error::Closed`] once the producer is being closed.
    pub async fn publish_until_confirmed(&self, event: impl Borrow<Event>) -> Result<(), Error> {
        let event = event.borrow();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.publish_once(event).await {
                Err(error) if error.is_worth_a_repetition() => {
                    warn!(event.id = %event.envelope.id, %error, "publishing again");
                }
                settled => return settled,
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(MAX_PAUSE),
                () = self.inner.closing.cancelled() => return Err(Error::Closed),
            }
        }
    }

    /// Lets no more events in, waits until every publish in flight (of all clones) has its answer, and disconnects. Takes
    /// at most [`Config::publish_timeout`].
    pub async fn close(self) {
        self.inner.closing.cancel();
        self.inner.in_flight.close();
        self.inner.in_flight.wait().await;
    }

    async fn publish_once(&self, event: &Event) -> Result<(), Error> {
        let inner = &*self.inner;
        // Counted before looking: whoever closes then either is seen here or waits for this.
        let _counted = inner.in_flight.token();
        if inner.closing.is_cancelled() {
            return Err(Error::Closed);
        }
        let (size, limit) = (event.data.len(), inner.max_payload);
        if size > limit {
            return Err(Error::TooLarge { size, limit });
        }
        let mut outgoing = Outgoing::event(&inner.names, event);
        if let Some(user) = &inner.user_id {
            outgoing = outgoing.by_user(user);
        }
        match timeout(inner.publish_timeout, inner.publisher.publish(outgoing)).await {
            Ok(published) => Ok(published?),
            Err(_) => Err(Error::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewEvent;

    /// A port on which nothing listens.
    const NOWHERE: &str = "amqp://guest:guest@127.0.0.1:1/%2f";

    #[tokio::test(start_paused = true)]
    async fn says_when_there_is_no_broker() {
        let config = Config { connect_timeout: Duration::from_millis(300), ..Config::new(NOWHERE) };
        let refused = Producer::connect(config).await.err();
        assert_eq!(refused, Some(Error::Unreachable(Duration::from_millis(300))));
    }

    /// A producer that never connects.
    fn unconnected() -> Producer {
        let names = Names::new(NAMESPACE.parse().unwrap(), "crm.events");
        let broker = barid_broker::Config::new(NOWHERE.into(), names.clone());
        let shutdown = CancellationToken::new();
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let publisher = Publisher::spawn(&broker, &metrics, shutdown.clone());
        Producer {
            inner: Arc::new(Inner {
                publisher,
                names,
                publish_timeout: Duration::from_secs(1),
                max_payload: 10,
                user_id: None,
                in_flight: TaskTracker::new(),
                closing: CancellationToken::new(),
                _connection: shutdown.drop_guard(),
            }),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refuses_a_payload_over_the_limit() {
        let event = NewEvent::new("a").json(&"0123456789").unwrap();
        let refused = unconnected().publish(&event).await;
        assert_eq!(refused, Err(Error::TooLarge { size: 12, limit: 10 }));
    }

    #[tokio::test(start_paused = true)]
    async fn gives_no_promise_after_the_timeout() {
        let event = NewEvent::new("a").json(&1).unwrap();
        assert_eq!(unconnected().publish(event).await, Err(Error::Lost));
    }

    #[tokio::test(start_paused = true)]
    async fn lets_nothing_in_once_it_is_closed() {
        let producer = unconnected();
        let event = NewEvent::new("a").json(&1).unwrap();
        let clone = producer.clone();
        let until_confirmed = tokio::spawn({
            let event = event.clone();
            async move { clone.publish_until_confirmed(event).await }
        });
        tokio::task::yield_now().await;
        let late = producer.clone();
        producer.close().await;
        assert_eq!(late.publish(&event).await, Err(Error::Closed));
        assert_eq!(until_confirmed.await.unwrap(), Err(Error::Closed));
    }
}
