//! Whether the process works: named checks that components set and the operations endpoints show.
//!
//! A readiness check says whether the process should be given work; a liveness check, whether it should be restarted.
//! Components report when something changes; nothing is probed when somebody asks, so asking is free and cannot hang.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The text of a check that is well.
const OK: &str = "ok";

/// The status of a report in which nothing fails, and something is not as it should be.
const DEGRADED: &str = "degraded";

/// The status of a report in which something fails.
const FAILING: &str = "failing";

/// The reason of a readiness check that nobody has set yet.
const STARTING: &str = "starting";

/// All checks of a process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<Checks>>,
}

#[derive(Debug, Default)]
struct Checks {
    liveness: BTreeMap<&'static str, Check>,
    readiness: BTreeMap<&'static str, Check>,
}

/// The handle by which a component reports. Clones share the state.
#[derive(Debug, Clone)]
pub struct Check {
    state: Arc<Mutex<State>>,
}

/// What a component says of itself.
#[derive(Debug, Clone)]
enum State {
    Ok,
    /// It works, and somebody should know this.
    Degraded(Cow<'static, str>),
    Failing(Cow<'static, str>),
}

/// The state of all checks of one sort, as JSON: `{"status": "failing", "checks": {"broker": "not connected"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    status: &'static str,
    checks: BTreeMap<&'static str, Cow<'static, str>>,
}

impl Health {
    /// No checks: alive and ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// The readiness check of this name. It fails with the reason `starting` until it is set. A second call with the same
    /// name returns the same check.
    pub fn readiness(&self, name: &'static str) -> Check {
        let mut checks = lock(&self.checks);
        checks.readiness.entry(name).or_insert_with(|| Check::new(State::Failing(STARTING.into()))).clone()
    }

    /// The liveness check of this name. It is ok until it is set: a process that starts slowly must not be killed for it. A
    /// second call with the same name returns the same check.
    pub fn liveness(&self, name: &'static str) -> Check {
        let mut checks = lock(&self.checks);
        checks.liveness.entry(name).or_insert_with(|| Check::new(State::Ok)).clone()
    }

    /// Whether the process should be given work.
    pub fn readiness_report(&self) -> Report {
        Report::of(&lock(&self.checks).readiness)
    }

    /// Whether the process should be left running.
    pub fn liveness_report(&self) -> Report {
        Report::of(&lock(&self.checks).liveness)
    }
}

impl Check {
    fn new(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// All is well.
    pub fn set_ok(&self) {
        *lock(&self.state) = State::Ok;
    }

    /// It works, but not as it should; the reason is shown to operators, and the check does not fail.
    pub fn set_degraded(&self, reason: impl Into<Cow<'static, str>>) {
        *lock(&self.state) = State::Degraded(reason.into());
    }

    /// Something is wrong; the reason is shown to operators.
    pub fn set_failing(&self, reason: impl Into<Cow<'static, str>>) {
        *lock(&self.state) = State::Failing(reason.into());
    }
}

impl Report {
    fn of(checks: &BTreeMap<&'static str, Check>) -> Self {
        let mut status = OK;
        let checks = checks
            .iter()
            .map(|(name, check)| {
                let text = match lock(&check.state).clone() {
                    State::Ok => OK.into(),
                    State::Degraded(reason) => {
                        if status == OK {
                            status = DEGRADED;
                        }
                        reason
                    }
                    State::Failing(reason) => {
                        status = FAILING;
                        reason
                    }
                };
                (*name, text)
            })
            .collect();
        Self { status, checks }
    }

    /// Whether no check fails. A degraded one does not.
    pub fn is_ok(&self) -> bool {
        self.status != FAILING
    }
}

/// A panic elsewhere leaves these values whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Health;

    #[test]
    fn is_not_ready_until_every_check_is_set() {
        let health = Health::new();
        let (broker, store) = (health.readiness("broker"), health.readiness("store"));
        broker.set_ok();
        assert!(!health.readiness_report().is_ok());
        store.set_ok();
        assert!(health.readiness_report().is_ok());
    }

    #[test]
    fn is_alive_until_a_check_fails() {
        let health = Health::new();
        let consumer = health.liveness("consumer");
        assert!(health.liveness_report().is_ok());
        consumer.set_failing("stalled");
        assert!(!health.liveness_report().is_ok());
        assert!(health.readiness_report().is_ok());
    }

    #[test]
    fn shows_every_check_with_its_reason() {
        let health = Health::new();
        health.readiness("broker").set_failing(format!("blocked for {} s", 7));
        health.readiness("store").set_ok();
        let report = serde_json::to_string(&health.readiness_report()).unwrap();
        assert_eq!(report, r#"{"status":"failing","checks":{"broker":"blocked for 7 s","store":"ok"}}"#);
    }

    #[test]
    fn a_degraded_check_is_shown_and_does_not_fail() {
        let health = Health::new();
        health.readiness("registry").set_degraded("stale");
        let shown = |health: &Health| serde_json::to_string(&health.readiness_report()).unwrap();
        assert!(health.readiness_report().is_ok());
        assert_eq!(shown(&health), r#"{"status":"degraded","checks":{"registry":"stale"}}"#);
        health.readiness("broker").set_failing("away");
        assert!(!health.readiness_report().is_ok());
        assert!(shown(&health).starts_with(r#"{"status":"failing""#));
    }

    #[test]
    fn handles_of_one_name_are_one_check() {
        let health = Health::new();
        let (first, second) = (health.readiness("broker"), health.readiness("broker"));
        first.set_failing("closed");
        second.set_ok();
        assert!(health.readiness_report().is_ok());
    }
}
