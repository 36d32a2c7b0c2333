//! What people register, compiled into an immutable [`Snapshot`] that answers two questions: which subscriptions want this
//! event, and what does the subscription of this delivery say. No I/O and nothing to await: the caller hands in the text
//! of a file, the clock and the dice.
//!
//! ```
//! use barid_registry::{Scratch, Settings, Snapshot, file};
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
//! let subscriptions = file::parse(text, false)?.iter().map(Settings::compile).collect();
//! let snapshot = Snapshot::compile(subscriptions, None)?;
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
//! - [`document`] reads, patches and writes one subscription as JSON: [`Settings`], with its secrets ([`Signing`]).
//!   Everything but `name`, `events`, `destination.url` and the secret has a default; unknown keys are errors.
//! - [`mod@file`] reads whole files of YAML or JSON. All problems of a file are reported at once, with line, path and advice.
//! - [`tenant`] and [`event_type`] do the same for those two; [`Schema`] checks the data of events, and [`catalogue`] has
//!   the event types that come with the product.
//! - [`Subscription`] is what routers and dispatchers use: [`Destination`], [`Policy`] and its [`Schedule`], [`Patterns`].
//!   Printing one shows neither its secrets nor its URL beyond the host.
//! - [`Snapshot`] finds the subscriptions for an event by walking a tree over the words of its type. It never scans. A
//!   change gives another snapshot that shares with the old one what did not change.
//! - [`Filter`] says which of the events that match its patterns a subscription gets.
//! - [`Payload`] says what a subscriber receives, and [`mod@shape`] writes it.
//! - [`mod@request`] puts together the request of one attempt, signed.
//! - [`mod@explain`] says for every subscription why it gets an event or does not, and shows the request.
//! - [`recipe`] makes such documents for receivers that many people have.
//! - [`Diff`] says in one line what a reload changed.
//!
//! Every limit is a public constant beside the type it limits.

pub mod catalogue;
mod conformity;
mod cursor;
pub mod destination;
mod diff;
pub mod document;
pub mod event_type;
pub mod explain;
mod expression;
pub mod file;
mod filter;
mod id;
mod lane;
mod name;
pub mod payload;
mod percent;
mod policy;
mod problem;
pub mod recipe;
mod refused;
pub mod request;
mod schedule;
mod schema;
mod settings;
pub mod shape;
mod signing;
mod snapshot;
pub mod source;
mod subscription;
pub mod tenant;
mod tree;
mod trie;
mod verification;

pub use conformity::Mismatch;
pub use destination::{
    DEFAULT_TIMEOUT, Destination, InvalidDestination, InvalidTimeout, InvalidUrlTemplate, MAX_TIMEOUT, MAX_URL_LENGTH,
    MIN_TIMEOUT, Timeout, UrlFault,
};
pub use diff::Diff;
pub use document::{Consents, MAX_DOCUMENT_BYTES, Reading, Secrets};
pub use event_type::{EventTypeSettings, MAX_DESCRIPTION, MAX_EXAMPLE_BYTES, Validation};
pub use expression::{Expression, MAX_VALUE_BYTES, Unanswered};
pub use file::Manifest;
pub use filter::{
    Facts, Filter, InvalidFilter, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_LIST, MAX_FILTER_NODES,
    MAX_FILTER_TEXT, MAX_PATTERNS_IN_FILTER, MAX_REGEX_BYTES, MAX_VALUE, MAX_VALUES, SLOW_FILTER, SLOW_FILTER_STRIKES,
    Seen, SeenValue, Verdict,
};
pub use id::{InvalidSubscriptionId, MAX_ID_LENGTH, SubscriptionId};
pub use lane::{InvalidOwnLane, OwnLane};
pub use name::{InvalidName, MAX_NAME_LENGTH, Name};
pub use payload::Payload;
pub use policy::{
    BodyFault, BodyRule, DEFAULT_MAX_IN_FLIGHT, DEFAULT_PERMANENT, FINAL_STATUS, InvalidBodyRule, InvalidPolicy,
    InvalidStatus, InvalidStatuses, Judgement, MAX_HORIZON, MAX_IN_FLIGHT, MAX_RULE_TEXT, MAX_STATUSES, MIN_HORIZON,
    Otherwise, PERMANENT_STATUS, Policy, Status, Success, Unmet,
};
pub use problem::{Place, Problem, Problems};
pub use recipe::Recipe;
pub use refused::{MAX_HOPS, Refused, check_fanout, check_hops};
pub use schedule::{InvalidSchedule, MAX_DELAY, MAX_DELAYS, MAX_TOTAL_DELAY, MIN_DELAY, Schedule};
pub use schema::{InvalidSchema, MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH, MAX_VIOLATIONS, Schema, Violation, Violations};
pub use settings::Settings;
pub use signing::{DEFAULT_OVERLAP, Fresh, MAX_OVERLAP, Signing, SigningScheme, SigningSecret, Unrotatable, Which};
pub use snapshot::{Change, Changes, Digest, DuplicateId, Snapshot};
pub use subscription::{InvalidPatterns, MAX_PATTERNS, Patterns, Subscription};
pub use tenant::{MAX_TITLE, Quotas, TenantSettings};
pub use trie::Scratch;
pub use verification::{
    ALLOWED_ORIGIN_HEADER, ALLOWED_RATE_HEADER, AllowedRate, Consent, InvalidOrigin, InvalidRate, MAX_ORIGIN_LENGTH,
    MAX_RATE, REQUEST_ORIGIN_HEADER, REQUEST_RATE_HEADER, Refusal, RequestOrigin, Verification,
};
