//! The operations endpoints on a real socket.

use std::io;
use std::net::SocketAddr;

use barid_telemetry::{BuildInfo, Health, Server, registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const BUILD: BuildInfo = BuildInfo { version: "1.2.3", commit: "abc", rust: "1.95.0" };

async fn start(health: Health) -> io::Result<(SocketAddr, CancellationToken)> {
    let registry = registry(&BUILD).map_err(io::Error::other)?;
    let server = Server::bind(([127, 0, 0, 1], 0).into(), registry, health).await?;
    let (address, shutdown) = (server.address(), CancellationToken::new());
    tokio::spawn(server.run(shutdown.clone()));
    Ok((address, shutdown))
}

/// Sends a request line and reads everything until the server closes.
async fn ask(address: SocketAddr, line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{line} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn shows_metrics_to_prometheus() {
    let (address, _shutdown) = start(Health::new()).await.unwrap();
    let answer = ask(address, "GET /metrics").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/plain; version=0.0.4\r\n"), "{answer}");
    assert!(answer.contains("# HELP barid_build_info "), "{answer}");
}

#[tokio::test]
async fn readiness_follows_its_checks() {
    let health = Health::new();
    let broker = health.readiness("broker");
    let (address, _shutdown) = start(health).await.unwrap();
    let answer = ask(address, "GET /readyz").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.ends_with(r#"{"status":"failing","checks":{"broker":"starting"}}"#), "{answer}");
    broker.set_ok();
    let answer = ask(address, "GET /readyz").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn liveness_does_not_ask_about_readiness() {
    let health = Health::new();
    health.readiness("broker").set_failing("not connected");
    let consumer = health.liveness("consumer");
    let (address, _shutdown) = start(health).await.unwrap();
    assert!(ask(address, "GET /livez").await.unwrap().starts_with("HTTP/1.1 200 "));
    consumer.set_failing("stalled");
    assert!(ask(address, "GET /livez").await.unwrap().starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn head_has_no_body() {
    let (address, _shutdown) = start(Health::new()).await.unwrap();
    let answer = ask(address, "HEAD /livez").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn knows_nothing_else() {
    let (address, _shutdown) = start(Health::new()).await.unwrap();
    for line in ["GET /", "GET /metrics/", "POST /metrics"] {
        let answer = ask(address, line).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{line}: {answer}");
    }
}

#[tokio::test]
async fn stops_listening_at_shutdown() {
    let registry = registry(&BUILD).unwrap();
    let server = Server::bind(([127, 0, 0, 1], 0).into(), registry, Health::new()).await.unwrap();
    let (address, shutdown) = (server.address(), CancellationToken::new());
    let running = tokio::spawn(server.run(shutdown.clone()));
    assert!(ask(address, "GET /livez").await.is_ok());
    shutdown.cancel();
    running.await.unwrap();
    assert!(ask(address, "GET /livez").await.is_err());
}
