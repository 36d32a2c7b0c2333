use std::io::ErrorKind;
use std::time::Duration;

use barid_signature::{Secret, Signer, Verifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::SECRET;
use crate::eventually::now;

async fn connected(receiver: &Receiver) -> TcpStream {
    TcpStream::connect(receiver.address).await.unwrap()
}

async fn ask(stream: &mut TcpStream, path: &str, headers: &str, body: &str) {
    let length = body.len();
    let request = format!("POST {path} HTTP/1.1\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
}

async fn status(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(answer).unwrap()[9..12].to_owned()
}

#[tokio::test]
async fn remembers_requests_and_follows_the_script() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/a", Script::first([Answer::status(500)]).then(Answer::status(204)));
    let mut stream = connected(&receiver).await;
    for expected in ["500", "204", "204"] {
        ask(&mut stream, "/a", "Webhook-Id: one\r\n", "hello").await;
        assert_eq!(status(&mut stream).await, expected);
    }
    ask(&mut stream, "/b", "", "").await;
    assert_eq!(status(&mut stream).await, "200");
    assert_eq!(receiver.count("/a"), 3);
    assert_eq!(receiver.ids("/a"), BTreeMap::from([("one".to_owned(), 3)]));
    let first = &receiver.requests("/a")[0];
    assert_eq!((first.method.as_str(), &first.body[..]), ("POST", &b"hello"[..]));
}

#[tokio::test]
async fn verifies_what_our_signer_signed() {
    let receiver = Receiver::start().await.unwrap();
    let secret: Secret = SECRET.parse().unwrap();
    let signer = Signer::from(secret.clone());
    let timestamp = now().timestamp();
    let (_, signature) = signer.headers("msg_1", timestamp, b"hello").next().unwrap();
    let headers = format!("webhook-id: msg_1\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: {signature}\r\n");
    let mut stream = connected(&receiver).await;
    ask(&mut stream, "/", &headers, "hello").await;
    ask(&mut stream, "/", &headers, "hullo").await;
    assert_eq!(status(&mut stream).await, "200");
    assert_eq!(status(&mut stream).await, "200");
    let key = Verifier::from(secret);
    let verified: Vec<_> = receiver.requests("/").iter().map(|request| request.verify(&key).is_ok()).collect();
    assert_eq!(verified, [true, false]);
}

#[tokio::test]
async fn hangs_when_told() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/", Answer::hang());
    let mut stream = connected(&receiver).await;
    ask(&mut stream, "/", "", "").await;
    let answer = timeout(Duration::from_millis(100), stream.read_u8()).await;
    assert!(answer.is_err());
    assert_eq!(receiver.count("/"), 1);
}

#[tokio::test]
async fn resets_in_the_middle_of_an_answer() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/", Answer::reset());
    let mut stream = connected(&receiver).await;
    ask(&mut stream, "/", "", "").await;
    let ended = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn drips_and_never_ends_a_body() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/drip", Answer::drip());
    receiver.on("/endless", Answer::endless(503));
    let mut stream = connected(&receiver).await;
    ask(&mut stream, "/drip", "", "").await;
    assert_eq!(stream.read(&mut [0; 100]).await.unwrap(), 1);
    let mut stream = connected(&receiver).await;
    ask(&mut stream, "/endless", "", "").await;
    assert_eq!(status(&mut stream).await, "503");
    let mut megabyte = vec![0; 1 << 20];
    stream.read_exact(&mut megabyte).await.unwrap();
}

#[tokio::test]
async fn closes_at_accept_when_told() {
    let receiver = Receiver::start().await.unwrap();
    receiver.close_at_accept(true);
    let mut stream = connected(&receiver).await;
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
}
