//! Sources: third parties' webhooks, as people register them. A source names a preset, which knows how a provider signs and
//! what its payloads mean, and says what differs. Nothing here receives anything: that is for `barid-inbound`.

mod form;
mod id;
mod intake;
mod mapping;
mod preset;
mod read;
mod rotation;
mod secret;
mod settings;
mod token;
pub mod verification;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use self::read::identity;
pub use self::{
    form::{Form, MAX_FILLED_BYTES, SOURCE_NAMES, Scope, Unfilled},
    id::{InvalidSourceId, SourceId},
    intake::{Acknowledgement, Handshake, Intake, QueryChallenge},
    mapping::{MAX_RULES, Mapped, Mapping, Unmapped},
    preset::{Preset, Presets, Sample},
    read::{SourceReading, id_of, read},
    rotation::TooManySecrets,
    secret::{InvalidSourceSecret, MAX_SOURCE_SECRETS, SecretText, SourceSecret},
    settings::{
        DEFAULT_DEDUP_WINDOW, DEFAULT_MAX_BODY, MAX_DEDUP_WINDOW, MAX_MAX_BODY, OnInvalid, RateLimit, SourceSettings,
    },
    token::{InvalidToken, SourceToken, SourceTokens, TokenHash},
    verification::Verification,
    write::{patch, write},
};
