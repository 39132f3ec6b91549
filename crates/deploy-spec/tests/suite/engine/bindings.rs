use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{CapabilitySlot, EnvPackBinding, ExtensionKey, load_inline};

use crate::lab::*;

const STORE: &str = "greentic.secrets.dev-store@0.1.0";
const VAULT: &str = "greentic.secrets.vault@0.1.0";
const SLOT: CapabilitySlot = CapabilitySlot::Secrets;

fn add(kind: &str) -> Command {
    Command::AddPackBinding(doc(pack(SLOT, kind)))
}

fn update(kind: &str) -> Command {
    Command::UpdatePackBinding { slot: SLOT, binding: doc(pack(SLOT, kind)) }
}

#[test]
fn a_slot_is_bound_changed_rolled_back_once_and_freed() {
    let mut lab = Lab::new();
    lab.run(add(STORE));
    lab.refuse(
        add(VAULT),
        "binding-exists",
        "slot `secrets` is bound already in environment `local`; update it",
    );
    let mut with_stale_generation = pack(SLOT, VAULT);
    with_stale_generation.generation = 77;
    let outcome =
        lab.run(Command::UpdatePackBinding { slot: SLOT, binding: doc(with_stale_generation) });
    let Outcome::PackChanged(changed) = outcome else { panic!("another outcome") };
    assert_eq!((changed.generation, changed.binding.generation), (1, 1));
    let stash = changed.binding.previous_binding_ref.expect("a stash");
    let stashed: EnvPackBinding =
        serde_json::from_value(load_inline(&stash).expect("inline")).expect("a binding");
    assert_eq!(stashed, pack(SLOT, STORE));
    lab.run(Command::RollbackPackBinding { slot: SLOT });
    let bound = lab.env().pack_for_slot(SLOT).expect("a binding");
    assert_eq!((bound.kind.as_str(), bound.generation), (STORE, 2));
    lab.refuse(
        Command::RollbackPackBinding { slot: SLOT },
        "no-previous-binding",
        "slot `secrets` in environment `local` has no previous binding; update it to the one that you want",
    );
    let outcome = lab.run(Command::RemovePackBinding { slot: SLOT });
    assert!(matches!(outcome, Outcome::PackChanged(removed) if removed.generation == 2));
    assert!(lab.env().packs.is_empty());
    for command in [
        update(VAULT),
        Command::RemovePackBinding { slot: SLOT },
        Command::RollbackPackBinding { slot: SLOT },
    ] {
        lab.refuse(
            command,
            "binding-not-found",
            "slot `secrets` is not bound in environment `local`; add it",
        );
    }
}

#[test]
fn the_stash_is_one_level_deep() {
    let mut lab = Lab::new();
    lab.run(add(STORE));
    lab.run(update(VAULT));
    lab.run(update(STORE));
    let bound = lab.env().pack_for_slot(SLOT).expect("a binding");
    let stash = load_inline(bound.previous_binding_ref.as_ref().expect("a stash")).expect("inline");
    assert_eq!(stash.get("previous_binding_ref"), None);
    assert_eq!(stash["generation"], 1);
}

#[test]
fn families_with_lists_of_their_own_have_no_slot_in_packs() {
    let mut lab = Lab::new();
    for slot in [CapabilitySlot::Messaging, CapabilitySlot::Extension] {
        let text = format!(
            "slot `{slot}` has no binding in `packs`; add messaging endpoints and extensions with their own verbs"
        );
        let binding = pack(slot, STORE);
        lab.refuse(Command::AddPackBinding(doc(binding.clone())), "not-a-pack-slot", &text);
        let update = Command::UpdatePackBinding { slot, binding: doc(binding) };
        lab.refuse(update, "not-a-pack-slot", &text);
    }
}

#[test]
fn an_update_names_the_same_slot_twice() {
    let mut lab = Lab::new();
    lab.run(add(STORE));
    let binding = doc(pack(CapabilitySlot::State, STORE));
    lab.refuse(
        Command::UpdatePackBinding { slot: SLOT, binding },
        "binding-mismatch",
        "the binding is of slot `state`, the update is of slot `secrets`; name the same in both",
    );
}

#[test]
fn an_extension_is_its_path_and_instance_whatever_its_version() {
    let mut lab = Lab::new();
    let kind = "acme.oauth.auth0@1.0.0";
    lab.run(Command::AddExtensionBinding(doc(extension(kind, None))));
    lab.run(Command::AddExtensionBinding(doc(extension(kind, Some("primary")))));
    let newer = extension("acme.oauth.auth0@2.0.0", Some("primary"));
    lab.refuse(
        Command::AddExtensionBinding(doc(newer.clone())),
        "binding-exists",
        "extension `acme.oauth.auth0/primary` is bound already in environment `local`; update it",
    );
    let key = ExtensionKey::from_binding(&newer);
    lab.run(Command::UpdateExtensionBinding { key: key.clone(), binding: doc(newer) });
    let outcome = lab.run(Command::RollbackExtensionBinding { key: key.clone() });
    let Outcome::ExtensionChanged(changed) = outcome else { panic!("another outcome") };
    assert_eq!((changed.binding.kind.as_str(), changed.generation), (kind, 2));
    lab.run(Command::RemoveExtensionBinding { key: key.clone() });
    assert_eq!(lab.env().extensions, [extension(kind, None)]);
    lab.refuse(
        Command::RemoveExtensionBinding { key },
        "binding-not-found",
        "extension `acme.oauth.auth0/primary` is not bound in environment `local`; add it",
    );
    lab.refuse(
        Command::AddExtensionBinding(doc(extension(kind, Some("Primary")))),
        "invalid-extension-instance-id",
        "instance_id of extension `acme.oauth.auth0` contains 'P' in \"Primary\"; allowed are a-z, 0-9 and `-`",
    );
}

#[test]
fn a_stash_of_another_binding_is_refused() {
    let mut lab = Lab::new();
    lab.run(add(STORE));
    let other = serde_json::to_value(pack(CapabilitySlot::State, STORE)).expect("JSON");
    let mut env = lab.env().clone();
    env.packs[0].previous_binding_ref = Some(greentic_deploy_spec::stash_inline(&other));
    lab.run(Command::Replace(doc(env)));
    lab.refuse(
        Command::RollbackPackBinding { slot: SLOT },
        "stash-unreadable",
        "the previous version of slot `secrets` cannot be read (it is a binding of slot `state`); set the one that you want",
    );
}
