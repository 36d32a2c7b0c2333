//! The processes of a benchmark: a router, a dispatcher and the receiving end, in a namespace of their own.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use barid_broker::topology::{Options, Topology};
use barid_broker::{Config, Link, Metrics, Names, Publisher, Role};
use barid_registry::file;
use barid_telemetry::prometheus::Registry;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::Plan;
use super::cpu::Watched;
use super::sink::{HANG, Stats};

/// How long a process may take to be ready.
const START: Duration = Duration::from_secs(30);

/// A secret for signing: any will do, nobody verifies.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) struct World {
    names: Names,
    publisher: Publisher,
    link: Link,
    topology: Topology,
    sink: Child,
    sink_port: u16,
    roles: Vec<(&'static str, Child)>,
    directory: std::path::PathBuf,
    shutdown: CancellationToken,
}

impl World {
    pub(super) async fn start(plan: &Plan, url: SecretString) -> Result<Self> {
        let namespace = format!("bench-{:08x}", fastrand::u32(..));
        let events = format!("{namespace}.events");
        let names = Names::new(namespace.parse()?, events.clone());
        let config = Config::new(url.clone(), names.clone());
        let metrics = Metrics::new(&Registry::new())?;
        let shutdown = CancellationToken::new();
        let publisher = Publisher::spawn(&config, &metrics, shutdown.clone());
        publisher.connected(Duration::from_secs(10)).await.context("is the broker up? try `make broker-up`")?;
        let mut link = Link::spawn(config, Role::Consume, metrics, shutdown.clone());
        let topology = Topology::new(&names, &Options::default());
        topology.apply(&mut link).await?;

        let directory = std::env::temp_dir().join(&namespace);
        std::fs::create_dir_all(&directory)?;
        let (sink, sink_port) = start_sink(plan.answer_after).await?;
        let subscriptions = directory.join("subscriptions.yaml");
        std::fs::write(&subscriptions, subscriptions_file(plan, sink_port)?)?;

        let mut roles = Vec::new();
        for role in ["router", "dispatcher"] {
            let port = free_port()?;
            let log = std::fs::File::create(directory.join(format!("{role}.log")))?;
            let child = Command::new(std::env::current_exe()?)
                .args(["serve", "--roles", role, "--subscriptions"])
                .arg(&subscriptions)
                .current_dir(&directory)
                .env("BARID_BROKER__URL", url.expose_secret())
                .env("BARID_BROKER__NAMESPACE", &namespace)
                .env("BARID_BROKER__EVENTS_EXCHANGE", &events)
                .env("BARID_TELEMETRY__LISTEN", format!("127.0.0.1:{port}"))
                .env("BARID_SECURITY__ALLOW_HTTP", "true")
                .env("BARID_SECURITY__ALLOW_PRIVATE_NETWORKS", "true")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .kill_on_drop(true)
                .spawn()
                .with_context(|| format!("starting the {role}"))?;
            roles.push((role, child));
            wait_until_ready(port).await.with_context(|| format!("the {role}, see {}", directory.display()))?;
        }
        Ok(Self { names, publisher, link, topology, sink, sink_port, roles, directory, shutdown })
    }

    pub(super) fn processes(&self) -> Vec<Watched> {
        let roles = self.roles.iter().filter_map(|(name, child)| Some(Watched { name, pid: child.id()? }));
        let sink = self.sink.id().map(|pid| Watched { name: "sink", pid });
        roles.chain(sink).collect()
    }

    pub(super) fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    pub(super) fn names(&self) -> Names {
        self.names.clone()
    }

    pub(super) async fn sink_count(&self) -> Result<usize> {
        get(self.sink_port, "/count").await?.parse().context("the receiving end's count")
    }

    pub(super) async fn sink_stats(&self) -> Result<Stats> {
        Ok(serde_json::from_str(&get(self.sink_port, "/stats").await?)?)
    }

    /// The end of what the roles have logged.
    pub(super) fn logs(&self) -> String {
        let tail = |(role, _): &(&str, Child)| {
            let log = std::fs::read_to_string(self.directory.join(format!("{role}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().rev().take(15).collect();
            format!("--- {role}\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        self.roles.iter().map(tail).collect::<Vec<_>>().join("\n")
    }

    /// Ends the processes and removes the namespace.
    pub(super) async fn stop(mut self) -> Result<()> {
        for (_, child) in &mut self.roles {
            child.kill().await?;
        }
        self.sink.kill().await?;
        self.topology.remove(&mut self.link, true).await?;
        self.shutdown.cancel();
        std::fs::remove_dir_all(&self.directory)?;
        Ok(())
    }
}

async fn start_sink(answer_after: Duration) -> Result<(Child, u16)> {
    let mut sink = Command::new(std::env::current_exe()?)
        .args(["bench-sink", "--answer-after", &answer_after.as_millis().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("starting the receiving end")?;
    let stdout = sink.stdout.take().context("the receiving end's output")?;
    let line = BufReader::new(stdout).lines().next_line().await?.context("the receiving end died")?;
    Ok((sink, line.trim().parse()?))
}

fn subscriptions_file(plan: &Plan, port: u16) -> Result<Vec<u8>> {
    let mut text = Vec::from(b"subscriptions:\n".as_slice());
    let mut add = |name: &str, path: &str, timeout: &str| {
        writeln!(
            text,
            "  - name: {name}\n    events: ['contact.#']\n    destination: {{url: 'http://127.0.0.1:{port}{path}', \
             timeout: {timeout}}}\n    signing: {{secret: {SECRET}}}\n    delivery: {{max_in_flight: 256}}"
        )
    };
    for number in 0..plan.fan_out {
        add(&format!("bench-{number}"), &format!("/s/{number}"), "15s")?;
    }
    if plan.hang {
        add("hang", HANG, "5s")?;
    }
    let file = String::from_utf8(text.clone())?;
    if let Err(problems) = file::parse(&file, true) {
        bail!("{problems}");
    }
    Ok(text)
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn wait_until_ready(port: u16) -> Result<()> {
    let deadline = tokio::time::Instant::now() + START;
    loop {
        if get(port, "/readyz").await.is_ok() {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < deadline, "not ready within {START:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The body of a 200 on this machine.
async fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{}", head.lines().next().unwrap_or_default());
    Ok(body.to_owned())
}
