//! A request as it was seen, byte for byte: what is signed is what was sent, and not what somebody made of it.

use url::form_urlencoded;

use crate::Reason;

/// The longest header that is looked at, in bytes: 4 KiB.
pub const MAX_HEADER: usize = 4 << 10;

/// One request. Whoever fills it bounds the body first.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The whole URL, with its query, as the provider knows it.
    pub url: &'r str,
    /// Every header, in order; names in any case.
    pub headers: &'r [(&'r str, &'r [u8])],
    /// The body.
    pub body: &'r [u8],
}

impl<'r> Incoming<'r> {
    /// The one value of a header, without the white space around it; of two, none can be trusted.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&'r str>, Reason> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, value)) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Reason::RepeatedHeader);
        }
        if value.len() > MAX_HEADER {
            return Err(Reason::LongHeader);
        }
        let text = std::str::from_utf8(value).map_err(|_| Reason::UnreadableHeader)?;
        Ok(Some(text.trim_ascii()))
    }

    /// The one value of a parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Result<Option<String>, Reason> {
        let mut values = form_urlencoded::parse(self.query().as_bytes()).filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        if values.next().is_some() { Err(Reason::RepeatedHeader) } else { Ok(value) }
    }

    /// What follows the question mark of the URL.
    pub(crate) fn query(&self) -> &'r str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The path of the URL, as it is written.
    pub(crate) fn path(&self) -> &'r str {
        let address = self.url.split_once('?').map_or(self.url, |(address, _)| address);
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        rest.find('/').map_or("/", |at| &rest[at..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_url_apart() {
        let incoming = Incoming { method: "GET", url: "https://a.example/in/x%2Fy?b=1&c=%20", headers: &[], body: b"" };
        assert_eq!((incoming.path(), incoming.query()), ("/in/x%2Fy", "b=1&c=%20"));
        assert_eq!(incoming.parameter("c"), Ok(Some(" ".to_owned())));
        let bare = Incoming { url: "https://a.example", ..incoming };
        assert_eq!((bare.path(), bare.query()), ("/", ""));
    }

    #[test]
    fn trusts_no_header_that_is_there_twice() {
        let long = [b'x'; MAX_HEADER + 1];
        let headers: [(&str, &[u8]); 5] =
            [("X-One", b" 1 "), ("x-two", b"1"), ("X-TWO", b"1"), ("x-long", &long), ("x-bad", b"\xff")];
        let incoming = Incoming { method: "GET", url: "https://a.example/", headers: &headers, body: b"" };
        assert_eq!(incoming.header("x-one"), Ok(Some("1")));
        assert_eq!(incoming.header("x-none"), Ok(None));
        assert_eq!(incoming.header("x-two"), Err(Reason::RepeatedHeader));
        assert_eq!(incoming.header("x-long"), Err(Reason::LongHeader));
        assert_eq!(incoming.header("x-bad"), Err(Reason::UnreadableHeader));
    }
}
