//! What the local environment is bound to unless somebody chose otherwise.

/// The id of the local environment.
pub const LOCAL_ENV_ID: &str = "local";
/// Deploys to processes of this machine.
pub const LOCAL_DEPLOYER_PACK: &str = "greentic.deployer.local-process@0.1.0";
/// Keeps secrets in a file of the environment.
pub const LOCAL_SECRETS_PACK: &str = "greentic.secrets.dev-store@0.1.0";
/// Writes telemetry to the standard output.
pub const LOCAL_TELEMETRY_PACK: &str = "greentic.telemetry.stdout@0.1.0";
/// Keeps sessions in memory.
pub const LOCAL_SESSIONS_PACK: &str = "greentic.sessions.in-memory@0.1.0";
/// Keeps state in memory.
pub const LOCAL_STATE_PACK: &str = "greentic.state.in-memory@0.1.0";
