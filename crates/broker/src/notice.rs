//! What processes tell each other.
//!
//! A notice of a kind that is not listed here is from a newer version, and ignored.

use serde::{Deserialize, Serialize};

/// The most of a receiver's answer that a test's outcome holds, in bytes.
pub const MAX_TEST_BODY: usize = 2048;

/// Something every process should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// The subscription is slow or failing: its deliveries belong in its slow lane.
    Slow {
        /// The subscription's id.
        subscription: String,
    },
    /// The subscription is fast again: its deliveries belong in the work lanes.
    Fast {
        /// The subscription's id.
        subscription: String,
    },
    /// A canary has come through the inbox.
    Canary {
        /// The number its sender gave it.
        id: String,
    },
    /// The registry has changed: whoever works from it should look at the store now.
    Changed {
        /// The store's installation id.
        installation: String,
        /// The revision of the change.
        revision: u64,
    },
    /// Everybody is asked to say that he is there, with [`Notice::Present`].
    RollCall {
        /// Names the call in its answers.
        call: String,
    },
    /// A process says that it is there, because it was asked or because something about it has changed.
    Present {
        /// The call this answers.
        call: Option<String>,
        /// Names the process, from its start to its end.
        process: String,
        /// Its roles: `router`, `dispatcher` and so on.
        roles: Vec<String>,
        /// The installation id of its store; `file` when it works from a file, nothing while it does not know yet.
        installation: Option<String>,
        /// The revision of the registry it works with; nothing when it works from a file.
        revision: Option<u64>,
        /// Since when it consumes, in milliseconds since 1970; 0 while it does not.
        since: i64,
    },
    /// The attempt of a test delivery was made, or cannot be made.
    Tested {
        /// The name of the test.
        test: String,
        /// How it went.
        outcome: TestOutcome,
    },
}

/// How a test delivery went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestOutcome {
    /// Whether the receiver accepted it: any 2xx.
    pub delivered: bool,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was no answer, or no attempt.
    pub error: Option<String>,
    /// What the attempt took, in milliseconds.
    pub duration_ms: u64,
    /// The beginning of the answer's body, at most [`MAX_TEST_BODY`] bytes of it; what is no UTF-8 is replaced.
    pub body: String,
}

impl TestOutcome {
    /// No attempt was made, for this reason.
    pub fn not_attempted(why: impl Into<String>) -> Self {
        Self { delivered: false, status: None, error: Some(why.into()), duration_ms: 0, body: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_written() {
        let outcome = TestOutcome::not_attempted("unknown subscription");
        let present = Notice::Present {
            call: None,
            process: "p".to_owned(),
            roles: vec!["router".to_owned()],
            installation: None,
            revision: Some(7),
            since: 0,
        };
        for notice in [
            Notice::Changed { installation: "i".to_owned(), revision: 7 },
            Notice::RollCall { call: "c".to_owned() },
            present,
            Notice::Tested { test: "t".to_owned(), outcome },
        ] {
            let text = serde_json::to_string(&notice).unwrap();
            assert_eq!(serde_json::from_str::<Notice>(&text).unwrap(), notice, "{text}");
        }
    }

    #[test]
    fn one_from_a_newer_version_is_no_notice() {
        assert!(serde_json::from_str::<Notice>(r#"{"kind":"moon_phase"}"#).is_err());
    }
}
