//! How a receiver answers: well, late, badly, or not at all.

use std::fmt::Write as _;
use std::time::Duration;

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) delay: Duration,
    pub(super) behaviour: Behaviour,
}

/// What is written to the connection.
#[derive(Clone, Debug)]
pub(super) enum Behaviour {
    /// All of this, and the connection stays open.
    Write(Vec<u8>),
    /// Nothing; the connection stays open.
    Hang,
    /// This, one byte at a time.
    Drip(Vec<u8>),
    /// This, and then a body that never ends.
    Endless(Vec<u8>),
    /// This, and then a reset.
    Reset(Vec<u8>),
}

impl Answer {
    /// A complete answer with this status and an empty body.
    pub fn status(status: u16) -> Self {
        Self::with_headers(status, &[])
    }

    /// A complete answer with headers of its own, such as `retry-after`.
    pub fn with_headers(status: u16, headers: &[(&str, &str)]) -> Self {
        Self::of(Behaviour::Write(head(status, 0, headers)))
    }

    /// A complete answer with this status and this body.
    pub fn with_body(status: u16, body: &str) -> Self {
        let mut whole = head(status, body.len(), &[]);
        whole.extend_from_slice(body.as_bytes());
        Self::of(Behaviour::Write(whole))
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::with_headers(302, &[("location", location)])
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self::of(Behaviour::Hang)
    }

    /// A proper 200, but one byte every 100 ms, headers included.
    pub fn drip() -> Self {
        let mut whole = head(200, 1000, &[]);
        whole.resize(whole.len() + 1000, b'x');
        Self::of(Behaviour::Drip(whole))
    }

    /// This status, and a body without an end.
    pub fn endless(status: u16) -> Self {
        Self::of(Behaviour::Endless(head(status, usize::MAX, &[])))
    }

    /// Half an answer, and then a reset of the connection.
    pub fn reset() -> Self {
        Self::of(Behaviour::Reset(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()))
    }

    /// The same, after this time.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    fn of(behaviour: Behaviour) -> Self {
        Self { delay: Duration::ZERO, behaviour }
    }
}

fn head(status: u16, length: usize, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} as told\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        // Writing to a String cannot fail.
        let _infallible = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The answers to one request after another: these first, and then always the same.
#[derive(Clone, Debug)]
pub struct Script {
    first: Vec<Answer>,
    then: Answer,
}

impl Script {
    /// These answers in turn, then 200 for ever.
    pub fn first(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { first: answers.into_iter().collect(), ..Self::default() }
    }

    /// Ends with this answer instead of 200.
    #[must_use]
    pub fn then(self, then: Answer) -> Self {
        Self { then, ..self }
    }

    pub(super) fn answer(&self, number: usize) -> &Answer {
        self.first.get(number).unwrap_or(&self.then)
    }
}

impl Default for Script {
    fn default() -> Self {
        Answer::status(200).into()
    }
}

impl From<Answer> for Script {
    fn from(then: Answer) -> Self {
        Self { first: Vec::new(), then }
    }
}
