//! The only place that names every backend: where environments are kept.

use std::path::PathBuf;

use greentic_deploy_spec::Actor;
use greentic_env_store::LocalFsStore;

use crate::args::Global;
use crate::config::Config;
use crate::error::CliError;

/// The folder of environments: the one that was named, else the one in the user's home.
pub(crate) fn store_root(config: &Config, global: &Global) -> Result<PathBuf, CliError> {
    match (&global.store_root, &config.home) {
        (Some(root), _) => Ok(root.clone()),
        (None, Some(home)) => Ok(home.join(".greentic").join("environments")),
        (None, None) => Err(CliError::NoHome),
    }
}

/// The store that was asked for. Nothing is touched until it is used.
pub(crate) fn store(config: &Config, global: &Global) -> Result<LocalFsStore, CliError> {
    // A folder that is named wins over a URL of the surroundings, as a flag wins over a variable.
    let url = match (&global.store_url, &global.store_root) {
        (Some(url), _) => Some(url),
        (None, None) => config.store_url.as_ref(),
        (None, Some(_)) => None,
    };
    if let Some(url) = url {
        return Err(CliError::RemoteStore { url: url.clone() });
    }
    let uid = Some(rustix::process::getuid().as_raw());
    let actor = Actor { kind: "local-user".to_owned(), user: config.user.clone(), uid };
    let mut builder = LocalFsStore::builder(store_root(config, global)?).actor(actor);
    if let Some(key) = &config.operator_key {
        builder = builder.operator_key(key.clone());
    }
    Ok(builder.build())
}
