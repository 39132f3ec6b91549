//! Brings a change of the typed view into the raw document, so that what the typed view does not
//! know stays where it was.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::shape::{Elements, Shape};

/// Applies to `raw` what changed from `before` to `after`.
///
/// `before` is the typed view of `raw`. Objects change key by key; lists with identity element by
/// element; everything else is replaced when it differs.
pub(super) fn patch(before: &Value, after: &Value, raw: &mut Value, shape: Shape) {
    if before == after {
        return;
    }
    match (before, after, raw, shape.elements) {
        (Value::Object(before), Value::Object(after), Value::Object(raw), _) => {
            patch_object(before, after, raw, shape);
        }
        (Value::Array(before), Value::Array(after), raw @ Value::Array(_), Some(elements)) => {
            patch_list(before, after, raw, elements);
        }
        (_, after, raw, _) => *raw = after.clone(),
    }
}

fn patch_object(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    raw: &mut Map<String, Value>,
    shape: Shape,
) {
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        raw.remove(key);
    }
    for (key, after) in after {
        match (before.get(key), raw.get_mut(key)) {
            (Some(before), Some(raw)) => patch(before, after, raw, shape.field(key)),
            (Some(before), None) if before == after => {}
            _ => drop(raw.insert(key.clone(), after.clone())),
        }
    }
}

fn patch_list(before: &[Value], after: &[Value], raw: &mut Value, elements: &Elements) {
    let Value::Array(old) = raw else { return };
    if old.len() != before.len() {
        *raw = Value::Array(after.to_vec());
        return;
    }
    let identities = |list: &[Value]| number_repeats(list, |e| elements.identity.of(e));
    let mut known: HashMap<_, _> =
        identities(before).into_iter().zip(before.iter().zip(std::mem::take(old))).collect();
    *old = identities(after)
        .into_iter()
        .zip(after)
        .map(|(identity, after)| match known.remove(&identity) {
            Some((before, mut raw)) => {
                patch(before, after, &mut raw, elements.shape);
                raw
            }
            None => after.clone(),
        })
        .collect();
}

/// Tells elements of one identity apart by their order, so that a document that lists something
/// twice keeps both.
pub(super) fn number_repeats<T, K: std::hash::Hash + Eq + Clone>(
    list: &[T],
    identity: impl Fn(&T) -> K,
) -> Vec<(K, usize)> {
    let mut seen: HashMap<K, usize> = HashMap::new();
    list.iter()
        .map(|element| {
            let identity = identity(element);
            let count = seen.entry(identity.clone()).or_default();
            *count += 1;
            (identity, *count)
        })
        .collect()
}

/// Adds to `target` the keys of `raw` that `typed`, the typed view of `raw`, does not know.
///
/// This is how keys that a payload or a stash carries reach the element that is made of it. `null`
/// under a key that the typed view left out says "none" and is not carried.
pub(crate) fn carry_unknown(target: &mut Value, typed: &Value, raw: &Value) {
    match (target, typed, raw) {
        (Value::Object(target), Value::Object(typed), Value::Object(raw)) => {
            for (key, raw) in raw {
                match (typed.get(key), target.get_mut(key)) {
                    (Some(typed), Some(target)) => carry_unknown(target, typed, raw),
                    (Some(_), None) => {}
                    (None, _) if raw.is_null() => {}
                    (None, _) => drop(target.insert(key.clone(), raw.clone())),
                }
            }
        }
        (Value::Array(target), Value::Array(typed), Value::Array(raw))
            if target.len() == typed.len() && typed.len() == raw.len() =>
        {
            for ((target, typed), raw) in target.iter_mut().zip(typed).zip(raw) {
                carry_unknown(target, typed, raw);
            }
        }
        _ => {}
    }
}
