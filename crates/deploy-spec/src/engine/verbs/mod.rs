//! One function for each verb, in files by noun.

mod bindings;
mod bundles;
mod environment;
mod messaging;
mod revisions;
mod traffic;
mod trust_root;
mod undo;
mod whole;

use super::draft::Draft;
use super::{Command, Outcome, Rejection};

pub(super) use bundles::{check_add as check_add_bundle, check_update as check_update_bundle};
pub(super) use messaging::{check_add as check_add_endpoint, check_rotate};
pub(super) use trust_root::check_seeded as check_trust_root_seeded;

/// Runs a verb on the working copy.
pub(super) fn run(draft: &mut Draft<'_>, command: &Command) -> Result<Outcome, Rejection> {
    match command {
        Command::CreateEnvironment(payload) => environment::create(draft, payload),
        Command::UpdateEnvironment(payload) => environment::update(draft, payload),
        Command::MigrateMergeBindings(payload) => environment::merge(draft, payload),
        Command::Destroy => environment::destroy(draft),
        Command::StageRevision(payload) => revisions::stage(draft, payload),
        Command::BeginWarm { revision_id } => revisions::begin_warm(draft, *revision_id),
        Command::WarmRevision(payload) => revisions::warm(draft, payload),
        Command::DrainRevision { revision_id } => revisions::drain(draft, *revision_id),
        Command::FinishDrain { revision_id, report } => {
            revisions::finish_drain(draft, *revision_id, *report)
        }
        Command::ArchiveRevision { revision_id } => revisions::archive(draft, *revision_id),
        Command::Retry { revision_id } => revisions::retry(draft, *revision_id),
        Command::AddBundle { deployment_id, bundle } => bundles::add(draft, *deployment_id, bundle),
        Command::UpdateBundle(payload) => bundles::update(draft, payload),
        Command::RemoveBundle { deployment_id } => bundles::remove(draft, *deployment_id),
        Command::AddPackBinding(binding) => bindings::add_pack(draft, binding),
        Command::UpdatePackBinding { slot, binding } => {
            bindings::update_pack(draft, *slot, binding)
        }
        Command::RemovePackBinding { slot } => bindings::remove_pack(draft, *slot),
        Command::RollbackPackBinding { slot } => bindings::rollback_pack(draft, *slot),
        Command::AddExtensionBinding(binding) => bindings::add_extension(draft, binding),
        Command::UpdateExtensionBinding { key, binding } => {
            bindings::update_extension(draft, key, binding)
        }
        Command::RemoveExtensionBinding { key } => bindings::remove_extension(draft, key),
        Command::RollbackExtensionBinding { key } => bindings::rollback_extension(draft, key),
        Command::SetTrafficSplit(payload) => traffic::set(draft, payload),
        Command::RollbackTrafficSplit { deployment_id } => traffic::rollback(draft, *deployment_id),
        Command::ClearTrafficSplit { deployment_id } => traffic::clear(draft, *deployment_id),
        Command::AddMessagingEndpoint { endpoint_id, endpoint } => {
            messaging::add(draft, *endpoint_id, endpoint)
        }
        Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by } => {
            messaging::link(draft, *endpoint_id, bundle_id, updated_by)
        }
        Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by } => {
            messaging::unlink(draft, *endpoint_id, bundle_id, updated_by)
        }
        Command::SetMessagingWelcomeFlow(payload) => messaging::set_welcome_flow(draft, payload),
        Command::RemoveMessagingEndpoint { endpoint_id } => messaging::remove(draft, *endpoint_id),
        Command::RotateMessagingWebhookSecret { endpoint_id, rotation } => {
            messaging::rotate(draft, *endpoint_id, rotation)
        }
        Command::BootstrapTrustRoot => trust_root::bootstrap(draft),
        Command::SeedTrustRootIfAbsent => trust_root::seed_if_absent(draft),
        Command::AddTrustedKey(payload) => trust_root::add(draft, payload),
        Command::RemoveTrustedKey { key_id } => trust_root::remove(draft, key_id),
        Command::RotateOperatorKey => trust_root::rotate(draft),
        Command::Replace(document) => whole::replace(draft, document),
        Command::SaveRuntime(document) => whole::save_runtime(draft, document),
        Command::SavePackAnswers { slot, answers } => {
            whole::save_answers(draft, *slot, answers.clone())
        }
        Command::DeletePackAnswers { slot } => whole::delete_answers(draft, *slot),
        Command::Restore { mode, snapshot } => whole::restore(draft, *mode, snapshot),
        Command::Adopt(payload) => whole::adopt(draft, payload),
        Command::Batch(_) => Err(Rejection::NestedBatch),
    }
}
