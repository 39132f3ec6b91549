use greentic_deploy_spec::{DeploymentId, RevisionId, RevisionLifecycle};
use greentic_deployer::conformance::build_fixture_env;
use ulid::Ulid;

#[test]
fn the_fixture_is_a_sound_environment_and_the_same_every_time() {
    let env = build_fixture_env();
    env.validate().unwrap();
    assert_eq!(env, build_fixture_env());
    assert_eq!(env.environment_id.as_str(), "conformance");
}

#[test]
fn the_fixture_has_the_ids_lifecycles_and_weights_that_authors_know() {
    let env = build_fixture_env();
    let lives: Vec<_> = env.revisions.iter().map(|r| (r.revision_id.0.0, r.lifecycle)).collect();
    let (ready, inactive) = (RevisionLifecycle::Ready, RevisionLifecycle::Inactive);
    assert_eq!(lives, [(0x10, ready), (0x20, ready), (0x30, inactive)]);
    let weight = |deployment: u128, revision: u128| {
        let split = env.split_of(DeploymentId(Ulid(deployment))).unwrap();
        split.weight_of(RevisionId(Ulid(revision)))
    };
    assert_eq!(
        [weight(1, 0x10), weight(1, 0x20), weight(2, 0x30)].map(Option::unwrap),
        [5_000, 5_000, 10_000]
    );
    assert_eq!(env.revisions[0].created_at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
}
