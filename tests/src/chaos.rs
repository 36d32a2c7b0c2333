//! A TCP proxy between processes and their broker that takes the network away: cut, silent, or refusing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

/// What the network is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weather {
    /// Stalls so far. Connections that were there at one are silent: bytes are taken and not passed on, and nobody is told.
    stalls: u64,
    /// The number of the last stall that is over, and with it all before.
    resumed: u64,
    /// New connections are closed at once.
    refusing: bool,
    /// Raised to end all connections.
    cuts: u64,
}

/// The proxy. Stops when dropped.
pub struct Chaos {
    url: String,
    weather: Arc<watch::Sender<Weather>>,
    _stop: DropGuard,
}

impl Chaos {
    /// A proxy in front of the broker at this AMQP URL.
    ///
    /// # Errors
    /// When the URL has no port, or there is no free one.
    pub async fn before(url: &str) -> Result<Self> {
        let mut url = Url::parse(url)?;
        let (host, port) = (url.host_str().context("no host")?.to_owned(), url.port().context("no port")?);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let own = listener.local_addr()?;
        let moved = url.set_host(Some("127.0.0.1")).is_ok() && url.set_port(Some(own.port())).is_ok();
        ensure!(moved, "{url} cannot be moved to another port");
        let upstream = tokio::net::lookup_host((host, port)).await?.next().context("unknown host")?;
        let weather = Arc::new(watch::Sender::new(Weather::default()));
        let stop = CancellationToken::new();
        let proxying = accept(listener, upstream, Arc::clone(&weather));
        let stopped = stop.clone();
        tokio::spawn(async move { stopped.run_until_cancelled_owned(proxying).await });
        Ok(Self { url: url.to_string(), weather, _stop: stop.drop_guard() })
    }

    /// The broker's URL through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections now. New ones are accepted.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Passes nothing on any more by the connections of this moment, without closing them: what a firewall does that has
    /// forgotten them. New connections work.
    pub fn stall(&self) {
        self.weather.send_modify(|weather| weather.stalls += 1);
    }

    /// Passes on again, also what has come in the meantime.
    pub fn resume(&self) {
        self.weather.send_modify(|weather| weather.resumed = weather.stalls);
    }

    /// Closes new connections at once.
    pub fn refuse(&self) {
        self.weather.send_modify(|weather| weather.refusing = true);
    }

    /// Accepts new connections again.
    pub fn accept(&self) {
        self.weather.send_modify(|weather| weather.refusing = false);
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, weather: Arc<watch::Sender<Weather>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        while connections.try_join_next().is_some() {}
        if !weather.borrow().refusing {
            // Either side going away ends the connection, which is all there is to it.
            let weather = weather.subscribe();
            connections.spawn(async move { drop(proxy(client, upstream, weather).await) });
        }
    }
}

async fn proxy(client: TcpStream, upstream: SocketAddr, mut weather: watch::Receiver<Weather>) -> io::Result<()> {
    // Before anything that waits: whatever happens from now on happens to this connection.
    let Weather { cuts, stalls, .. } = *weather.borrow();
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = copy(from_client, to_server, weather.clone(), stalls) => ended,
        ended = copy(from_server, to_client, weather.clone(), stalls) => ended,
        _cut = weather.wait_for(|weather| weather.cuts != cuts) => Ok(()),
    }
}

/// Copies one direction of a connection that was made after so many stalls.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    stalls: u64,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        let flows = weather.wait_for(|weather| weather.stalls == stalls.max(weather.resumed)).await.map(drop);
        if read == 0 || flows.is_err() {
            return Ok(());
        }
        to.write_all(&buffer[..read]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// A server that says everything back.
    async fn echo() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        format!("amqp://guest:guest@localhost:{port}/%2f")
    }

    async fn connect(chaos: &Chaos) -> TcpStream {
        let port = Url::parse(chaos.url()).unwrap().port().unwrap();
        TcpStream::connect(("127.0.0.1", port)).await.unwrap()
    }

    async fn says_back(stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(b"x").await?;
        stream.read_u8().await.map(drop)
    }

    #[tokio::test]
    async fn keeps_the_rest_of_the_url() {
        let chaos = Chaos::before(&echo().await).await.unwrap();
        assert!(chaos.url().starts_with("amqp://guest:guest@127.0.0.1:"));
        assert!(chaos.url().ends_with("/%2f"));
    }

    #[tokio::test]
    async fn cuts_what_is_open_and_accepts_anew() {
        let chaos = Chaos::before(&echo().await).await.unwrap();
        let mut stream = connect(&chaos).await;
        says_back(&mut stream).await.unwrap();
        chaos.cut();
        assert!(says_back(&mut stream).await.is_err());
        says_back(&mut connect(&chaos).await).await.unwrap();
    }

    #[tokio::test]
    async fn stalls_without_closing_and_loses_nothing() {
        let chaos = Chaos::before(&echo().await).await.unwrap();
        let mut stream = connect(&chaos).await;
        says_back(&mut stream).await.unwrap();
        chaos.stall();
        let silent = timeout(Duration::from_millis(100), says_back(&mut stream)).await;
        assert!(silent.is_err());
        chaos.resume();
        stream.read_u8().await.unwrap();
    }

    #[tokio::test]
    async fn refuses_new_connections_only() {
        let chaos = Chaos::before(&echo().await).await.unwrap();
        let mut old = connect(&chaos).await;
        says_back(&mut old).await.unwrap();
        chaos.refuse();
        assert!(says_back(&mut connect(&chaos).await).await.is_err());
        says_back(&mut old).await.unwrap();
        chaos.accept();
        says_back(&mut connect(&chaos).await).await.unwrap();
    }
}
