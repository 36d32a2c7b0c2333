//! Lists, a page at a time: `{"data": [...], "next": "..." | null}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use barid_store::{MAX_PAGE, Page};
use serde_json::{Value, json};

use super::problem::{Kind, Problem};

/// How many entries a page has unless asked otherwise.
const DEFAULT_PAGE: u16 = 100;

/// Which page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging<'a> {
    /// The `next` of the page before.
    pub(crate) after: Option<&'a str>,
    /// At most this many entries.
    pub(crate) limit: u16,
}

impl<'a> Paging<'a> {
    /// The page that a client asks for.
    pub(crate) fn new(after: Option<&'a str>, limit: Option<u16>) -> Result<Self, Problem> {
        match limit.unwrap_or(DEFAULT_PAGE) {
            limit @ 1..=MAX_PAGE => Ok(Self { after, limit }),
            other => {
                Err(Problem::new(Kind::Malformed, format!("query parameter limit is {other}: give 1 to {MAX_PAGE}")))
            }
        }
    }
}

/// The answer with a page.
pub(crate) fn listed<T>(page: Page<T>, view: impl FnMut(T) -> Value) -> Response {
    let data: Vec<_> = page.items.into_iter().map(view).collect();
    Json(json!({"data": data, "next": page.next})).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_a_page() {
        assert_eq!(Paging::new(None, None).unwrap().limit, 100);
        assert_eq!(Paging::new(Some("x"), Some(1_000)).unwrap().limit, 1_000);
        for limit in [0, 1_001] {
            assert_eq!(Paging::new(None, Some(limit)).unwrap_err().kind(), Kind::Malformed);
        }
    }
}
