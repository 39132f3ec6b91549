mod codes;
mod subject;

use chrono::{DateTime, Utc};

use crate::document::DocumentError;
use crate::documents::{InvalidTrustedKey, RevisionLifecycle};
use crate::payloads::DrainReport;
pub use subject::{BindingKey, Counted};

use crate::{
    BundleId, CapabilitySlot, CustomerId, DeploymentId, EnvId, MessagingEndpointId, RevisionId,
    SpecError, UnsafeId,
};

/// A split that names a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSplitRef {
    /// The split's deployment.
    pub deployment_id: DeploymentId,
    /// The split's bundle.
    pub bundle_id: BundleId,
    /// The revision's weight in it.
    pub weight_bps: u32,
}

/// Why a command is not legal. Nothing has changed.
///
/// The text says what is wrong and what to do; `code` is stable, and `kind` is the public kind of
/// error that it becomes over HTTP and in the CLI.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// There is no such environment.
    #[error("environment `{env_id}` does not exist; name one that does")]
    EnvironmentNotFound {
        /// The environment.
        env_id: EnvId,
    },
    /// There is such an environment.
    #[error("environment `{env_id}` exists already; update it, or choose another id")]
    EnvironmentExists {
        /// The environment.
        env_id: EnvId,
    },
    /// The environment still serves.
    #[error(
        "environment `{env_id}` still has {splits} traffic split(s) and {revisions} revision(s) that warm, serve or drain; clear the splits and archive the revisions first"
    )]
    EnvironmentLive {
        /// The environment.
        env_id: EnvId,
        /// Its traffic splits.
        splits: usize,
        /// Its revisions that a provider holds something of.
        revisions: usize,
    },
    /// A document would break a rule of its own.
    #[error(transparent)]
    Invalid(#[from] SpecError),
    /// A document cannot be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// An id that would be dangerous in a path.
    #[error("{0}; choose a plain name")]
    UnsafeId(UnsafeId),
    /// The revision is not recorded.
    #[error(
        "revision `{revision_id}` is not in environment `{env_id}`; list the revisions to find its id"
    )]
    RevisionNotFound {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
    },
    /// The id is taken.
    #[error(
        "revision `{revision_id}` exists already in environment `{env_id}`; stage under a fresh id"
    )]
    RevisionExists {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
    },
    /// The revision is in another state than the verb needs.
    #[error("revision `{revision_id}` is {actual}, expected {}; look at it again before you go on", one_of(.expected))]
    LifecycleConflict {
        /// The revision.
        revision_id: RevisionId,
        /// The state it is in.
        actual: RevisionLifecycle,
        /// The states that the verb starts from.
        expected: Vec<RevisionLifecycle>,
    },
    /// A split still names the revision.
    #[error("revision `{revision_id}` is still in {} traffic split(s) ({}); move its traffic to other revisions first", .splits.len(), split_list(.splits))]
    RevisionHasTraffic {
        /// The revision.
        revision_id: RevisionId,
        /// The splits.
        splits: Vec<ActiveSplitRef>,
    },
    /// Something is left of the revision, and its deadline has not passed.
    #[error("revision `{revision_id}` still has {} request(s) and {} parked conversation(s); wait for them{}", .report.open_requests, .report.parked_sessions, until(.deadline.as_ref()))]
    DrainNotFinished {
        /// The revision.
        revision_id: RevisionId,
        /// What is left.
        report: DrainReport,
        /// When the drain may be ended all the same; unknown when another tool began it.
        deadline: Option<DateTime<Utc>>,
    },
    /// The deployment is not recorded.
    #[error(
        "deployment `{deployment_id}` is not in environment `{env_id}`; list the bundles to find its id"
    )]
    DeploymentNotFound {
        /// The environment.
        env_id: EnvId,
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// The bundle is deployed for the customer already.
    #[error(
        "bundle `{bundle_id}` is deployed for customer `{customer_id}` in environment `{env_id}` already; update that deployment"
    )]
    AlreadyDeployed {
        /// The environment.
        env_id: EnvId,
        /// The bundle.
        bundle_id: BundleId,
        /// The customer.
        customer_id: CustomerId,
    },
    /// The id is taken.
    #[error(
        "deployment `{deployment_id}` exists already in environment `{env_id}`; choose a fresh id"
    )]
    DeploymentExists {
        /// The environment.
        env_id: EnvId,
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// The deployment still serves.
    #[error(
        "deployment `{deployment_id}` still has {splits} traffic split(s) and {revisions} revision(s) that are not archived; clear the split and archive them first"
    )]
    DeploymentLive {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Its traffic splits.
        splits: usize,
        /// Its revisions that are not archived.
        revisions: usize,
    },
    /// Endpoints link the bundle, and this is its last deployment.
    #[error("bundle `{bundle_id}` is linked by messaging endpoint(s) {}; unlink it there first", comma_list(.endpoints))]
    BundleLinked {
        /// The bundle.
        bundle_id: BundleId,
        /// The endpoints.
        endpoints: Vec<MessagingEndpointId>,
    },
    /// The revision belongs to another deployment.
    #[error(
        "revision `{revision_id}` belongs to deployment `{actual}`, not `{expected}`; choose a revision of `{expected}`"
    )]
    WrongDeployment {
        /// The revision.
        revision_id: RevisionId,
        /// Its deployment.
        actual: DeploymentId,
        /// The split's deployment.
        expected: DeploymentId,
    },
    /// The revision may not have traffic yet, or any more.
    #[error("revision `{revision_id}` is {lifecycle}; only a ready revision takes traffic, so {}", way_to_ready(*.lifecycle))]
    NotReady {
        /// The revision.
        revision_id: RevisionId,
        /// Its state.
        lifecycle: RevisionLifecycle,
    },
    /// A revision of the split to go back to is gone.
    #[error(
        "revision `{revision_id}` of the previous split is not in environment `{env_id}` any more; set a split of revisions that are"
    )]
    AdmissionRevisionMissing {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
    },
    /// A split that names a revision twice.
    #[error(
        "the split names revision `{revision_id}` twice; name it once with the sum of its weights"
    )]
    DuplicateSplitEntry {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A split that names too many revisions.
    #[error(
        "the split names {actual} revisions, the limit is {limit}; leave those without weight out"
    )]
    TooManySplitEntries {
        /// Revisions named.
        actual: usize,
        /// Revisions allowed.
        limit: usize,
    },
    /// The deployment has no split.
    #[error(
        "deployment `{deployment_id}` in environment `{env_id}` has no traffic split; set one first"
    )]
    SplitNotFound {
        /// The environment.
        env_id: EnvId,
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// There is no split to go back to.
    #[error(
        "the traffic split of deployment `{deployment_id}` has no previous version; set the split that you want"
    )]
    NoPreviousSplit {
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// What was stashed cannot be read.
    #[error("the previous version of {of} cannot be read ({detail}); set the one that you want")]
    StashUnreadable {
        /// Of what.
        of: Counted,
        /// Why not.
        detail: String,
    },
    /// The slot's bindings have a list of their own.
    #[error(
        "slot `{slot}` has no binding in `packs`; add messaging endpoints and extensions with their own verbs"
    )]
    NotPackSlot {
        /// The slot.
        slot: CapabilitySlot,
    },
    /// The slot or key is taken.
    #[error("{binding} is bound already in environment `{env_id}`; update it")]
    BindingExists {
        /// The slot or extension.
        binding: BindingKey,
        /// The environment.
        env_id: EnvId,
    },
    /// The slot or key is free.
    #[error("{binding} is not bound in environment `{env_id}`; add it")]
    BindingNotFound {
        /// The slot or extension.
        binding: BindingKey,
        /// The environment.
        env_id: EnvId,
    },
    /// The binding is of another slot or key than the one that is updated.
    #[error("the binding is of {given}, the update is of {target}; name the same in both")]
    BindingMismatch {
        /// What the binding says.
        given: BindingKey,
        /// What is updated.
        target: BindingKey,
    },
    /// There is no binding to go back to.
    #[error(
        "{binding} in environment `{env_id}` has no previous binding; update it to the one that you want"
    )]
    NoPreviousBinding {
        /// The slot or extension.
        binding: BindingKey,
        /// The environment.
        env_id: EnvId,
    },
    /// A counter is at its end.
    #[error("the counter of {of} is at its end; remove it and add it again")]
    CounterOverflow {
        /// Of what.
        of: Counted,
    },
    /// The provider instance has an endpoint.
    #[error(
        "environment `{env_id}` has an endpoint for `{provider_type}`/`{provider_id}` already; change that one, or choose another provider_id"
    )]
    EndpointExists {
        /// The environment.
        env_id: EnvId,
        /// The provider's class.
        provider_type: String,
        /// The provider's instance.
        provider_id: String,
    },
    /// The id is taken.
    #[error(
        "messaging endpoint `{endpoint_id}` exists already in environment `{env_id}`; choose a fresh id"
    )]
    EndpointIdTaken {
        /// The environment.
        env_id: EnvId,
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
    },
    /// The endpoint is not recorded.
    #[error(
        "messaging endpoint `{endpoint_id}` is not in environment `{env_id}`; list the endpoints to find its id"
    )]
    EndpointNotFound {
        /// The environment.
        env_id: EnvId,
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
    },
    /// No deployment of the bundle.
    #[error("bundle `{bundle_id}` is not deployed in environment `{env_id}`; deploy it first")]
    BundleNotDeployed {
        /// The environment.
        env_id: EnvId,
        /// The bundle.
        bundle_id: BundleId,
    },
    /// The endpoint greets with a flow of the bundle.
    #[error(
        "endpoint `{endpoint_id}` greets with a flow of bundle `{bundle_id}`; choose a welcome flow of another linked bundle first"
    )]
    WelcomeFlowOwned {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
        /// The bundle.
        bundle_id: BundleId,
    },
    /// The endpoint does not link the bundle.
    #[error("endpoint `{endpoint_id}` does not link bundle `{bundle_id}`; link it first")]
    BundleNotLinked {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
        /// The bundle.
        bundle_id: BundleId,
    },
    /// No current revision of the bundle has the pack.
    #[error("pack `{pack_id}` is in no current revision of bundle `{bundle_id}`; choose one of {}", .known.join(", "))]
    WelcomePackUnknown {
        /// The pack.
        pack_id: String,
        /// The bundle.
        bundle_id: BundleId,
        /// The packs that are there.
        known: Vec<String>,
    },
    /// Not a secret reference, or one that has no place here.
    #[error(
        "secret reference `{raw}` is not usable: {reason}; name a secret as `secret://<env>/<name>`, or leave it out"
    )]
    InvalidSecretRef {
        /// The text; not repeated when it looks like no reference, since it may be the secret.
        raw: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a key to trust.
    #[error("the key cannot be trusted: {0}; give the PEM of an Ed25519 public key and its own id")]
    InvalidTrustedKey(InvalidTrustedKey),
    /// The operator key is not in the trust root.
    #[error(
        "operator key `{key_id}` is not in the trust root of environment `{env_id}`; bootstrap the trust root, or add the key"
    )]
    OperatorKeyNotTrusted {
        /// The environment.
        env_id: EnvId,
        /// The key.
        key_id: String,
    },
    /// No key is trusted, so nothing can be signed, and no key taken over from.
    #[error("environment `{env_id}` trusts no key yet; bootstrap its trust root first")]
    TrustRootEmpty {
        /// The environment.
        env_id: EnvId,
    },
    /// Taking it back is not safe.
    #[error("undo would change {what}, which cannot be taken back this way; use {instead}")]
    UndoRefused {
        /// What would change.
        what: String,
        /// What to use, in words: the verbs of another tool may have other names.
        instead: &'static str,
    },
    /// The executor did not supply what `needs` asks for.
    #[error("the store did not supply {need}; this is a defect of the store")]
    SupplyMissing {
        /// What.
        need: &'static str,
    },
    /// The executor supplied something else than `needs` asked for.
    #[error(
        "the store supplied {actual} as {need}, expected {expected}; this is a defect of the store"
    )]
    SupplyMismatch {
        /// What.
        need: &'static str,
        /// What was asked for.
        expected: String,
        /// What came.
        actual: String,
    },
    /// A failed warm in a batch: it is recorded even though it failed, a batch is all or nothing.
    #[error(
        "the health gate of revision `{revision_id}` failed; send that warm alone, so that it is recorded"
    )]
    GateFailureInBatch {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A batch inside of a batch.
    #[error("a batch cannot contain a batch; put its commands into the outer one")]
    NestedBatch,
    /// More commands than a batch may have.
    #[error("the batch has {actual} commands, the limit is {limit}; split it")]
    BatchTooLong {
        /// Commands given.
        actual: usize,
        /// Commands allowed.
        limit: usize,
    },
    /// A command of a batch is not legal; none was applied.
    #[error("command {index} of the batch ({verb}): {rejection}")]
    BatchStep {
        /// Its place, counted from 0.
        index: usize,
        /// Its noun and verb.
        verb: String,
        /// Why.
        rejection: Box<Rejection>,
    },
}

