//! The key `delivery` of a document: read into a policy, and written from one.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::write::duration;
use crate::{
    cursor::{Cursor, Fields, Keys, all},
    policy::{BodyRule, MAX_STATUSES, Otherwise, Policy, Rule, Status, Success},
    problem::{Problem, Problems},
    schedule::{MAX_DELAYS, Schedule},
};

const DELIVERY: Keys = Keys { known: &["max_in_flight", "success", "retry"], unsupported: &["rate_limit", "ordered"] };
const SUCCESS: Keys = Keys { known: &["statuses", "body", "otherwise"], unsupported: &[] };
const BODY: Keys = Keys { known: &["contains", "lacks", "pointer", "equals"], unsupported: &[] };
const RETRY: Keys = Keys { known: &["schedule", "permanent", "horizon"], unsupported: &[] };

/// The policy. A setting that is refused is left at its default, since the document is refused with it.
pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Policy {
    let mut policy = Policy::default();
    let Some(fields) = at.fields(&DELIVERY, problems) else {
        return policy;
    };
    if let Some(at) = fields.get("max_in_flight") {
        let set = |number| at.check(policy.set_max_in_flight(number));
        problems.keep(at.number().and_then(set));
    }
    if let Some(success) = fields.get("success").and_then(|at| success(at, problems)) {
        policy.set_success(success);
    }
    if let Some(at) = fields.get("retry") {
        retry(at, &mut policy, problems);
    }
    if let Some(status) = policy.contradiction() {
        // One of the two may be a default, and is pointed at all the same: it is where to say otherwise.
        let message = |other| format!("holds {status}, which {other} holds too: say what it means, in one of the two");
        problems.add(at.problem_at("/success/statuses", message("delivery.retry.permanent (410 if not given)")));
        problems.add(at.problem_at("/retry/permanent", message("delivery.success.statuses (2xx if not given)")));
    }
    policy
}

fn success(at: &Cursor<'_>, problems: &mut Problems) -> Option<Success> {
    let fields = at.fields(&SUCCESS, problems)?;
    let mut success = Success::default();
    if let Some(at) = fields.get("statuses")
        && let Some(statuses) = all(at, MAX_STATUSES, status, problems)
    {
        problems.keep(at.check(success.set_statuses(statuses)));
    }
    let otherwise = fields.optional("otherwise", problems, |at| match at.text()? {
        "retry" => Ok(Otherwise::Retry),
        "permanent" => Ok(Otherwise::Permanent),
        _ => Err(at.problem("is neither retry nor permanent: use one of them")),
    });
    match (fields.get("body"), fields.get("otherwise")) {
        (Some(at), _) => {
            if let Some(rule) = at.fields(&BODY, problems).and_then(|fields| body(at, &fields, problems)) {
                success.set_body(rule, otherwise.unwrap_or_default());
            }
        }
        (None, Some(at)) => problems.add(at.problem("is there without body, whose failure it is about: remove it")),
        (None, None) => {}
    }
    Some(success)
}

fn status(at: &Cursor<'_>) -> Result<Status, Problem> {
    if at.is_text() { at.parse() } else { at.number().and_then(|number| at.check(number.try_into())) }
}

fn body(at: &Cursor<'_>, fields: &Fields<'_>, problems: &mut Problems) -> Option<BodyRule> {
    let key = |key| fields.get(key);
    match (key("contains"), key("lacks"), key("pointer"), key("equals")) {
        (Some(at), None, None, None) => problems.keep(at.text().and_then(|text| at.check(BodyRule::contains(text)))),
        (None, Some(at), None, None) => problems.keep(at.text().and_then(|text| at.check(BodyRule::lacks(text)))),
        (None, None, Some(pointer), Some(equals)) => {
            let (text, value) = (problems.keep(pointer.text())?, problems.keep(equals.json())?);
            // What is wrong with the value is told where the value is.
            let wrong = |error: crate::policy::InvalidBodyRule| {
                let at = if error.is_about_value() { equals } else { pointer };
                at.problem(error.to_string())
            };
            problems.keep(BodyRule::equals(text, value).map_err(wrong))
        }
        _ => {
            problems.add(at.problem("is no rule: give one of contains, lacks, or pointer with equals"));
            None
        }
    }
}

fn retry(at: &Cursor<'_>, policy: &mut Policy, problems: &mut Problems) {
    let Some(fields) = at.fields(&RETRY, problems) else {
        return;
    };
    if let Some(at) = fields.get("schedule")
        && let Some(delays) = all(at, MAX_DELAYS, Cursor::duration, problems)
        && let Some(schedule) = problems.keep(at.check(Schedule::new(delays)))
    {
        policy.set_schedule(schedule);
    }
    if let Some(at) = fields.get("permanent")
        && let Some(statuses) = all(at, MAX_STATUSES, Cursor::number, problems)
    {
        problems.keep(at.check(policy.set_permanent(statuses)));
    }
    if let Some(at) = fields.get("horizon") {
        let set = |horizon| at.check(policy.set_horizon(horizon));
        problems.keep(at.duration().and_then(set));
    }
}

/// Every setting with a default; a body rule and a horizon only where there is one.
pub(super) fn write(policy: &Policy) -> Value {
    let statuses: Vec<_> = policy.success().statuses().iter().copied().map(status_text).collect();
    let mut success = json!({"statuses": statuses});
    if let Some((BodyRule(rule), otherwise)) = policy.success().body() {
        success["body"] = match rule {
            Rule::Contains(text) => json!({"contains": text}),
            Rule::Lacks(text) => json!({"lacks": text}),
            Rule::Equals { pointer, value } => json!({"pointer": pointer, "equals": value}),
        };
        let otherwise = match otherwise {
            Otherwise::Retry => "retry",
            Otherwise::Permanent => "permanent",
        };
        success["otherwise"] = otherwise.into();
    }
    let schedule: Vec<_> = policy.schedule().delays().iter().copied().map(duration).collect();
    let mut retry = json!({"schedule": schedule, "permanent": policy.permanent()});
    if let Some(horizon) = policy.horizon() {
        retry["horizon"] = duration(horizon).into();
    }
    json!({"max_in_flight": policy.max_in_flight(), "success": success, "retry": retry})
}

fn status_text(status: Status) -> Value {
    match status {
        Status::One(status) => status.into(),
        Status::Class(_) => status.to_string().into(),
    }
}

/// A body has one rule: a patch that sets another kind replaces it, and one that removes it removes what it meant.
pub(super) fn choose_spelling(document: &mut Map<String, Value>, patch: &Map<String, Value>) {
    let Some(patch) = patch.get("delivery").and_then(|delivery| delivery.get("success")?.get("body")) else {
        return;
    };
    let Some(Value::Object(success)) = document.get_mut("delivery").and_then(|delivery| delivery.get_mut("success"))
    else {
        return;
    };
    let sets = |key: &str| patch.get(key).is_some_and(|value| !value.is_null());
    if patch.is_null() {
        success.remove("otherwise");
    } else if let Some(Value::Object(body)) = success.get_mut("body")
        && ["contains", "lacks", "pointer"].into_iter().any(|kind| sets(kind) && !body.contains_key(kind))
    {
        body.clear();
    }
}
