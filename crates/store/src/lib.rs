//! The registry in a database: SQLite without any set-up, or PostgreSQL for several machines. One SQL text serves both.
//!
//! Three ideas carry it:
//!
//! - **One counter numbers every change.** It is raised first in each changing transaction, and its row stays locked until
//!   the end, so changes become visible in the order of their revisions, and "what changed since" misses nothing.
//! - **What is secret is sealed.** A subscription's whole document, with URL and signing secrets, is one sealed text bound
//!   to its row. API keys are hashes. The database alone gives nobody a secret.
//! - **Nobody waits for the database but who changes it.** A [`Mirror`] holds the registry in memory, follows the store, and
//!   keeps a sealed copy on disk from which a process starts while the store is away.
//!
//! Everything is bounded by [`Config::timeout`]. This is the only crate that names sqlx.

mod api_key;
mod api_keys;
mod config;
mod connect;
mod documents;
mod entry;
mod error;
mod event_types;
mod keyring;
mod lanes;
mod listing;
mod master_key;
mod metrics;
mod mirror;
mod owned;
mod page;
mod prepare;
mod purge;
mod record;
mod reseal;
mod sealed;
mod since;
mod source_book;
mod sources;
mod store;
mod subscriptions;
mod tenants;

pub use api_key::{ApiKey, InvalidKeyId, InvalidScope, KEY_ID_LENGTH, KeyId, Scope};
pub use api_keys::{MAX_TENANT_KEYS, MAX_TOUCHED};
pub use config::{Config, Engine, InvalidUrl};
pub use entry::{Expect, Outcome, Put, Row};
pub use error::{Error, Source};
pub use keyring::Keyring;
pub use lanes::LaneLimits;
pub use listing::Listing;
pub use master_key::{InvalidMasterKey, MASTER_KEY_BYTES, MAX_MASTER_KEYS, MasterKeys, Unsealed};
pub use metrics::Metrics;
pub use mirror::{Mirror, Refreshed};
pub use owned::Head;
pub use page::{MAX_PAGE, Page};
pub use prepare::Installation;
pub use source_book::{ReadySource, SourceBook};
pub use sources::{MAX_TENANT_SOURCES, RegisteredSource};
pub use store::Store;
pub use subscriptions::Registered;
