//! The API as a CRM back end calls it: with a key, over HTTP.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::http::{Answer, request};
use crate::{Process, Wants};

/// A gateway, and the key to speak to it with. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    gateway: SocketAddr,
    key: String,
}

impl Api {
    /// The API of a process that is a gateway.
    pub fn new(gateway: &Process, key: &str) -> Self {
        Self { gateway: gateway.address(), key: key.to_owned() }
    }

    /// The same, with the key in a file such as that of the first admin key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_key_file(gateway: &Process, file: &Path) -> Result<Self> {
        let key = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        Ok(Self::new(gateway, key.trim()))
    }

    /// The same gateway with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { gateway: self.gateway, key: key.to_owned() }
    }

    /// The URL, for programs that take one.
    pub fn url(&self) -> String {
        format!("http://{}", self.gateway)
    }

    /// The key, for programs that take one.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// One request, with more header fields if need be. A body is JSON.
    ///
    /// # Errors
    /// When there is no answer. What the answer says is the caller's to judge.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let authorization = format!("Bearer {}", self.key);
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut fields = vec![("authorization", authorization.as_str())];
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            fields.push(("content-type", "application/json"));
        }
        fields.extend_from_slice(headers);
        request(self.gateway, method, path, &fields, body.as_bytes()).await
    }

    /// Reads something.
    ///
    /// # Errors
    /// When the answer is not one of success.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call("GET", path, None, &[]).await?.success()
    }

    /// Makes or does something.
    ///
    /// # Errors
    /// When the answer is not one of success.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, Some(body), &[]).await?.success()
    }

    /// Does something that takes no body, such as `pause`.
    ///
    /// # Errors
    /// When the answer is not one of success.
    pub async fn act(&self, path: &str) -> Result<Value> {
        self.call("POST", path, None, &[]).await?.success()
    }

    /// Registers a subscription, waits until every router has it, and returns its id.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn subscribe(&self, wants: &Wants) -> Result<String> {
        let made = self.post("/v1/subscriptions?wait=1", &wants.to_value()).await?;
        Ok(made["id"].as_str().context("a subscription without an id")?.to_owned())
    }
}
