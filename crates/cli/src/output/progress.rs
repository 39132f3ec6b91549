use std::io::{self, Write as _};

use anstyle::AnsiColor;

use crate::config::Config;

/// Tells on stderr what is going on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    colours: bool,
}

impl Progress {
    /// Lines, with colours on terminals only, and not with NO_COLOR.
    pub(crate) fn new(config: &Config) -> Self {
        Self { colours: config.stderr_is_terminal && !config.no_color }
    }

    /// Tells what is done now.
    pub(crate) fn step(self, text: &str) {
        self.line("..", AnsiColor::Cyan, text);
    }

    /// Tells what people should know although it is no error.
    pub(crate) fn warn(self, text: &str) {
        self.line("warning:", AnsiColor::Yellow, text);
    }

    fn line(self, label: &str, colour: AnsiColor, text: &str) {
        let style = colour.on_default();
        let line = if self.colours {
            format!("{style}{label}{style:#} {text}\n")
        } else {
            format!("{label} {text}\n")
        };
        // Nobody reads it any more when stderr is closed; the work goes on.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }
}

impl greentic_operations::Progress for Progress {
    fn step(&self, step: &greentic_operations::Step) {
        Self::step(*self, &step.to_string());
    }
}
