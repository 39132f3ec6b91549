//! Writes the files that show what is recorded.

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{sha256_hex, with_causes};

use crate::local::edits::{Odd, Verdict};
use crate::local::head::Head;
use crate::local::layout;
use crate::local::observe::Seen;
use crate::local::projection::{self, Contents};
use crate::{StoreError, Warning};

use super::Work;

impl Work<'_> {
    /// Writes the files that differ from what they should show. Tells whether those are there that
    /// may be deleted: while one is not, the audit log stays behind, so that a file that was never
    /// written is not taken for one that was deleted.
    pub(in crate::local) fn project(
        &mut self,
        contents: &Contents,
        odd: &[Odd],
        before: &Head,
        after: &EnvState,
        warnings: &mut Vec<Warning>,
    ) -> bool {
        let mut shown = true;
        for (file, bytes) in projection::order(contents, before.state(), after) {
            let odd = odd.iter().find(|odd| odd.file == *file);
            let recorded = before.files.get(file).map(String::as_str);
            let judged = odd.map_or(recorded, |odd| odd.seen.digest());
            match self.project_one(file, bytes.as_deref(), odd, judged) {
                Ok(None) => {}
                Ok(Some(kept_as)) => {
                    warnings.push(Warning::Recovered { file: file.clone(), kept_as });
                }
                Err(detail) => {
                    shown &= !layout::may_be_deleted(file);
                    warnings.push(Warning::ProjectionLagging { file: file.clone(), detail });
                }
            }
        }
        shown
    }

    /// Writes one file. `judged` is the digest that it had when the change was judged.
    pub(super) fn project_one(
        &mut self,
        file: &str,
        bytes: Option<&[u8]>,
        odd: Option<&Odd>,
        judged: Option<&str>,
    ) -> Result<Option<String>, String> {
        let observations = &mut self.writer.mirror.observations;
        let told = |error: StoreError| with_causes(&error);
        let seen = observations.look(self.folder, file).map_err(told)?;
        let digest = bytes.map(sha256_hex);
        if !seen.is_unreadable() && seen.digest() == digest.as_deref() {
            return Ok(None);
        }
        let kept_as = if seen.digest().is_some_and(|digest| Some(digest) != judged) {
            // Somebody who does not take the lock wrote it since.
            self.folder.keep_too(file).map(Some).map_err(told)?
        } else {
            self.keep(file, bytes, odd, &seen).map_err(told)?
        };
        let done = match bytes {
            Some(bytes) => self.folder.replace(file, bytes),
            None => self.folder.remove(file),
        };
        done.map_err(|error| error.to_string())?;
        if bytes.is_some() && seen == Seen::Absent && layout::may_be_deleted(file) {
            self.folder.settle_all(file).map_err(told)?;
        }
        if let Some(digest) = &digest {
            self.writer.mirror.observations.wrote(self.folder, file, digest);
        }
        Ok(kept_as)
    }

    /// Keeps what somebody else wrote before it is written over.
    pub(super) fn keep(
        &self,
        file: &str,
        bytes: Option<&[u8]>,
        odd: Option<&Odd>,
        seen: &Seen,
    ) -> Result<Option<String>, StoreError> {
        if seen.is_unreadable() {
            return self.folder.move_aside(file).map(Some);
        }
        let Some(odd) = odd.filter(|_| *seen != Seen::Absent) else { return Ok(None) };
        match odd.verdict {
            // Perhaps it was no crash but somebody who put an older copy there.
            Verdict::Torn | Verdict::Lagging => {
                let odd = self.folder.read(file)?.unwrap_or_default();
                if odd.is_empty() {
                    return Ok(None);
                }
                self.folder.keep_aside(file, &odd).map(Some)
            }
            Verdict::Foreign if self.says_the_same(file, bytes)? => Ok(None),
            // An edit is in history when it was taken over; trust in a file is not.
            Verdict::Foreign | Verdict::Trust => self.folder.keep_too(file).map(Some),
            Verdict::Edited => Ok(None),
        }
    }

    /// Whether a file says the same in other words: then nothing of it is lost.
    pub(super) fn says_the_same(
        &self,
        file: &str,
        bytes: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let read = |bytes: &[u8]| greentic_deploy_spec::parse_json(bytes).ok();
        let there = self.folder.read(file)?.as_deref().and_then(read);
        Ok(there.is_some() && there == bytes.and_then(read))
    }
}
