//! Puts files back that do not show what is recorded.

use greentic_deploy_spec::EnvId;

use crate::local::LocalFsStore;
use crate::local::edits::{self, Odd, Verdict};
use crate::local::folder::Folder;
use crate::local::writer::{Compared, Work};
use crate::{StoreError, Warning};

/// What [`LocalFsStore::repair`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Files that did not show what is recorded and do now, relative to the environment's folder.
    pub written: Vec<String>,
    /// What was kept aside, and what is not done yet.
    pub warnings: Vec<Warning>,
}

impl LocalFsStore {
    /// Writes every file as it is recorded. What somebody changed by hand and cannot be taken over
    /// is kept under `recovered/`; edits that can be taken over stay.
    ///
    /// # Errors
    /// [`StoreError::Lock`]; or why it cannot be done.
    pub fn repair(&self, env_id: &EnvId) -> Result<RepairReport, StoreError> {
        self.upkeep(env_id, |mut work| {
            let mut report = RepairReport::default();
            work.put_back(&mut report)?;
            work.catch_up(&mut report.warnings)?;
            Ok(report)
        })
    }
}

/// Whether an edit is one that the next change takes over.
fn can_be_taken_over(folder: &Folder, odd: &Odd) -> Result<bool, StoreError> {
    match edits::adoption(folder, std::slice::from_ref(odd)) {
        // What cannot be read at the moment may be fine.
        Err(StoreError::Io { source, operation, path })
            if source.kind() != std::io::ErrorKind::FileTooLarge =>
        {
            Err(StoreError::Io { operation, path, source })
        }
        judged => Ok(judged.is_ok()),
    }
}

/// The files that a repair writes.
pub(in crate::local) fn unusable(folder: &Folder, odd: Vec<Odd>) -> Result<Vec<Odd>, StoreError> {
    let mut all = Vec::new();
    for odd in odd {
        if odd.verdict != Verdict::Edited || !can_be_taken_over(folder, &odd)? {
            all.push(odd);
        }
    }
    Ok(all)
}

impl Work<'_> {
    /// Puts recorded files back where what is there cannot be taken over.
    fn put_back(&mut self, report: &mut RepairReport) -> Result<(), StoreError> {
        let Some(Compared { head, odd }) = self.compare()? else { return Ok(()) };
        let foreign = unusable(self.folder, odd)?.into_iter().map(|odd| {
            let verdict = match odd.verdict {
                Verdict::Edited | Verdict::Trust => Verdict::Foreign,
                verdict => verdict,
            };
            Odd { verdict, ..odd }
        });
        let foreign: Vec<Odd> = foreign.collect();
        let contents = edits::restore(&foreign, head.state())?;
        let lagging = report.warnings.len();
        self.project(&contents, &foreign, &head, head.state(), &mut report.warnings);
        let failed: Vec<&String> = report.warnings[lagging..]
            .iter()
            .filter_map(|warning| match warning {
                Warning::ProjectionLagging { file, .. } => Some(file),
                _ => None,
            })
            .collect();
        let written = contents.keys().filter(|file| !failed.contains(file)).cloned();
        report.written = written.collect();
        Ok(())
    }
}
