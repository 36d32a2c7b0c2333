//! A supervised connection.
//!
//! The client library's own recovery stays off: it says nothing during an outage and does not recover channels that a
//! soft error closed. Instead a [`Link`] connects, tells who listens, waits for the connection to end, backs off with
//! jitter and starts again, for ever. Whoever uses the connection opens its own channels and starts over with each new
//! one. A process has two links, since a connection that has published is blocked for acknowledgements too under an
//! alarm.

use std::sync::Arc;
use std::time::Duration;

use backoff::ExponentialBackoff;
use futures_util::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use secrecy::ExposeSecret;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::error::Error;
use crate::metrics::Metrics;

/// What a link is for. Its name is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Publishing, and nothing else.
    Publish,
    /// Consuming and acknowledging, and nothing else.
    Consume,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Consume => "consume",
        }
    }
}

/// How often a connection is asked whether it still lives, besides the library's own events.
const PULSE: Duration = Duration::from_millis(500);

/// A handle to a supervised connection. Cheap to clone.
#[derive(Clone)]
pub struct Link {
    current: watch::Receiver<Option<Arc<Connection>>>,
    blocked: watch::Receiver<bool>,
    renew: Arc<Notify>,
    timeout: Duration,
}

impl Link {
    /// Starts to connect, and goes on until `shutdown`.
    pub fn spawn(config: Config, role: Role, metrics: Metrics, shutdown: CancellationToken) -> Self {
        let (current_tx, current) = watch::channel(None);
        let (blocked_tx, blocked) = watch::channel(false);
        let renew = Arc::new(Notify::new());
        let timeout = config.timeout;
        let supervisor =
            Supervisor { config, role, metrics, current: current_tx, blocked: blocked_tx, renew: Arc::clone(&renew) };
        tokio::spawn(supervisor.run(shutdown));
        Self { current, blocked, renew, timeout }
    }

    /// The connection, as soon as there is one. `None` once the link is shut down.
    pub(crate) async fn connection(&mut self) -> Option<Arc<Connection>> {
        let connection = self.current.wait_for(Option::is_some).await.ok()?;
        connection.clone()
    }

    /// Waits until a lost connection has been made again. `false` once the link is shut down.
    pub async fn reconnected(&mut self) -> bool {
        self.current.mark_unchanged();
        while self.current.changed().await.is_ok() {
            if self.current.borrow_and_update().is_some() {
                return true;
            }
        }
        false
    }

    /// A channel on the connection, as soon as there is one.
    pub(crate) async fn channel(&mut self) -> Result<Opened, Error> {
        let connection =
            self.connection().await.ok_or_else(|| Error::Config("the connection is shut down".to_owned()))?;
        let channel = timeout(self.timeout, connection.create_channel())
            .await
            .map_err(|_| Error::Timeout(self.timeout, "opening a channel"))??;
        Ok(Opened { channel, connection, current: self.current.clone() })
    }

    /// Whether the broker blocks the connection.
    pub(crate) fn blocked(&self) -> watch::Receiver<bool> {
        self.blocked.clone()
    }

    /// How long a question to the broker may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether the connection is up.
    pub fn is_up(&self) -> bool {
        self.current.borrow().is_some()
    }

    /// Drops the connection, whatever its state, and makes a new one.
    pub(crate) fn renew(&self) {
        self.renew.notify_waiters();
    }
}

/// A channel and the connection it lives on.
pub(crate) struct Opened {
    pub(crate) channel: Channel,
    connection: Arc<Connection>,
    current: watch::Receiver<Option<Arc<Connection>>>,
}

impl Opened {
    /// Returns when the link has given the connection up.
    pub(crate) async fn ended(&mut self) {
        let ours = &self.connection;
        let is_other = |now: &Option<Arc<Connection>>| !now.as_ref().is_some_and(|now| Arc::ptr_eq(now, ours));
        // An error means that the link is gone, and with it the connection.
        let _either_way = self.current.wait_for(is_other).await;
    }
}

