//! Keeps an environment's folder safe, small and sound.

mod compact;
mod leftovers;
mod repair;
mod replay;
mod settle;
mod trust;

use greentic_deploy_spec::EnvId;

use super::LocalFsStore;
use super::writer::Work;
use crate::StoreError;

pub use compact::{CompactReport, HistoryRetention};
pub(super) use leftovers::policy_files;
pub use repair::RepairReport;
pub(super) use repair::unusable;
pub(super) use replay::Replay;
pub(super) use settle::settle;

impl LocalFsStore {
    /// Does something to an environment's folder while holding its lock.
    fn upkeep<T>(
        &self,
        env_id: &EnvId,
        work: impl FnOnce(Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let environment = self.environment(env_id)?;
        environment.check_not_in_transaction()?;
        if !environment.folder.is_there()? {
            return Err(StoreError::NotFound { env_id: env_id.clone() });
        }
        let _entered = environment.enter()?;
        environment.work(work, |_, _| {})
    }
}
