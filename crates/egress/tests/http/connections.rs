//! The client's connections: which are made, which are kept, which are refused.

use std::env;
use std::io;
use std::process::Command;

use barid_egress::{Client, Config, FailureKind, Url};
use tokio::io::AsyncWriteExt;

use crate::support::{GENEROUS, Receiver, client, read_request, request};

/// Names the test that starts itself again, and tells the second run where its receiver is.
const TARGET: &str = "BARID_TEST_TARGET";

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

async fn keeping_alive() -> io::Result<Receiver> {
    Receiver::start(|mut stream| async move {
        loop {
            read_request(&mut stream).await?;
            stream.write_all(OK).await?;
        }
    })
    .await
}

#[tokio::test]
async fn two_requests_share_a_connection() {
    let receiver = keeping_alive().await.unwrap();
    let client = client().unwrap();
    for _ in 0..2 {
        assert_eq!(client.send(request(&receiver.url, GENEROUS)).await.unwrap().status, 200);
    }
    assert_eq!(receiver.accepted(), 1);
}

#[tokio::test]
async fn refuses_this_machine_by_default() {
    let client = Client::new(&Config::default()).unwrap();
    for url in ["https://localhost/", "https://127.0.0.1/", "https://[::1]/", "http://example.com/"] {
        let url = Url::parse(url).unwrap();
        let failure = client.send(request(&url, GENEROUS)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Blocked, "{url}");
    }
}

#[tokio::test]
async fn a_receiver_without_tls_is_a_tls_failure() {
    let receiver = Receiver::start(|mut stream| async move { stream.write_all(OK).await }).await.unwrap();
    let mut url = receiver.url.clone();
    url.set_scheme("https").unwrap();
    let failure = client().unwrap().send(request(&url, GENEROUS)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

/// The environment of a process cannot be changed safely while it runs: the test runs itself once more.
#[tokio::test]
async fn ignores_proxies_of_the_environment() {
    if let Ok(target) = env::var(TARGET) {
        let url = Url::parse(&target).unwrap();
        assert_eq!(client().unwrap().send(request(&url, GENEROUS)).await.unwrap().status, 200);
        return;
    }
    let receiver = keeping_alive().await.unwrap();
    let target = receiver.url.to_string();
    let run = tokio::task::spawn_blocking(move || {
        Command::new(env::current_exe()?)
            .args(["--exact", "connections::ignores_proxies_of_the_environment"])
            .env(TARGET, target)
            .env("HTTP_PROXY", "http://127.0.0.1:1/")
            .env("http_proxy", "http://127.0.0.1:1/")
            .env("ALL_PROXY", "http://127.0.0.1:1/")
            .output()
    });
    let output = run.await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(receiver.accepted(), 1);
}