impl From<UnsafeId> for Rejection {
    fn from(defect: UnsafeId) -> Self {
        Self::UnsafeId(defect)
    }
}

impl From<InvalidTrustedKey> for Rejection {
    fn from(defect: InvalidTrustedKey) -> Self {
        Self::InvalidTrustedKey(defect)
    }
}

fn one_of(states: &[RevisionLifecycle]) -> String {
    let names: Vec<_> = states.iter().map(|state| state.as_str()).collect();
    names.join(" or ")
}

/// What makes a revision take traffic; at its end, only a new one with the same content does.
fn way_to_ready(lifecycle: RevisionLifecycle) -> &'static str {
    if lifecycle.is_final() {
        "deploy its bundle again, as a new revision"
    } else if lifecycle.was_taken_out() && !lifecycle.can_be_retried() {
        "wait for the end of its drain and warm it then, or deploy its bundle again"
    } else {
        "warm it first"
    }
}

fn split_list(splits: &[ActiveSplitRef]) -> String {
    let weight =
        |split: &ActiveSplitRef| format!("{}: {} bps", split.deployment_id, split.weight_bps);
    splits.iter().map(weight).collect::<Vec<_>>().join(", ")
}

fn comma_list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn until(deadline: Option<&DateTime<Utc>>) -> String {
    let text = |time: &DateTime<Utc>| {
        format!(", or until {}", time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    };
    deadline.map(text).unwrap_or_default()
}
