//! Many events on their way at once, never more than a window, each accounted for.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use barid_event::Event;
use barid_producer::{Error, Producer};
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt};
use indicatif::ProgressBar;
use tokio::time::sleep;

/// How often an event is sent before it counts as failed.
const TRIES: u32 = 3;

/// The pause between two tries of one event.
const PAUSE: Duration = Duration::from_secs(1);

/// An event to publish, or why there is none, and what messages call it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) label: String,
    pub(super) event: Result<Event, String>,
}

/// What became of the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) published: usize,
    pub(super) failed: usize,
}

/// Publishes all events, at most `window` at once. Failures are told above the progress bar; with `strict`, nothing new
/// is begun after one.
pub(super) async fn run<F>(
    events: impl Stream<Item = Planned>,
    window: usize,
    strict: bool,
    bar: &ProgressBar,
    publish: impl Fn(Event) -> F,
) -> Tally
where
    F: Future<Output = Result<(), String>>,
{
    let mut events = pin!(events);
    let mut flying = FuturesUnordered::new();
    let (mut tally, mut more) = (Tally::default(), true);
    loop {
        let begin = more && flying.len() < window && !(strict && tally.failed > 0);
        let (label, result) = tokio::select! {
            planned = events.next(), if begin => match planned {
                None => {
                    more = false;
                    continue;
                }
                Some(Planned { label, event: Err(problem) }) => (label, Err(problem)),
                Some(Planned { label, event: Ok(event) }) => {
                    let publishing = publish(event);
                    flying.push(async move { (label, publishing.await) });
                    continue;
                }
            },
            Some(done) = flying.next() => done,
            else => return tally,
        };
        match result {
            Ok(()) => {
                tally.published += 1;
                bar.inc(1);
            }
            Err(problem) => {
                tally.failed += 1;
                bar.suspend(|| eprintln!("{label}: {problem}"));
            }
        }
    }
}

/// Publishes one event, again where that can help: a duplicate carries the same id.
pub(super) async fn publish(producer: &Producer, event: &Event) -> Result<(), String> {
    let mut tries = 1;
    loop {
        match producer.publish(event).await {
            Err(Error::Lost | Error::Refused) if tries < TRIES => {
                tries += 1;
                sleep(PAUSE).await;
            }
            Err(error @ Error::Lost) => {
                return Err(format!("{error}; if that does not help, see `barid topology --check`"));
            }
            settled => return settled.map_err(|error| error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::stream;

    use super::super::template::tests::template;
    use super::*;

    fn planned(good: bool) -> Planned {
        let event =
            template().structured(bytes::Bytes::from_static(br#"{"type":"a"}"#), chrono::DateTime::UNIX_EPOCH).unwrap();
        Planned { label: "line 1".to_owned(), event: if good { Ok(event) } else { Err("bad".to_owned()) } }
    }

    #[tokio::test]
    async fn counts_what_was_published_and_what_failed() {
        let events = stream::iter([true, false, true].map(planned));
        let tally = run(events, 2, false, &ProgressBar::hidden(), async |_| Ok(())).await;
        assert_eq!(tally, Tally { published: 2, failed: 1 });
        let events = stream::iter([true, true].map(planned));
        let tally = run(events, 2, false, &ProgressBar::hidden(), async |_| Err("no".to_owned())).await;
        assert_eq!(tally, Tally { published: 0, failed: 2 });
    }

    #[tokio::test]
    async fn strict_begins_nothing_after_a_failure() {
        let events = stream::iter([true, false, true, true].map(planned));
        let tally = run(events, 1, true, &ProgressBar::hidden(), async |_| Ok(())).await;
        assert_eq!(tally, Tally { published: 1, failed: 1 });
    }

    #[tokio::test]
    async fn never_has_more_on_the_way_than_the_window() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let events = stream::iter((0..50).map(|_| planned(true)));
        let tally = run(events, 7, false, &ProgressBar::hidden(), async |_| {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            tokio::task::yield_now().await;
            now.set(now.get() - 1);
            Ok(())
        })
        .await;
        assert_eq!((tally.published, most.get()), (50, 7));
    }
}
