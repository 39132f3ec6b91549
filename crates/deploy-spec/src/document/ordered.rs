//! Writes a raw document with its known keys in the order of their declaration.
//!
//! serde_json keeps objects sorted by key. People read `environment.json`, and the public tools
//! write it in declaration order; so the typed view gives the order, the raw document the content.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

/// The order of the keys in a JSON text.
pub(super) enum Order<'t> {
    Object(Vec<(Key<'t>, Order<'t>)>),
    Array(Vec<Order<'t>>),
    Leaf,
}

/// A key, in the text itself where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de> Deserialize<'de> for Order<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrderVisitor;

        impl<'de> Visitor<'de> for OrderVisitor {
            type Value = Order<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_str<E>(self, _: &str) -> Result<Order<'de>, E> {
                Ok(Order::Leaf)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Order<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Order::Array(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Order<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    list.push(entry);
                }
                Ok(Order::Object(list))
            }
        }

        deserializer.deserialize_any(OrderVisitor)
    }
}

/// A value that is written in a given order: known keys first, then the others by name.
pub(super) struct Ordered<'a> {
    pub(super) value: &'a Value,
    pub(super) order: &'a Order<'a>,
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.order) {
            (Value::Object(map), Order::Object(order)) => {
                let mut out = serializer.serialize_map(Some(map.len()))?;
                let mut known = BTreeSet::new();
                for (Key(key), order) in order {
                    if let Some(value) = map.get(&**key) {
                        out.serialize_entry(key, &Ordered { value, order })?;
                        known.insert(&**key);
                    }
                }
                // Most objects have known keys only.
                if known.len() < map.len() {
                    for (key, value) in map.iter().filter(|(key, _)| !known.contains(&***key)) {
                        out.serialize_entry(key, value)?;
                    }
                }
                out.end()
            }
            (Value::Array(items), Order::Array(orders)) if items.len() == orders.len() => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for (value, order) in items.iter().zip(orders) {
                    out.serialize_element(&Ordered { value, order })?;
                }
                out.end()
            }
            (value, _) => value.serialize(serializer),
        }
    }
}
