//! The program `barid`: everything is in the library of the same name.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    barid::run(barid::Cli::parse())
}
