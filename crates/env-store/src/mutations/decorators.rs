use greentic_deploy_spec::{
    Actor, EnvId, Environment, EnvironmentRuntime, IdempotencyKey, Precondition, StateEtag,
};

use super::{Committed, EnvironmentMutations, Request};
use crate::{EnvSnapshot, EnvironmentReads, StoreError, Watch};

/// Decorators of every store.
pub trait MutationsExt: EnvironmentMutations {
    /// Gives each request that has no key of its own this one. For one request: the same key with
    /// another request is refused.
    fn with_key(&self, key: IdempotencyKey) -> WithKey<'_, Self> {
        WithKey { inner: self, key }
    }

    /// Refuses changes when the environment is not the one with this etag any more. A request that
    /// names an etag of its own ([`crate::EnvironmentStore::save_if`]) expects that one.
    fn expecting(&self, etag: StateEtag) -> Expecting<'_, Self> {
        Expecting { inner: self, etag }
    }

    /// Records this actor for requests that name none.
    fn acting_as(&self, actor: Actor) -> ActingAs<'_, Self> {
        ActingAs { inner: self, actor }
    }
}

impl<S: EnvironmentMutations + ?Sized> MutationsExt for S {}

/// A store whose requests carry a key. Made by [`MutationsExt::with_key`].
#[derive(Debug)]
pub struct WithKey<'a, S: ?Sized> {
    inner: &'a S,
    key: IdempotencyKey,
}

/// A store whose requests expect a state. Made by [`MutationsExt::expecting`].
#[derive(Debug)]
pub struct Expecting<'a, S: ?Sized> {
    inner: &'a S,
    etag: StateEtag,
}

/// A store whose requests carry an actor. Made by [`MutationsExt::acting_as`].
#[derive(Debug)]
pub struct ActingAs<'a, S: ?Sized> {
    inner: &'a S,
    actor: Actor,
}

impl<S: ?Sized> WithKey<'_, S> {
    fn decorate(&self, request: &mut Request) {
        request.key.get_or_insert_with(|| self.key.clone());
    }
}

impl<S: ?Sized> Expecting<'_, S> {
    fn decorate(&self, request: &mut Request) {
        let expected = request.expected.get_or_insert_with(Precondition::default);
        expected.if_match.get_or_insert_with(|| self.etag.clone());
    }
}

impl<S: ?Sized> ActingAs<'_, S> {
    fn decorate(&self, request: &mut Request) {
        request.actor.get_or_insert_with(|| self.actor.clone());
    }
}

macro_rules! decorated {
    ($($name:ident)*) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<S: EnvironmentMutations + ?Sized> EnvironmentReads for $name<'_, S> {
            fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError> {
                self.inner.list_env_ids()
            }

            fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
                self.inner.env_exists(env_id)
            }

            fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
                self.inner.load_env(env_id)
            }

            fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
                self.inner.read_runtime(env_id)
            }

            fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
                self.inner.snapshot(env_id)
            }

            fn watch(&self, env_id: &EnvId) -> Result<Watch, StoreError> {
                self.inner.watch(env_id)
            }
        }

        impl<S: EnvironmentMutations + ?Sized> EnvironmentMutations for $name<'_, S> {
            fn execute(&self, env_id: &EnvId, mut request: Request) -> Result<Committed, StoreError> {
                self.decorate(&mut request);
                self.inner.execute(env_id, request)
            }
        }
    )*};
}

decorated!(WithKey Expecting ActingAs);
