use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Where a flow goes after a node.
///
/// Reads both spellings: that of manifests (`"End"`, `{"Next": {"node_id": …}}`, upper or lower case) and that of flow
/// sources (`"out"`, `[{"to": …}]`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub enum Routing {
    /// To one node.
    Next {
        /// The node.
        node_id: String,
    },
    /// To the node that belongs to the status of the output.
    Branch {
        /// Nodes by status.
        on_status: BTreeMap<String, String>,
        /// The node for any other status; the flow ends when there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// The flow ends.
    #[default]
    End,
    /// The flow ends with the output as its reply.
    Reply,
    /// To the first route whose condition holds: a list of routes, as [`Routing::routes`] reads it.
    Custom(Value),
}

/// One way out of a node, as a flow's source has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The node to go to; `out` ends the flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the flow ends.
    #[serde(default, skip_serializing_if = "is_false")]
    pub out: bool,
    /// The status that this way is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the flow ends with the output as its reply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reply: bool,
    /// The condition that this way is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Routing {
    /// The routes of [`Routing::Custom`] that can be read; empty for every other routing.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        match self {
            Self::Custom(Value::Array(routes)) => {
                routes.iter().filter_map(|route| Route::deserialize(route).ok()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The routing that a source's routes mean. `raw` is the list as it stands there.
    pub(crate) fn from_routes(routes: &[Route], raw: Value) -> Self {
        if routes.iter().any(|route| route.condition.is_some()) {
            return Self::Custom(raw);
        }
        match routes {
            [] => Self::End,
            [route] => Self::from_single(route, raw),
            _ => Self::from_several(routes, raw),
        }
    }

    fn from_single(route: &Route, raw: Value) -> Self {
        match (route.to.as_deref(), route.status.is_some()) {
            _ if route.reply => Self::Reply,
            _ if route.out => Self::End,
            (_, true) => Self::Custom(raw),
            (Some("out") | None, false) => Self::End,
            (Some(node_id), false) => Self::Next { node_id: node_id.to_owned() },
        }
    }

    fn from_several(routes: &[Route], raw: Value) -> Self {
        let mut on_status = BTreeMap::new();
        let mut default = None;
        for route in routes {
            let target = route.to.clone().filter(|to| to != "out" && !route.out && !route.reply);
            let Some(target) = target else { return Self::Custom(raw) };
            let known = match route.status.clone() {
                Some(status) => on_status.insert(status, target),
                None => default.replace(target),
            };
            if known.is_some() {
                return Self::Custom(raw);
            }
        }
        Self::Branch { on_status, default }
    }
}

#[derive(Deserialize)]
struct Next {
    node_id: String,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    on_status: BTreeMap<String, String>,
    #[serde(default)]
    default: Option<String>,
}

impl<'de> Deserialize<'de> for Routing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        read(value).map_err(serde::de::Error::custom)
    }
}

const EXPECTED: &str = "expected `End`, `Reply`, `Next`, `Branch`, `Custom`, or a list of routes";

fn read(value: Value) -> Result<Routing, String> {
    match value {
        Value::Null => Ok(Routing::End),
        Value::String(word) => read_word(&word),
        Value::Array(_) => {
            let routes = Vec::<Route>::deserialize(&value).map_err(|error| error.to_string())?;
            Ok(Routing::from_routes(&routes, value))
        }
        Value::Object(map) => {
            let mut pairs = map.into_iter();
            match (pairs.next(), pairs.next()) {
                (Some((variant, content)), None) => read_variant(&variant, content),
                _ => Err(format!("a map with one key is expected; {EXPECTED}")),
            }
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

fn read_word(word: &str) -> Result<Routing, String> {
    match word {
        "End" | "end" | "out" => Ok(Routing::End),
        "Reply" | "reply" => Ok(Routing::Reply),
        _ => Err(format!("unknown routing `{word}`; {EXPECTED}")),
    }
}

fn read_variant(variant: &str, content: Value) -> Result<Routing, String> {
    match variant {
        "Next" | "next" => {
            let Next { node_id } = Next::deserialize(content).map_err(|error| error.to_string())?;
            Ok(Routing::Next { node_id })
        }
        "Branch" | "branch" => {
            let Branch { on_status, default } =
                Branch::deserialize(content).map_err(|error| error.to_string())?;
            Ok(Routing::Branch { on_status, default })
        }
        "Custom" | "custom" => Ok(Routing::Custom(content)),
        word => read_word(word),
    }
}
