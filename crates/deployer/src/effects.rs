//! What the verbs over a whole environment take and tell.

use greentic_deploy_spec::{RevisionId, StateEtag};
use serde::{Deserialize, Serialize};

/// What a provider has for an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Each object, those of others that stand in the way included.
    pub objects: Vec<ObservedObject>,
}

/// An object of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedObject {
    /// Its name in the provider's words, for example `apps/v1 Deployment gtc-local/worker-1`.
    pub object: String,
    /// The revision that it is for; none when it is for the environment.
    pub revision_id: Option<RevisionId>,
    /// Whose it is.
    pub owner: Owner,
    /// How it is.
    pub condition: Condition,
}

/// Whose an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// This deployer made it for this environment.
    Ours,
    /// Somebody else did. It is never changed or removed.
    Foreign,
}

/// How an object is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub enum Condition {
    /// It should be there and is not.
    Absent,
    /// It is on its way.
    Progressing,
    /// It is as it should be.
    Ready,
    /// It is not, and waiting does not help.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
}

/// What a reconcile would do now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Each change, in its order. None when the provider agrees already.
    pub changes: Vec<Change>,
}

/// A change to one object of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object, named as in [`ObservedObject::object`].
    pub object: String,
    /// The revision that it is for; none when it is for the environment.
    pub revision_id: Option<RevisionId>,
    /// What is done to it.
    pub action: Action,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
}

/// What a reconcile did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileOutcome {
    /// Each change that was made, in its order.
    pub changes: Vec<Change>,
    /// How many objects were as they should be already.
    pub unchanged: usize,
}

/// What a destroy did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyOutcome {
    /// Each change that was made, in its order. None when everything was gone already.
    pub changes: Vec<Change>,
}

/// The state of the environment that a caller has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Its generation.
    pub generation: u64,
    /// Its etag.
    pub etag: StateEtag,
}
