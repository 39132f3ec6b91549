use chrono::{DateTime, Utc};

use super::Supplies;
use crate::documents::Actor;
use crate::{EnvId, IdempotencyKey};

/// What a command is judged with besides the state: everything that a pure function cannot know.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// The environment that the command is for.
    pub env_id: EnvId,
    /// The time of the change.
    pub now: DateTime<Utc>,
    /// Who asks for it.
    pub actor: Actor,
    /// The idempotency key of the request.
    pub key: IdempotencyKey,
    /// What [`super::needs`] asked for.
    pub supplies: Supplies,
}

/// A user of this machine as an actor.
pub fn local_user(user: impl Into<String>) -> Actor {
    Actor { kind: "local-user".to_owned(), user: Some(user.into()), uid: None }
}
