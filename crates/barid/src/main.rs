//! The program `barid`: everything is in the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = barid::Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    barid::run(cli)
}
