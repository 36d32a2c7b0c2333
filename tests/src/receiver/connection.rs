//! One connection after another, one request after another.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::State;
use super::answer::{Answer, Behaviour};
use super::request::{Head, Request};
use crate::eventually::now;

/// The longest head of a request.
const MAX_HEAD: usize = 64 * 1024;

/// The pause between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(100);

/// What an endless body consists of.
const ENDLESS: [u8; 16 * 1024] = [b'.'; 16 * 1024];

/// Accepts until dropped, and takes all connections along then.
pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        while connections.try_join_next().is_some() {}
        if state.closes_at_accept.load(Ordering::Relaxed) {
            continue;
        }
        let state = Arc::clone(&state);
        // A client that goes away is no error of ours.
        connections.spawn(async move { drop(serve(stream, &state).await) });
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        let Answer { delay, behaviour } = state.take(request);
        if !delay.is_zero() {
            sleep(delay).await;
        }
        match behaviour {
            Behaviour::Write(whole) => stream.write_all(&whole).await?,
            Behaviour::Hang => return until_closed(&mut stream).await,
            Behaviour::Drip(whole) => {
                for byte in whole {
                    stream.write_all(&[byte]).await?;
                    sleep(DRIP).await;
                }
            }
            Behaviour::Endless(head) => {
                stream.write_all(&head).await?;
                loop {
                    stream.write_all(&ENDLESS).await?;
                }
            }
            Behaviour::Reset(part) => {
                stream.write_all(&part).await?;
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next request; nothing if the connection ends or what comes is no request.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > MAX_HEAD || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = buffer.split_to(end + 4);
    let Some(head) = std::str::from_utf8(&head[..end]).ok().and_then(Head::parse) else {
        return Ok(None);
    };
    while buffer.len() < head.content_length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = buffer.split_to(head.content_length).freeze();
    Ok(Some(Request {
        arrived: Instant::now(),
        at: now(),
        method: head.method,
        path: head.path,
        headers: head.headers,
        body,
    }))
}

async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}
