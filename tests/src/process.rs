//! A `barid serve` process: signals, exit, logs, health and metrics.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::{PATIENCE, eventually, http, metrics};

/// How many of the last lines of a process's log are kept.
const KEPT_LINES: usize = 400;

/// The binary: `BARID_BIN`, else the one built beside this test.
pub(crate) fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("BARID_BIN") {
        return Ok(path.into());
    }
    // This test is target/PROFILE/deps/NAME.
    let test = std::env::current_exe()?;
    let profile = test.ancestors().nth(2).context("the test is in no target directory")?;
    let path = profile.join("barid");
    ensure!(path.exists(), "{} is missing: cargo build -p barid", path.display());
    Ok(path)
}

/// A running process, or one that has ended. Cheap to clone; killed when the last clone is dropped.
#[derive(Clone)]
pub struct Process(Arc<Inner>);

struct Inner {
    name: String,
    pid: Pid,
    operations: SocketAddr,
    exit: watch::Receiver<Option<ExitStatus>>,
    log: Log,
}

type Log = Arc<Mutex<VecDeque<String>>>;

impl Process {
    /// Starts it. `operations` is where it was told to show health and metrics.
    pub(crate) fn spawn(name: String, command: &mut Command, operations: SocketAddr) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let pid = Pid::from_raw(i32::try_from(child.id().context("it has ended already")?)?);
        let log = Log::default();
        tokio::spawn(keep(child.stdout.take(), Arc::clone(&log)));
        tokio::spawn(keep(child.stderr.take(), Arc::clone(&log)));
        let (ended, exit) = watch::channel(None);
        tokio::spawn(async move { ended.send_replace(child.wait().await.ok()) });
        Ok(Self(Arc::new(Inner { name, pid, operations, exit, log })))
    }

    /// Its roles and number, for messages.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<ExitStatus> {
        *self.0.exit.borrow()
    }

    /// Sends a signal. To one that has ended, none is sent.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.0.signal(signal)
    }

    /// `kill -9`, and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.ended(PATIENCE).await.map(drop)
    }

    /// Asks it to stop, and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn terminate(&self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.ended(PATIENCE).await
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn ended(&self, within: Duration) -> Result<ExitStatus> {
        let mut exit = self.0.exit.clone();
        let ended = timeout(within, exit.wait_for(Option::is_some)).await;
        let ended = ended.with_context(|| format!("{} did not end within {within:?}", self.name()))?;
        (*ended?).context("no exit status")
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time.
    pub async fn ready(&self) -> Result<()> {
        eventually(&format!("{} is ready", self.name()), PATIENCE, async || {
            if let Some(status) = self.exit() {
                anyhow::bail!("{} ended with {status}", self.name());
            }
            Ok(self.is_ready().await)
        })
        .await
    }

    /// Whether `/readyz` says 200. A process that does not answer is not ready.
    pub async fn is_ready(&self) -> bool {
        self.get("/readyz").await.is_ok_and(|(status, _)| status == 200)
    }

    /// Status and body of an operations endpoint.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let answer = http::request(self.0.operations, "GET", path, &[], &[]).await?;
        Ok((answer.status, answer.body))
    }

    /// Where it answers: the API, if it is a gateway; health and metrics in any case.
    pub fn address(&self) -> SocketAddr {
        self.0.operations
    }

    /// The sum of all samples of a metric that carry these labels; zero if there is none.
    ///
    /// # Errors
    /// When the process does not answer.
    pub async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> Result<f64> {
        let (_, text) = self.get("/metrics").await?;
        Ok(metrics::sum(&text, name, labels))
    }

    /// The last lines it wrote.
    pub fn log(&self) -> Vec<String> {
        let log = self.0.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().cloned().collect()
    }
}

impl Inner {
    fn signal(&self, signal: Signal) -> Result<()> {
        // Its number may be another process's once it has ended.
        if self.exit.borrow().is_none() {
            kill(self.pid, signal).with_context(|| format!("{signal} to {}", self.name))?;
        }
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Err(error) = self.signal(Signal::SIGKILL) {
            eprintln!("{error:#}");
        }
    }
}

async fn keep(output: Option<impl AsyncRead + Unpin>, log: Log) {
    let Some(output) = output else { return };
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT_LINES {
            log.pop_front();
        }
        log.push_back(line);
    }
}
