//! Working on the dead-letter queue: looking, replaying, discarding.
//!
//! A message that is only looked at is given back, in its place. That raises its delivery count, which the queue limits
//! to a million; long before, a fresh copy takes its place at the tail, so that looking never uses a message up. A
//! replay is published with confirm before the dead letter is acknowledged: a crash in between gives a duplicate with
//! the same id, never a loss.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use sha2::{Digest, Sha256};

use crate::dead_letter::{Content, DeadLetter};
use crate::error::Error;
use crate::link::{Link, Opened};
use crate::names::{Lane, Names};
use crate::original::{self, Original};
use crate::outgoing::{Kind, Outgoing};
use crate::publisher::Publisher;
use crate::work::{Delivery, Work};

/// Looks at one message before a fresh copy replaces it.
pub const LOOKS: u32 = 1_000;

/// Messages taken, decided on and settled together.
const BATCH: usize = 64;

/// The dead-letter queue, at work.
pub struct Morgue {
    opened: Opened,
    publisher: Publisher,
    names: Names,
    work_lanes: u16,
    looks: u32,
    user: Option<String>,
}

/// What is to be done with a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave it.
    Keep,
    /// Try again: a delivery with a fresh schedule, a message through the events exchange.
    Replay,
    /// Forget it.
    Discard,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Dead letters looked at.
    pub seen: usize,
    /// Dead letters replayed.
    pub replayed: usize,
    /// Dead letters discarded.
    pub discarded: usize,
    /// Dead letters that were to be replayed and cannot be; they are kept.
    pub refused: usize,
}

impl Morgue {
    /// Opens the queue. `work_lanes` is the number of work lanes that replays are spread over.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn open(link: &mut Link, publisher: Publisher, names: Names, work_lanes: u16) -> Result<Self, Error> {
        let opened = link.channel().await?;
        Ok(Self { opened, publisher, names, work_lanes, looks: LOOKS, user: None })
    }

    /// Replaces a message after this many looks instead of [`LOOKS`].
    #[must_use]
    pub fn with_looks(self, looks: u32) -> Self {
        Self { looks, ..self }
    }

    /// Replays messages in the name of this broker user, where publishers must be named. It must be the connection's.
    #[must_use]
    pub fn in_the_name_of(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    /// How many dead letters are waiting.
    ///
    /// # Errors
    /// When the broker is away or the queue is missing.
    pub async fn count(&self) -> Result<usize, Error> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = self.opened.channel.queue_declare(self.queue()?, passive, FieldTable::default()).await?;
        Ok(usize::try_from(queue.message_count()).unwrap_or(usize::MAX))
    }

    /// Shows at most `limit` dead letters, oldest first, to `decide`, and does as it says. What is kept stays in place.
    ///
    /// # Errors
    /// When the broker is away: whatever was not settled goes back to the queue.
    pub async fn visit(
        &self,
        limit: usize,
        now: DateTime<Utc>,
        mut decide: impl FnMut(&DeadLetter) -> Decision,
    ) -> Result<Summary, Error> {
        let mut summary = Summary::default();
        // Kept messages stay unacknowledged until the end, so that none is seen twice.
        let mut kept = Vec::new();
        let total = limit.min(self.count().await?);
        let mut done = false;
        while summary.seen < total && !done {
            let mut batch = Vec::new();
            while batch.len() < BATCH.min(total - summary.seen) {
                let Some(message) = self.get().await? else {
                    done = true;
                    break;
                };
                batch.push(message);
            }
            summary.seen += batch.len();
            let decided = batch.into_iter().map(|message| {
                let letter = read(&self.names, &message, now);
                let mut decision = decide(&letter);
                if decision == Decision::Replay && !letter.can_be_replayed() {
                    summary.refused += 1;
                    decision = Decision::Keep;
                }
                (message, letter, decision)
            });
            let decided: Vec<_> = decided.collect();
            let settled = join_all(
                decided.iter().map(|(message, letter, decision)| self.carry_out(message, letter, *decision, now)),
            );
            // What was published must be acknowledged even where its neighbour was not, or it would be published again.
            let mut failed = None;
            for ((message, _, decision), settled) in decided.iter().zip(settled.await) {
                let tag = message.delivery_tag;
                match settled {
                    Ok(true) => {
                        self.opened.channel.basic_ack(tag, BasicAckOptions::default()).await?;
                        summary.replayed += usize::from(*decision == Decision::Replay);
                        summary.discarded += usize::from(*decision == Decision::Discard);
                    }
                    Ok(false) => kept.push(tag),
                    Err(error) => {
                        kept.push(tag);
                        failed.get_or_insert(error);
                    }
                }
            }
            if let Some(error) = failed {
                self.give_back(kept).await?;
                return Err(error);
            }
        }
        self.give_back(kept).await?;
        Ok(summary)
    }

    async fn give_back(&self, tags: Vec<u64>) -> Result<(), Error> {
        for tag in tags {
            let options = BasicNackOptions { multiple: false, requeue: true };
            self.opened.channel.basic_nack(tag, options).await?;
        }
        Ok(())
    }

    async fn get(&self) -> Result<Option<BasicGetMessage>, Error> {
        Ok(self.opened.channel.basic_get(self.queue()?, BasicGetOptions::default()).await?)
    }

    /// Publishes what has to be published. Whether the message may be acknowledged.
    async fn carry_out(
        &self,
        message: &BasicGetMessage,
        letter: &DeadLetter,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let outgoing = match decision {
            Decision::Discard => return Ok(true),
            Decision::Keep if header(message, "x-delivery-count").unwrap_or_default() < i64::from(self.looks) => {
                return Ok(false);
            }
            Decision::Keep => Outgoing::dead_letter(&self.names, letter.encode()?),
            Decision::Replay => match &letter.content {
                Content::Message(original) => {
                    let again = Outgoing::again(&self.names, original);
                    self.user.iter().fold(again, |again, user| again.by_user(user))
                }
                Content::Delivery(work) => {
                    let body = work.encode(&again(work, now))?;
                    Outgoing::to_lane(&self.names, &Lane::Work(self.lane(&letter.id)), body)
                }
            },
        };
        self.publisher.publish(outgoing).await?;
        Ok(true)
    }

    fn lane(&self, id: &str) -> u16 {
        let sum: u32 = id.bytes().map(u32::from).sum();
        u16::try_from(sum % u32::from(self.work_lanes.max(1))).unwrap_or_default()
    }

    fn queue(&self) -> Result<ShortString, Error> {
        ShortString::try_new(self.names.dead_letters()).map_err(|error| Error::Config(error.to_string()))
    }
}