struct Supervisor {
    config: Config,
    role: Role,
    metrics: Metrics,
    current: watch::Sender<Option<Arc<Connection>>>,
    blocked: watch::Sender<bool>,
    renew: Arc<Notify>,
}

impl Supervisor {
    async fn run(self, shutdown: CancellationToken) {
        let connected = self.metrics.broker_connected.with_label_values(&[self.role.as_str()]);
        let reconnects = self.metrics.reconnects_total.with_label_values(&[self.role.as_str()]);
        loop {
            let connection = tokio::select! {
                () = shutdown.cancelled() => return,
                connection = self.connect() => Arc::new(connection),
            };
            info!(role = self.role.as_str(), "connected to the broker");
            connected.set(1);
            self.current.send_replace(Some(Arc::clone(&connection)));
            let why = tokio::select! {
                () = shutdown.cancelled() => None,
                why = self.watch(&connection) => Some(why),
            };
            // Users of the connection learn of its end from their own channels; new ones wait for the next.
            self.current.send_replace(None);
            self.set_blocked(false);
            connected.set(0);
            let farewell = timeout(Duration::from_secs(1), connection.close(200, "OK".into())).await;
            let Some(why) = why else { return };
            warn!(role = self.role.as_str(), reason = %why, clean = matches!(farewell, Ok(Ok(()))), "lost the broker");
            reconnects.inc();
        }
    }

    /// Connects, however long it takes.
    async fn connect(&self) -> Connection {
        let policy = ExponentialBackoff {
            initial_interval: Duration::from_millis(200),
            max_interval: self.config.max_backoff,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let attempt = || async { self.connect_once().await.map_err(backoff::Error::transient) };
        let notify = |error: Error, pause: Duration| {
            warn!(role = self.role.as_str(), %error, retry_in_ms = pause.as_millis(), "cannot connect to the broker");
        };
        loop {
            // With no maximum elapsed time and only transient errors this returns when connected.
            if let Ok(connection) = backoff::future::retry_notify(policy.clone(), attempt, notify).await {
                return connection;
            }
        }
    }

    async fn connect_once(&self) -> Result<Connection, Error> {
        let name = format!("{} ({})", self.config.connection_name, self.role.as_str());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let mut uri: AMQPUri = self.config.url.expose_secret().parse().map_err(Error::Config)?;
        uri.query.heartbeat.get_or_insert(u16::try_from(self.config.heartbeat.as_secs()).unwrap_or(u16::MAX));
        timeout(self.config.timeout, Connection::connect_uri(uri, properties))
            .await
            .map_err(|_| Error::Timeout(self.config.timeout, "connecting"))?
            .map_err(Error::from)
    }

    /// Watches one connection until it ends, and says why it did.
    async fn watch(&self, connection: &Connection) -> String {
        let mut events = connection.events_listener();
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => {
                        warn!(%reason, "the broker blocks publishing");
                        self.set_blocked(true);
                    }
                    Some(Event::ConnectionUnblocked) => {
                        info!("the broker accepts publishing again");
                        self.set_blocked(false);
                    }
                    // A soft error ended a channel, whose user starts again; the connection lives on.
                    Some(Event::Error(error)) if !error.is_amqp_soft_error() => return error.to_string(),
                    Some(_) => {}
                    None => return "the connection ended".to_owned(),
                },
                _ = pulse.tick() => {
                    self.set_blocked(connection.status().blocked());
                    if !connection.status().connected() {
                        return "the connection ended".to_owned();
                    }
                }
                () = self.renew.notified() => return "a consumer stalled".to_owned(),
            }
        }
    }

    fn set_blocked(&self, blocked: bool) {
        self.blocked.send_if_modified(|now| std::mem::replace(now, blocked) != blocked);
        if self.role == Role::Publish {
            self.metrics.broker_blocked.set(i64::from(blocked));
        }
    }
}
