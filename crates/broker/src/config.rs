//! How to reach the broker, and how hard to lean on it.

use std::time::Duration;

use secrecy::SecretString;

use crate::names::Names;

/// Everything a process needs to know about its broker.
#[derive(Clone, Debug)]
pub struct Config {
    /// AMQP URL, with credentials: `amqp://user:password@host:5672/%2f`, or `amqps://`.
    pub url: SecretString,
    /// The names of exchanges and queues.
    pub names: Names,
    /// Shown in RabbitMQ's list of connections: `barid dispatcher on host-1`.
    pub connection_name: String,
    /// How long connecting, opening a channel or a declaration may take. Default 10 s.
    pub timeout: Duration,
    /// How often each side shows that it lives, unless the URL says otherwise (`?heartbeat=`): a connection that is silent
    /// for about twice as long is given up. Default 15 s.
    pub heartbeat: Duration,
    /// The longest pause between two attempts to connect. Default 15 s.
    pub max_backoff: Duration,
    /// Publishes sent and not yet confirmed, per publisher. Default 1,024.
    pub publish_window: usize,
    /// A backlog with room in the prefetch window and no delivery for this long means that the consumer has silently
    /// died: reconnect. Default 60 s.
    pub stall_after: Duration,
    /// Whether roles record what they do. Without records there is no history. Default true.
    pub ledger: bool,
}

impl Config {
    /// The defaults, for a broker at `url`.
    pub fn new(url: SecretString, names: Names) -> Self {
        Self {
            url,
            names,
            connection_name: "barid".to_owned(),
            timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
            max_backoff: Duration::from_secs(15),
            publish_window: 1024,
            stall_after: Duration::from_mins(1),
            ledger: true,
        }
    }
}
