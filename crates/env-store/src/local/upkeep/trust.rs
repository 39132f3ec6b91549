//! The decision about a trust root that was changed outside of the store.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{AddTrustedKeyPayload, EnvId, TrustedKey};

use crate::executor::Pending;
use crate::local::observe::Observations;
use crate::local::writer::Work;
use crate::local::{LocalFsStore, edits, environment, layout};
use crate::{Committed, Request, StoreError};

impl LocalFsStore {
    /// Trusts exactly the keys that `trust-root.json` has, after somebody changed it outside of the
    /// store, as one commit. None when it is what is recorded. The request's command is not looked
    /// at.
    ///
    /// # Errors
    /// [`StoreError::ExternalEdit`] when the file cannot be read; else as
    /// [`crate::EnvironmentMutations::execute`].
    pub fn accept_trust_root(
        &self,
        env_id: &EnvId,
        request: Request,
    ) -> Result<Option<Committed>, StoreError> {
        self.upkeep(env_id, |mut work| {
            let Some(command) = work.trust_in_file()? else { return Ok(None) };
            let pending = Pending::new(env_id, Request { command, ..request }, work.ports)?;
            work.accepting_trust().run(&pending).map(Some)
        })
    }
}

impl Work<'_> {
    /// The command that makes what is recorded as trusted the same as what the file has.
    fn trust_in_file(&mut self) -> Result<Option<Command>, StoreError> {
        let mut observations = Observations::default();
        let seen = observations.look(self.folder, layout::TRUST_ROOT)?;
        let file = edits::read_trust_root(self.folder, &seen)?;
        let in_file = file.as_ref().map(|root| root.keys.as_slice()).unwrap_or_default();
        let recorded = self.recorded_trust()?;
        let is_in = |keys: &[TrustedKey], id: &str| {
            keys.iter().any(|key| key.key_id.eq_ignore_ascii_case(id))
        };
        let added = in_file.iter().filter(|key| !is_in(&recorded, &key.key_id));
        let removed = recorded.iter().filter(|key| !is_in(in_file, &key.key_id));
        let commands = added
            .map(|key| {
                let (key_id, public_key_pem) = (key.key_id.clone(), key.public_key_pem.clone());
                Command::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem })
            })
            .chain(removed.map(|key| Command::RemoveTrustedKey { key_id: key.key_id.clone() }));
        Ok(environment::batch(commands.collect()))
    }
}
