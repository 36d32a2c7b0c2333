//! How a service reaches the broker.

use std::time::Duration;

use barid_event::amqp::Limits;
use secrecy::SecretString;

/// A producer's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// AMQP URL, with credentials: `amqp://user:password@host:5672/%2f`, or `amqps://`.
    pub url: SecretString,
    /// The exchange events are published to. Default `crm.events`.
    pub events_exchange: String,
    /// The service's name in RabbitMQ's list of connections. Default `barid producer`.
    pub connection_name: String,
    /// How long [`Producer::connect`](crate::Producer::connect) waits for the first connection. Default 10 s.
    pub connect_timeout: Duration,
    /// How long a publish waits for its confirm, reconnecting included. Default 30 s.
    pub publish_timeout: Duration,
    /// The largest payload, in bytes: what routers accept. Default 1 MiB.
    pub max_payload: usize,
    /// The broker user of the URL, to be named in every message: needed where the operators of Barid have set
    /// `tenants.publishers`. The broker refuses another name by closing the channel. Default none.
    pub user_id: Option<String>,
}

impl Config {
    /// The defaults, for a broker at `url`.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            events_exchange: "crm.events".to_owned(),
            connection_name: "barid producer".to_owned(),
            connect_timeout: Duration::from_secs(10),
            publish_timeout: Duration::from_secs(30),
            max_payload: Limits::default().max_body,
            user_id: None,
        }
    }
}

impl From<&str> for Config {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for Config {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}
