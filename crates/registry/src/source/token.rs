//! The token in a source's URL. It is a secret: the store keeps only its hash, by which a source is found.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::signing::MAX_OVERLAP;

/// What every token begins with.
const PREFIX: &str = "st_";

/// How many random bytes a token has.
const BYTES: usize = 20;

/// How many characters follow the prefix.
const LENGTH: usize = BYTES * 8 / 5;

/// A token: `st_` and 32 characters of `[a-z2-7]`, 160 random bits. Never shown by `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct SourceToken(Zeroizing<String>);

/// What is kept of a token: its SHA-256. A token has too many bits to be guessed from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash(Box<str>);

/// Why a text is no token or no hash of one. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no token of a source: copy the whole url")]
pub struct InvalidToken;

impl SourceToken {
    /// A new token from `fill`, which must fill the bytes with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0; BYTES]);
        fill(bytes.as_mut_slice());
        let mut text = Zeroizing::new(PREFIX.to_owned());
        BASE32_NOPAD.encode_append(bytes.as_slice(), &mut text);
        text.make_ascii_lowercase();
        Self(text)
    }

    /// The token, to show its owner once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What it is found by.
    pub fn hash(&self) -> TokenHash {
        TokenHash(HEXLOWER.encode(&Sha256::digest(self.0.as_bytes())).into())
    }
}

impl FromStr for SourceToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let rest = text.strip_prefix(PREFIX).ok_or(InvalidToken)?;
        let is_good = rest.len() == LENGTH && rest.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if is_good { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(InvalidToken) }
    }
}

impl fmt::Debug for SourceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceToken(..)")
    }
}

impl TokenHash {
    /// The hash as text: 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenHash {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_good = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_good { Ok(Self(text.into())) } else { Err(InvalidToken) }
    }
}

/// The tokens a source answers to: one, and while it rotates the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTokens {
    /// The one that counts.
    pub current: TokenHash,
    /// The one before, and when it ends.
    pub previous: Option<(TokenHash, DateTime<Utc>)>,
}

impl SourceTokens {
    /// Whether the source answers to this token at this time.
    pub fn accept(&self, token: &TokenHash, now: DateTime<Utc>) -> bool {
        let is_previous = self.previous.as_ref().is_some_and(|(hash, until)| hash == token && now <= *until);
        *token == self.current || is_previous
    }

    /// With `fresh` from now on, and beside it for `overlap`, cut to [`MAX_OVERLAP`], with the one there is. While one before
    /// that still counts, it is the one that goes on counting, no longer than it would have: providers still use it, whereas
    /// the newest is given up, as it is when its URL was lost.
    #[must_use]
    pub fn rotated(&self, fresh: TokenHash, overlap: Duration, now: DateTime<Utc>) -> Self {
        let overlap = TimeDelta::from_std(overlap.min(MAX_OVERLAP)).unwrap_or_default();
        let active = self.previous.as_ref().filter(|(_, ends)| now <= *ends);
        let until = now.checked_add_signed(overlap);
        let previous = until.map(|until| match active {
            Some((hash, ends)) => (hash.clone(), until.min(*ends)),
            None => (self.current.clone(), until),
        });
        Self { current: fresh, previous: previous.filter(|_| !overlap.is_zero()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(byte: u8) -> SourceToken {
        SourceToken::generate(|bytes| bytes.fill(byte))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn reads_back_what_it_makes() {
        let text = token(7).expose().to_owned();
        assert_eq!(text, "st_a4dqobyha4dqobyha4dqobyha4dqobyh");
        assert_eq!(text.parse::<SourceToken>().unwrap().hash(), token(7).hash());
        assert_eq!(token(7).hash().as_str().parse::<TokenHash>(), Ok(token(7).hash()));
        assert_eq!(format!("{:?}", token(7)), "SourceToken(..)");
    }

    #[test]
    fn refuses_other_texts() {
        for text in ["", "st_", "st_a4dqobyha4dqobyha4dqobyha4dqoby1", "xx_a4dqobyha4dqobyha4dqobyha4dqobyh"] {
            assert!(text.parse::<SourceToken>().is_err(), "{text}");
        }
    }

    #[test]
    fn both_count_while_they_rotate() {
        let tokens = SourceTokens { current: token(1).hash(), previous: None };
        let rotated = tokens.rotated(token(2).hash(), Duration::from_mins(1), at(0));
        assert!(rotated.accept(&token(1).hash(), at(60)) && !rotated.accept(&token(1).hash(), at(61)));
        assert!(rotated.accept(&token(2).hash(), at(61)) && !rotated.accept(&token(3).hash(), at(0)));
        assert_eq!(tokens.rotated(token(2).hash(), Duration::ZERO, at(0)).previous, None);
    }

    #[test]
    fn regression_a_second_rotation_keeps_the_token_that_providers_use() {
        let tokens = SourceTokens { current: token(1).hash(), previous: None };
        let first = tokens.rotated(token(2).hash(), Duration::from_mins(1), at(0));
        let second = first.rotated(token(3).hash(), Duration::from_mins(2), at(10));
        let counts =
            |second: i64, tokens: &SourceTokens| [1, 2, 3].map(|n| tokens.accept(&token(n).hash(), at(second)));
        assert_eq!(counts(60, &second), [true, false, true]);
        assert_eq!(counts(61, &second), [false, false, true], "none ends later than it would have");
        assert_eq!(counts(0, &first.rotated(token(3).hash(), Duration::ZERO, at(0))), [false, false, true]);
        let later = first.rotated(token(3).hash(), Duration::from_mins(1), at(61));
        assert_eq!(counts(61, &later), [false, true, true], "one that has ended is left out");
    }
}
