use chrono::DateTime;
use greentic_conformance::{Broken, Check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{BackupArtifact, RestoreMode, Snapshot};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, refused, same_snapshot, same_state, unsupported};
use crate::{Request, backup};

clauses! { "backup";
    /// An environment that was exported, destroyed and imported has the same documents; what was
    /// trusted stays out of it.
    "comes-back-whole" with [Backup] => comes_back_whole;
    /// A restore brings the documents of a backup back as one commit; the trust root stays as it is.
    "is-restored-in-place" with [Backup] => is_restored_in_place;
    /// An import is refused where an environment is, a restore where none is; nothing changes.
    "is-put-where-it-belongs" with [Backup] => is_put_where_it_belongs;
    /// A store that takes no backup back refuses it, and changes nothing.
    "without-backup-is-unsupported" without [Backup] => without_backup;
}

fn export(trial: &Trial) -> Result<BackupArtifact, Broken> {
    let now = DateTime::UNIX_EPOCH;
    let artifact = backup::export(trial.store(), &trial.env_id, "backup", now);
    let document = done("a backup", artifact)?;
    let text = document.to_pretty().map_err(|error| Broken::new("a file", error.to_string()))?;
    let read = backup::read(text.as_bytes());
    let read = read.map_err(|error| Broken::new("a backup to be read", error.to_string()))?;
    Ok(read.into_typed())
}

fn fill(trial: &Trial) -> Check {
    trial.create()?;
    trial.run_all([samples::add_pack(), samples::all_say(&trial.env_id, 1), samples::trust_key()])
}

fn request() -> Result<Request, Broken> {
    // The command of a request that brings a backup back is not looked at.
    Ok(Request::new(samples::no_change()?))
}

fn comes_back_whole(trial: Trial) -> Check {
    fill(&trial)?;
    let before = trial.snapshot()?;
    let artifact = export(&trial)?;
    same("the backup's generation", &before.generation(), &artifact.manifest.generation)?;
    trial.run(Ok(Command::Destroy))?;
    let imported = backup::import(trial.store(), &trial.env_id, &artifact, request()?);
    let imported = done("an import", imported)?;
    same("the etag", &before.etag(), &imported.after.etag())?;
    let mut expected = before.state().as_ref().clone();
    expected.trust_root = None;
    same_state("the documents, without trust", &expected, imported.after.state())?;
    same_snapshot("what is stored", &imported.after, &trial.snapshot()?)
}

fn is_restored_in_place(trial: Trial) -> Check {
    fill(&trial)?;
    let artifact = export(&trial)?;
    let expected = trial.state()?;
    trial.run_all([
        samples::remove_pack(),
        samples::all_say(&trial.env_id, 2),
        samples::distrust_key(),
    ])?;
    let now = trial.snapshot()?;
    let restored = backup::restore(trial.store(), &trial.env_id, &artifact, request()?);
    let restored = done("a restore", restored)?;
    same("the generation", &(now.generation() + 1), &restored.after.generation())?;
    let mut expected = expected;
    expected.trust_root.clone_from(&now.state().trust_root);
    same_state("the documents, with the trust of now", &expected, restored.after.state())?;
    same_snapshot("what is stored", &restored.after, &trial.snapshot()?)
}

fn is_put_where_it_belongs(trial: Trial) -> Check {
    fill(&trial)?;
    let artifact = export(&trial)?;
    trial.run(samples::rename("Since"))?;
    let before = trial.snapshot()?;
    let import = backup::import(trial.store(), &trial.env_id, &artifact, request()?);
    let what = "an import over an environment to be refused";
    refused(what, import, ErrorKind::AlreadyExists, "environment-exists")?;
    same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    trial.run(Ok(Command::Destroy))?;
    let restore = backup::restore(trial.store(), &trial.env_id, &artifact, request()?);
    let what = "a restore of an absent environment to be refused";
    refused(what, restore, ErrorKind::NotFound, "environment-not-found")?;
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)
}

fn without_backup(trial: Trial) -> Check {
    let before = trial.create()?.after;
    let environment = samples::document(samples::environment(&trial.env_id, "Restored"))?;
    for mode in [RestoreMode::Backup, RestoreMode::Import] {
        let snapshot = Snapshot {
            environment: environment.clone(),
            runtime: None,
            pack_answers: Default::default(),
            trusted_key_ids: None,
        };
        let command = Command::Restore { mode, snapshot: Box::new(snapshot) };
        let what = command.name().to_string();
        unsupported(&what, trial.answer(Ok(command))?)?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}
