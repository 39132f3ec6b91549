//! The keys that a type knows, as serde tells them.

use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};

/// The names of a struct's fields. Empty for a type that is no plain struct.
pub(crate) fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It stops as soon as the names are known, so there is no value.
    let _ = T::deserialize(Probe { names: &mut names });
    names
}

/// A source of data that has none and only listens to what is asked for.
struct Probe<'a> {
    names: &'a mut &'static [&'static str],
}

#[derive(Debug)]
struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the names of the fields were asked for")
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Stop;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Stop> {
        *self.names = fields;
        Err(Stop)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EnvPackBinding, EnvironmentHostConfig};

    #[test]
    fn the_names_are_those_of_the_document() {
        let names =
            ["slot", "kind", "pack_ref", "answers_ref", "generation", "previous_binding_ref"];
        assert_eq!(field_names::<EnvPackBinding>(), names);
        assert!(field_names::<EnvironmentHostConfig>().contains(&"gui_enabled"));
        assert!(field_names::<String>().is_empty());
    }
}
