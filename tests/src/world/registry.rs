//! A world whose processes share a store instead of reading a file.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;
use uuid::Uuid;

use super::World;
use crate::{Api, Database, Process};

/// Where the first admin key is put.
const ADMIN_KEY: &str = "admin.key";

/// The store of a world.
pub(super) struct Registry {
    url: String,
    master_key: String,
    _database: Option<Database>,
}

impl World {
    /// Lets processes started from now on share a SQLite file in the world's directory.
    pub fn use_sqlite(&mut self) {
        let url = format!("sqlite:{}", self.path("barid.db").display());
        self.registry = Some(Registry { url, master_key: Self::new_master_key(), _database: None });
    }

    /// Lets processes started from now on share a fresh database on PostgreSQL.
    ///
    /// # Errors
    /// When there is no server.
    pub async fn use_postgres(&mut self) -> Result<()> {
        let database = Database::create().await?;
        let url = database.url().to_string();
        self.registry = Some(Registry { url, master_key: Self::new_master_key(), _database: Some(database) });
        Ok(())
    }

    /// Where the store is; empty without one.
    pub fn store_url(&self) -> &str {
        self.registry.as_ref().map_or("", |registry| &registry.url)
    }

    /// Gives processes started from now on this URL of the same store, such as a proxy's.
    pub fn reach_store_by(&mut self, url: &str) {
        if let Some(registry) = &mut self.registry {
            url.clone_into(&mut registry.url);
        }
    }

    /// The master key; empty without a store.
    pub fn master_key(&self) -> &str {
        self.registry.as_ref().map_or("", |registry| &registry.master_key)
    }

    /// Gives processes started from now on another master key.
    pub fn use_master_key(&mut self, key: &str) {
        if let Some(registry) = &mut self.registry {
            key.clone_into(&mut registry.master_key);
        }
    }

    /// A master key nobody has used: 32 random bytes.
    pub fn new_master_key() -> String {
        let halves = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()];
        STANDARD.encode(halves.as_flattened())
    }

    /// The API of this gateway, as the operator who has the first admin key.
    ///
    /// # Errors
    /// When no gateway of this world has made it.
    pub fn api(&self, gateway: &Process) -> Result<Api> {
        Api::with_key_file(gateway, &self.path(ADMIN_KEY))
    }

    /// Every file in the world's directory, by its name, with what is in it.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.path(""))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                files.push((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path())?));
            }
        }
        Ok(files)
    }

    /// Tells a command about the store, if the world has one.
    pub(super) fn tell_store(&self, command: &mut Command) {
        if let Some(registry) = &self.registry {
            command
                .env("BARID_STORE__URL", &registry.url)
                .env("BARID_SECURITY__MASTER_KEY", &registry.master_key)
                .env("BARID_GATEWAY__ADMIN_KEY_FILE", self.path(ADMIN_KEY));
        }
    }
}
