//! How many messages wait in queues: asked again and again on one channel, or once of a queue that may be missing.

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use tokio::time::timeout;

use crate::error::Error;
use crate::link::{Link, Opened};
use crate::topology::provision::{is_missing, short};

/// What a queue looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Messages that wait. Those that a consumer is working on do not count.
    pub ready: u32,
    /// Consumers, among them such as have been cancelled and still work on messages.
    pub consumers: u32,
}

impl Look {
    /// Whether nothing is in the queue: nothing waits, and nobody is there who could be working on a message of it.
    pub fn is_vacant(self) -> bool {
        self.ready == 0 && self.consumers == 0
    }
}

/// Looks at a queue once; `None` if there is none.
///
/// # Errors
/// When the broker is away. Look again later.
pub(crate) async fn look(link: &mut Link, queue: &str) -> Result<Option<Look>, Error> {
    let limit = link.timeout();
    let ask = async {
        // A channel of its own, since the broker closes the one on which something is missing.
        let opened = link.channel().await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        match opened.channel.queue_declare(short(queue)?, passive, FieldTable::default()).await {
            Ok(queue) => Ok(Some(Look { ready: queue.message_count(), consumers: queue.consumer_count() })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    timeout(limit, ask).await.map_err(|_| Error::Timeout(limit, "looking at a queue"))?
}

/// Asks for the depths of the same queues. The channel is opened at the first look, and again after an error.
pub struct Depths {
    link: Link,
    queues: Vec<String>,
    opened: Option<Opened>,
}

impl Depths {
    pub(crate) fn new(link: Link, queues: Vec<String>) -> Self {
        Self { link, queues, opened: None }
    }

    /// The messages ready in each queue, in the order the queues were given. Waits while the broker is away.
    ///
    /// # Errors
    /// When a queue is missing, or the broker does not answer. Look again later.
    pub async fn look(&mut self) -> Result<Vec<u32>, Error> {
        // A channel on which something went wrong, or a look that was given up, is not used again.
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => self.link.channel().await?,
        };
        let mut depths = Vec::with_capacity(self.queues.len());
        for queue in &self.queues {
            let queue = short(queue)?;
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let declared = opened.channel.queue_declare(queue, passive, FieldTable::default());
            let within = self.link.timeout();
            let declared = timeout(within, declared)
                .await
                .map_err(|_| Error::Timeout(within, "asking for the depth of a queue"))??;
            depths.push(declared.message_count());
        }
        self.opened = Some(opened);
        Ok(depths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_vacant_only_without_messages_and_consumers() {
        assert!(Look { ready: 0, consumers: 0 }.is_vacant());
        assert!(!Look { ready: 1, consumers: 0 }.is_vacant());
        assert!(!Look { ready: 0, consumers: 1 }.is_vacant());
    }
}
