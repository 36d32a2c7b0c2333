//! Applying, checking and removing a topology.

use lapin::options::{
    ExchangeBindOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, ExchangeUnbindOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};
use tracing::{debug, warn};

use super::{Argument, Binding, Destination, Exchange, ExchangeType, Queue, Step, Topology};
use crate::error::Error;
use crate::link::Link;

impl Topology {
    /// Declares everything. Doing so again changes nothing.
    ///
    /// # Errors
    /// When the broker is away, refuses, or holds something of the same name with other arguments.
    pub async fn apply(&self, link: &mut Link) -> Result<(), Error> {
        let mut opened = link.channel().await?;
        for step in &self.steps {
            match step {
                Step::Exchange(exchange) => {
                    let declared = declare_exchange(&opened.channel, exchange, false).await;
                    let Err(error) = declared else { continue };
                    // The events exchange is the CRM's: it may have been there before us, made otherwise.
                    if exchange.name != self.names.events() || !is_mismatch(&error) {
                        return Err(refused("exchange", &exchange.name, &error));
                    }
                    warn!(
                        exchange = exchange.name,
                        "the events exchange exists with other arguments and stays as it is"
                    );
                    opened = link.channel().await?;
                }
                Step::Queue(queue) => declare_queue(&opened.channel, queue, false)
                    .await
                    .map_err(|error| refused("queue", &queue.name, &error))?,
                Step::Bind(binding) => bind(&opened.channel, binding)
                    .await
                    .map_err(|error| refused("binding of", &binding.source, &error))?,
            }
        }
        debug!(steps = self.steps.len(), "topology applied");
        Ok(())
    }

    /// Looks for everything without declaring anything: what is missing, in words. Needs no permission to configure.
    ///
    /// Bindings and arguments cannot be seen this way; the router's canary proves the inbox's binding.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn check(&self, link: &mut Link) -> Result<Vec<String>, Error> {
        let mut missing = Vec::new();
        let mut opened = link.channel().await?;
        for step in &self.steps {
            let (what, name, found) = match step {
                Step::Exchange(exchange) => {
                    ("exchange", &exchange.name, declare_exchange(&opened.channel, exchange, true).await)
                }
                Step::Queue(queue) => ("queue", &queue.name, declare_queue(&opened.channel, queue, true).await),
                Step::Bind(_) => continue,
            };
            if let Err(error) = found {
                if !error.is_amqp_soft_error() {
                    return Err(error.into());
                }
                missing.push(format!("{what} {name} is missing: {error}"));
                // A soft error closes the channel.
                opened = link.channel().await?;
            }
        }
        Ok(missing)
    }

    /// Removes everything that is ours, with whatever is in it. The events exchange stays unless `events` is set.
    ///
    /// # Errors
    /// When the broker is away or refuses.
    pub async fn remove(&self, link: &mut Link, events: bool) -> Result<(), Error> {
        let opened = link.channel().await?;
        for step in self.steps.iter().rev() {
            match step {
                Step::Queue(queue) => {
                    opened.channel.queue_delete(short(&queue.name)?, QueueDeleteOptions::default()).await?;
                }
                Step::Exchange(exchange) if events || exchange.name != self.names.events() => {
                    opened.channel.exchange_delete(short(&exchange.name)?, ExchangeDeleteOptions::default()).await?;
                }
                Step::Exchange(_) | Step::Bind(_) => {}
            }
        }
        Ok(())
    }
}

async fn declare_exchange(channel: &Channel, exchange: &Exchange, passive: bool) -> lapin::Result<()> {
    let kind = match exchange.kind {
        ExchangeType::Direct => ExchangeKind::Direct,
        ExchangeType::Fanout => ExchangeKind::Fanout,
        ExchangeType::Topic => ExchangeKind::Topic,
    };
    let mut arguments = FieldTable::default();
    if let Some(alternate) = exchange.alternate.as_ref().filter(|_| !passive) {
        arguments.insert("alternate-exchange".into(), AMQPValue::LongString(alternate.as_str().into()));
    }
    let options = ExchangeDeclareOptions { durable: true, passive, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(short_amqp(&exchange.name)?, kind, options, arguments).await
}

pub(crate) async fn declare_queue(channel: &Channel, queue: &Queue, passive: bool) -> lapin::Result<()> {
    let mut arguments = FieldTable::default();
    for (name, value) in queue.arguments.iter().filter(|_| !passive) {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
            Argument::Flag(flag) => AMQPValue::Boolean(*flag),
        };
        arguments.insert((*name).into(), value);
    }
    let options = QueueDeclareOptions { durable: true, passive, ..QueueDeclareOptions::default() };
    channel.queue_declare(short_amqp(&queue.name)?, options, arguments).await.map(drop)
}

pub(crate) async fn bind(channel: &Channel, binding: &Binding) -> lapin::Result<()> {
    let (source, key) = (short_amqp(&binding.source)?, short_amqp(&binding.routing_key)?);
    let table = FieldTable::default();
    match &binding.destination {
        Destination::Queue(queue) => {
            channel.queue_bind(short_amqp(queue)?, source, key, QueueBindOptions::default(), table).await
        }
        Destination::Exchange(exchange) => {
            channel.exchange_bind(short_amqp(exchange)?, source, key, ExchangeBindOptions::default(), table).await
        }
    }
}

pub(crate) async fn unbind(channel: &Channel, binding: &Binding) -> lapin::Result<()> {
    let (source, key) = (short_amqp(&binding.source)?, short_amqp(&binding.routing_key)?);
    let table = FieldTable::default();
    match &binding.destination {
        Destination::Queue(queue) => channel.queue_unbind(short_amqp(queue)?, source, key, table).await,
        Destination::Exchange(exchange) => {
            let options = ExchangeUnbindOptions::default();
            channel.exchange_unbind(short_amqp(exchange)?, source, key, options, table).await
        }
    }
}

/// Whether the broker holds something of the same name that was declared otherwise.
fn is_mismatch(error: &lapin::Error) -> bool {
    const PRECONDITION_FAILED: u16 = 406;
    has_code(error, PRECONDITION_FAILED)
}

/// Whether the broker holds nothing of that name.
pub(crate) fn is_missing(error: &lapin::Error) -> bool {
    const NOT_FOUND: u16 = 404;
    has_code(error, NOT_FOUND)
}

fn has_code(error: &lapin::Error, code: u16) -> bool {
    matches!(error.kind(), lapin::ErrorKind::ProtocolError(error) if error.get_id() == code)
}

pub(crate) fn refused(what: &str, name: &str, error: &lapin::Error) -> Error {
    if is_mismatch(error) {
        return Error::Topology(format!(
            "{what} {name} exists with other arguments; delete it once it is empty, or choose another namespace: {error}"
        ));
    }
    Error::Topology(format!("{what} {name}: {error}"))
}

pub(crate) fn short(name: &str) -> Result<ShortString, Error> {
    ShortString::try_new(name).map_err(|error| Error::Config(format!("{name:?}: {error}")))
}

fn short_amqp(name: &str) -> lapin::Result<ShortString> {
    ShortString::try_new(name).map_err(|error| std::io::Error::other(error).into())
}
