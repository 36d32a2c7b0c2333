//! Everything Barid needs on a broker, as data: declared by whoever may, checked by everybody else, printed for
//! operators who provision by themselves.
//!
//! Arguments carry every safe default, since a client cannot set policies: quorum queues with a delivery limit, dead
//! lettering at least once, and refusal instead of dropping. The order matters: the inbox and its binding come before
//! anything else is bound, the journal's binding comes last, because a bound journal makes every event routable and
//! would hide that the inbox is missing.

mod definitions;
pub(crate) mod provision;

use std::time::Duration;

use crate::delay::LEVELS;
use crate::ledger::Route;
use crate::names::{Lane, Names, SLOW_LANES};

/// How often the broker hands a message out again before it becomes a dead letter.
const DELIVERY_LIMIT: i64 = 50;

/// The delivery limit of the queues that have nowhere to dead-letter to: looking, or a reader that cannot write what it
/// reads, must not use it up.
const LAST_RESORT_DELIVERY_LIMIT: i64 = 1_000_000;

/// How large one file of a stream grows, in bytes. Retention works by whole files: the broker's default of 500 MB would
/// keep far more than asked on small data.
const SEGMENT_BYTES: i64 = 50_000_000;

/// What can be chosen about the topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Shared work lanes, 1 to 64. Default 4.
    pub work_lanes: u16,
    /// How long the journal keeps events. Default 7 days, and 20 GB.
    pub journal: Retention,
    /// How long the ledger keeps records. Default 7 days, and 10 GB.
    pub ledger: Retention,
}

/// How long a stream keeps what is in it: whichever ends first. What is older goes by whole files of 50 MB, when a new one is
/// begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The age, of which whole seconds count.
    pub max_age: Duration,
    /// The size, in bytes.
    pub max_bytes: i64,
}

impl Default for Options {
    fn default() -> Self {
        let max_age = Duration::from_hours(7 * 24);
        Self {
            work_lanes: 4,
            journal: Retention { max_age, max_bytes: 20_000_000_000 },
            ledger: Retention { max_age, max_bytes: 10_000_000_000 },
        }
    }
}

/// The kind of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeType {
    Direct,
    Fanout,
    Topic,
}

/// An exchange, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) kind: ExchangeType,
    /// Where what it cannot route goes.
    pub(crate) alternate: Option<String>,
}

/// The value of a queue's argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    Text(String),
    Number(i64),
    Flag(bool),
}

/// A queue, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) arguments: Vec<(&'static str, Argument)>,
}

/// What a binding leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Queue(String),
    Exchange(String),
}

/// A binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) source: String,
    pub(crate) destination: Destination,
    pub(crate) routing_key: String,
}

/// One step of the declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Exchange(Exchange),
    Queue(Queue),
    Bind(Binding),
}

/// All steps, in the order in which they are declared.
#[derive(Clone, Debug)]
pub struct Topology {
    names: Names,
    steps: Vec<Step>,
}

impl Topology {
    /// The topology under these names.
    pub fn new(names: &Names, options: &Options) -> Self {
        let mut steps = exchanges(names);
        steps.push(Step::Queue(quorum(names, names.inbox())));
        steps.push(bind(names.events(), Destination::Queue(names.inbox()), "#"));
        steps.push(Step::Queue(quorum(names, names.unrouted())));
        steps.push(bind(&names.unrouted(), Destination::Queue(names.unrouted()), ""));
        steps.push(Step::Queue(last_resort(names.dead_letters())));
        steps.push(bind(&names.dead(), Destination::Queue(names.dead_letters()), ""));
        for lane in lanes(options.work_lanes) {
            let queue = names.lane_queue(&lane);
            steps.push(Step::Queue(quorum(names, queue)));
            steps.extend(lane_bindings(names, &lane).map(Step::Bind));
        }
        steps.extend(ladder(names));
        steps.push(Step::Queue(stream(names.ledger(), options.ledger)));
        steps.push(bind(&names.ledger(), Destination::Queue(names.ledger()), Route::Stream.key()));
        steps.push(Step::Queue(last_resort(names.ledger_overflow())));
        steps.push(bind(&names.ledger(), Destination::Queue(names.ledger_overflow()), Route::Overflow.key()));
        steps.push(Step::Queue(stream(names.journal(), options.journal)));
        steps.push(bind(names.events(), Destination::Queue(names.journal()), "#"));
        Self { names: names.clone(), steps }
    }

    /// The names this topology was made from.
    pub fn names(&self) -> &Names {
        &self.names
    }
}

