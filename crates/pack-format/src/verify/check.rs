use std::collections::BTreeMap;

use greentic_deploy_spec::TrustedKey;

use super::lock::{Lock, read_lock};
use super::report::{
    FileReport, LockCheck, SbomCheck, SbomStatus, SignatureStatus, VerificationReport, VerifyPolicy,
};
use super::sbom::{FoundSbom, SbomFile, read_sbom};
use super::signature::{self, SIGNATURE_NAME};
use crate::archive::Files;
use crate::digest::Digest;
use crate::error::PackError;
use crate::limits::Limits;

/// Checks the files of a pack. `components` has the file of each component that the manifest or its extensions name.
pub(crate) fn verify(
    files: &Files,
    components: &BTreeMap<String, String>,
    policy: VerifyPolicy,
    trust: &[TrustedKey],
    limits: &Limits,
) -> Result<VerificationReport, PackError> {
    if policy == VerifyPolicy::Off {
        return Ok(unchecked(files));
    }
    let found = read_sbom(files, limits);
    let sbom = sbom_status(&found);
    let found = found.ok().flatten();
    let signature = match (&found, files.get(SIGNATURE_NAME)) {
        (_, None) => SignatureStatus::Unsigned,
        (None, Some(_)) => SignatureStatus::OfAnotherList,
        (Some(found), Some(envelope)) => {
            signature::check(envelope, found.name, found.bytes, trust, limits)
        }
    };
    let lock = read_lock(files, limits);
    let report = VerificationReport {
        policy,
        files: file_reports(files, components, found.as_ref(), &lock),
        sbom,
        lock: lock_check(files, components, &lock),
        signature,
    };
    if policy == VerifyPolicy::Require && !report.is_verified() {
        return Err(PackError::NotVerified(Box::new(report)));
    }
    Ok(report)
}

fn unchecked(files: &Files) -> VerificationReport {
    let report = |(path, bytes): (&String, &std::sync::Arc<[u8]>)| FileReport {
        path: path.clone(),
        size: Some(bytes.len() as u64),
        sbom: SbomCheck::Unchecked,
        lock: None,
    };
    VerificationReport {
        policy: VerifyPolicy::Off,
        files: files.iter().map(report).collect(),
        sbom: SbomStatus::Unchecked,
        lock: LockCheck::Unchecked,
        signature: SignatureStatus::Unchecked,
    }
}

fn sbom_status(found: &Result<Option<FoundSbom<'_>>, PackError>) -> SbomStatus {
    match found {
        Ok(Some(found)) => SbomStatus::Present { name: found.name },
        Ok(None) => SbomStatus::Missing,
        Err(error) => SbomStatus::Unreadable { detail: error.to_string() },
    }
}

fn file_reports(
    files: &Files,
    components: &BTreeMap<String, String>,
    list: Option<&FoundSbom<'_>>,
    lock: &Result<Option<Lock>, PackError>,
) -> Vec<FileReport> {
    let listed: BTreeMap<&str, &SbomFile> = list
        .iter()
        .flat_map(|list| list.sbom.files.iter().map(|file| (file.path.as_str(), file)))
        .collect();
    let ids: BTreeMap<&str, &str> =
        components.iter().map(|(id, path)| (path.as_str(), id.as_str())).collect();
    let mut reports = Vec::new();
    for (path, bytes) in files {
        let sbom = match list {
            None => SbomCheck::Unchecked,
            Some(list) if path == list.name || path == SIGNATURE_NAME => SbomCheck::NotListable,
            Some(_) => sbom_check(bytes, listed.get(path.as_str()).copied()),
        };
        let lock = ids.get(path.as_str()).map(|id| component_check(id, bytes, lock));
        reports.push(FileReport { path: path.clone(), size: Some(bytes.len() as u64), sbom, lock });
    }
    let absent = listed.keys().filter(|path| !files.contains_key(**path));
    reports.extend(absent.map(|path| FileReport {
        path: (*path).to_owned(),
        size: None,
        sbom: SbomCheck::Absent,
        lock: None,
    }));
    reports.sort_by(|one, other| one.path.cmp(&other.path));
    reports
}

fn sbom_check(bytes: &[u8], listed: Option<&SbomFile>) -> SbomCheck {
    let Some(listed) = listed else { return SbomCheck::NotListed };
    if listed.size != bytes.len() as u64 {
        return SbomCheck::SizeDiffers { listed: listed.size };
    }
    let actual = blake3::hash(bytes).to_hex();
    if listed.hash_blake3.eq_ignore_ascii_case(&actual) {
        SbomCheck::Holds
    } else {
        SbomCheck::HashDiffers { listed: listed.hash_blake3.clone(), actual: actual.to_string() }
    }
}

fn component_check(id: &str, bytes: &[u8], lock: &Result<Option<Lock>, PackError>) -> LockCheck {
    let lock = match lock {
        Ok(Some(lock)) => lock,
        // Said once, of the lock as a whole.
        Ok(None) | Err(_) => return LockCheck::NoLock,
    };
    let Some(locked) = lock.components.get(id) else { return LockCheck::NotLocked };
    let actual = Digest::of(bytes).to_string();
    if locked.resolved_digest.eq_ignore_ascii_case(&actual) {
        LockCheck::Holds
    } else {
        LockCheck::Differs { locked: locked.resolved_digest.clone(), actual }
    }
}

fn lock_check(
    files: &Files,
    components: &BTreeMap<String, String>,
    lock: &Result<Option<Lock>, PackError>,
) -> LockCheck {
    let lock = match lock {
        Ok(Some(lock)) => lock,
        Ok(None) => return LockCheck::NoLock,
        Err(error) => return LockCheck::Unreadable { detail: error.to_string() },
    };
    let is_there = |id: &str| {
        let path = components.get(id).cloned().unwrap_or_else(|| crate::pack::usual_place(id));
        files.contains_key(&path)
    };
    let named = components.keys().chain(lock.components.keys());
    let mut ids: Vec<String> = named.filter(|id| !is_there(id)).cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { LockCheck::Holds } else { LockCheck::ComponentsAbsent { ids } }
}
