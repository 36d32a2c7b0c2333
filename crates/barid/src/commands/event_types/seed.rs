//! `barid event-types seed`: the shipped catalogue, put into the registry without overwriting what somebody changed there.

use anyhow::Context as _;
use barid_registry::{catalogue, event_type};
use serde_json::{Value, json};

use super::COLLECTION;
use crate::api::{Api, Method, Path};
use crate::apply::difference;
use crate::cli::Output;
use crate::exit::Exit;
use crate::output;

/// What to do about a type of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is not there.
    Create,
    /// It is there as shipped.
    Leave,
    /// It is there, and different, and may be replaced.
    Replace,
    /// It is there, and different, and stays.
    Keep,
}

/// Seeds; the exit code says whether everything is as shipped.
pub(super) async fn run(api: &Api, validation: Option<&str>, force: bool, output: Output) -> anyhow::Result<Exit> {
    let shipped = catalogue::event_types();
    let bar = output::progress(u64::try_from(shipped.len()).ok(), "event types");
    let mut done = Vec::with_capacity(shipped.len());
    for settings in &shipped {
        let mut document = event_type::write(settings);
        if let Some(validation) = validation {
            document["validation"] = validation.into();
        }
        let path = Path::v1(COLLECTION).join(settings.event_type.as_str());
        let there = api.find(&path).await?.map(|answer| answer.body);
        let verdict = verdict(there.as_ref(), &document, validation.is_some(), force);
        if matches!(verdict, Verdict::Create | Verdict::Replace) {
            let put = api.call(Method::Put, &path, Some(&document)).await;
            put.with_context(|| format!("event type {}", settings.event_type))?;
        }
        done.push((settings.event_type.to_string(), verdict));
        bar.inc(1);
    }
    bar.finish_and_clear();
    print(&done, output)?;
    Ok(Exit::Done)
}

/// A validation that nobody asked for is not a reason to replace: operators turn it on type by type.
fn verdict(there: Option<&Value>, shipped: &Value, validation_is_asked: bool, force: bool) -> Verdict {
    let Some(there) = there else { return Verdict::Create };
    let mut changes = difference::between(there, shipped);
    let only_validation = changes.iter().all(|change| change.field == "validation");
    if !validation_is_asked {
        changes.retain(|change| change.field != "validation");
    }
    match changes.is_empty() {
        true => Verdict::Leave,
        false if force || only_validation => Verdict::Replace,
        false => Verdict::Keep,
    }
}

fn print(done: &[(String, Verdict)], output: Output) -> anyhow::Result<()> {
    let of = |wanted| {
        done.iter().filter(|(_, verdict)| *verdict == wanted).map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    let (created, changed, kept) = (of(Verdict::Create), of(Verdict::Replace), of(Verdict::Keep));
    let unchanged = of(Verdict::Leave).len();
    if output != Output::Table {
        return output::data(
            output,
            &json!({ "created": created, "changed": changed, "kept": kept, "unchanged": unchanged }),
        );
    }
    let (created, changed) = (created.len(), changed.len());
    output::line(&format!("{created} created, {changed} changed, {unchanged} unchanged, {} kept", kept.len()))?;
    if !kept.is_empty() {
        output::line(&format!("kept as somebody changed them (--force replaces them): {}", kept.join(", ")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_changed_stays_unless_forced() {
        let shipped = json!({"type": "deal.won", "description": "a", "validation": "off"});
        let changed = json!({"type": "deal.won", "description": "b", "validation": "off", "revision": 7});
        assert_eq!(verdict(None, &shipped, false, false), Verdict::Create);
        assert_eq!(verdict(Some(&shipped), &shipped, false, true), Verdict::Leave);
        assert_eq!(verdict(Some(&changed), &shipped, false, false), Verdict::Keep);
        assert_eq!(verdict(Some(&changed), &shipped, false, true), Verdict::Replace);
    }

    #[test]
    fn the_validation_changes_only_where_it_was_asked_for() {
        let shipped = json!({"type": "deal.won", "validation": "off"});
        let enforced = json!({"type": "deal.won", "validation": "enforce"});
        assert_eq!(verdict(Some(&enforced), &shipped, false, true), Verdict::Leave);
        assert_eq!(verdict(Some(&enforced), &shipped, true, false), Verdict::Replace);
    }
}
