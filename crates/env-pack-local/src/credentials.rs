use std::io;
use std::net::TcpListener;

use greentic_env_pack::{
    BootstrapError, BootstrapInput, BootstrapOutcome, CapabilityCheck, CapabilityStatus,
    CredentialCapability, DeployerCredentials, RequirementsReport, ValidationContext,
};

/// A deployer of this machine needs no credentials, but a folder and a port.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalCredentials;

fn writable() -> CredentialCapability {
    let description = "files can be made in the environment's folder";
    CredentialCapability::new("local-process.fs.writable", description)
}

fn port() -> CredentialCapability {
    let description = "the address is free on which the environment listens";
    CredentialCapability::new("local-process.port.available", description)
}

impl DeployerCredentials for LocalCredentials {
    fn requires_credentials_material(&self) -> bool {
        false
    }

    fn required_capabilities(&self) -> Vec<CredentialCapability> {
        vec![writable(), port()]
    }

    fn validate(&self, context: &ValidationContext<'_>) -> RequirementsReport {
        // A file without a name is gone as soon as it is closed, whatever happens.
        let file = tempfile::tempfile_in(context.env_root).map(drop);
        let folder = context.env_root.display();
        let file = status(file, || format!("make `{folder}` a folder that you can write to"));
        let address = context.host_config.resolved_listen_addr();
        let free = status(TcpListener::bind(address).map(drop), || {
            format!(
                "unless this environment is served there already, free {address} or set another \
                 `listen_addr`"
            )
        });
        let checks = [(writable(), file), (port(), free)];
        let checks = checks.map(|(capability, status)| CapabilityCheck { capability, status });
        RequirementsReport { checks: checks.into() }
    }

    fn bootstrap(&self, _input: &BootstrapInput<'_>) -> Result<BootstrapOutcome, BootstrapError> {
        Err(BootstrapError::NotApplicable)
    }
}

fn status(result: io::Result<()>, helps: impl FnOnce() -> String) -> CapabilityStatus {
    match result {
        Ok(()) => CapabilityStatus::Pass,
        Err(error) => CapabilityStatus::Fail { reason: format!("{error}; {}", helps()) },
    }
}
