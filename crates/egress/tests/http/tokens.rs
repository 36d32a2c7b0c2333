//! Tokens by client credentials: a token endpoint and a receiver that takes some tokens and refuses others.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use barid_egress::{Access, Clients, Failure, FailureKind, Grant, Response, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::{GENEROUS, Receiver, SHORT, config, read_request, request};

/// Reads a request whose length is stated, head and body.
async fn read_whole(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Ok(text);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// An endpoint that gives `token-1`, `token-2` and so on, and what it was asked.
async fn endpoint(expires_in: u32) -> io::Result<(Receiver, mpsc::Receiver<String>)> {
    let (sender, asked) = mpsc::channel(16);
    let count = Arc::new(AtomicUsize::new(0));
    let receiver = Receiver::start(move |mut stream| {
        let (sender, number) = (sender.clone(), count.fetch_add(1, Ordering::SeqCst) + 1);
        async move {
            sender.send(read_whole(&mut stream).await?).await.map_err(io::Error::other)?;
            let body =
                format!(r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":{expires_in}}}"#);
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await
        }
    })
    .await?;
    Ok((receiver, asked))
}

/// A receiver that refuses every token but one; and what it was shown.
async fn taking(token: &'static str) -> io::Result<(Receiver, mpsc::Receiver<String>)> {
    let (sender, heads) = mpsc::channel(16);
    let receiver = Receiver::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let head = read_request(&mut stream).await?;
            let status =
                if head.contains(&format!("authorization: bearer {token}")) { "200 OK" } else { "401 Unauthorized" };
            sender.send(head).await.map_err(io::Error::other)?;
            let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await?;
    Ok((receiver, heads))
}

async fn send(clients: &Clients, to: &Url, token_url: &Url, owner: &str) -> Result<Response, Failure> {
    let grant = Grant {
        token_url,
        client_id: "barid",
        client_secret: "sesame",
        scope: Some("a b"),
        audience: None,
        secret_in_body: true,
        digest: &[1; 32],
    };
    clients.send(request(to, GENEROUS), Access { owner, tls: None, grant: Some(grant) }).await
}

#[tokio::test]
async fn a_token_is_got_once_however_many_wait_for_it() {
    let ((endpoint, mut asked), (receiver, _heads)) = (endpoint(3600).await.unwrap(), taking("token-1").await.unwrap());
    let clients = Clients::new(config()).unwrap();
    let one = || send(&clients, &receiver.url, &endpoint.url, "acme");
    let (a, b, c) = tokio::join!(one(), one(), one());
    assert!([a, b, c, one().await].into_iter().all(|answer| answer.unwrap().status == 200));
    assert_eq!(endpoint.accepted(), 1);
    let request = asked.recv().await.unwrap();
    let body = "grant_type=client_credentials&client_id=barid&client_secret=sesame&scope=a+b";
    assert!(request.starts_with("POST /hook ") && request.ends_with(body), "{request}");
}

#[tokio::test]
async fn each_owner_has_a_token_of_its_own() {
    let ((endpoint, _asked), (receiver, mut heads)) = (endpoint(3600).await.unwrap(), taking("token-").await.unwrap());
    let clients = Clients::new(config()).unwrap();
    for (owner, token) in [("acme", "token-1"), ("umbrella", "token-2"), ("acme", "token-1")] {
        assert_eq!(send(&clients, &receiver.url, &endpoint.url, owner).await.unwrap().status, 200);
        assert!(heads.recv().await.unwrap().contains(token));
    }
}

#[tokio::test]
async fn a_token_that_has_expired_is_replaced() {
    let ((endpoint, _asked), (receiver, _heads)) = (endpoint(0).await.unwrap(), taking("token-").await.unwrap());
    let clients = Clients::new(config()).unwrap();
    for count in 1..=2 {
        assert_eq!(send(&clients, &receiver.url, &endpoint.url, "acme").await.unwrap().status, 200);
        assert_eq!(endpoint.accepted(), count);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let ((endpoint, _asked), (receiver, _heads)) = (endpoint(3600).await.unwrap(), taking("token-2").await.unwrap());
    let clients = Clients::new(config()).unwrap();
    assert_eq!(send(&clients, &receiver.url, &endpoint.url, "acme").await.unwrap().status, 200);
    assert_eq!((endpoint.accepted(), receiver.accepted()), (2, 2));
}

#[tokio::test]
async fn a_receiver_that_refuses_every_token_has_few_asked_for() {
    let ((endpoint, _asked), (stubborn, _heads)) =
        (endpoint(3600).await.unwrap(), taking("none of them").await.unwrap());
    let clients = Clients::new(config()).unwrap();
    let refused = async || assert_eq!(send(&clients, &stubborn.url, &endpoint.url, "acme").await.unwrap().status, 401);
    refused().await;
    assert_eq!((endpoint.accepted(), stubborn.accepted()), (2, 2), "one more, which may be better");
    refused().await;
    assert_eq!((endpoint.accepted(), stubborn.accepted()), (2, 3), "the refusal is passed on");

    let (neighbour, _heads) = taking("token-2").await.unwrap();
    assert_eq!(send(&clients, &neighbour.url, &endpoint.url, "acme").await.unwrap().status, 200);
    assert_eq!((endpoint.accepted(), neighbour.accepted()), (2, 1), "the token is still there for others");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_the_failure_says_why() {
    let (receiver, _heads) = taking("token-1").await.unwrap();
    let clients = Clients::new(config()).unwrap();
    let body = r#"{"error":"invalid_client","error_description":"sesame is wrong"}"#;
    let refusing = Receiver::start(move |mut stream| async move {
        read_whole(&mut stream).await?;
        let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).await
    })
    .await
    .unwrap();
    let failure = send(&clients, &receiver.url, &refusing.url, "acme").await.unwrap_err();
    assert_eq!(failure.to_string(), "token: the token endpoint answered 400: invalid_client");
    let metadata = Url::parse("http://169.254.169.254/token").unwrap();
    let failure = send(&clients, &receiver.url, &metadata, "umbrella").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Blocked);
    assert!(failure.detail.starts_with("asking for a token: "), "{failure}");
    assert_eq!(receiver.accepted(), 0);
}

#[tokio::test]
async fn a_silent_endpoint_costs_one_deadline() {
    let (receiver, _heads) = taking("token-1").await.unwrap();
    let silent = Receiver::start(|mut stream| async move {
        read_whole(&mut stream).await?;
        read_whole(&mut stream).await.map(drop)
    })
    .await
    .unwrap();
    let clients = Clients::new(config()).unwrap();
    let grant = Grant {
        token_url: &silent.url,
        client_id: "barid",
        client_secret: "sesame",
        scope: None,
        audience: None,
        secret_in_body: false,
        digest: &[1; 32],
    };
    let access = Access { owner: "acme", tls: None, grant: Some(grant) };
    let failure = clients.send(request(&receiver.url, SHORT), access).await.unwrap_err();
    assert_eq!((failure.kind, receiver.accepted()), (FailureKind::Timeout, 0), "{failure}");
}
