use greentic_deploy_spec::{DeploymentId, EnvId, RevisionId};
use greentic_deployer::DeployerError;
use ulid::Ulid;

#[derive(Debug, thiserror::Error)]
#[error("the pack cannot be loaded")]
struct Outer(#[source] std::io::Error);

#[test]
fn a_providers_error_is_told_with_its_causes() {
    let error = Outer(std::io::Error::other("the disk is gone"));
    let error = DeployerError::provider(&error);
    assert_eq!(error.to_string(), "the pack cannot be loaded: the disk is gone");
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    let env_id = EnvId::new("local").unwrap();
    let (revision_id, deployment_id) = (RevisionId(Ulid(1)), DeploymentId(Ulid(2)));
    let all = [
        DeployerError::RevisionNotFound { env_id: env_id.clone(), revision_id },
        DeployerError::SplitNotFound { env_id: env_id.clone(), deployment_id },
        DeployerError::InvalidSplit { deployment_id, sum: 9_000 },
        DeployerError::Provider("no".to_owned()),
        DeployerError::Unsupported { verb: "plan" },
        DeployerError::Stale { env_id, generation: 3, newer: 4 },
    ];
    let codes = all.map(|error| error.code());
    assert_eq!(
        codes,
        [
            "revision-not-found",
            "split-not-found",
            "invalid-split",
            "provider",
            "unsupported",
            "stale"
        ]
    );
}
