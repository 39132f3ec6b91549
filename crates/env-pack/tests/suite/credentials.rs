use greentic_env_pack::{
    CapabilityCheck, CapabilityStatus, CredentialCapability, RequirementsReport, SecretMaterial,
};

fn check(id: &str, status: CapabilityStatus) -> CapabilityCheck {
    CapabilityCheck { capability: CredentialCapability::new(id, ""), status }
}

#[test]
fn what_was_not_looked_at_is_missing_and_does_not_fail() {
    let reason = String::new();
    let mut report = RequirementsReport {
        checks: vec![
            check("a", CapabilityStatus::Pass),
            check("b", CapabilityStatus::Skipped { reason: reason.clone() }),
        ],
    };
    assert!(report.passed());
    assert_eq!(report.missing().collect::<Vec<_>>(), ["b"]);
    report.checks.push(check("c", CapabilityStatus::Fail { reason }));
    assert!(!report.passed());
    assert_eq!(report.missing().collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn a_secret_is_not_shown() {
    let material = SecretMaterial::new(b"canary".to_vec());
    assert_eq!(format!("{material:?}"), "SecretMaterial(…)");
    assert_eq!(material.expose(), b"canary");
}