/// All shared lanes.
pub fn lanes(work_lanes: u16) -> impl Iterator<Item = Lane> {
    (0..work_lanes).map(Lane::Work).chain((0..SLOW_LANES).map(Lane::Slow))
}

fn exchanges(names: &Names) -> Vec<Step> {
    let alternate = Some(names.unrouted());
    let with_alternate = |name: String, kind| Step::Exchange(Exchange { name, kind, alternate: alternate.clone() });
    let plain = |name: String, kind| Step::Exchange(Exchange { name, kind, alternate: None });
    let mut steps = vec![
        plain(names.unrouted(), ExchangeType::Fanout),
        with_alternate(names.dead(), ExchangeType::Fanout),
        with_alternate(names.events().to_owned(), ExchangeType::Topic),
        with_alternate(names.lanes(), ExchangeType::Direct),
        with_alternate(names.due(), ExchangeType::Topic),
        // Without an alternate: a notice that nobody hears is no message to keep.
        plain(names.control(), ExchangeType::Fanout),
        // Without an alternate: a batch that comes back has another way to go.
        plain(names.ledger(), ExchangeType::Direct),
    ];
    steps.extend((0..LEVELS).map(|level| with_alternate(names.delay(level), ExchangeType::Topic)));
    steps
}

/// How deliveries come into a lane: at once, and after a delay.
pub(crate) fn lane_bindings(names: &Names, lane: &Lane) -> [Binding; 2] {
    let queue = || Destination::Queue(names.lane_queue(lane));
    [
        Binding { source: names.lanes(), destination: queue(), routing_key: lane.to_string() },
        Binding { source: names.due(), destination: queue(), routing_key: format!("#.{lane}") },
    ]
}

/// The delay ladder: a level holds a message for 2^level seconds if its bit is set, and passes it down.
fn ladder(names: &Names) -> Vec<Step> {
    let mut steps = Vec::new();
    for level in 0..LEVELS {
        let below = if level == 0 { names.due() } else { names.delay(level - 1) };
        // The word of a level follows those of the levels above it.
        let above = "*.".repeat((LEVELS - 1 - level) as usize);
        let name = names.delay(level);
        let queue = Queue {
            name: name.clone(),
            arguments: vec![
                ("x-queue-type", Argument::Text("quorum".to_owned())),
                ("x-message-ttl", Argument::Number(1000 << level)),
                ("x-dead-letter-exchange", Argument::Text(below.clone())),
                ("x-dead-letter-strategy", Argument::Text("at-least-once".to_owned())),
                ("x-overflow", Argument::Text("reject-publish".to_owned())),
            ],
        };
        steps.push(Step::Queue(queue));
        steps.push(bind(&name, Destination::Queue(name.clone()), &format!("{above}1.#")));
        steps.push(bind(&name, Destination::Exchange(below), &format!("{above}0.#")));
    }
    steps
}

/// A quorum queue that loses nothing: what is handed out too often goes to the dead letters, and nothing is dropped
/// for want of room.
pub(crate) fn quorum(names: &Names, name: String) -> Queue {
    Queue {
        name,
        arguments: vec![
            ("x-queue-type", Argument::Text("quorum".to_owned())),
            ("x-delivery-limit", Argument::Number(DELIVERY_LIMIT)),
            ("x-dead-letter-exchange", Argument::Text(names.dead())),
            ("x-dead-letter-strategy", Argument::Text("at-least-once".to_owned())),
            ("x-overflow", Argument::Text("reject-publish".to_owned())),
        ],
    }
}

/// A quorum queue of what has nowhere else to go.
fn last_resort(name: String) -> Queue {
    Queue {
        name,
        arguments: vec![
            ("x-queue-type", Argument::Text("quorum".to_owned())),
            ("x-delivery-limit", Argument::Number(LAST_RESORT_DELIVERY_LIMIT)),
            ("x-overflow", Argument::Text("reject-publish".to_owned())),
        ],
    }
}

fn stream(name: String, retention: Retention) -> Queue {
    Queue {
        name,
        arguments: vec![
            ("x-queue-type", Argument::Text("stream".to_owned())),
            ("x-max-age", Argument::Text(format!("{}s", retention.max_age.as_secs()))),
            ("x-max-length-bytes", Argument::Number(retention.max_bytes)),
            ("x-stream-max-segment-size-bytes", Argument::Number(SEGMENT_BYTES)),
        ],
    }
}

fn bind(source: &str, destination: Destination, routing_key: &str) -> Step {
    Step::Bind(Binding { source: source.to_owned(), destination, routing_key: routing_key.to_owned() })
}

#[cfg(test)]
mod tests;
