//! The lanes that belong to one subscription alone, and come and go with its settings.
//!
//! One is declared before the setting that needs it is committed, and deleted when it is empty and nobody works on its
//! messages. While it is not there, what is on its way to it ends in the queue of unrouted messages, and a router sends
//! it where it belongs by then: nothing is lost by a lane that is missing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lapin::options::QueueDeleteOptions;
use tokio::time::{sleep, timeout};
use tracing::error;

use crate::depths;
pub use crate::depths::Look;
use crate::error::Error;
use crate::link::{Link, Opened};
use crate::names::{Lane, Names};
use crate::topology::provision::{bind, declare_queue, refused, short, unbind};
use crate::topology::{Argument, Queue, lane_bindings, quorum};
use crate::work::SLACK;

/// The longest a delivery waits in an own lane, which is the longest that a subscription can be paused without loss. After
/// that it is a dead letter.
pub const PAUSE_LIMIT: Duration = Duration::from_hours(30 * 24);

/// How long after a lane was unbound the last message may still be on its way into it.
const SETTLE: Duration = Duration::from_secs(1);

/// When a delivery that goes to an own lane now is given up: it may wait there for as long as anything may, and then has all
/// the time of its schedule (`horizon`) as if it had just begun.
pub fn expires_at(now: DateTime<Utc>, horizon: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(PAUSE_LIMIT + horizon + SLACK).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Declares the lane of this subscription. Doing so again changes nothing.
///
/// # Errors
/// When the broker is away, refuses, or holds something of the same name with other arguments.
pub async fn declare(link: &mut Link, names: &Names, subscription: &str) -> Result<(), Error> {
    let lane = Lane::own(subscription);
    let queue = queue(names, &lane);
    within(link, "declaring an own lane", async |opened| {
        let channel = &opened.channel;
        declare_queue(channel, &queue, false).await.map_err(|error| refused("queue", &queue.name, &error))?;
        for binding in lane_bindings(names, &lane) {
            bind(channel, &binding).await.map_err(|error| refused("binding of", &binding.source, &error))?;
        }
        Ok(())
    })
    .await
}

/// Deletes the lane of this subscription if it is vacant; `false` if it is not, and then it stays as it is. One that is not
/// there counts as deleted.
///
/// While dispatchers consume the lane it is not vacant: they let go of one that is closing. Ask again and again.
///
/// # Errors
/// When the broker is away or refuses. Delete it again later.
pub async fn delete(link: &mut Link, names: &Names, subscription: &str) -> Result<bool, Error> {
    match look(link, names, subscription).await? {
        None => return Ok(true),
        Some(seen) if !seen.is_vacant() => return Ok(false),
        Some(_) => {}
    }
    // The broker cannot delete a quorum queue on condition that it is empty. So nothing new is let in first: it is unrouted
    // meanwhile. Then nothing can come between the look and the end.
    let lane = Lane::own(subscription);
    within(link, "unbinding an own lane", async |opened| {
        for binding in lane_bindings(names, &lane) {
            unbind(&opened.channel, &binding).await?;
        }
        Ok(())
    })
    .await?;
    sleep(SETTLE).await;
    if look(link, names, subscription).await?.is_some_and(|seen| !seen.is_vacant()) {
        declare(link, names, subscription).await?;
        return Ok(false);
    }
    let lost = remove(link, names, subscription).await?;
    if lost > 0 {
        error!(subscription.id = subscription, lost, "an own lane was deleted with deliveries in it: report this");
    }
    Ok(true)
}

/// Deletes the lane of this subscription with whatever is in it, because the subscription itself is deleted. One that is not
/// there is left at that.
///
/// # Errors
/// When the broker is away or refuses. Delete it again later.
pub async fn discard(link: &mut Link, names: &Names, subscription: &str) -> Result<(), Error> {
    remove(link, names, subscription).await.map(drop)
}

/// Deletes the queue, and says how many messages were in it.
async fn remove(link: &mut Link, names: &Names, subscription: &str) -> Result<u32, Error> {
    let queue = short(&names.lane_queue(&Lane::own(subscription)))?;
    within(link, "deleting an own lane", async |opened| {
        Ok(opened.channel.queue_delete(queue, QueueDeleteOptions::default()).await?)
    })
    .await
}

/// Looks at the lane of this subscription; `None` if there is none.
///
/// # Errors
/// When the broker is away. Look again later.
pub async fn look(link: &mut Link, names: &Names, subscription: &str) -> Result<Option<Look>, Error> {
    depths::look(link, &names.lane_queue(&Lane::own(subscription))).await
}

fn queue(names: &Names, lane: &Lane) -> Queue {
    let mut queue = quorum(names, names.lane_queue(lane));
    queue.arguments.push(("x-single-active-consumer", Argument::Flag(true)));
    let limit = i64::try_from(PAUSE_LIMIT.as_millis()).unwrap_or(i64::MAX);
    queue.arguments.push(("x-message-ttl", Argument::Number(limit)));
    queue
}

/// Works on a channel of its own, since the broker closes the channel on which something is missing.
async fn within<T>(
    link: &mut Link,
    what: &'static str,
    work: impl AsyncFnOnce(&Opened) -> Result<T, Error>,
) -> Result<T, Error> {
    let limit = link.timeout();
    let work = async {
        let opened = link.channel().await?;
        work(&opened).await
    };
    timeout(limit, work).await.map_err(|_| Error::Timeout(limit, what))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_lane_for_one_consumer_whose_messages_stay_a_month() {
        let names = Names::new("barid".parse().unwrap(), "crm.events");
        let queue = queue(&names, &Lane::own("sub_1"));
        assert_eq!(queue.name, "barid.own.sub_1");
        assert!(queue.arguments.contains(&("x-single-active-consumer", Argument::Flag(true))));
        assert!(queue.arguments.contains(&("x-message-ttl", Argument::Number(2_592_000_000))));
        assert!(queue.arguments.contains(&("x-dead-letter-exchange", Argument::Text("barid.dead".to_owned()))));
    }

    #[test]
    fn a_delivery_has_its_whole_schedule_after_the_longest_pause() {
        let (now, horizon) = (DateTime::UNIX_EPOCH, Duration::from_hours(75));
        assert_eq!(expires_at(now, horizon) - now, TimeDelta::hours(30 * 24 + 75 + 24));
        assert_eq!(expires_at(now, Duration::MAX / 2), DateTime::<Utc>::MAX_UTC);
    }
}
