use serde_json::{Value, json};

use super::{PackManifest, field, symbols};
use crate::cbor;
use crate::error::DocumentProblem;

/// Writes `manifest.cbor`: the same manifest, the same bytes.
pub(crate) fn write_manifest(manifest: &PackManifest) -> Result<Vec<u8>, DocumentProblem> {
    let mut value = serde_json::to_value(manifest).map_err(|error| field("", error.to_string()))?;
    symbols::intern(&mut value)?;
    if value["signatures"].is_null() {
        value["signatures"] = json!({"signatures": []});
    }
    sort(&mut value);
    cbor::from_json(&value)
}

/// Sorts the keys of all maps, since a feature of serde_json that any crate can switch on keeps them as they came.
pub(crate) fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(sort);
            let mut pairs: Vec<_> = std::mem::take(map).into_iter().collect();
            pairs.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            map.extend(pairs);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}
