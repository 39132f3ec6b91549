//! Fakes as a subject of the bench.

use async_trait::async_trait;
use greentic_deployer::conformance::{Provider, Subject, SubjectError};

use super::fake::Fake;
use super::lies::Lie;

/// Fresh fakes that are all like one.
pub(super) struct Fakes(fn() -> Fake, Option<Lie>);

impl Fakes {
    pub(super) fn honest() -> Self {
        Self(Fake::honest, None)
    }

    pub(super) fn plain() -> Self {
        Self(Fake::plain, None)
    }

    pub(super) fn lying(lie: Lie) -> Self {
        Self::honest().telling(lie)
    }

    pub(super) fn telling(self, lie: Lie) -> Self {
        Self(self.0, Some(lie))
    }
}

#[async_trait]
impl Subject for Fakes {
    fn name(&self) -> String {
        "fake".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        let Self(fake, lie) = self;
        Ok(Box::new(fake().telling(*lie)))
    }
}
