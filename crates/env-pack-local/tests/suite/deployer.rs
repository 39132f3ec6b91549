use std::fs;

use greentic_deploy_spec::{EnvId, PackId};
use greentic_deployer::{Deployer, DeployerError};
use greentic_env_pack::{Health, ProbeError};

use crate::lab::{A, B, BESIDE, FIRST, Lab, SECOND, UNKNOWN, report};

fn provider(error: &DeployerError) -> &str {
    match error {
        DeployerError::Provider(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_revision_whose_files_are_as_recorded_is_staged() {
    let lab = Lab::new();
    lab.deployer.stage_revision(&lab.env, FIRST).await.unwrap();
}

#[tokio::test]
async fn a_pack_that_is_not_the_one_that_was_staged_is_named() {
    let lab = Lab::new();
    let mut bytes = fs::read(lab.pack(FIRST)).unwrap();
    bytes.push(0);
    fs::write(lab.pack(FIRST), bytes).unwrap();
    let error = lab.deployer.stage_revision(&lab.env, FIRST).await.unwrap_err();
    let text = provider(&error);
    assert!(text.contains("fixture.gtpack") && text.contains("has digest"), "{text}");
    lab.deployer.stage_revision(&lab.env, SECOND).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_gone_is_named() {
    let lab = Lab::new();
    fs::remove_file(lab.pack(FIRST)).unwrap();
    let error = lab.deployer.stage_revision(&lab.env, FIRST).await.unwrap_err();
    assert!(provider(&error).contains("bundle/packs/fixture.gtpack"), "{error}");
}

#[tokio::test]
async fn warming_loads_the_revision_for_its_tenant() {
    let mut lab = Lab::new();
    lab.env.bundles[0].route_binding.tenant_selector.tenant = "acme".to_owned();
    lab.deployer.warm_revision(&lab.env, FIRST, None).await.unwrap();
    let asked = lab.probe.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].tenant, "acme");
    assert_eq!(asked[0].env_root, lab.env_root());
    assert_eq!(Some(&asked[0].revision), lab.env.revision(FIRST));
}

#[tokio::test]
async fn a_revision_without_a_deployment_is_loaded_for_the_default_tenant() {
    let mut lab = Lab::new();
    lab.env.bundles.clear();
    lab.deployer.warm_revision(&lab.env, FIRST, None).await.unwrap();
    assert_eq!(lab.probe.asked()[0].tenant, "default");
}

#[tokio::test]
async fn a_provider_that_is_not_healthy_fails_the_warm_with_pack_and_component() {
    let lab = Lab::new();
    lab.probe.will(Ok(report(Health::Unhealthy { detail: "no token".to_owned() })));
    let error = lab.deployer.warm_revision(&lab.env, FIRST, None).await.unwrap_err();
    assert_eq!(
        provider(&error),
        "not healthy: component `chat` of pack `hello` (messaging.chat): no token; mend what they \
         need and warm again"
    );
    lab.deployer.warm_revision(&lab.env, FIRST, None).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_loaded_fails_the_warm_with_its_causes() {
    let lab = Lab::new();
    let source = "its signature is of another file".into();
    lab.probe.will(Err(ProbeError::Pack { pack_id: PackId::from("hello"), source }));
    let error = lab.deployer.warm_revision(&lab.env, FIRST, None).await.unwrap_err();
    let text = provider(&error);
    assert!(text.starts_with("pack `hello` cannot be loaded"), "{text}");
    assert!(text.ends_with("its signature is of another file"), "{text}");
}

#[tokio::test]
async fn a_revision_that_is_not_recorded_is_refused_before_anything_is_loaded() {
    let lab = Lab::new();
    let error = lab.deployer.warm_revision(&lab.env, UNKNOWN, None).await.unwrap_err();
    assert_eq!(error.code(), "revision-not-found");
    assert_eq!(lab.probe.asked(), []);
}

#[tokio::test]
async fn files_stay_until_the_archive_is_recorded() {
    let mut lab = Lab::new();
    lab.env.traffic_splits.retain(|split| split.deployment_id != B);
    let before = lab.files().unwrap();
    lab.deployer.archive_revision(&lab.env, BESIDE, None).await.unwrap();
    assert_eq!(lab.files().unwrap(), before);
    lab.archive_in_record(BESIDE);
    lab.deployer.archive_revision(&lab.env, BESIDE, None).await.unwrap();
    assert!(!lab.folder(BESIDE).exists());
    let mut kept = before;
    kept.retain(|path, _| !path.starts_with(lab.folder(BESIDE)));
    assert_eq!(lab.files().unwrap(), kept);
    lab.deployer.archive_revision(&lab.env, BESIDE, None).await.unwrap();
}

#[tokio::test]
async fn files_that_a_traffic_split_names_stay() {
    let mut lab = Lab::new();
    lab.archive_in_record(BESIDE);
    let before = lab.files().unwrap();
    lab.deployer.archive_revision(&lab.env, BESIDE, None).await.unwrap();
    assert_eq!(lab.files().unwrap(), before);
}

#[tokio::test]
async fn releasing_one_revision_leaves_folders_that_are_not_recorded_yet() {
    let mut lab = Lab::new();
    lab.env.traffic_splits.clear();
    lab.archive_in_record(BESIDE);
    let mut older = lab.env.clone();
    older.revisions.retain(|revision| revision.revision_id != FIRST);
    lab.deployer.archive_revision(&older, BESIDE, None).await.unwrap();
    assert!(!lab.folder(BESIDE).exists());
    assert!(lab.pack(FIRST).exists());
}

#[tokio::test]
async fn a_split_needs_the_files_of_every_revision_in_it_and_of_no_other() {
    let lab = Lab::new();
    fs::remove_dir_all(lab.folder(SECOND)).unwrap();
    let error = lab.deployer.apply_traffic_split(&lab.env, A, None).await.unwrap_err();
    assert!(provider(&error).contains(&SECOND.to_string()), "{error}");
    lab.deployer.apply_traffic_split(&lab.env, B, None).await.unwrap();
}

#[tokio::test]
async fn a_split_that_names_a_revision_that_is_not_recorded_is_refused() {
    let mut lab = Lab::new();
    lab.env.traffic_splits[0].entries[0].revision_id = UNKNOWN;
    let error = lab.deployer.apply_traffic_split(&lab.env, A, None).await.unwrap_err();
    assert_eq!(error.code(), "revision-not-found");
}

#[tokio::test]
async fn an_environment_never_leads_out_of_the_root() {
    let mut lab = Lab::new();
    lab.env.environment_id = EnvId::new("..").unwrap();
    let error = lab.deployer.stage_revision(&lab.env, FIRST).await.unwrap_err();
    assert!(provider(&error).contains("cannot have a folder"), "{error}");
}
