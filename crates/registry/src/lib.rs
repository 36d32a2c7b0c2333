//! What people register, compiled into an immutable [`Snapshot`] that answers two questions: which subscriptions want this
//! event, and what does the subscription of this delivery say. No I/O and nothing to await: the caller hands in the text
//! of a file, the clock and the dice.
//!
//! ```
//! use barid_registry::{Scratch, Snapshot, file};
//!
//! let text = r##"
//! subscriptions:
//!   - name: big-deals-to-sales           # unique within the tenant
//!     tenant: acme                       # "default" when absent
//!     events: ["deal.won", "lead.#"]     # "*" is one word, "#" is zero or more
//!     destination:
//!       url: https://hooks.example.com/crm
//!       timeout: 15s                     # of one attempt: 1s to 60s
//!     signing:
//!       scheme: standard                 # Standard Webhooks, the only one so far
//!       secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=    # or secrets: [new, old] while rotating
//!     delivery:
//!       max_in_flight: 32                # requests at the same time: 1 to 256
//!       retry:
//!         schedule: [5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h]
//!         permanent: [410]               # statuses after which nothing more is tried
//! "##;
//!
//! let snapshot = Snapshot::compile(file::parse(text, false)?, None)?;
//!
//! let mut scratch = Scratch::default(); // kept from event to event
//! let tenant = "acme".parse()?;
//! let matching: Vec<_> = snapshot.matching(&tenant, &"lead.created".parse()?, &mut scratch).collect();
//! assert_eq!(matching[0].name.as_str(), "big-deals-to-sales");
//! assert_eq!(matching[0].destination.to_string(), "https://hooks.example.com");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! - [`mod@file`] reads subscriptions from YAML. Everything but `name`, `events`, `destination.url` and `signing.secret` has a
//!   default; unknown keys are errors; all problems of a file are reported at once, with line, path and advice.
//! - [`Subscription`] is a checked one: [`Destination`], [`Policy`] and its [`Schedule`], [`Patterns`]. Printing one shows
//!   neither its secrets nor its URL beyond the host.
//! - [`Snapshot`] finds the subscriptions for an event by walking a tree over the words of its type. It never scans.
//! - [`shape`] writes the body that a subscriber receives.
//! - [`Diff`] says in one line what a reload changed.
//!
//! Every limit is a public constant beside the type it limits.

mod destination;
mod diff;
pub mod file;
mod id;
mod name;
mod policy;
mod schedule;
pub mod shape;
mod snapshot;
mod subscription;
mod trie;

pub use destination::{
    DEFAULT_TIMEOUT, Destination, InvalidDestination, InvalidTimeout, MAX_TIMEOUT, MAX_URL_LENGTH, MIN_TIMEOUT, Timeout,
};
pub use diff::Diff;
pub use id::{InvalidSubscriptionId, MAX_ID_LENGTH, SubscriptionId};
pub use name::{InvalidName, MAX_NAME_LENGTH, Name};
pub use policy::{DEFAULT_MAX_IN_FLIGHT, DEFAULT_PERMANENT, InvalidPolicy, MAX_IN_FLIGHT, PERMANENT_STATUS, Policy};
pub use schedule::{InvalidSchedule, MAX_DELAY, MAX_DELAYS, MAX_TOTAL_DELAY, MIN_DELAY, Schedule};
pub use snapshot::{DuplicateId, Snapshot};
pub use subscription::{InvalidPatterns, MAX_PATTERNS, Patterns, Subscription};
pub use trie::Scratch;
