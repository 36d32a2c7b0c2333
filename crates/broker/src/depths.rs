//! How many messages wait in queues, asked again and again on one channel.

use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use tokio::time::timeout;

use crate::error::Error;
use crate::link::{Link, Opened};

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
            let queue = ShortString::try_new(queue.as_str()).map_err(|error| Error::Config(error.to_string()))?;
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
