//! Secrets of the older schemes: the text itself is the key, byte for byte.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::encoding::InvalidKey;

/// The shortest text, in bytes: shorter ones can be guessed from one signature.
pub const MIN_TEXT: usize = 8;

/// The longest text, in bytes.
pub const MAX_TEXT: usize = 512;

/// How many random bytes a new text has; it shows each as two characters.
const NEW_BYTES: usize = 32;

/// From how many characters on [`TextSecret::masked`] shows the last four: of fewer, they would be too much of it.
const SHOWS_FROM: usize = 24;

/// How many characters [`TextSecret::masked`] shows.
const SHOWN: usize = 4;

/// A text that sender and receiver share: 8 to 512 bytes without control characters.
///
/// It is never shown by `Debug`, compares in constant time, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct TextSecret(Zeroizing<String>);

impl TextSecret {
    /// A new text of 64 hexadecimal digits from `fill`, which must fill 32 bytes with cryptographic randomness.
    pub fn generate(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0; NEW_BYTES]);
        fill(&mut *bytes);
        // Large enough from the start: a string that grows leaves copies of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(2 * NEW_BYTES));
        HEXLOWER.encode_append(&*bytes, &mut text);
        Self(text)
    }

    /// The text, to show its owner once or to seal.
    pub fn expose(&self) -> Zeroizing<String> {
        self.0.clone()
    }

    /// What may be shown to tell texts apart: an ellipsis, and of a long text the last four characters.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let shown = if length >= SHOWS_FROM { SHOWN } else { 0 };
        ['…'].into_iter().chain(self.0.chars().skip(length - shown)).collect()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for TextSecret {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !(MIN_TEXT..=MAX_TEXT).contains(&text.len()) {
            return Err(InvalidKey::TextLength { length: text.len() });
        }
        if text.contains(char::is_control) {
            return Err(InvalidKey::Control);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl PartialEq for TextSecret {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}

impl Eq for TextSecret {}

impl fmt::Debug for TextSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_text_itself() {
        let secret: TextSecret = "whsec_Zürich 12".parse().unwrap();
        assert_eq!(secret.bytes(), "whsec_Zürich 12".as_bytes());
        assert_eq!(secret.expose().as_str(), "whsec_Zürich 12");
        assert_eq!(format!("{secret:?}"), "TextSecret(..)");
    }

    #[test]
    fn a_new_one_reads_back() {
        let fresh = TextSecret::generate(|bytes| bytes.fill(0xa7));
        assert_eq!(fresh.expose().as_str(), "a7".repeat(32));
        assert_eq!(fresh.expose().parse(), Ok(fresh));
    }

    #[test]
    fn refuses_texts_that_are_short_long_or_hold_control_characters() {
        for length in [0, 7, 513] {
            let refused = InvalidKey::TextLength { length };
            assert_eq!("x".repeat(length).parse::<TextSecret>(), Err(refused));
        }
        assert!("x".repeat(512).parse::<TextSecret>().is_ok());
        assert_eq!("copied with the line\n".parse::<TextSecret>(), Err(InvalidKey::Control));
    }

    #[test]
    fn shows_the_end_only_of_a_long_one() {
        let masked = |text: &str| text.parse::<TextSecret>().unwrap().masked();
        assert_eq!(masked("0123456789"), "…");
        assert_eq!(masked("0123456789abcdef01234äöü"), "…4äöü");
    }
}
