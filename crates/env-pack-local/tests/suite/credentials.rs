use std::net::TcpListener;
use std::path::Path;

use greentic_deploy_spec::{EnvId, EnvironmentHostConfig};
use greentic_env_pack::{DeployerCredentials, RequirementsReport, ValidationContext};
use greentic_env_pack_local::LocalCredentials;
use tempfile::TempDir;

fn validate(env_root: &Path, listener: &TcpListener) -> RequirementsReport {
    let env_id = EnvId::new("local").unwrap();
    let mut host_config = EnvironmentHostConfig::new(env_id.clone());
    host_config.listen_addr = Some(listener.local_addr().unwrap());
    LocalCredentials.validate(&ValidationContext {
        env_id: &env_id,
        env_root,
        host_config: &host_config,
        answers: None,
    })
}

fn taken() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

#[test]
fn a_taken_port_and_a_folder_that_is_not_there_are_missing() {
    let folder = TempDir::new().unwrap();
    let listener = taken();
    let report = validate(folder.path(), &listener);
    assert_eq!(report.missing().collect::<Vec<_>>(), ["local-process.port.available"]);
    let report = validate(&folder.path().join("nowhere"), &listener);
    assert!(!report.passed());
    assert_eq!(
        report.missing().collect::<Vec<_>>(),
        ["local-process.fs.writable", "local-process.port.available"]
    );
}

#[test]
fn checking_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    validate(folder.path(), &taken());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_checked_is_what_is_required() {
    let folder = TempDir::new().unwrap();
    let checked = validate(folder.path(), &taken()).checks;
    let checked: Vec<_> = checked.into_iter().map(|check| check.capability).collect();
    assert_eq!(checked, LocalCredentials.required_capabilities());
}
