//! Env-packs in slots and extensions by key: the same verbs over two lists.

use std::path::PathBuf;

use serde_json::Value;

use crate::document::{Document, DocumentType, typed_view};
use crate::documents::{EnvPackBinding, Environment, ExtensionBinding, ExtensionKey};
use crate::engine::draft::{Draft, Place, to_value};
use crate::engine::{BindingKey, Counted, Outcome, Rejection};
use crate::payloads::BindingGenerationOutcome;
use crate::stash::{load_inline, stash_inline};
use crate::{CapabilitySlot, PackId};

/// A binding that verbs can change, whatever list it is in.
trait Binding: DocumentType + Clone {
    fn key(&self) -> BindingKey;
    fn list(env: &mut Environment) -> &mut Vec<Self>;
    fn generation(&self) -> u64;
    fn previous(&self) -> Option<&PathBuf>;
    fn pack_ref(&self) -> &PackId;
    fn numbered(self, generation: u64, previous: Option<PathBuf>) -> Self;
}

macro_rules! binding {
    ($type:ident, $list:ident, $key:expr) => {
        impl Binding for $type {
            fn key(&self) -> BindingKey {
                let key: fn(&Self) -> BindingKey = $key;
                key(self)
            }

            fn list(env: &mut Environment) -> &mut Vec<Self> {
                &mut env.$list
            }

            fn generation(&self) -> u64 {
                self.generation
            }

            fn previous(&self) -> Option<&PathBuf> {
                self.previous_binding_ref.as_ref()
            }

            fn pack_ref(&self) -> &PackId {
                &self.pack_ref
            }

            fn numbered(self, generation: u64, previous: Option<PathBuf>) -> Self {
                Self { generation, previous_binding_ref: previous, ..self }
            }
        }
    };
}

binding!(EnvPackBinding, packs, |binding| BindingKey::Slot(binding.slot));
binding!(ExtensionBinding, extensions, |binding| {
    BindingKey::Extension(ExtensionKey::from_binding(binding))
});

fn place(key: &BindingKey) -> Place {
    match key {
        BindingKey::Slot(slot) => Place::Pack(*slot),
        BindingKey::Extension(key) => Place::Extension(key.clone()),
    }
}

fn find<B: Binding>(draft: &mut Draft<'_>, key: &BindingKey) -> Result<B, Rejection> {
    let env_id = draft.env_id().clone();
    let found = B::list(draft.env_mut()?).iter().find(|b| b.key() == *key).cloned();
    found.ok_or_else(|| Rejection::BindingNotFound { binding: key.clone(), env_id })
}

fn put<B: Binding>(draft: &mut Draft<'_>, key: &BindingKey, binding: &B) -> Result<(), Rejection> {
    let list = B::list(draft.env_mut()?);
    match list.iter_mut().find(|b| b.key() == *key) {
        Some(bound) => *bound = binding.clone(),
        None => list.push(binding.clone()),
    }
    Ok(())
}

fn next_generation<B: Binding>(binding: &B) -> Result<u64, Rejection> {
    binding
        .generation()
        .checked_add(1)
        .ok_or_else(|| Rejection::CounterOverflow { of: Counted::Binding(binding.key()) })
}

fn add<B: Binding>(draft: &mut Draft<'_>, binding: &Document<B>) -> Result<B, Rejection> {
    let key = binding.key();
    let env_id = draft.env_id().clone();
    if B::list(draft.env_mut()?).iter().any(|bound| bound.key() == key) {
        return Err(Rejection::BindingExists { binding: key, env_id });
    }
    Binding::pack_ref(binding.typed()).check_text()?;
    put(draft, &key, binding.typed())?;
    draft.carry(place(&key), binding)?;
    Ok(binding.typed().clone())
}

fn update<B: Binding>(
    draft: &mut Draft<'_>,
    key: &BindingKey,
    binding: &Document<B>,
) -> Result<BindingGenerationOutcome<B>, Rejection> {
    let current: B = find(draft, key)?;
    if binding.key() != *key {
        return Err(Rejection::BindingMismatch { given: binding.key(), target: key.clone() });
    }
    Binding::pack_ref(binding.typed()).check_text()?;
    let generation = next_generation(&current)?;
    let previous = stash_of(draft, key);
    let updated = binding.typed().clone().numbered(generation, previous);
    put(draft, key, &updated)?;
    draft.carry(place(key), binding)?;
    Ok(BindingGenerationOutcome { binding: updated, generation })
}

