//! What the demo shows: live bars on a terminal, lines elsewhere, and the sums at the end.

use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use barid_broker::dead_letter::{Content, DeadLetter};
use comfy_table::{Table, presets};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::receiver::{Manner, Receiver};
use crate::output;

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// The live picture.
pub(super) struct Show {
    /// Keeps the bars together on the screen.
    bars: Option<(MultiProgress, Vec<ProgressBar>)>,
    last_line: Mutex<Instant>,
}

impl Show {
    pub(super) fn begin(receivers: &[(Receiver, usize)], terminal: bool) -> Self {
        let bars = terminal.then(|| {
            let all = MultiProgress::new();
            let style = ProgressStyle::with_template("{prefix:12} {bar:36.green/dim} {pos:>4}/{len:<4} {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = |(receiver, _): &(Receiver, usize)| {
                all.add(ProgressBar::new(0).with_style(style.clone()).with_prefix(receiver.name))
            };
            let bars = receivers.iter().map(bar).collect();
            (all, bars)
        });
        eprintln!("publishing CRM events; three subscribers get what they asked for\n");
        for (receiver, _) in receivers {
            eprintln!(
                "  {:<10} wants {:<22} and {}",
                receiver.name,
                receiver.patterns.join(", "),
                manner(receiver.manner)
            );
        }
        eprintln!();
        Self { bars, last_line: Mutex::new(Instant::now()) }
    }

    pub(super) fn draw(&self, receivers: &[(Receiver, usize)], published: usize) {
        if let Some((_, bars)) = &self.bars {
            for (bar, (receiver, expected)) in bars.iter().zip(receivers) {
                let seen = receiver.seen();
                bar.set_length(*expected as u64);
                bar.set_position(seen.accepted.len() as u64);
                bar.set_message(format!("{} requests, {} refused", seen.requests, seen.refused));
            }
            return;
        }
        let Ok(mut last) = self.last_line.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let counts: Vec<String> = receivers
                .iter()
                .map(|(receiver, expected)| format!("{} {}/{expected}", receiver.name, receiver.seen().accepted.len()))
                .collect();
            eprintln!("{published} events published; delivered: {}", counts.join(", "));
        }
    }

    pub(super) fn end(&self) {
        for bar in self.bars.iter().flat_map(|(_, bars)| bars) {
            bar.finish();
        }
    }
}

fn manner(manner: Manner) -> &'static str {
    match manner {
        Manner::Healthy => "is healthy",
        Manner::FailsTwice => "fails twice, then works",
        Manner::AlwaysFails => "always answers 500",
    }
}

/// Prints what each subscriber got, and what died.
pub(super) fn summary(receivers: &[(Receiver, usize)], letters: &[(String, DeadLetter)]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "subscriber",
        "wanted",
        "delivered",
        "dead",
        "requests",
        "refused",
        "duplicates",
        "bad signatures",
    ]);
    for (receiver, expected) in receivers {
        let seen = receiver.seen();
        let name = receiver.name.replace(' ', "-");
        let dead = letters.iter().filter(|(subscriber, _)| *subscriber == name).count();
        table.add_row(
            [*expected, seen.accepted.len(), dead, seen.requests, seen.refused, seen.duplicates, seen.bad_signatures]
                .iter()
                .fold(vec![receiver.name.to_owned()], |mut row, number| {
                    row.push(number.to_string());
                    row
                }),
        );
    }
    output::line(&format!("\n{table}"))?;
    for (subscriber, letter) in letters {
        let DeadLetter { id, reason, detail, .. } = letter;
        output::line(&format!("\ndead letter {id} for {subscriber}: {reason} ({detail})"))?;
        if let Content::Delivery(work) = &letter.content {
            let envelope = &work.envelope;
            output::line(&format!("  {} from {}, event {}", envelope.event_type, envelope.source, envelope.id))?;
            output::line(&format!("  {}", String::from_utf8_lossy(&work.data)))?;
        }
    }
    Ok(())
}
