//! How a process that serves comes to its end.
//!
//! The first SIGTERM or SIGINT stops softly: roles take nothing new, finish what they hold, and the process ends with 0.
//! The second drops everything at once; the broker hands it out again. A role that ends by itself stops the others and
//! makes the process fail, so that whoever supervises it starts it again. SIGHUP reads the subscriptions
//! again.

use std::future::Future;
use std::io;
use std::pin::pin;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock;
use crate::exit::Exit;
use crate::source::Source;

/// Signals that may wait to be answered.
const WAITING_SIGNALS: usize = 8;

/// What an operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Reload,
}

/// The process's signals, from now on.
pub(crate) fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(WAITING_SIGNALS);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = terminate.recv() => Signal::Stop,
                _ = interrupt.recv() => Signal::Stop,
                _ = hangup.recv() => Signal::Reload,
            };
            if sender.send(signal).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// The roles that run, by name. A panic in one is seen as its end.
#[derive(Default)]
pub(crate) struct Tasks(JoinSet<(&'static str, Result<(), tokio::task::JoinError>)>);

impl Tasks {
    /// Starts one.
    pub(crate) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        // A task within a task, since the error of a panic does not say whose it was.
        self.0.spawn(async move { (name, tokio::spawn(task).await) });
    }
}

/// Answers signals until everything has ended.
pub(crate) struct Lifecycle {
    signals: mpsc::Receiver<Signal>,
    source: Source,
    stop: CancellationToken,
}

impl Lifecycle {
    /// Cancels `stop` for a soft stop.
    pub(crate) fn new(signals: mpsc::Receiver<Signal>, source: Source, stop: CancellationToken) -> Self {
        Self { signals, source, stop }
    }

    /// Waits for `work` to be done; `None` if the process is to stop instead.
    pub(crate) async fn until_stopped<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                Some(signal) = self.signals.recv() => match signal {
                    Signal::Reload => self.source.reload(clock::now()).await,
                    Signal::Stop => {
                        self.stop.cancel();
                        return None;
                    }
                },
            }
        }
    }

    /// Waits until all tasks have ended.
    pub(crate) async fn supervise(mut self, mut tasks: Tasks) -> Exit {
        let mut exit = Exit::Done;
        loop {
            tokio::select! {
                ended = tasks.0.join_next() => match ended {
                    None => return exit,
                    Some(Ok((role, Ok(())))) if self.stop.is_cancelled() => info!(role, "stopped"),
                    Some(ended) => {
                        tell(ended);
                        exit = Exit::Failed;
                        self.stop.cancel();
                    }
                },
                Some(signal) = self.signals.recv() => match signal {
                    Signal::Reload => self.source.reload(clock::now()).await,
                    Signal::Stop if self.stop.is_cancelled() => {
                        warn!("stopping at once: the broker hands out again what is not settled");
                        return Exit::Killed;
                    }
                    Signal::Stop => {
                        info!("stopping: what is held is finished first; a second signal stops at once");
                        self.stop.cancel();
                    }
                },
            }
        }
    }
}

fn tell(ended: Result<(&'static str, Result<(), tokio::task::JoinError>), tokio::task::JoinError>) {
    match ended {
        Ok((role, Ok(()))) => error!(role, "ended by itself: the process stops"),
        Ok((role, Err(error))) => error!(role, %error, "died: the process stops"),
        Err(error) => error!(%error, "a task died: the process stops"),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use barid_egress::Guard;
    use barid_telemetry::prometheus::Registry;

    use super::*;
    use crate::reload::{Metrics, Reloader};

    struct World {
        signals: mpsc::Sender<Signal>,
        stop: CancellationToken,
        lifecycle: Lifecycle,
        _directory: tempfile::TempDir,
    }

    async fn world() -> World {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("s.yaml");
        std::fs::write(&file, "subscriptions: []").unwrap();
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let reloader = Reloader::start(file, Guard::default(), metrics, clock::now()).await.unwrap();
        let (signals, receiver) = mpsc::channel(WAITING_SIGNALS);
        let stop = CancellationToken::new();
        let lifecycle = Lifecycle::new(receiver, Source::File(reloader), stop.clone());
        World { signals, stop, lifecycle, _directory: directory }
    }

    #[tokio::test]
    async fn the_first_signal_waits_for_the_roles() {
        let world = world().await;
        let mut tasks = Tasks::default();
        let stop = world.stop.clone();
        tasks.spawn("router", async move { stop.cancelled().await });
        world.signals.send(Signal::Reload).await.unwrap();
        world.signals.send(Signal::Stop).await.unwrap();
        assert_eq!(world.lifecycle.supervise(tasks).await, Exit::Done);
    }

    #[tokio::test]
    async fn the_second_signal_waits_for_nothing() {
        let world = world().await;
        let mut tasks = Tasks::default();
        tasks.spawn("dispatcher", pending());
        world.signals.send(Signal::Stop).await.unwrap();
        world.signals.send(Signal::Stop).await.unwrap();
        assert_eq!(world.lifecycle.supervise(tasks).await, Exit::Killed);
    }

    #[tokio::test]
    async fn a_role_that_ends_by_itself_stops_the_others_and_fails_the_process() {
        let world = world().await;
        let mut tasks = Tasks::default();
        let stop = world.stop.clone();
        tasks.spawn("router", async {});
        tasks.spawn("dispatcher", async move { stop.cancelled().await });
        assert_eq!(world.lifecycle.supervise(tasks).await, Exit::Failed);
    }

    #[tokio::test]
    async fn a_role_that_panics_while_stopping_fails_the_process() {
        let world = world().await;
        let mut tasks = Tasks::default();
        let stop = world.stop.clone();
        tasks.spawn("router", async move {
            stop.cancelled().await;
            panic!("as the test wants");
        });
        world.signals.send(Signal::Stop).await.unwrap();
        assert_eq!(world.lifecycle.supervise(tasks).await, Exit::Failed);
    }

    #[tokio::test]
    async fn work_before_the_roles_is_given_up_when_stopped() {
        let mut world = world().await;
        assert_eq!(world.lifecycle.until_stopped(async { 7 }).await, Some(7));
        world.signals.send(Signal::Stop).await.unwrap();
        assert_eq!(world.lifecycle.until_stopped(pending::<()>()).await, None);
        assert!(world.stop.is_cancelled());
    }
}
