//! Pages of a listing: a page ends with a cursor, which is the key of its last entry, so that entries that come and go
//! between two pages neither repeat nor hide others.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::Error;

/// The most entries on a page.
pub const MAX_PAGE: u16 = 1_000;

/// Some entries of a listing.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries, in the order of their keys.
    pub items: Vec<T>,
    /// Where the next page begins; opaque. None on the last page.
    pub next: Option<String>,
}

/// How many entries to ask for: one more than wanted tells whether there is a next page.
pub(crate) fn with_one_more(limit: u16) -> i64 {
    i64::from(limit.clamp(1, MAX_PAGE)) + 1
}

/// Cuts off the one more, and says where the next page begins.
pub(crate) fn cut<R>(
    rows: &mut Vec<R>,
    limit: u16,
    key: impl FnOnce(&R) -> Result<String, Error>,
) -> Result<Option<String>, Error> {
    let limit = usize::from(limit.clamp(1, MAX_PAGE));
    if rows.len() <= limit {
        return Ok(None);
    }
    rows.truncate(limit);
    rows.last().map(|last| Ok(URL_SAFE_NO_PAD.encode(key(last)?))).transpose()
}

/// The key in a cursor; less than every key without a cursor.
pub(crate) fn key(after: Option<&str>) -> Result<String, Error> {
    let Some(after) = after else { return Ok(String::new()) };
    let bytes = URL_SAFE_NO_PAD.decode(after).map_err(|_| Error::InvalidCursor)?;
    match String::from_utf8(bytes) {
        // PostgreSQL's texts hold no zero.
        Ok(key) if !key.contains('\0') => Ok(key),
        _ => Err(Error::InvalidCursor),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_together_are_the_whole_listing(keys in prop::collection::btree_set("[a-z]{1,4}", 0..40), limit in 1..9_u16) {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let from = key(after.as_deref()).unwrap();
                let ask = usize::try_from(with_one_more(limit)).unwrap();
                let mut rows: Vec<_> = keys.iter().filter(|&key| *key > from).take(ask).cloned().collect();
                after = cut(&mut rows, limit, |last| Ok(last.clone())).unwrap();
                prop_assert!(rows.len() <= limit.into());
                seen.extend(rows);
                if after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, keys.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn any_text_as_a_cursor_is_a_key_or_an_error(text: String) {
            match key(Some(&text)) {
                Ok(key) => prop_assert_eq!(URL_SAFE_NO_PAD.encode(key), text),
                Err(error) => prop_assert!(matches!(error, Error::InvalidCursor)),
            }
        }
    }
}
