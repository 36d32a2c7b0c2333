//! A database of a test's own on the real PostgreSQL of `deploy/dev/postgres`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use crate::command::run;

/// The script that owns private servers.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dev/postgres");

/// A database that is empty at first and dropped in the end.
pub struct Database {
    name: String,
    url: Url,
}

impl Database {
    /// A new one. The first call may start, and install, the server, which is left running.
    ///
    /// # Errors
    /// When there is no server.
    pub async fn create() -> Result<Self> {
        static SERVER: OnceCell<Url> = OnceCell::const_new();
        let start = async || {
            let url = run(tokio::process::Command::new(SCRIPT).arg("up")).await?.success()?;
            anyhow::Ok(url.trim().parse()?)
        };
        let mut url = SERVER.get_or_try_init(start).await?.clone();
        let name = format!("t_{}", Uuid::new_v4().simple());
        url.set_path(&name);
        tokio::task::spawn_blocking({
            let sql = format!("CREATE DATABASE {name}");
            move || psql(&sql)
        })
        .await??;
        Ok(Self { name, url })
    }

    /// Where it is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where it is for those that shall reach it by a proxy.
    ///
    /// # Errors
    /// When the URL takes no such port.
    pub fn url_by(&self, port: u16) -> Result<Url> {
        let mut url = self.url.clone();
        ensure!(url.set_port(Some(port)).is_ok(), "the URL takes no port");
        Ok(url)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Processes of the test may still be connected.
        if let Err(error) = psql(&format!("DROP DATABASE {} WITH (FORCE)", self.name)) {
            eprintln!("{error:#}");
        }
    }
}

fn psql(sql: &str) -> Result<()> {
    let output = Command::new(SCRIPT)
        .args(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .stdin(Stdio::null())
        .output()
        .context("cannot run psql")?;
    ensure!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
