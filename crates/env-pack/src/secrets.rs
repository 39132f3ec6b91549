use std::fmt::Debug;

use async_trait::async_trait;
use greentic_deploy_spec::SecretRef;

use crate::PortError;

/// Reads secrets for a worker. A value goes to the guest that is granted it and nowhere else.
#[async_trait]
pub trait SecretsReader: Debug + Send + Sync {
    /// The value of a secret; none when there is none of that name.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn read(&self, secret: &SecretRef) -> Result<Option<Vec<u8>>, PortError>;
}

/// Has no secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

#[async_trait]
impl SecretsReader for NoSecrets {
    async fn read(&self, _secret: &SecretRef) -> Result<Option<Vec<u8>>, PortError> {
        Ok(None)
    }
}
