//! A source as registered.

use std::time::Duration;

use barid_event::Tenant;
use serde_json::{Map, Value};

use super::{
    id::SourceId,
    intake::Intake,
    mapping::Mapping,
    secret::{SecretText, SourceSecret},
    verification::Verification,
};
use crate::name::Name;

/// For how long a repeated id makes no second event, where nothing else is said: a day.
pub const DEFAULT_DEDUP_WINDOW: Duration = Duration::from_hours(24);

/// The longest such time: 7 days.
pub const MAX_DEDUP_WINDOW: Duration = Duration::from_hours(7 * 24);

/// The longest body that is read, in bytes, where nothing else is said: 1 MiB.
pub const DEFAULT_MAX_BODY: u32 = 1 << 20;

/// The most that this can be: 10 MiB.
pub const MAX_MAX_BODY: u32 = 10 << 20;

/// An inbound webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// What people call it; unique within the tenant.
    pub name: Name,
    /// Whose events it makes.
    pub tenant: Tenant,
    /// The provider it takes requests from.
    pub preset: Name,
    /// What requests are verified with, the newest first; none where the preset needs none.
    pub secrets: Vec<SourceSecret>,
    /// What a provider sends along when it asks for a challenge back.
    pub verify_token: Option<SecretText>,
    /// How requests are verified: the preset's way, with what the source says instead.
    pub verification: Verification,
    /// How requests are taken in, likewise.
    pub intake: Intake,
    /// What payloads become, likewise.
    pub mapping: Mapping,
    /// The URL as the provider knows it, without a query; `None`: as the gateway sees it.
    pub public_url: Option<String>,
    /// What becomes of items that make no valid event.
    pub on_invalid: OnInvalid,
    /// How many requests it may get; `None`: the installation's default.
    pub rate_limit: Option<RateLimit>,
    /// For how long a repeated id makes no second event.
    pub dedup_window: Duration,
    /// The longest body that is read, in bytes: 1 KiB to [`MAX_MAX_BODY`].
    pub max_body: u32,
    /// Whether data keeps the whole item as `raw`.
    pub keep_raw: bool,
    /// Whether requests are taken at all.
    pub enabled: bool,
    /// What it says instead of the preset, as it was given.
    pub(super) overrides: Map<String, Value>,
}

impl SourceSettings {
    /// The identifier.
    pub fn id(&self) -> SourceId {
        SourceId::derive(&self.tenant, &self.name)
    }
}

/// What becomes of items that make no valid event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// The request is refused with 422 and the reason.
    #[default]
    Reject,
    /// The request is accepted, and the item becomes a dead letter.
    DeadLetter,
}

/// How many requests a source may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second, 1 to 100,000.
    pub per_second: u32,
    /// How many may come at once, 1 to 100,000.
    pub burst: u32,
}
