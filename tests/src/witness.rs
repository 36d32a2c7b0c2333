//! A test's own AMQP client, written with `pika`: says what is on the broker, and publishes what no client of ours would.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use crate::python;

/// AMQP's reply code for what does not exist.
const NOT_FOUND: i64 = 404;

/// The witness: one Python process. Killed when dropped.
pub struct Witness {
    dialogue: Mutex<Dialogue>,
}

struct Dialogue {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

/// The state of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Queue {
    /// Messages ready to be handed out. Those handed out and not acknowledged are not counted.
    pub messages: u64,
    /// Consumers.
    pub consumers: u64,
}

/// A message: to publish, or as it lies in a queue.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The exchange.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// Basic properties by the names `pika` gives them.
    pub properties: Map<String, Value>,
    /// Headers of JSON types.
    pub headers: Map<String, Value>,
    /// Headers that are bytes and no text.
    pub raw_headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
}

impl Message {
    /// A message with nothing but a body.
    pub fn new(exchange: &str, routing_key: &str, body: impl Into<Bytes>) -> Self {
        Self {
            exchange: exchange.to_owned(),
            routing_key: routing_key.to_owned(),
            body: body.into(),
            ..Self::default()
        }
    }

    /// With a property, named as `pika` names it.
    #[must_use]
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// With a header that is no text.
    #[must_use]
    pub fn raw_header(mut self, name: &str, value: &[u8]) -> Self {
        self.raw_headers.push((name.to_owned(), value.to_vec()));
        self
    }
}

impl Witness {
    /// Starts the process. It connects with the first question.
    ///
    /// # Errors
    /// When Python is not to be had.
    pub async fn start(url: &str) -> Result<Self> {
        let mut child = Command::new(python::interpreter().await?)
            .args([&python::script("witness.py"), url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the witness")?;
        let stdin = child.stdin.take().context("no standard input")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let dialogue = Dialogue { stdin, stdout: BufReader::new(stdout).lines(), _child: child };
        Ok(Self { dialogue: Mutex::new(dialogue) })
    }

    /// The state of a queue; nothing if there is none of this name.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn queue(&self, name: &str) -> Result<Option<Queue>> {
        let answer = self.ask(&json!({"do": "queue", "name": name})).await?;
        match answer.get("code").and_then(Value::as_i64) {
            None => Ok(Some(serde_json::from_value(answer)?)),
            Some(NOT_FOUND) => Ok(None),
            Some(_) => bail!("queue {name}: {answer}"),
        }
    }

    /// How many messages are ready in each of these queues.
    ///
    /// # Errors
    /// When one is missing or the broker is away.
    pub async fn queues(&self, names: &[String]) -> Result<BTreeMap<String, u64>> {
        let answer = self.demand(&json!({"do": "queues", "names": names})).await?;
        Ok(serde_json::from_value(answer["queues"].clone())?)
    }

    /// Publishes with `mandatory` and a confirm. Whether it was routed.
    ///
    /// # Errors
    /// When the broker refuses it or is away.
    pub async fn publish(&self, message: &Message) -> Result<bool> {
        let raw_headers: Map<_, _> =
            message.raw_headers.iter().map(|(name, value)| (name.clone(), STANDARD.encode(value).into())).collect();
        let task = json!({
            "do": "publish", "exchange": message.exchange, "routing_key": message.routing_key,
            "properties": message.properties, "headers": message.headers, "raw_headers": raw_headers,
            "body": STANDARD.encode(&message.body),
        });
        Ok(self.demand(&task).await?["routed"] == true)
    }

    /// The first message of a queue, given back to it; nothing if it is empty. Of its headers only the names are told.
    ///
    /// # Errors
    /// When the queue is missing or the broker is away.
    pub async fn peek(&self, queue: &str) -> Result<Option<Message>> {
        #[derive(Deserialize)]
        struct Seen {
            exchange: String,
            routing_key: String,
            properties: Map<String, Value>,
            headers: Vec<String>,
            body: String,
        }
        let mut answer = self.demand(&json!({"do": "peek", "queue": queue})).await?;
        let seen: Option<Seen> = serde_json::from_value(answer["message"].take())?;
        seen.map(|seen| {
            Ok(Message {
                exchange: seen.exchange,
                routing_key: seen.routing_key,
                properties: seen.properties,
                headers: seen.headers.into_iter().map(|name| (name, Value::Null)).collect(),
                raw_headers: Vec::new(),
                body: STANDARD.decode(seen.body)?.into(),
            })
        })
        .transpose()
    }

    /// Removes the binding of a queue.
    ///
    /// # Errors
    /// When the broker refuses or is away.
    pub async fn unbind(&self, queue: &str, exchange: &str, routing_key: &str) -> Result<()> {
        let task = json!({"do": "unbind", "queue": queue, "exchange": exchange, "routing_key": routing_key});
        self.demand(&task).await.map(drop)
    }

    /// Binds a queue.
    ///
    /// # Errors
    /// When the broker refuses or is away.
    pub async fn bind(&self, queue: &str, exchange: &str, routing_key: &str) -> Result<()> {
        let task = json!({"do": "bind", "queue": queue, "exchange": exchange, "routing_key": routing_key});
        self.demand(&task).await.map(drop)
    }

    /// Declares a plain durable queue.
    ///
    /// # Errors
    /// When the broker refuses or is away.
    pub async fn declare(&self, queue: &str) -> Result<()> {
        self.demand(&json!({"do": "declare", "queue": queue})).await.map(drop)
    }

    /// Deletes a queue.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn delete(&self, queue: &str) -> Result<()> {
        self.demand(&json!({"do": "delete", "queue": queue})).await.map(drop)
    }

    async fn demand(&self, task: &Value) -> Result<Value> {
        let answer = self.ask(task).await?;
        if let Some(error) = answer.get("error") {
            bail!("{}: {error}", task["do"]);
        }
        Ok(answer)
    }

    async fn ask(&self, task: &Value) -> Result<Value> {
        let mut dialogue = self.dialogue.lock().await;
        dialogue.stdin.write_all(format!("{task}\n").as_bytes()).await?;
        let answer = dialogue.stdout.next_line().await?.context("the witness died")?;
        Ok(serde_json::from_str(&answer)?)
    }
}
