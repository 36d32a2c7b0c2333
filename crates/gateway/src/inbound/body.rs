//! Bodies of strangers: read up to a bound, within a time, and within what all of them together may hold, before anything
//! is known of who sends them.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use crate::{
    app::App,
    http::{Kind, Problem},
};

/// A body, and the room it takes of what all of them may hold.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// The whole body, of at most `limit` bytes.
pub(super) async fn read(app: &App, headers: &HeaderMap, body: Body, limit: usize) -> Result<Held, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let patience = app.limits.source_body_timeout;
    let late = || Problem::new(Kind::Timeout, format!("the body did not arrive within {} s", patience.as_secs()));
    timeout(patience, collect(app, body, limit)).await.unwrap_or_else(|_| Err(late()))
}

async fn collect(app: &App, mut body: Body, limit: usize) -> Result<Held, Problem> {
    let (mut buffer, mut room) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(Kind::Malformed, "the body broke off: send it again"))?;
        let Ok(data) = frame.into_data() else { continue };
        if buffer.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        // Not waited for: bodies that wait for each other's room would wait for ever.
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let more = Arc::clone(&app.source_bodies).try_acquire_many_owned(size);
        let more = more.map_err(|_| Problem::unavailable("too many requests are being read: send the same again"))?;
        match &mut room {
            Some(room) => room.merge(more),
            None => room = Some(more),
        }
        buffer.extend_from_slice(&data);
    }
    Ok(Held { bytes: buffer.freeze(), _room: room })
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, format!("the body has more than {limit} bytes: send less at once"))
}
