//! What is not ready does not serve.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use greentic_deploy_spec::HealthCheckId;
use greentic_operations::{
    DeployRequest, DeploymentSelector, Mode, OpError, StageOptions, StageRequest,
};
use greentic_pack_format::{Limits, Pack, PackBuilder};

use crate::lab::Lab;

fn failed_checks(error: OpError) -> Vec<HealthCheckId> {
    let hint = error.hint().unwrap();
    match error {
        OpError::HealthGate { failed_checks, .. } => {
            // What a bundle is stays as it is; all else may be mended where it is.
            let of_the_bundle = failed_checks.contains(&HealthCheckId::SignatureStatus);
            assert_eq!(hint.contains("gtc op deploy BUNDLE"), of_the_bundle, "{hint}");
            assert_eq!(hint.contains("gtc op revisions warm"), !of_the_bundle, "{hint}");
            failed_checks
        }
        other => panic!("{other:?}"),
    }
}

fn lifecycle(lab: &Lab) -> String {
    lab.environment().revisions.last().unwrap().lifecycle.to_string()
}

/// A second version that is staged and not warmed.
fn staged() -> Lab {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let request = StageRequest {
        env_id: lab.env_id.clone(),
        deployment: DeploymentSelector::Only,
        bundle: lab.worker("hello", "two"),
        options: StageOptions::default(),
        key: None,
    };
    let told = lab.operator.stage(&request, Mode::Commit).unwrap().result;
    assert_eq!((told.sequence, told.lifecycle.as_str()), (2, "staged"));
    lab
}

#[test]
fn a_provider_that_cannot_run_it_fails_it_and_the_next_try_may_pass() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    lab.calls.refuse("warm");
    let request = lab.request("hello", "two");
    let error = lab.try_deploy(&request).unwrap_err();
    assert!(error.to_string().contains("warm does not work today"), "{error}");
    assert_eq!((error.code(), error.kind()), ("health-gate-failed", "conflict"));
    assert_eq!(failed_checks(error), [HealthCheckId::ProviderHealth]);
    assert_eq!(lifecycle(&lab), "failed");
    let split = lab.environment().traffic_splits[0].clone();
    assert_eq!(split.weight_of(first.revision_id), Some(10_000));
    // The next command that is named works, and so does the same deploy.
    let again = lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert_eq!(failed_checks(again), [HealthCheckId::ProviderHealth]);
    lab.calls.accept_all();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!(lifecycle(&lab), "ready");
    lab.try_deploy(&request).unwrap();
    lab.check_only(2);
}

#[test]
fn files_that_are_not_those_that_were_staged_fail_it() {
    let lab = staged();
    let revision = lab.environment().revisions[1].clone();
    let pack = lab.folder_of(&revision).packs()[0].path.clone();
    let bytes = fs::read(&pack).unwrap();
    fs::write(&pack, [bytes.as_slice(), b"\n"].concat()).unwrap();
    lab.calls.take();
    let rehearsed = lab.operator.warm(&lab.on("@latest"), Mode::DryRun).unwrap_err();
    assert_eq!(failed_checks(rehearsed), [HealthCheckId::RuntimeConfig]);
    assert_eq!(lifecycle(&lab), "staged");
    let error = lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert!(error.to_string().contains("hello.gtpack"), "{error}");
    assert_eq!(failed_checks(error), [HealthCheckId::RuntimeConfig]);
    assert_eq!(lab.calls.take(), [""; 0], "the provider need not be asked");
    assert_eq!(lifecycle(&lab), "failed");
    fs::write(&pack, bytes).unwrap();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!(lifecycle(&lab), "ready");
}

#[test]
fn a_revision_that_is_ready_is_left_alone() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let generation = lab.generation();
    lab.calls.take();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!((lab.generation(), lab.calls.take().len()), (generation, 0));
}

#[test]
fn without_a_deployer_nothing_is_recorded() {
    let lab = staged();
    let mut operator = lab.operator.clone();
    operator.registry = std::sync::Arc::default();
    let generation = lab.generation();
    let error = operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert_eq!(error.code(), "env-pack-unknown", "{error}");
    assert_eq!(lab.generation(), generation);
}

/// A pack in which a file is not the one that its list names.
fn contradicting(lab: &Lab) -> PathBuf {
    let folder = lab.worker("hello", "two");
    fs::create_dir(folder.join("assets")).unwrap();
    fs::write(folder.join("assets/menu.txt"), "soup").unwrap();
    let limits = Limits::default();
    let pack = PackBuilder::from_folder(&folder, &limits).unwrap().build().unwrap();
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in Pack::from_bytes(&pack, &limits).unwrap().files() {
        let bytes = if name.ends_with("menu.txt") { b"fish" } else { bytes.as_ref() };
        let (mut entry, _) = archive.new_file(name).start().unwrap();
        entry.write_all(bytes).unwrap();
        let written = rawzip::DataDescriptorOutput::new(rawzip::crc32(bytes), bytes.len() as u64);
        entry.finish(written).unwrap();
    }
    let file = folder.with_extension("gtpack");
    fs::write(&file, archive.finish().unwrap()).unwrap();
    file
}

#[test]
fn a_pack_that_contradicts_its_list_fails_it_and_its_rehearsal_before() {
    let lab = Lab::new();
    let request = DeployRequest::new(lab.env_id.clone(), contradicting(&lab));
    let generation = lab.generation();
    for (mode, recorded) in [(Mode::DryRun, 0), (Mode::Commit, 1)] {
        let error = lab.operator.deploy(&request, mode).unwrap_err();
        assert!(error.to_string().contains("menu.txt"), "{error}");
        assert_eq!(failed_checks(error), [HealthCheckId::SignatureStatus]);
        assert_eq!(lab.environment().revisions.len(), recorded);
        assert_eq!(lab.generation() > generation, recorded > 0);
    }
    assert_eq!(lifecycle(&lab), "failed");
}
