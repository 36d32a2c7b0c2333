//! The head of a request that users may shape: its [`Method`] and its [`Headers`].
//!
//! Who saves a subscription and who sends its requests must give the same answer about a header, so the rules are here,
//! where both see them. No I/O, and no HTTP client.

mod fields;
mod method;

pub use fields::{Field, HeaderError, Headers, MAX_FIELDS, MAX_VALUE_BYTES};
pub use method::Method;