/// The binding as it is, as a stash without the stash in it.
fn stash_of(draft: &Draft<'_>, key: &BindingKey) -> Option<PathBuf> {
    let mut current = draft.raw(&place(key))?.clone();
    if let Some(map) = current.as_object_mut() {
        map.remove("previous_binding_ref");
    }
    Some(stash_inline(&current))
}

fn remove<B: Binding>(
    draft: &mut Draft<'_>,
    key: &BindingKey,
) -> Result<BindingGenerationOutcome<B>, Rejection> {
    let binding: B = find(draft, key)?;
    B::list(draft.env_mut()?).retain(|bound| bound.key() != *key);
    let generation = binding.generation();
    Ok(BindingGenerationOutcome { binding, generation })
}

fn rollback<B: Binding>(
    draft: &mut Draft<'_>,
    key: &BindingKey,
) -> Result<BindingGenerationOutcome<B>, Rejection> {
    let current: B = find(draft, key)?;
    let generation = next_generation(&current)?;
    let env_id = draft.env_id().clone();
    let previous = current
        .previous()
        .ok_or_else(|| Rejection::NoPreviousBinding { binding: key.clone(), env_id })?;
    let (raw, stashed) = stashed::<B>(key, load_inline(previous))?;
    let restored = stashed.clone().numbered(generation, None);
    put(draft, key, &restored)?;
    draft.carry_value(place(key), to_value(&stashed)?, raw);
    Ok(BindingGenerationOutcome { binding: restored, generation })
}

fn stashed<B: Binding>(key: &BindingKey, raw: Option<Value>) -> Result<(Value, B), Rejection> {
    let unreadable =
        |detail: String| Rejection::StashUnreadable { of: Counted::Binding(key.clone()), detail };
    let raw = raw.ok_or_else(|| unreadable("it is not kept inline, or damaged".to_owned()))?;
    let typed: B = typed_view(&raw).map_err(|error| unreadable(error.to_string()))?;
    if typed.key() == *key {
        Ok((raw, typed))
    } else {
        Err(unreadable(format!("it is a binding of {}", typed.key())))
    }
}

fn pack_slot(slot: CapabilitySlot) -> Result<BindingKey, Rejection> {
    if slot.binds_in_packs() {
        Ok(BindingKey::Slot(slot))
    } else {
        Err(Rejection::NotPackSlot { slot })
    }
}

pub(super) fn add_pack(
    draft: &mut Draft<'_>,
    binding: &Document<EnvPackBinding>,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    pack_slot(binding.slot)?;
    add(draft, binding).map(Outcome::PackBound)
}

pub(super) fn update_pack(
    draft: &mut Draft<'_>,
    slot: CapabilitySlot,
    binding: &Document<EnvPackBinding>,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    update(draft, &pack_slot(slot)?, binding).map(Outcome::PackChanged)
}

pub(super) fn remove_pack(
    draft: &mut Draft<'_>,
    slot: CapabilitySlot,
) -> Result<Outcome, Rejection> {
    remove(draft, &BindingKey::Slot(slot)).map(Outcome::PackChanged)
}

pub(super) fn rollback_pack(
    draft: &mut Draft<'_>,
    slot: CapabilitySlot,
) -> Result<Outcome, Rejection> {
    rollback(draft, &BindingKey::Slot(slot)).map(Outcome::PackChanged)
}

pub(super) fn add_extension(
    draft: &mut Draft<'_>,
    binding: &Document<ExtensionBinding>,
) -> Result<Outcome, Rejection> {
    add(draft, binding).map(Outcome::ExtensionBound)
}

pub(super) fn update_extension(
    draft: &mut Draft<'_>,
    key: &ExtensionKey,
    binding: &Document<ExtensionBinding>,
) -> Result<Outcome, Rejection> {
    update(draft, &BindingKey::Extension(key.clone()), binding).map(Outcome::ExtensionChanged)
}

pub(super) fn remove_extension(
    draft: &mut Draft<'_>,
    key: &ExtensionKey,
) -> Result<Outcome, Rejection> {
    remove(draft, &BindingKey::Extension(key.clone())).map(Outcome::ExtensionChanged)
}

pub(super) fn rollback_extension(
    draft: &mut Draft<'_>,
    key: &ExtensionKey,
) -> Result<Outcome, Rejection> {
    rollback(draft, &BindingKey::Extension(key.clone())).map(Outcome::ExtensionChanged)
}
