use std::fmt::Debug;
use std::sync::Arc;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::routing::Routing;
use greentic_deploy_spec::{
    Document, EnvId, Environment, EnvironmentRuntime, StateEtag, TrustRoot,
};

use crate::StoreError;

/// Generations of an environment as they come: the one there is at once, then each newer one. When
/// several came in between, only the newest is told. Blocks between them; dropping it ends the watch.
///
/// A generation is told again when what reads show changed without a commit (an edit by hand). The
/// watch ends when the environment is destroyed.
pub type Watch = Box<dyn Iterator<Item = Result<u64, StoreError>> + Send>;

/// Reads environments. A read never changes anything and never waits for a writer.
pub trait EnvironmentReads: Debug + Send + Sync {
    /// The environments there are, sorted. What cannot be read as one is left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError>;

    /// Tells whether an environment is there, sound or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError>;

    /// The environment as it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError>;

    /// What a deployer discovered; none when nothing was recorded.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError>;

    /// All documents of one generation, never a mix of two.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Unsupported`] when the backend has no such read.
    fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        let _ = env_id;
        Err(StoreError::Unsupported { what: "snapshot" })
    }

    /// Generations as they come.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Unsupported`] when the backend cannot watch.
    fn watch(&self, env_id: &EnvId) -> Result<Watch, StoreError> {
        let _ = env_id;
        Err(StoreError::Unsupported { what: "watch" })
    }
}

/// All documents of one environment at one generation. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvSnapshot {
    env_id: EnvId,
    generation: u64,
    etag: Option<StateEtag>,
    state: Arc<EnvState>,
    lagging: bool,
}

impl EnvSnapshot {
    /// A snapshot of a state. `etag` is that of the environment; none when there is none.
    #[must_use]
    pub fn new(
        env_id: EnvId,
        generation: u64,
        etag: Option<StateEtag>,
        state: Arc<EnvState>,
    ) -> Self {
        Self { env_id, generation, etag, state, lagging: false }
    }

    /// The snapshot of an environment that never was: generation 0, nothing recorded.
    #[must_use]
    pub fn absent(env_id: EnvId) -> Self {
        Self::new(env_id, 0, None, Arc::default())
    }

    /// The environment's id.
    #[must_use]
    pub fn env_id(&self) -> &EnvId {
        &self.env_id
    }

    /// How many changes were committed; 0 when nothing was ever recorded in a journal.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The strong etag of the environment: SHA-256 of its canonical JSON. None when there is none.
    #[must_use]
    pub fn etag(&self) -> Option<&StateEtag> {
        self.etag.as_ref()
    }

    /// Marks a snapshot as one that may be older than what is committed.
    #[must_use]
    pub fn into_lagging(self) -> Self {
        Self { lagging: true, ..self }
    }

    /// Whether there may be newer commits than this shows, because the journal cannot be read and
    /// the files beside it were.
    #[must_use]
    pub fn is_lagging(&self) -> bool {
        self.lagging
    }

    /// Everything.
    #[must_use]
    pub fn state(&self) -> &Arc<EnvState> {
        &self.state
    }

    /// The environment; none before it is created and after it is destroyed.
    #[must_use]
    pub fn environment(&self) -> Option<&Document<Environment>> {
        self.state.environment.as_ref()
    }

    /// What a deployer discovered.
    #[must_use]
    pub fn runtime(&self) -> Option<&Document<EnvironmentRuntime>> {
        self.state.runtime.as_ref()
    }

    /// The trusted keys.
    #[must_use]
    pub fn trust_root(&self) -> Option<&Document<TrustRoot>> {
        self.state.trust_root.as_ref()
    }

    /// The slot tables of the traffic splits.
    #[must_use]
    pub fn routing(&self) -> Option<&Routing> {
        self.state.routing.as_ref()
    }

    /// The environment, or an error that names it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn require(&self) -> Result<&Document<Environment>, StoreError> {
        self.environment().ok_or_else(|| StoreError::NotFound { env_id: self.env_id.clone() })
    }
}
