//! `list` and `show`: looking, which leaves everything in its place.

use anyhow::bail;
use barid_broker::dead_letter::DeadLetter;
use barid_broker::morgue::{Decision, Morgue};
use serde_json::{Value, json};

use super::selection::Filter;
use super::view;
use crate::cli::Output;
use crate::exit::Exit;
use crate::{clock, output};

/// The most dead letters one command looks at in search of those it wants: each is taken from the queue and given back.
const MAX_LOOKED_AT: usize = 100_000;

/// Prints those that the filter wants.
pub(super) async fn list(morgue: &Morgue, limit: usize, filter: &Filter, output: Output) -> anyhow::Result<Exit> {
    let total = morgue.count().await?;
    let looks = if filter.is_empty() { limit } else { MAX_LOOKED_AT };
    let mut found = Vec::new();
    let looked = find(morgue, looks, |letter| {
        if found.len() < limit && filter.wants(letter) {
            // Only what is printed is kept: payloads may be large.
            found.push((view::row(letter), view::summary(letter)));
        }
    })
    .await?;
    let (rows, summaries): (Vec<_>, Vec<Value>) = found.into_iter().unzip();
    if output != Output::Table {
        output::data(output, &json!({ "data": summaries, "looked_at": looked, "total": total }))?;
        return Ok(Exit::Done);
    }
    let listed = rows.len();
    if listed > 0 {
        output::table(["DIED AT", "REASON", "TENANT", "TYPE", "SUBSCRIPTION", "ATTEMPTS", "ID"], rows)?;
        output::line("")?;
    }
    let total = output::count(total, "dead letter");
    output::line(&if filter.is_empty() {
        format!("{listed} of {total}")
    } else {
        format!("{listed} found, {looked} looked at, of {total}")
    })?;
    Ok(Exit::Done)
}

/// Prints one, whole.
pub(super) async fn show(morgue: &Morgue, id: &str, output: Output) -> anyhow::Result<Exit> {
    let mut found = None;
    let looked = find(morgue, MAX_LOOKED_AT, |letter| {
        if letter.id == id {
            found = Some(letter.clone());
        }
    })
    .await?;
    let Some(letter) = found else {
        bail!("no dead letter {id} among the oldest {looked}");
    };
    match output {
        Output::Json | Output::Yaml => output::data(output, &view::whole(&letter))?,
        Output::Table => output::line(&view::lines(&letter))?,
    }
    Ok(Exit::Done)
}

/// Shows at most `looks` dead letters to `see`, and says how many it were.
async fn find(morgue: &Morgue, looks: usize, mut see: impl FnMut(&DeadLetter)) -> anyhow::Result<usize> {
    let bar = output::progress(None, "looked at");
    let summary = morgue
        .visit(looks, clock::now(), |letter| {
            bar.inc(1);
            see(letter);
            Decision::Keep
        })
        .await?;
    bar.finish_and_clear();
    Ok(summary.seen)
}
