//! Why a request is not accepted. For who runs the source, in logs and metrics; strangers are told the status and no more.

/// Why a request is not accepted. The texts hold nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The signature or secret is not where it should be.
    #[error("the signature is missing")]
    MissingSignature,
    /// A header or parameter that must be there once is there twice.
    #[error("a header or parameter is there twice")]
    RepeatedHeader,
    /// A header is longer than [`MAX_HEADER`](crate::MAX_HEADER).
    #[error("a header is too long")]
    LongHeader,
    /// A header is no text.
    #[error("a header is no text")]
    UnreadableHeader,
    /// More than [`MAX_SIGNATURES`](crate::MAX_SIGNATURES).
    #[error("there are too many signatures")]
    TooManySignatures,
    /// No signature has the right prefix and encoding.
    #[error("the signature is not written as this source expects: compare prefix and encoding")]
    UnreadableSignature,
    /// There is no timestamp.
    #[error("the timestamp is missing")]
    MissingTimestamp,
    /// The timestamp is not written as it should be.
    #[error("the timestamp is not written in the unit that this source expects")]
    UnreadableTimestamp,
    /// The timestamp is further in the past than the tolerance.
    #[error("the timestamp is too old: it is a replay, or a clock is wrong")]
    Stale,
    /// The timestamp is further in the future than the tolerance.
    #[error("the timestamp is in the future: a clock is wrong")]
    Premature,
    /// The header with the id that is signed is missing.
    #[error("the id is missing")]
    MissingId,
    /// The body is not covered by the signature.
    #[error("the body is not signed: it is no form, and its hash is missing or another")]
    UnsignedBody,
    /// No active secret makes this signature.
    #[error("the signature is not made with a secret of this source")]
    WrongSignature,
    /// The token of a challenge is another.
    #[error("the verify token is another")]
    WrongToken,
    /// The challenge is too long or holds what is no plain text.
    #[error("the challenge is too long or no plain text")]
    BadChallenge,
    /// The method is none that events come with.
    #[error("the method is not supported by this source")]
    Method,
    /// The body is of a type that is not read.
    #[error("the media type is not supported: send json, a form or xml")]
    MediaType,
    /// The body is in an encoding that is not read.
    #[error("the charset is not supported: send utf-8")]
    Charset,
    /// The body is not what its type says.
    #[error("the body is not what its media type says")]
    Malformed,
    /// The body is nested too deeply.
    #[error("the body is nested too deeply")]
    Deep,
    /// The body has too many values.
    #[error("the body has too many values")]
    Large,
    /// The body holds too many events.
    #[error("the body holds too many events")]
    Batch,
    /// More than [`MAX_MADE_BYTES`](crate::MAX_MADE_BYTES) would be made of it.
    #[error("the events of the body are too large together: send fewer at once, or take less of them in the mapping")]
    Inflated,
    /// Judging it took too long.
    #[error("judging the body took too long: send fewer events at once, or make the mapping simpler")]
    Slow,
}

impl Reason {
    /// What it is called in logs and as the label of a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::RepeatedHeader => "repeated_header",
            Self::LongHeader => "long_header",
            Self::UnreadableHeader => "unreadable_header",
            Self::TooManySignatures => "too_many_signatures",
            Self::UnreadableSignature => "unreadable_signature",
            Self::MissingTimestamp => "missing_timestamp",
            Self::UnreadableTimestamp => "unreadable_timestamp",
            Self::Stale => "stale",
            Self::Premature => "premature",
            Self::MissingId => "missing_id",
            Self::UnsignedBody => "unsigned_body",
            Self::WrongSignature => "wrong_signature",
            Self::WrongToken => "wrong_token",
            Self::BadChallenge => "bad_challenge",
            Self::Method => "method",
            Self::MediaType => "media_type",
            Self::Charset => "charset",
            Self::Malformed => "malformed",
            Self::Deep => "deep",
            Self::Large => "large",
            Self::Batch => "batch",
            Self::Inflated => "inflated",
            Self::Slow => "slow",
        }
    }

    /// The status to answer with. Whatever is wrong with the proof is 401, so that nobody learns how far they came.
    pub fn status(self) -> u16 {
        match self {
            Self::MissingSignature
            | Self::RepeatedHeader
            | Self::LongHeader
            | Self::UnreadableHeader
            | Self::TooManySignatures
            | Self::UnreadableSignature
            | Self::MissingTimestamp
            | Self::UnreadableTimestamp
            | Self::Stale
            | Self::Premature
            | Self::MissingId
            | Self::UnsignedBody
            | Self::WrongSignature => 401,
            Self::WrongToken => 403,
            Self::Method => 405,
            Self::Large | Self::Batch | Self::Inflated => 413,
            Self::MediaType | Self::Charset => 415,
            // The machine may have been busy, so that it can go better the next time.
            Self::Slow => 503,
            Self::BadChallenge | Self::Malformed | Self::Deep => 400,
        }
    }
}
