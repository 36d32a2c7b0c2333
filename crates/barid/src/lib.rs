//! The program `barid`: command line, configuration and life-cycle. What is done is in the crates it wires together.
//!
//! - `cli`: what can be typed. `commands`: one module per command. `exit`: what the exit code says.
//! - `config`: one checked value made of defaults, file, environment and command line.
//! - `serve`: the steps from configuration to running roles. `lifecycle`: signals, and how everything ends. `readiness`:
//!   what `/readyz` says of the broker. `topology`: the broker's at start.
//! - `registry`: the store as this process has it, and who else is there. `reload`: a file of subscriptions instead, and
//!   SIGHUP. `source`: one of the two.
//! - `api`: the way of commands to the API, over HTTP or in this process. `manifest`: files of what is to be registered.
//!   `apply`: making the registry what they say. `doctor`: what is wrong, and what to do.
//! - `subscriptions`: a file of them, judged as a whole. `errand`: a short visit to the broker for one command. `private`:
//!   files that only their owner may read.
//! - `bench`: how fast the road is, and what it costs. `demo`: the road, to look at.
//! - `output`: tables for people, JSON for scripts.

mod api;
mod apply;
mod bench;
mod cli;
mod clock;
mod commands;
mod config;
mod demo;
mod doctor;
mod errand;
mod exit;
mod lifecycle;
mod manifest;
mod output;
mod private;
mod readiness;
mod registry;
mod reload;
mod roles;
mod serve;
mod source;
mod subscriptions;
mod topology;

pub use cli::Cli;

use std::process::ExitCode;

use exit::Exit;

/// Does what the command line says. Problems go to the error stream.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers()).enable_all().build();
    let runtime = match runtime {
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

/// Threads that run our tasks: all processors but one. Each connection to the broker has a thread of its own beside them,
/// and handing work from thread to thread costs more than it brings where there are only two processors (measured: a
/// fifth of all CPU time at fan-out 1).
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().saturating_sub(1).max(1))
}
