//! Percent-encoding of values that become a part of a URL: a path segment or the value of a query parameter. All that is
//! left as it is are the characters that mean nothing anywhere in a URL (RFC 3986, 2.3).

use std::fmt::{self, Write};

/// Writes `text` so that nothing in it can end the part of the URL that it stands in.
pub(crate) fn encode(text: &str, out: &mut impl Write) -> fmt::Result {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode(text, &mut out).unwrap();
        out
    }

    #[test]
    fn leaves_nothing_that_means_something_in_a_url() {
        assert_eq!(encoded("a-b_c.d~e"), "a-b_c.d~e");
        assert_eq!(encoded("/?#&=%@:{}\\ é+"), "%2F%3F%23%26%3D%25%40%3A%7B%7D%5C%20%C3%A9%2B");
    }

    proptest! {
        #[test]
        fn a_url_parser_reads_back_what_was_written(value in "\\PC{0,40}") {
            let url = url::Url::parse(&format!("https://e.com/?v={}", encoded(&value))).unwrap();
            let read: Vec<_> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(read, [value]);
        }
    }
}
