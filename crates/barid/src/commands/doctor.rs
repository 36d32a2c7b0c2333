//! `barid doctor`: what is wrong here, and what to do about it.

use clap::Args;

use crate::api;
use crate::cli::Output;
use crate::config::Settings;
use crate::doctor::{self, Finding, Status};
use crate::exit::Exit;
use crate::output;

/// Check configuration, broker, store, keys, files and clock, and say what to do (exit code 1 if anything fails).
#[derive(Clone, Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    api: api::Options,
}

/// Prints a line for each check.
pub(crate) async fn run(arguments: &Arguments, settings: &Settings, output: Output) -> anyhow::Result<Exit> {
    let findings = doctor::examine(settings, &arguments.api).await?;
    let failed = findings.iter().filter(|finding| finding.status == Status::Failed).count();
    if output == Output::Table {
        for finding in &findings {
            output::line(&output::printable(&line(finding)))?;
        }
        let warnings = findings.iter().filter(|finding| finding.status == Status::Warning).count();
        let summary = match (failed, warnings) {
            (0, 0) => "all is well".to_owned(),
            (0, _) => output::count(warnings, "warning"),
            _ => format!("{failed} failed, {}", output::count(warnings, "warning")),
        };
        output::line(&format!("\n{summary}"))?;
    } else {
        output::data(output, &findings)?;
    }
    Ok(Exit::done_if(failed == 0))
}

fn line(finding: &Finding) -> String {
    let Finding { check, status, text, advice } = finding;
    let advice = advice.as_ref().map(|advice| format!(": {advice}")).unwrap_or_default();
    format!("{:<9}{check:<15}{text}{advice}", status.as_str())
}
