//! The body of a message of ours: a head in JSON, then the payload's bytes, untouched.
//!
//! ```text
//! 1 byte    version (1)
//! 4 bytes   length of the head, big endian
//! n bytes   head (JSON)
//! rest      payload
//! ```
//!
//! Reading copies nothing: the payload is a slice of the message's body.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version written, and the only one read.
const VERSION: u8 = 1;

/// Version and length.
const PREFIX: usize = 5;

/// The longest head, in bytes: 64 deliveries and an envelope with every extension stay far below.
const MAX_HEAD: usize = 1024 * 1024;

/// Why a body is no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is shorter than it says, or than any frame.
    #[error("the frame is cut off")]
    CutOff,
    /// It was written by a newer version, or is no frame at all.
    #[error("unknown frame version {0}")]
    Version(u8),
    /// The head is longer than allowed.
    #[error("the frame's head has {0} bytes, more than {MAX_HEAD}")]
    HeadTooLong(usize),
    /// The head is no JSON, or not the expected one.
    #[error("the frame's head: {0}")]
    Head(#[from] serde_json::Error),
}

/// Writes a frame. The payload is copied once, into the buffer that is sent.
///
/// # Errors
/// When the head cannot be written as JSON, or is too long.
pub(crate) fn write<H: Serialize>(head: &H, payload: &[u8]) -> Result<Bytes, FrameError> {
    let mut buffer = BytesMut::with_capacity(PREFIX + 512 + payload.len());
    buffer.put_u8(VERSION);
    buffer.put_u32(0);
    let mut writer = buffer.writer();
    serde_json::to_writer(&mut writer, head)?;
    let mut buffer = writer.into_inner();
    let length = buffer.len() - PREFIX;
    let stated = u32::try_from(length).ok().filter(|_| length <= MAX_HEAD).ok_or(FrameError::HeadTooLong(length))?;
    buffer[1..PREFIX].copy_from_slice(&stated.to_be_bytes());
    buffer.extend_from_slice(payload);
    Ok(buffer.freeze())
}

/// Reads a frame.
///
/// # Errors
/// See [`FrameError`].
pub(crate) fn read<H: DeserializeOwned>(body: &Bytes) -> Result<(H, Bytes), FrameError> {
    let (&version, rest) = body.split_first().ok_or(FrameError::CutOff)?;
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let length = rest.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)).ok_or(FrameError::CutOff)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_HEAD {
        return Err(FrameError::HeadTooLong(length));
    }
    let head = body.get(PREFIX..PREFIX + length).ok_or(FrameError::CutOff)?;
    Ok((serde_json::from_slice(head)?, body.slice(PREFIX + length..)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_it_wrote_without_copying_the_payload() {
        let body = write(&vec!["a", "b"], b"\x00payload\xff").unwrap();
        let (head, payload): (Vec<String>, Bytes) = read(&body).unwrap();
        assert_eq!(head, ["a", "b"]);
        assert_eq!(payload, &b"\x00payload\xff"[..]);
        assert!(body.as_ptr_range().contains(&payload.as_ptr()));
    }

    proptest! {
        #[test]
        fn never_panics_on_garbage(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _either: Result<(serde_json::Value, Bytes), _> = read(&Bytes::from(bytes));
        }

        #[test]
        fn notices_every_cut_in_the_head(cut in 0_usize..20) {
            let body = write(&"a head of some length", b"").unwrap();
            let cut = body.slice(..cut.min(body.len() - 1));
            prop_assert!(read::<String>(&cut).is_err());
        }
    }
}
