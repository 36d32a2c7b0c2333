//! The program `barid`: command line, configuration and life-cycle. What is done is in the crates it wires together.
//!
//! - `cli`: what can be typed. `commands`: one module per command. `exit`: what the exit code says.
//! - `config`: one checked value made of defaults, file, environment and command line.
//! - `serve`: the steps from configuration to running roles. `lifecycle`: signals, and how everything ends. `reload`:
//!   SIGHUP. `readiness`: what `/readyz` says of the broker. `topology`: the broker's at start.
//! - `subscriptions`: a file of them, judged as a whole. `errand`: a short visit to the broker for one command.
//! - `bench`: how fast the road is, and what it costs. `demo`: the road, to look at.
//! - `output`: tables for people, JSON for scripts.

mod bench;
mod cli;
mod clock;
mod commands;
mod config;
mod demo;
mod errand;
mod exit;
mod lifecycle;
mod output;
mod readiness;
mod reload;
mod roles;
mod serve;
mod subscriptions;
mod topology;

pub use cli::Cli;

use std::process::ExitCode;

use exit::Exit;

/// Does what the command line says. Problems go to the error stream.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(commands::run(cli)).unwrap_or_else(|error| {
        eprintln!("error: {}", exit::explain(&error));
        Exit::of(&error)
    });
    // Nothing to wait for: whatever was held is settled, or is to be dropped. A thread may read a terminal for ever.
    runtime.shutdown_background();
    exit.into()
}
