//! Cards: what a card component gets, with assets of the pack put in their place.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::MappingProblem;

/// Whether a component's input is about a card, which goes to it as it is.
pub(super) fn is_card(input: &Value) -> bool {
    input.get("card_source").is_some() || input.get("card_spec").is_some()
}

/// What a card component gets of a node's mapping: defaults of its configuration where the input
/// says nothing, and the asset itself instead of its path.
pub(super) fn resolve(
    mut input: Value,
    config: Option<&Value>,
    asset: impl Fn(&str) -> Option<Arc<[u8]>>,
) -> Result<Value, MappingProblem> {
    if let Some(fields) = input.as_object_mut() {
        promote_defaults(fields, config);
        if fields.get("card_source").and_then(Value::as_str) == Some("asset") {
            put_asset_in_place(fields, asset)?;
        }
    }
    Ok(input)
}

fn promote_defaults(fields: &mut Map<String, Value>, config: Option<&Value>) {
    let default = |name: &str| config.and_then(|config| config.get(name)).cloned();
    if !fields.contains_key("card_source")
        && let Some(source) = default("default_source")
    {
        fields.insert("card_source".to_owned(), source);
    }
    let spec = fields.entry("card_spec").or_insert_with(|| json!({}));
    let Some(spec) = spec.as_object_mut() else { return };
    let defaults = [("asset_path", "default_card_asset"), ("inline_json", "default_card_inline")];
    for (field, name) in defaults {
        if !spec.contains_key(field)
            && let Some(value) = default(name)
        {
            spec.insert(field.to_owned(), value);
        }
    }
}

fn put_asset_in_place(
    fields: &mut Map<String, Value>,
    asset: impl Fn(&str) -> Option<Arc<[u8]>>,
) -> Result<(), MappingProblem> {
    let spec = fields.get_mut("card_spec").and_then(Value::as_object_mut);
    let path = spec.as_ref().and_then(|spec| spec.get("asset_path")).and_then(Value::as_str);
    let path = path.unwrap_or_default().to_owned();
    let bytes = asset(&path).ok_or_else(|| MappingProblem::NoAsset { path: path.clone() })?;
    let card: Value = serde_json::from_slice(&bytes)
        .map_err(|error| MappingProblem::AssetNotJson { path, detail: error.to_string() })?;
    if let Some(spec) = spec {
        spec.insert("inline_json".to_owned(), card);
    }
    fields.insert("card_source".to_owned(), json!("inline"));
    Ok(())
}
