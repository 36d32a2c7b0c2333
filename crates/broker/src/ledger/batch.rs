//! A batch as a message body, written line by line and read with patience: one record that cannot be read leaves the
//! others readable, and a batch of a newer version is told apart from one that is broken.

use bytes::Bytes;

use super::record::Record;

/// The version written, and the only one read.
pub(super) const VERSION: u8 = 1;

/// The most records in a batch.
pub(super) const MAX_RECORDS: u32 = 512;

/// A batch of this many bytes is closed. The longest record, a [`super::Routed`] with [`super::MAX_NAMED`] names, still
/// fits behind it into 256 KiB.
pub(super) const FULL: usize = 192 * 1024;

/// A batch that was read.
pub type Batch<'a> = Vec<Result<Record<'static>, Unreadable<'a>>>;

/// A batch of another version, which is none of ours or newer than we are: to be set aside as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch of the version {0:?}, which is unknown here: it was written by a newer release")]
pub struct Newer(pub Option<u8>);

/// A record that cannot be read: of an unknown kind, or broken.
#[derive(Debug, thiserror::Error)]
#[error("a record that cannot be read: {error}")]
pub struct Unreadable<'a> {
    /// The record as it was written, to be set aside.
    pub line: &'a [u8],
    /// Why.
    #[source]
    pub error: serde_json::Error,
}

/// The records in a message of the ledger, in the order in which they were written.
///
/// # Errors
/// [`Newer`] when the batch is of an unknown version.
pub fn decode(body: &Bytes) -> Result<Batch<'_>, Newer> {
    let Some((&VERSION, lines)) = body.split_first() else {
        return Err(Newer(body.first().copied()));
    };
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| serde_json::from_slice(line).map_err(|error| Unreadable { line, error })).collect())
}

/// Writes a record as a line behind others. If it cannot be written, nothing is.
pub(super) fn write(lines: &mut Vec<u8>, record: &Record<'_>) -> Result<(), serde_json::Error> {
    let before = lines.len();
    let written = serde_json::to_writer(&mut *lines, record);
    match written {
        Ok(()) => lines.push(b'\n'),
        Err(_) => lines.truncate(before),
    }
    written
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    use super::super::record::*;
    use super::*;

    fn attempt(error: Option<String>, excerpt: String) -> Record<'static> {
        Record::Attempt(Attempt {
            at: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_700_000_000_123),
            tenant: "acme".into(),
            event_id: "evt-1".into(),
            message_id: "msg_1".into(),
            subscription: "sub_1".into(),
            attempt: 2,
            took_ms: 17,
            outcome: Outcome::Retry,
            status: Some(503),
            fault: Some("receiver".into()),
            error: error.map(Cow::Owned),
            response: Some(Response { excerpt: excerpt.into(), ..Response::default() }),
            next_at: Some(DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_700_000_005_000)),
            replay: true,
        })
    }

    fn body(records: &[Record<'_>]) -> Bytes {
        let mut lines = vec![VERSION];
        for record in records {
            write(&mut lines, record).unwrap();
        }
        lines.into()
    }

    #[test]
    fn a_record_of_an_unknown_kind_leaves_the_others_readable() {
        let known = attempt(None, String::new());
        let mut lines = body(std::slice::from_ref(&known)).to_vec();
        lines.extend_from_slice(b"{\"z\":{\"at\":1}}\n{\"a\":\n");
        write(&mut lines, &known).unwrap();
        let body = Bytes::from(lines);
        let batch = decode(&body).unwrap();
        assert!(matches!(&batch[0], Ok(record) if *record == known));
        assert!(matches!(&batch[1], Err(Unreadable { line: b"{\"z\":{\"at\":1}}", .. })));
        assert!(matches!(&batch[2], Err(Unreadable { .. })));
        assert!(matches!(&batch[3], Ok(record) if *record == known));
    }

    #[test]
    fn a_record_with_a_key_that_is_new_is_still_read() {
        let line = br#"{"e":{"at":1,"tn":"t","id":"e","m":"msg_1","s":"sub_1","h":"cancelled","r":"deleted","new":7}}"#;
        let body = Bytes::from([&[VERSION], &line[..]].concat());
        assert!(matches!(&decode(&body).unwrap()[0], Ok(Record::Ended(ended)) if ended.how == How::Cancelled));
    }

    #[test]
    fn a_newer_version_is_told_from_a_broken_batch() {
        assert_eq!(decode(&Bytes::from_static(b"\x02...")).unwrap_err(), Newer(Some(2)));
        assert_eq!(decode(&Bytes::new()).unwrap_err(), Newer(None));
        assert!(decode(&body(&[])).unwrap().is_empty());
    }

    #[test]
    fn the_longest_record_fits_behind_a_full_batch() {
        let name = "s".repeat(64);
        let text = "\u{1}".repeat(1024);
        let routed = Record::Routed(Routed {
            at: DateTime::UNIX_EPOCH,
            tenant: name.as_str().into(),
            event_id: text.as_str().into(),
            event_type: name.as_str().into(),
            source: text.as_str().into(),
            subject: Some(text.as_str().into()),
            time: DateTime::UNIX_EPOCH,
            message_id: name.as_str().into(),
            accepted_at: DateTime::UNIX_EPOCH,
            id_was_made: true,
            revision: Some(u64::MAX),
            replay: true,
            deliveries: vec!["sub_0123456789abcdefghijklmnopqrstuv".into(); MAX_NAMED],
            fanout: u64::MAX,
            filtered: Filtered { matched: u64::MAX, ..Filtered::default() },
            fingerprint: Some(name.as_str().into()),
        });
        assert!(FULL + body(&[routed]).len() <= 256 * 1024);
    }

    #[test]
    fn equal_messages_have_the_same_fingerprint_and_others_another() {
        let of = |key: &str, body: &'static str| fingerprint(key, &Bytes::from_static(body.as_bytes()));
        assert_eq!(of("a.b", "{}"), of("a.b", "{}"));
        assert_ne!(of("a.b", "{}"), of("a.c", "{}"));
        assert_ne!(of("a", "b{}"), of("ab", "{}"));
        assert_eq!(of("a", "b").len(), 16);
    }

    proptest! {
        #[test]
        fn reads_what_was_written(texts in proptest::collection::vec((proptest::option::of(".*"), ".*"), 0..8)) {
            let records: Vec<_> = texts.into_iter().map(|(error, excerpt)| attempt(error, excerpt)).collect();
            let body = body(&records);
            let read: Vec<_> = decode(&body).unwrap().into_iter().map(Result::unwrap).collect();
            prop_assert_eq!(read, records);
        }

        #[test]
        fn never_panics_on_garbage(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let body = Bytes::from([&[VERSION], &bytes[..]].concat());
            prop_assert!(decode(&body).is_ok());
        }
    }
}
