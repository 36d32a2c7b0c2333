//! The tenant: one CRM account. Events and subscriptions of different tenants never meet.

use thiserror::Error;

use crate::checked::checked_string;

/// The longest tenant name, in bytes.
pub const MAX_TENANT: usize = 64;

/// The tenant of an event that names none.
const DEFAULT: &str = "default";

checked_string! {
    /// The name of a tenant: 1 to [`MAX_TENANT`] bytes of `[a-z0-9_-]`; `default` where nothing is said.
    Tenant, InvalidTenant, check
}

impl Default for Tenant {
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

/// Why a text is no tenant name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidTenant {
    /// It has no characters.
    #[error("tenant is empty: name one, or leave it out for `{DEFAULT}`")]
    Empty,
    /// It is too long.
    #[error("tenant is {length} bytes long: use at most {MAX_TENANT}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character that no tenant name may hold.
    #[error("tenant has {found:?} at byte {at}: use only a-z, 0-9, _ and -")]
    Character {
        /// Where it stands, in bytes.
        at: usize,
        /// The character.
        found: char,
    },
}

fn check(text: &str) -> Result<(), InvalidTenant> {
    if text.is_empty() {
        return Err(InvalidTenant::Empty);
    }
    if text.len() > MAX_TENANT {
        return Err(InvalidTenant::TooLong { length: text.len() });
    }
    let is_good = |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    match text.char_indices().find(|&(_, c)| !is_good(c)) {
        Some((at, found)) => Err(InvalidTenant::Character { at, found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_default_where_nothing_is_said() {
        assert_eq!("default".parse(), Ok(Tenant::default()));
    }

    #[test]
    fn refuses_what_could_be_read_as_something_else() {
        let parse = |text: &str| text.parse::<Tenant>();
        assert_eq!(parse(""), Err(InvalidTenant::Empty));
        assert_eq!(parse("Acme"), Err(InvalidTenant::Character { at: 0, found: 'A' }));
        assert_eq!(parse("acme.eu"), Err(InvalidTenant::Character { at: 4, found: '.' }));
        assert_eq!(parse(&"a".repeat(65)), Err(InvalidTenant::TooLong { length: 65 }));
        assert!(parse(&"a".repeat(64)).is_ok());
    }

    #[test]
    fn is_a_plain_string_in_json() -> Result<(), serde_json::Error> {
        let tenant: Tenant = serde_json::from_str(r#""acme-eu_1""#)?;
        assert_eq!(serde_json::to_string(&tenant)?, r#""acme-eu_1""#);
        assert!(serde_json::from_str::<Tenant>(r#""a b""#).is_err());
        Ok(())
    }
}
