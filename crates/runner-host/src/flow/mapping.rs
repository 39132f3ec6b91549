//! What a node's mapping says once it is filled.

use serde_json::{Map, Value};

use super::MappingProblem;

/// What a component gets: input, configuration and operation of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) component: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) input: Value,
    pub(super) config: Option<Value>,
}

const INPUT: [&str; 2] = ["input", "payload"];
const CONFIG: [&str; 2] = ["config", "metadata"];
const OPERATION: [&str; 2] = ["operation", "op"];
const COMPONENT: [&str; 2] = ["component", "component_ref"];

/// The first of several names that is there.
pub(super) fn first<'m>(mapping: &'m Value, names: &[&str]) -> Option<&'m Value> {
    names.iter().find_map(|name| mapping.get(name))
}

/// The first of several names that is there, as a text that is not empty.
pub(super) fn first_text(mapping: &Value, names: &[&str]) -> Option<String> {
    let text = first(mapping, names)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Takes the first of several names that is there.
fn take(mapping: &mut Value, names: &[&str]) -> Option<Value> {
    names.iter().find_map(|name| mapping.get_mut(name).map(Value::take))
}

/// The parts of a `component.exec` node.
pub(super) fn of_exec(mut mapping: Value) -> Parts {
    Parts {
        component: first_text(&mapping, &COMPONENT),
        operation: first_text(&mapping, &OPERATION),
        input: take(&mut mapping, &INPUT).unwrap_or(Value::Null),
        config: take(&mut mapping, &CONFIG),
    }
}

/// The parts of a node that is named by its component: the whole mapping is the input, unless it
/// has nothing but names of parts.
pub(super) fn of_component(mapping: Value) -> Parts {
    let only_parts = mapping.as_object().is_some_and(|fields| {
        let named = |key: &String| {
            ["input", "config", "operation", "op", "component"].contains(&key.as_str())
        };
        fields.contains_key("input") && fields.keys().all(named)
    });
    if only_parts {
        return of_exec(mapping);
    }
    let operation = first_text(&mapping, &OPERATION);
    Parts { component: None, operation, input: mapping, config: None }
}

impl Parts {
    /// What is sent: the input, together with the configuration when there is one.
    pub(super) fn payload(self) -> Value {
        match self.config {
            None => self.input,
            Some(config) => Value::Object(Map::from_iter([
                ("config".to_owned(), config),
                ("input".to_owned(), self.input),
            ])),
        }
    }
}

/// Applies an `in_map` or `out_map`: each text that is a JSON pointer becomes what it points to.
pub(super) fn apply_map(map: &Value, source: &Value) -> Result<Value, MappingProblem> {
    Ok(match map {
        Value::String(text) if text.starts_with('/') => {
            let missing = || MappingProblem::Pointer { pointer: text.clone() };
            source.pointer(text).cloned().ok_or_else(missing)?
        }
        Value::Array(items) => Value::Array(
            items.iter().map(|item| apply_map(item, source)).collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => {
            let field =
                |(key, value): (&String, &Value)| Ok((key.clone(), apply_map(value, source)?));
            Value::Object(fields.iter().map(field).collect::<Result<_, MappingProblem>>()?)
        }
        other => other.clone(),
    })
}