/// The same deliveries with a fresh schedule, and as much time for it as they had.
fn again(work: &Work, now: DateTime<Utc>) -> Vec<Delivery> {
    let fresh = |delivery: &Delivery| {
        let horizon = (delivery.expires_at - work.accepted_at).max(TimeDelta::minutes(1));
        Delivery { replay: true, ..Delivery::first(delivery.subscription.clone(), now + horizon) }
    };
    work.deliveries.iter().map(fresh).collect()
}

/// Reads a message of the dead-letter queue: one of ours, or one that the broker itself has given up.
fn read(names: &Names, message: &BasicGetMessage, now: DateTime<Utc>) -> DeadLetter {
    let delivery = &message.delivery;
    let body = bytes::Bytes::copy_from_slice(&delivery.data);
    let original = || {
        let (exchange, key) = (delivery.exchange.to_string(), delivery.routing_key.to_string());
        Original::new(exchange, key, &delivery.properties, body.clone())
    };
    let death = newest_death(message);
    let kind = delivery.properties.content_type().as_ref().map(ShortString::as_str);
    // What the broker took from the inbox, or from what had no route, may be a publisher's message, whatever its content
    // type says it is.
    let ours = death.as_ref().is_none_or(|death| ![names.inbox(), names.unrouted()].contains(&death.queue));
    let mut letter = match kind {
        Some(kind) if ours && kind == Kind::DeadLetter.content_type() => match DeadLetter::decode(&body) {
            Ok(letter) => return letter,
            Err(error) => DeadLetter::of_message("unreadable", error.to_string(), original(), now),
        },
        Some(kind) if ours && kind == Kind::Work.content_type() => match Work::decode(&body) {
            Ok(work) => DeadLetter::of_work("delivery_limit", String::new(), work, now),
            Err(error) => DeadLetter::of_message("unreadable", error.to_string(), original(), now),
        },
        _ => DeadLetter::of_message("delivery_limit", String::new(), original(), now),
    };
    if let Some(death) = death {
        letter.detail = format!("the broker gave it up in {}: {}", death.queue, death.reason);
        letter.reason = death.reason;
        letter.died_at = death.time.unwrap_or(now);
    }
    // The same message must have the same name each time it is looked at.
    letter.id = stable_id(&letter, &body);
    letter
}

/// The broker's record of a dead lettering.
struct Death {
    queue: String,
    reason: String,
    time: Option<DateTime<Utc>>,
}

/// The newest entry of `x-death`: the broker puts it first, so a publisher cannot forge it.
fn newest_death(message: &BasicGetMessage) -> Option<Death> {
    let headers = message.delivery.properties.headers().as_ref()?;
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else {
        return None;
    };
    let Some(AMQPValue::FieldTable(newest)) = deaths.as_slice().first() else {
        return None;
    };
    let text = |name: &str| match newest.inner().get(name) {
        Some(AMQPValue::LongString(text)) => Some(text.to_string()),
        _ => None,
    };
    let time = match newest.inner().get("time") {
        Some(AMQPValue::Timestamp(seconds)) => {
            i64::try_from(*seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0))
        }
        _ => None,
    };
    Some(Death { queue: text("queue")?, reason: text("reason")?, time })
}

fn header(message: &BasicGetMessage, name: &str) -> Option<i64> {
    original::integer(message.delivery.properties.headers().as_ref()?.inner().get(name)?)
}

fn stable_id(letter: &DeadLetter, body: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(letter.reason.as_bytes())
        .chain_update(letter.died_at.timestamp().to_be_bytes())
        .chain_update(body)
        .finalize();
    let hex = digest.iter().take(16).fold(String::with_capacity(32), |hex, byte| hex + &format!("{byte:02x}"));
    format!("dl_{hex}")
}
