//! The journal: every event as it was published, the only copy of its payload.

use std::time::Duration;

use tokio::time::timeout;

use crate::error::Error;
use crate::link::Link;
use crate::names::Names;
use crate::stream::{Entry, Reader, Start};

/// A reader of the journal. See [`Reader::new`] for `credit`: each entry in memory may have the size of the largest event.
pub fn reader(link: Link, names: &Names, start: Start, credit: u16) -> Reader {
    Reader::new(link, names.journal(), start, credit)
}

/// The entry at this offset; nothing if the journal does not keep it any more.
///
/// # Errors
/// [`Error::Timeout`] when none came `within` this time: the broker is away, or the journal has not come that far, as one
/// that was deleted and declared anew.
pub async fn read_one(link: Link, names: &Names, offset: u64, within: Duration) -> Result<Option<Entry>, Error> {
    let mut reader = reader(link, names, Start::Offset(offset), 1);
    let entry = timeout(within, reader.next()).await.map_err(|_| Error::Timeout(within, "reading the journal"))?;
    Ok((entry.offset == offset).then_some(entry))
}
