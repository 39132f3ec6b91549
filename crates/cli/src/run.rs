//! From arguments to an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::config::Config;
use crate::extension::{Extension, NoExtension};
use crate::session::Session;
use crate::verbs;

/// The program: arguments and environment of this process.
pub fn main() -> ExitCode {
    run(Config::from_process(), std::env::args_os(), NoExtension)
}

/// The tree of verbs, as documentation and completion are made from it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program with these arguments, the first of which is its name. Results go to stdout,
/// errors and progress to stderr. Ends with 0, with 1 when a verb failed, and with 2 when the
/// arguments cannot be understood.
///
/// A program with env-packs of its own gives them as `extension`; every verb works with them.
pub fn run(
    config: Config,
    arguments: impl IntoIterator<Item = OsString>,
    extension: impl Extension + 'static,
) -> ExitCode {
    let colours = if config.no_color { clap::ColorChoice::Never } else { clap::ColorChoice::Auto };
    let matches = command().color(colours).try_get_matches_from(arguments);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    let Cli { global, command } = cli;
    let session = Session::new(config, global, Box::new(extension));
    let call = verbs::call(command);
    let name = call.name();
    let renderer = session.renderer();
    let shown =
        session.start_logs(call.logs()).and_then(|()| call.run(&session)).and_then(|answer| {
            if !answer.is_told {
                renderer.show(name, &answer)?;
            }
            answer.failure.map_or(Ok(()), Err)
        });
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            renderer.fail(name, &error);
            error.exit_code()
        }
    }
}

/// Help and version are no errors; everything else that clap says is one of usage.
fn misunderstood(error: &clap::Error) -> ExitCode {
    // Nobody reads it any more when the output is closed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
