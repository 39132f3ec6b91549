//! The one place that shows results, errors and progress.

mod progress;
mod render;
mod view;

pub(crate) use progress::Progress;
pub(crate) use render::Renderer;
pub(crate) use view::View;

use serde::Serialize;
use serde_json::Value;

use crate::error::CliError;

/// What a verb answers: a value for programs, and how people see it. A type that is one has both.
pub(crate) trait Report: Serialize {
    /// How people see it.
    fn view(&self) -> View;
}

/// What a verb answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) result: Value,
    pub(crate) view: View,
    /// What makes the program end with an error although there is something to show.
    pub(crate) failure: Option<CliError>,
    /// A verb that goes on for long has told its result when it was there.
    pub(crate) is_told: bool,
}

impl Answer {
    /// An answer with both of its forms.
    pub(crate) fn of(report: &impl Report) -> Result<Self, CliError> {
        let result = serde_json::to_value(report).map_err(CliError::unwritable)?;
        Ok(Self { result, view: report.view(), failure: None, is_told: false })
    }

    /// The answer of a verb that has told its result already.
    pub(crate) fn told() -> Self {
        Self { result: Value::Null, view: View::new(), failure: None, is_told: true }
    }

    /// The answer of something that was found to be wrong.
    pub(crate) fn failing(self, failure: Option<CliError>) -> Self {
        Self { failure, ..self }
    }
}

/// How a verb is called in envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) noun: &'static str,
    pub(crate) op: &'static str,
}
