//! What a verb is given, from flags and from a file. Flags win, field by field.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::CliError;
use crate::verbs::files;

/// Answers are written by people; a file beyond this is none.
const MAX_BYTES: u64 = 1024 * 1024;

/// The JSON Schema of what a verb takes.
pub(crate) fn schema<P: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(P).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

/// What the flags say over what the file says. A key that the verb does not have is refused: to leave it out would be to do
/// something else than what was asked for.
pub(crate) fn merged<P: Serialize + DeserializeOwned + JsonSchema>(
    flags: &P,
    path: &Path,
) -> Result<P, CliError> {
    let fail = |problem: String| CliError::Answers { path: path.to_owned(), problem };
    let mut answers = read(path)?;
    let schema = schema::<P>();
    let known = schema.get("properties").and_then(Value::as_object);
    let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
    if let Some(key) = answers.keys().find(|key| !is_known(key)) {
        let known: Vec<&str> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        return Err(fail(format!("the verb has no key `{key}`; it has {}", known.join(", "))));
    }
    match serde_json::to_value(flags).map_err(CliError::unwritable)? {
        Value::Object(flags) => {
            answers.extend(flags.into_iter().filter(|(_, value)| !is_empty(value)))
        }
        other => return Err(fail(format!("flags became {other}"))),
    }
    serde_json::from_value(Value::Object(answers)).map_err(|error| fail(error.to_string()))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// The map in a file of JSON or YAML.
pub(crate) fn read(path: &Path) -> Result<Map<String, Value>, CliError> {
    let fail = |problem: String| CliError::Answers { path: path.to_owned(), problem };
    let text = files::read_text(path, MAX_BYTES)?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let parsed = match extension {
        "json" => from_json(&text),
        "yaml" | "yml" => from_yaml(&text),
        _ => from_json(&text).or_else(|json| {
            from_yaml(&text)
                .map_err(|yaml| format!("it is neither JSON ({json}) nor YAML ({yaml})"))
        }),
    };
    match parsed.map_err(fail)? {
        Value::Object(answers) => Ok(answers),
        _ => Err(fail("it has no keys".to_owned())),
    }
}

fn from_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn from_yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: 32, max_nodes: 20_000, max_documents: 1 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}
