//! A receiver that does exactly what a test says, byte by byte, on a real socket.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use barid_egress::{Client, Config, Guard, Headers, Method, Request, Url};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Long enough for any exchange that is meant to succeed on a busy machine.
pub(crate) const GENEROUS: Duration = Duration::from_secs(20);

/// Short, for exchanges that are meant to hit it.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// What lets a client call this machine.
pub(crate) fn config() -> Config {
    Config { guard: Guard { allow_http: true, allow_private_networks: true }, ..Config::default() }
}

/// A client that may call this machine.
pub(crate) fn client() -> Result<Client, barid_egress::BuildError> {
    Client::new(&config())
}

/// A small JSON request.
pub(crate) fn request(url: &Url, deadline: Duration) -> Request {
    let body = Bytes::from_static(b"{}");
    Request { method: Method::Post, url: url.clone(), headers: Headers::new(), body, deadline }
}

/// A server on a port of its own.
pub(crate) struct Receiver {
    pub(crate) url: Url,
    accepted: Arc<AtomicUsize>,
}

impl Receiver {
    /// Runs `handle` on every connection.
    pub(crate) async fn start<H, F>(handle: H) -> io::Result<Self>
    where
        H: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(handle(stream));
            }
        });
        Ok(Self { url: Url::parse(&url).map_err(io::Error::other)?, accepted })
    }

    /// Reads one request per connection, then answers with these bytes and closes.
    pub(crate) async fn answering(response: impl Into<Vec<u8>>) -> io::Result<Self> {
        let response: Arc<[u8]> = response.into().into();
        Self::start(move |mut stream| {
            let response = Arc::clone(&response);
            async move {
                read_request(&mut stream).await?;
                stream.write_all(&response).await
            }
        })
        .await
    }

    /// How many connections were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Reads a request with the body `{}` and returns its head in lower case.
pub(crate) async fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n{}") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(String::from_utf8_lossy(&bytes).to_lowercase())
}
