//! HTTP out to URLs that users supplied: the address guard, one bounded client per TLS identity, tokens, capped reads.
//!
//! Every request of Barid to somebody else's server goes through [`Client::send`], whatever it is for; one that
//! needs a certificate or a token of its own, through [`Clients::send`]. A URL is refused
//! before a socket is opened if it points inside ([`Guard`]); what the other side then does (hang, drip, flood,
//! redirect, reset) costs at most one deadline and one capped buffer, and comes back as a [`Response`] or a
//! [`Failure`] of a closed list.
//!
//! What is deliberately absent: redirects, proxies from the environment, cookies, decompression, and any retry of a
//! request of which a byte may have reached the receiver.

mod call;
mod classify;
mod client;
mod clients;
mod config;
mod failure;
mod guard;
mod identity;
mod oauth;
mod request;
mod resolver;
mod response;
mod tls;

pub use barid_headers::{HeaderError, Headers, Method};
pub use call::Answer;
pub use client::{BuildError, Client};
pub use clients::{Access, Clients, MAX_CLIENTS};
pub use config::Config;
pub use failure::{Failure, FailureKind, Fault};
pub use guard::{Guard, Refused};
pub use identity::{Identity, InvalidIdentity, MAX_CERTIFICATES};
pub use oauth::{Grant, MAX_TOKENS};
pub use request::Request;
pub use response::Response;
pub use tls::install_crypto_provider;
pub use url::Url;
