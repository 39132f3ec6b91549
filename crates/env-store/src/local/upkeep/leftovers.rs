//! Files that nobody needs any more.

use chrono::{DateTime, Utc};

use super::compact::{CompactReport, HistoryRetention};
use crate::StoreError;
use crate::files::FileKind;
use crate::local::folder::Folder;
use crate::local::journal::Access;
use crate::local::observe::Observations;
use crate::local::writer::Work;
use crate::local::{layout, policies, snapshots};

/// Folders in which files are written, relative to the environment's.
fn written_folders(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = vec![String::new(), layout::MESSAGING.to_owned(), layout::AUDIT.to_owned()];
    let answers = greentic_deploy_spec::CapabilitySlot::ALL.iter();
    all.extend(answers.map(|slot| format!("{}/{}", layout::ENV_PACKS, slot.as_str())));
    all.extend(policy_folders(folder)?);
    Ok(all)
}

fn policy_folders(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for bundle in folder.names(layout::POLICIES)? {
        let bundle = format!("{}/{bundle}", layout::POLICIES);
        let customers = folder.names(&bundle)?;
        all.extend(customers.iter().map(|customer| format!("{bundle}/{customer}")));
    }
    Ok(all)
}

/// The files of revenue policies, relative to the environment's folder.
pub(in crate::local) fn policy_files(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for customer in policy_folders(folder)? {
        let names = folder.names(&customer)?;
        all.extend(names.iter().map(|name| format!("{customer}/{name}")));
    }
    Ok(all)
}

pub(super) fn remove_leftovers(
    work: &Work<'_>,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
    report: &mut CompactReport,
) -> Result<(), StoreError> {
    let folder = work.folder;
    let mut leftovers = unfinished(folder)?;
    leftovers.extend(old_recovered(folder, policy, now)?);
    leftovers.extend(uncommitted_policies(work)?);
    for file in leftovers {
        snapshots::remove_tree(folder, &file, &mut report.removed_files)?;
    }
    snapshots::remove_interrupted(folder, &mut report.removed_files)
}

/// Files of policies that no commit refers to.
fn uncommitted_policies(work: &Work<'_>) -> Result<Vec<String>, StoreError> {
    let (folder, mirror) = (work.folder, &work.writer.mirror);
    let (Some(journal), Some(head)) = (mirror.journal(), &mirror.head) else {
        return Ok(Vec::new());
    };
    let seen = Observations::default().look(folder, layout::ENVIRONMENT)?;
    if seen.digest() != head.files.get(layout::ENVIRONMENT).map(String::as_str) {
        // Somebody edited the environment, and may have signed what it refers to.
        return Ok(Vec::new());
    }
    let transaction = journal.transaction(Access::Read)?;
    let mut all = Vec::new();
    for file in policy_files(folder)? {
        let is_file = folder.stat(&file)?.is_some_and(|stat| stat.kind == FileKind::File);
        if is_file && !policies::is_superseded(&file) && !transaction.knows_policy(&file)? {
            all.push(file);
        }
    }
    Ok(all)
}

fn unfinished(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for place in written_folders(folder)? {
        let names = folder.all_names(&place)?.into_iter();
        let names = names.filter(|name| name.ends_with(layout::UNFINISHED));
        all.extend(names.map(
            |name| {
                if place.is_empty() { name } else { format!("{place}/{name}") }
            },
        ));
    }
    Ok(all)
}

fn old_recovered(
    folder: &Folder,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    // A time before all times keeps everything.
    let Some(oldest) = now.checked_sub_signed(policy.recovered_age) else { return Ok(Vec::new()) };
    let oldest = oldest.timestamp_millis();
    let names = folder.names(layout::RECOVERED)?.into_iter();
    let old = names.filter(|name| {
        let made = name.get(..26).and_then(|id| ulid::Ulid::from_string(id).ok());
        made.is_some_and(|id| i64::try_from(id.timestamp_ms()).is_ok_and(|made| made < oldest))
    });
    Ok(old.map(|name| format!("{}/{name}", layout::RECOVERED)).collect())
}
