use std::fmt::Debug;

use greentic_deploy_spec::Environment;
use serde_json::Value;

/// Renders an environment as the objects that a provider would be given.
///
/// Pure: the same environment and answers give the same bytes, and nothing is asked of a provider.
pub trait ManifestRenderer: Debug + Send + Sync {
    /// All objects of the environment, in the order in which they are to be applied: those of the
    /// environment itself and those of its revisions. Each has `apiVersion`, `kind` and
    /// `metadata.name`.
    ///
    /// # Errors
    /// [`RenderError::InvalidAnswers`].
    fn render_environment(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<Vec<Value>, RenderError>;
}

/// An environment cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The env-pack does not take these answers.
    #[error("invalid answers: {0}")]
    InvalidAnswers(String),
}

impl RenderError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAnswers(_) => "invalid-answers",
        }
    }
}
