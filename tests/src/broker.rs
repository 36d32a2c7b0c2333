//! Real RabbitMQ nodes, through `deploy/dev/broker`.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::Command;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::command::run;

/// The script that owns private nodes.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dev/broker");

/// The URL of the node that tests share: `BARID_BROKER__URL` if that is set, else the private `dev` node, started if it
/// does not run, and left running.
///
/// # Errors
/// When the node does not start.
pub async fn shared_broker() -> Result<String> {
    static URL: OnceCell<String> = OnceCell::const_new();
    let start = async || script(Command::new(SCRIPT).arg("up")).await;
    URL.get_or_try_init(start).await.cloned()
}

/// A node of one test alone, which may take it away. Wiped when dropped.
pub struct OwnNode {
    name: String,
    url: String,
    configuration: String,
    /// Several nodes starting at once would miss their deadlines.
    _alone: MutexGuard<'static, ()>,
}

impl OwnNode {
    /// Starts the node `test-NAME`, with these lines added to its `rabbitmq.conf`. One that an interrupted run has left
    /// is wiped first.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(name: &str, configuration: &str) -> Result<Self> {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let mut node = Self {
            name: format!("test-{name}"),
            url: String::new(),
            configuration: configuration.to_owned(),
            _alone: ALONE.lock().await,
        };
        node.verb(&["wipe"]).await?;
        node.url = node.verb(&["up"]).await?;
        Ok(node)
    }

    /// Its AMQP URL, the same after restarts.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it as an upgrade would, and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub async fn restart(&self) -> Result<()> {
        self.verb(&["restart"]).await.map(drop)
    }

    /// Takes it away as a power failure would, and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub async fn crash(&self) -> Result<()> {
        self.verb(&["kill"]).await?;
        self.verb(&["up"]).await.map(drop)
    }

    /// `rabbitmqctl` against it.
    ///
    /// # Errors
    /// When the command fails.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<String> {
        self.verb(&[&["ctl"], arguments].concat()).await
    }

    async fn verb(&self, arguments: &[&str]) -> Result<String> {
        script(
            Command::new(SCRIPT)
                .args(["--node", &self.name])
                .args(arguments)
                .env("BARID_DEV_CONF", &self.configuration),
        )
        .await
        .with_context(|| format!("broker {} {arguments:?}", self.name))
    }
}

impl Drop for OwnNode {
    fn drop(&mut self) {
        let wiped =
            std::process::Command::new(SCRIPT).args(["--node", &self.name, "wipe"]).stdin(Stdio::null()).status();
        if !wiped.is_ok_and(|status| status.success()) {
            eprintln!("the node {} was not wiped", self.name);
        }
    }
}

async fn script(command: &mut Command) -> Result<String> {
    Ok(run(command).await?.success()?.trim().to_owned())
}
