//! What an operator says about the gateway, and the bounds on everything a client sends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use barid_egress::Guard;
use barid_registry::{Recipe, RequestOrigin};

/// How the gateway works.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is served.
    pub listen: SocketAddr,
    /// Where only that is served which the internet may see, if anywhere.
    pub public_listen: Option<SocketAddr>,
    /// Whether events may be published on `public_listen`.
    pub public_publish: bool,
    /// What the URLs of sources begin with, as providers reach the gateway; without it, the address they are served at.
    pub public_url: Option<String>,
    /// Which destinations subscriptions may have.
    pub guard: Guard,
    /// What receivers are told who asks for their consent, and who delivers.
    pub origin: RequestOrigin,
    /// The most of everything that is accepted.
    pub limits: Limits,
    /// What a tenant may have unless its own settings say otherwise.
    pub quotas: DefaultQuotas,
    /// How many work lanes there are, at least 1: a test of a subscription goes through one of them.
    pub work_lanes: u16,
    /// The recipes there are, ordered by name.
    pub recipes: Arc<[Recipe]>,
    /// The broker user in whose name events are published; set where publishers must be named.
    pub user_id: Option<String>,
}

/// What a tenant may have by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultQuotas {
    /// Subscriptions.
    pub subscriptions: u32,
    /// Subscriptions that one event reaches.
    pub fanout: u32,
    /// Subscriptions with a lane of their own.
    pub own_lanes: u32,
    /// Events a second that are accepted over HTTP.
    pub publish_per_second: u32,
}

impl Default for DefaultQuotas {
    /// 1,000 subscriptions, a fan-out of 1,000, 20 own lanes, 1,000 events a second.
    fn default() -> Self {
        Self { subscriptions: 1_000, fanout: 1_000, own_lanes: 20, publish_per_second: 1_000 }
    }
}

/// The most of everything that is accepted of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body of a request with events. Default 8 MiB.
    pub event_body: usize,
    /// Bytes of the body of any other request. Default 256 KiB, the longest document there is.
    pub document_body: usize,
    /// Events in an array. Default 1,000.
    pub events: usize,
    /// Header fields of a request. Default 100.
    pub headers: usize,
    /// Bytes of a request's line and header fields together. Default 64 KiB.
    pub header_bytes: usize,
    /// How long a client may take to send them. Default 10 s.
    pub header_timeout: Duration,
    /// How long a client may take to send a body. Default 30 s.
    pub body_timeout: Duration,
    /// How long a provider may take to send the body of a webhook. Default 10 s.
    pub source_body_timeout: Duration,
    /// Bytes of all bodies of webhooks that are being read or judged. Default 128 MiB.
    pub source_bodies: usize,
    /// How long any request may take in all. Default 100 s: a test waits for an attempt, which may take a minute.
    pub deadline: Duration,
    /// Connections at the same time, per address; more wait in the system's backlog. Default 4,096.
    pub connections: usize,
    /// How long requests that are under way may take to finish when the process stops. Default 20 s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_body: 8 << 20,
            document_body: barid_registry::MAX_DOCUMENT_BYTES,
            events: 1_000,
            headers: 100,
            header_bytes: 64 << 10,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            source_body_timeout: Duration::from_secs(10),
            source_bodies: 128 << 20,
            deadline: Duration::from_secs(100),
            connections: 4_096,
            grace: Duration::from_secs(20),
        }
    }
}
