use greentic_deploy_spec::{DeploymentId, RevisionId};
use greentic_deployer::conformance::build_fixture_env;
use greentic_deployer::{DeployerError, enforce_split_invariants, require_revision};
use ulid::Ulid;

const A: DeploymentId = DeploymentId(Ulid(1));

#[test]
fn a_recorded_revision_is_found_and_another_is_named_in_the_error() {
    let env = build_fixture_env();
    let id = RevisionId(Ulid(0x10));
    assert_eq!(require_revision(&env, id).unwrap().revision_id, id);
    let unknown = RevisionId(Ulid(0x99));
    let env_id = env.environment_id.clone();
    let error = DeployerError::RevisionNotFound { env_id, revision_id: unknown };
    assert_eq!(require_revision(&env, unknown).unwrap_err(), error);
}

#[test]
fn a_whole_split_is_told_as_it_is_recorded() {
    let env = build_fixture_env();
    let outcome = enforce_split_invariants(&env, A).unwrap();
    assert_eq!(outcome.applied_deployment_id, A);
    assert_eq!(outcome.applied_entries, env.split_of(A).unwrap().entries);
}

#[test]
fn weights_are_summed_without_overflow() {
    let mut env = build_fixture_env();
    for entry in &mut env.traffic_splits[0].entries {
        entry.weight_bps = u32::MAX;
    }
    let sum = 2 * u64::from(u32::MAX);
    let error = DeployerError::InvalidSplit { deployment_id: A, sum };
    assert_eq!(enforce_split_invariants(&env, A).unwrap_err(), error);
}

#[test]
fn a_split_that_is_not_recorded_is_not_found() {
    let mut env = build_fixture_env();
    env.traffic_splits.clear();
    let env_id = env.environment_id.clone();
    let error = DeployerError::SplitNotFound { env_id, deployment_id: A };
    assert_eq!(enforce_split_invariants(&env, A).unwrap_err(), error);
}
