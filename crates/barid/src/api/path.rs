//! Where something is in the API: segments and parameters, escaped where they must be.

use std::fmt::{self, Write as _};

/// What need not be escaped, in segments and in parameters.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A path with parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    has_parameters: bool,
}

impl Path {
    /// A collection: `/v1/{name}`.
    pub(crate) fn v1(name: &str) -> Self {
        Self { text: format!("/v1/{name}"), has_parameters: false }
    }

    /// One thing in it, or one of the things to do with that.
    pub(crate) fn join(mut self, segment: &str) -> Self {
        self.text.push('/');
        self.escaped(segment);
        self
    }

    /// With a parameter.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.text.push(if self.has_parameters { '&' } else { '?' });
        self.has_parameters = true;
        self.escaped(name);
        self.text.push('=');
        self.escaped(value.as_ref());
        self
    }

    /// With a parameter, if there is a value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With `name=1`, if `set`.
    pub(crate) fn with_flag(self, name: &str, set: bool) -> Self {
        self.with_some(name, set.then_some("1"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn escaped(&mut self, text: &str) {
        for byte in text.bytes() {
            if is_plain(byte) {
                self.text.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ok = write!(self.text, "%{byte:02X}");
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_people_type() {
        let path = Path::v1("subscriptions").join("a/b ?").with("tenant", "é").with_flag("wait", true);
        assert_eq!(path.as_str(), "/v1/subscriptions/a%2Fb%20%3F?tenant=%C3%A9&wait=1");
    }

    #[test]
    fn leaves_out_what_is_not_given() {
        let path = Path::v1("keys").with_some("after", None::<&str>).with_flag("wait", false);
        assert_eq!(path.as_str(), "/v1/keys");
    }
}
