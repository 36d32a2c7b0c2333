//! What an operator may set about outgoing requests, and the bounds that nobody may set.

use std::time::Duration;

use crate::Guard;

/// How many header fields a response may have; more is a failure.
pub(crate) const MAX_RESPONSE_HEADERS: usize = 100;

/// How many bytes of header fields an HTTP/2 response may have. HTTP/1 responses end at hyper's own 408 KiB.
pub(crate) const MAX_HTTP2_HEADER_BYTES: u32 = 64 * 1024;

/// How many name look-ups run at once. Each holds a thread of the blocking pool (512 threads) until the system's resolver
/// gives up, which is longer than we wait; names that never resolve must leave threads for the rest of the process.
pub(crate) const MAX_LOOKUPS: usize = 128;

/// Settings of a [`Client`](crate::Client).
#[derive(Debug, Clone)]
pub struct Config {
    /// Which destinations may be called. Default: public addresses over `https`.
    pub guard: Guard,
    /// How long a name look-up may take. Default: 5 s.
    pub dns_timeout: Duration,
    /// How long connecting may take, TCP and TLS together. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept. Default: 60 s, which is below the idle timeout of the usual proxies, so that
    /// we close first and no request meets a connection that is just being closed.
    pub pool_idle_timeout: Duration,
    /// How many unused connections are kept per host: as many as may be in flight to one. Default: 64.
    pub pool_max_idle_per_host: usize,
    /// How many bytes of a response's body are read. The connection of a longer one is dropped. Default: 64 KiB.
    pub max_response_body: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            guard: Guard::default(),
            dns_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            pool_idle_timeout: Duration::from_mins(1),
            pool_max_idle_per_host: 64,
            max_response_body: 64 * 1024,
        }
    }
}
