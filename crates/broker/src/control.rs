//! Notices between processes.
//!
//! They travel through a fanout exchange to an exclusive queue per process. A lost notice costs hand-overs, never an
//! event: everything they say is found out again.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::error::Error;
use crate::link::Link;
use crate::names::Names;
pub use crate::notice::{Notice, TestOutcome};
use crate::outgoing::Outgoing;
use crate::publisher::Publisher;

/// Notices a process may lag behind before it loses the oldest.
const ROOM: usize = 1024;

/// The pause before listening starts again after an error.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends and hears notices. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    names: Names,
    publisher: Publisher,
    heard: broadcast::Sender<Notice>,
    listening: watch::Receiver<bool>,
}

impl Control {
    /// Listens until `shutdown`, on a queue of its own that goes with the connection.
    pub fn spawn(link: Link, publisher: Publisher, names: Names, shutdown: CancellationToken) -> Self {
        let (heard, _) = broadcast::channel(ROOM);
        let (listening_tx, listening) = watch::channel(false);
        let control = Self { names: names.clone(), publisher, heard: heard.clone(), listening };
        tokio::spawn(async move {
            let mut link = link;
            let work = async {
                loop {
                    if let Err(error) = listen(&mut link, &names, &heard, &listening_tx).await {
                        debug!(%error, "listening for notices starts again");
                    }
                    listening_tx.send_replace(false);
                    sleep(PAUSE).await;
                }
            };
            tokio::select! {
                () = work => {}
                () = shutdown.cancelled() => {}
            }
        });
        control
    }

    /// Tells every process, this one included. Best effort.
    pub fn tell(&self, notice: &Notice) {
        let Ok(body) = serde_json::to_vec(notice) else {
            return;
        };
        let (publisher, outgoing) = (self.publisher.clone(), Outgoing::notice(&self.names, body.into()));
        tokio::spawn(async move {
            if let Err(error) = publisher.publish(outgoing).await {
                debug!(%error, "a notice was not sent");
            }
        });
    }

    /// The notices from now on. One that falls more than 1,024 behind loses the oldest.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.heard.subscribe()
    }

    /// Waits until this process hears notices.
    pub async fn listening(&self) {
        let mut listening = self.listening.clone();
        let _closed = listening.wait_for(|listening| *listening).await;
    }
}

async fn listen(
    link: &mut Link,
    names: &Names,
    heard: &broadcast::Sender<Notice>,
    listening: &watch::Sender<bool>,
) -> Result<(), Error> {
    let mut opened = link.channel().await?;
    let channel = &opened.channel;
    let name = |text: String| ShortString::try_new(text).map_err(|error| Error::Config(error.to_string()));
    let exclusive = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), exclusive, FieldTable::default()).await?.name().clone();
    let table = FieldTable::default;
    channel.queue_bind(queue.clone(), name(names.control())?, "".into(), QueueBindOptions::default(), table()).await?;
    let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut consumer = channel.basic_consume(queue, "".into(), no_ack, table()).await?;
    listening.send_replace(true);
    loop {
        tokio::select! {
            delivery = consumer.next() => {
                let Some(delivery) = delivery else { return Ok(()) };
                match serde_json::from_slice(&delivery?.data) {
                    // Nobody listening is fine.
                    Ok(notice) => { let _nobody = heard.send(notice); }
                    Err(error) => debug!(%error, "an unknown notice, perhaps from a newer version"),
                }
            }
            () = opened.ended() => return Ok(()),
        }
    }
}
