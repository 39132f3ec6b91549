//! Env-packs in slots, and extensions.

use greentic_conformance::Broken;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    CapabilitySlot, EnvPackBinding, ExtensionBinding, ExtensionKey, MigrateMergePayload,
    PackDescriptor, PackId,
};

use super::{Made, document, unmade};

pub(in crate::conformance) fn merge() -> Made {
    let payload = MigrateMergePayload {
        packs: vec![pack(CapabilitySlot::Telemetry, "greentic.telemetry.sample@1.0.0")?],
        extensions: vec![extension("merged")?],
        seed_if_missing: None,
    };
    Ok(Command::MigrateMergeBindings(document(payload)?))
}

pub(in crate::conformance) fn pack(
    slot: CapabilitySlot,
    kind: &str,
) -> Result<EnvPackBinding, Broken> {
    Ok(EnvPackBinding {
        slot,
        kind: PackDescriptor::try_new(kind).map_err(unmade)?,
        pack_ref: PackId::new(kind),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    })
}

/// A binding of the secrets slot.
pub(in crate::conformance) fn secrets_pack(version: &str) -> Result<EnvPackBinding, Broken> {
    pack(CapabilitySlot::Secrets, &format!("greentic.secrets.sample@{version}"))
}

pub(in crate::conformance) fn add_pack() -> Made {
    Ok(Command::AddPackBinding(document(secrets_pack("1.0.0")?)?))
}

pub(in crate::conformance) fn update_pack(version: &str) -> Made {
    let binding = document(secrets_pack(version)?)?;
    Ok(Command::UpdatePackBinding { slot: CapabilitySlot::Secrets, binding })
}

pub(in crate::conformance) fn roll_back_pack() -> Made {
    Ok(Command::RollbackPackBinding { slot: CapabilitySlot::Secrets })
}

pub(in crate::conformance) fn remove_pack() -> Made {
    Ok(Command::RemovePackBinding { slot: CapabilitySlot::Secrets })
}

pub(in crate::conformance) fn extension(instance: &str) -> Result<ExtensionBinding, Broken> {
    let kind = "greentic.extension.sample@1.0.0";
    Ok(ExtensionBinding {
        kind: PackDescriptor::try_new(kind).map_err(unmade)?,
        pack_ref: PackId::new(kind),
        instance_id: Some(instance.to_owned()),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    })
}

fn extension_key(instance: &str) -> Result<ExtensionKey, Broken> {
    Ok(ExtensionKey::from_binding(&extension(instance)?))
}

pub(in crate::conformance) fn add_extension(instance: &str) -> Made {
    Ok(Command::AddExtensionBinding(document(extension(instance)?)?))
}

pub(in crate::conformance) fn update_extension(instance: &str, pack_ref: &str) -> Made {
    let binding = ExtensionBinding { pack_ref: PackId::new(pack_ref), ..extension(instance)? };
    let (key, binding) = (extension_key(instance)?, document(binding)?);
    Ok(Command::UpdateExtensionBinding { key, binding })
}

pub(in crate::conformance) fn roll_back_extension(instance: &str) -> Made {
    Ok(Command::RollbackExtensionBinding { key: extension_key(instance)? })
}

pub(in crate::conformance) fn remove_extension(instance: &str) -> Made {
    Ok(Command::RemoveExtensionBinding { key: extension_key(instance)? })
}
