//! `gtc`: the command line with the env-packs of this workspace.

use std::process::ExitCode;

fn main() -> ExitCode {
    greentic_cli::main()
}
