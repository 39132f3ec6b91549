use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What to do with an optional field: keep it, set it, or clear it.
///
/// In JSON: absent or `null` keeps, `{"value": v}` sets, `{"clear": true}` clears,
/// `{"clear": false}` keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldUpdate<T> {
    /// Leaves the field as it is.
    #[default]
    Keep,
    /// Sets the field.
    Set(T),
    /// Removes the field.
    Clear,
}

impl<T> FieldUpdate<T> {
    /// Sets the value that is given, or keeps.
    #[must_use]
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }

    /// Keeps, clears or sets, in the order of the two options.
    #[must_use]
    pub fn from_double_option(value: Option<Option<T>>) -> Self {
        match value {
            None => Self::Keep,
            Some(None) => Self::Clear,
            Some(Some(value)) => Self::Set(value),
        }
    }

    /// Tells whether the field stays as it is.
    #[must_use]
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Does it.
    pub fn apply_to(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Set(value) => *field = Some(value),
            Self::Clear => *field = None,
        }
    }
}

impl<T: Serialize> Serialize for FieldUpdate<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let entry = |serializer: S| serializer.serialize_map(Some(1));
        match self {
            Self::Keep => serializer.serialize_none(),
            Self::Set(value) => {
                let mut map = entry(serializer)?;
                map.serialize_entry("value", value)?;
                map.end()
            }
            Self::Clear => {
                let mut map = entry(serializer)?;
                map.serialize_entry("clear", &true)?;
                map.end()
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for FieldUpdate<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            deny_unknown_fields,
            expecting = "a field update: null, {\"value\": …} or {\"clear\": true}"
        )]
        struct Wire {
            #[serde(default, deserialize_with = "present")]
            value: Option<Value>,
            #[serde(default)]
            clear: Option<bool>,
        }
        let Some(wire) = Option::<Wire>::deserialize(deserializer)? else {
            return Ok(Self::Keep);
        };
        match (wire.value, wire.clear) {
            // `null` is a value for a field that holds any JSON, and none for every other.
            (Some(Value::Null), None) => {
                T::deserialize(Value::Null).map(Self::Set).map_err(|_| no_change())
            }
            (None | Some(Value::Null), Some(true)) => Ok(Self::Clear),
            (None | Some(Value::Null), Some(false)) => Ok(Self::Keep),
            (Some(value), None) => T::deserialize(value).map(Self::Set).map_err(de::Error::custom),
            (None, None) => Err(no_change()),
            (Some(_), Some(_)) => {
                Err(de::Error::custom("field update cannot carry both `value` and `clear`"))
            }
        }
    }
}

/// A key that is there, even with `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn no_change<E: de::Error>() -> E {
    E::custom("field update object must carry `value` or `clear`")
}

#[cfg(feature = "schemas")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for FieldUpdate<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("FieldUpdate_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({
            "description": "Absent or null keeps, `value` sets, `clear: true` clears.",
            "oneOf": [
                { "type": "null" },
                {
                    "type": "object",
                    "properties": { "value": value },
                    "required": ["value"],
                    "additionalProperties": false
                },
                {
                    "type": "object",
                    "properties": { "clear": { "type": "boolean" } },
                    "required": ["clear"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
