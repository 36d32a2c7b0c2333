//! `replay` and `discard`: doing something about those that are chosen.

use std::collections::BTreeSet;

use barid_broker::morgue::{Decision, Morgue};
use serde_json::json;

use super::selection::Selection;
use crate::cli::Output;
use crate::exit::Exit;
use crate::{clock, output};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Try again.
    Replay,
    /// Forget.
    Discard,
}

impl Act {
    fn decision(self) -> Decision {
        match self {
            Self::Replay => Decision::Replay,
            Self::Discard => Decision::Discard,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Discard => "discarded",
        }
    }
}

/// Does it, or with `dry_run` only counts. Ids that are not there and letters that cannot be
/// replayed make the command fail, after the others are done.
pub(super) async fn run(
    morgue: &Morgue,
    act: Act,
    selection: &Selection,
    dry_run: bool,
    output: Output,
) -> anyhow::Result<Exit> {
    let total = morgue.count().await?;
    let bar = output::progress(u64::try_from(total).ok(), "dead letters");
    let (mut chosen, mut refused) = (0, 0);
    let mut missing: BTreeSet<&str> = selection.ids.iter().map(String::as_str).collect();
    let summary = morgue
        .visit(total, clock::now(), |letter| {
            bar.inc(1);
            if !selection.wants(letter) {
                return Decision::Keep;
            }
            missing.remove(letter.id.as_str());
            if act == Act::Replay && !letter.can_be_replayed() {
                refused += 1;
                return Decision::Keep;
            }
            chosen += 1;
            if dry_run { Decision::Keep } else { act.decision() }
        })
        .await?;
    // Asking anything waits for the broker, so it has taken in every acknowledgement before we leave.
    morgue.count().await?;
    let kept = summary.seen - summary.replayed - summary.discarded;
    bar.finish_and_clear();
    for id in &missing {
        eprintln!("no dead letter {id}");
    }
    if refused > 0 {
        let letters = output::count(refused, "dead letter");
        eprintln!("{letters} cannot be replayed (unmapped): mend the mapping and have the provider send it again");
    }
    match output {
        Output::Json | Output::Yaml => output::data(
            output,
            &json!({
                act.done(): chosen, "dry_run": dry_run, "looked_at": summary.seen, "missing": missing, "kept": kept,
                "refused": refused,
            }),
        )?,
        Output::Table => {
            let would = if dry_run { "would be " } else { "" };
            let letters = output::count(chosen, "dead letter");
            output::line(&format!("{letters} {would}{}; {kept} kept", act.done()))?;
        }
    }
    Ok(Exit::done_if(missing.is_empty() && refused == 0))
}
