//! The client against receivers that misbehave: each costs at most one deadline and one buffer.

use std::io;
use std::time::Instant;

use barid_egress::{FailureKind, Fault, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::{GENEROUS, Receiver, SHORT, client, read_request, request};

/// The cap of the default configuration.
const CAP: usize = 64 * 1024;

#[tokio::test]
async fn returns_status_body_and_retry_after() {
    let receiver =
        Receiver::answering("HTTP/1.1 429 Too Many Requests\r\nretry-after: 120\r\ncontent-length: 9\r\n\r\nslow down")
            .await
            .unwrap();
    let response = client().unwrap().send(request(&receiver.url, GENEROUS)).await.unwrap();
    assert_eq!(response.status, 429);
    assert_eq!(response.retry_after.as_deref(), Some("120"));
    assert_eq!(response.location, None);
    assert_eq!(&response.body[..], b"slow down");
    assert!(!response.truncated);
}

#[tokio::test]
async fn does_not_follow_a_redirect() {
    let receiver = Receiver::answering(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )
    .await
    .unwrap();
    let response = client().unwrap().send(request(&receiver.url, GENEROUS)).await.unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(response.location.as_deref(), Some("http://169.254.169.254/"));
    assert_eq!(receiver.accepted(), 1);
}

#[tokio::test]
async fn neither_asks_for_nor_undoes_compression() {
    let (sender, mut heads) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let head = read_request(&mut stream).await?;
            sender.send(head).await.map_err(io::Error::other)?;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00")
                .await
        }
    })
    .await
    .unwrap();
    let response = client().unwrap().send(request(&receiver.url, GENEROUS)).await.unwrap();
    let head = heads.recv().await.unwrap();
    assert!(!head.contains("accept-encoding"), "{head}");
    assert!(head.contains("user-agent: barid/"), "{head}");
    assert_eq!(&response.body[..], b"\x1f\x8b\x08\x00");
}

#[tokio::test]
async fn cuts_an_endless_body_and_drops_the_connection() {
    let (sender, mut dropped) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            read_request(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            // Ends only when the client closes.
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            sender.send(()).await.map_err(io::Error::other)
        }
    })
    .await
    .unwrap();
    let response = client().unwrap().send(request(&receiver.url, GENEROUS)).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.body.len(), CAP);
    assert!(response.truncated);
    dropped.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_whole() {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {CAP}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + CAP, b'x');
    let receiver = Receiver::answering(answer).await.unwrap();
    let response = client().unwrap().send(request(&receiver.url, GENEROUS)).await.unwrap();
    assert_eq!(response.body.len(), CAP);
    assert!(!response.truncated);
}

#[tokio::test]
async fn gives_up_on_a_receiver_that_never_answers() {
    times_out(|mut stream| async move {
        let mut sink = Vec::new();
        stream.read_to_end(&mut sink).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn gives_up_on_headers_that_drip() {
    times_out(|stream| drip(stream, b"HTTP/1.1 200 OK\r\nx: ")).await;
}

#[tokio::test]
async fn gives_up_on_a_body_that_drips_although_the_status_is_known() {
    times_out(|stream| drip(stream, b"HTTP/1.1 200 OK\r\n\r\n")).await;
}

#[tokio::test]
async fn gives_up_on_a_flood_of_interim_responses() {
    times_out(|mut stream| async move {
        read_request(&mut stream).await?;
        loop {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await?;
        }
    })
    .await;
}

#[tokio::test]
async fn a_response_that_breaks_off_is_a_reset() {
    let receiver = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    assert_eq!(fails(&receiver.url).await, FailureKind::Reset);
}

#[tokio::test]
async fn a_connection_closed_without_a_word_is_a_reset_and_not_retried() {
    let receiver = Receiver::answering("").await.unwrap();
    assert_eq!(fails(&receiver.url).await, FailureKind::Reset);
    assert_eq!(receiver.accepted(), 1);
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_failure() {
    for answer in [
        "220 mail.example.com ESMTP\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let receiver = Receiver::answering(answer).await.unwrap();
        assert_eq!(fails(&receiver.url).await, FailureKind::Protocol, "{answer}");
    }
}

#[tokio::test]
async fn refuses_too_many_and_too_long_headers() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(200));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1024 * 1024));
    for answer in [many, long] {
        let receiver = Receiver::answering(answer).await.unwrap();
        assert_eq!(fails(&receiver.url).await, FailureKind::HeadersTooLarge);
    }
}

#[tokio::test]
async fn nobody_listening_is_a_connect_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_eq!(fails(&url).await, FailureKind::Connect);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_failure() {
    // RFC 6761 keeps `.invalid` empty forever; without any name server the answer is the same.
    let url = Url::parse("http://no-such-host.invalid/").unwrap();
    let failure = client().unwrap().send(request(&url, GENEROUS)).await.unwrap_err();
    assert_eq!(failure.kind.fault(), Fault::Dns, "{failure}");
}

#[tokio::test]
async fn a_failure_does_not_repeat_the_url() {
    let receiver = Receiver::answering("").await.unwrap();
    let mut url = receiver.url.clone();
    url.set_path("/secret-token");
    let failure = client().unwrap().send(request(&url, GENEROUS)).await.unwrap_err();
    assert!(!failure.to_string().contains("secret"), "{failure}");
}

/// Sends a request that must fail, and says how it did.
async fn fails(url: &Url) -> FailureKind {
    client().unwrap().send(request(url, GENEROUS)).await.unwrap_err().kind
}

/// Expects the deadline to end the exchange, and the connection with it.
async fn times_out<H, F>(handle: H)
where
    H: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (sender, mut ended) = mpsc::channel(1);
    let receiver = Receiver::start(move |stream| {
        let (sender, exchange) = (sender.clone(), handle(stream));
        async move {
            // The handlers run until the client hangs up.
            drop(exchange.await);
            sender.send(()).await.map_err(io::Error::other)
        }
    })
    .await
    .unwrap();
    let started = Instant::now();
    let failure = client().unwrap().send(request(&receiver.url, SHORT)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(started.elapsed() < GENEROUS / 2);
    ended.recv().await.unwrap();
}

/// Sends a first part, then a byte at a time until the client hangs up.
async fn drip(mut stream: TcpStream, first: &'static [u8]) -> io::Result<()> {
    read_request(&mut stream).await?;
    stream.write_all(first).await?;
    let mut tick = tokio::time::interval(SHORT / 10);
    loop {
        tick.tick().await;
        stream.write_all(b"x").await?;
    }
}
