//! The topology when a process starts and after each reconnect: declared or looked for until it is there, however long
//! the broker is away.

use std::time::Duration;

use barid_broker::topology::Topology;
use barid_broker::{Error, Link};
use barid_telemetry::Check;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::AtStart;

/// The pause after a first failure; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How many missing things one log line names.
const NAMED: usize = 3;

/// Returns when the topology is there. Meanwhile `check` says what it waits for, and so does the log.
pub(crate) async fn prepare(topology: &Topology, at_start: AtStart, mut link: Link, check: &Check) {
    check.set_failing("not connected");
    let mut pause = FIRST_PAUSE;
    while let Err(trouble) = attempt(topology, at_start, &mut link).await {
        warn!(trouble, retry_in_ms = pause.as_millis(), "the topology is not ready");
        check.set_failing(trouble);
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    info!("the topology is ready");
}

/// Makes sure of the topology again after each reconnect, for ever: the broker may have come back without its data.
pub(crate) async fn keep(topology: Topology, at_start: AtStart, mut link: Link) {
    while link.reconnected().await {
        while let Err(trouble) = attempt(&topology, at_start, &mut link).await {
            warn!(trouble, retry_in_ms = LONGEST_PAUSE.as_millis(), "the topology is not ready after a reconnect");
            sleep(LONGEST_PAUSE).await;
        }
    }
}

async fn attempt(topology: &Topology, at_start: AtStart, link: &mut Link) -> Result<(), String> {
    let told = |error: Error| error.to_string();
    match at_start {
        AtStart::Apply => topology.apply(link).await.map_err(told),
        AtStart::Check => match topology.check(link).await.map_err(told)?.as_slice() {
            [] => Ok(()),
            missing => Err(incomplete(missing)),
        },
    }
}

fn incomplete(missing: &[String]) -> String {
    let named = missing.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{named}{more}: run `barid topology --apply`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_some_of_what_is_missing_and_what_to_do() {
        let missing: Vec<_> = (1..=5).map(|n| format!("queue q{n} is missing")).collect();
        assert_eq!(
            incomplete(&missing),
            "queue q1 is missing; queue q2 is missing; queue q3 is missing; and 2 more: run `barid topology --apply`"
        );
        assert!(incomplete(&missing[..1]).starts_with("queue q1 is missing: run"));
    }
}
