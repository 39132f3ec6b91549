//! Which flow answers an activity.

use greentic_pack_format::Flow;

use super::TenantRuntime;
use crate::Activity;

/// A flow of a pack, by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlowName {
    pub(crate) pack_id: String,
    pub(crate) flow_id: String,
}

/// No flow answers, or more than one could.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoFlow {
    /// The pack does not have the flow.
    #[error("flow {flow_id} not registered for pack {pack_id}")]
    NotInPack {
        /// The flow.
        flow_id: String,
        /// The pack.
        pack_id: String,
    },
    /// Several packs have the flow, or none.
    #[error("flow {flow_id} is ambiguous; pack_id is required")]
    Ambiguous {
        /// The flow.
        flow_id: String,
    },
    /// Several flows are of the type, or none.
    #[error("flow type {flow_type} is ambiguous; name a flow, or a pack")]
    AmbiguousType {
        /// The type.
        flow_type: String,
    },
    /// No pack has a flow.
    #[error("no entry flows registered for tenant {tenant}")]
    None {
        /// The tenant.
        tenant: String,
    },
}

impl NoFlow {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInPack { .. } => "flow-not-in-pack",
            Self::Ambiguous { .. } => "flow-ambiguous",
            Self::AmbiguousType { .. } => "flow-type-ambiguous",
            Self::None { .. } => "no-flow",
        }
    }
}

impl TenantRuntime {
    /// The flow that answers: the one that is named, else the one of the named type, else the first
    /// of the main pack.
    pub(crate) fn flow_for(&self, activity: &Activity) -> Result<&FlowName, NoFlow> {
        let pack_id = activity.pack_id.as_deref();
        if let Some(flow_id) = &activity.flow_id {
            return self.named_flow(flow_id, pack_id);
        }
        if let Some(flow_type) = activity.flow_type() {
            return self.flow_of_type(flow_type, pack_id);
        }
        let none = || NoFlow::None { tenant: self.tenant().to_owned() };
        self.names.flows.first().map(|(name, _)| name).ok_or_else(none)
    }

    fn named_flow(&self, flow_id: &str, pack_id: Option<&str>) -> Result<&FlowName, NoFlow> {
        let all = self.names.flows.iter().map(|(name, _)| name);
        let mut found = all.filter(|name| {
            name.flow_id == flow_id && pack_id.is_none_or(|pack_id| name.pack_id == pack_id)
        });
        match (found.next(), found.next(), pack_id) {
            (Some(name), None, _) => Ok(name),
            (_, _, Some(pack_id)) => {
                let (flow_id, pack_id) = (flow_id.to_owned(), pack_id.to_owned());
                Err(NoFlow::NotInPack { flow_id, pack_id })
            }
            _ => Err(NoFlow::Ambiguous { flow_id: flow_id.to_owned() }),
        }
    }

    fn flow_of_type(&self, flow_type: &str, pack_id: Option<&str>) -> Result<&FlowName, NoFlow> {
        let all = self.names.flows.iter();
        let mut found = all.filter(|(name, kind)| {
            *kind == flow_type && pack_id.is_none_or(|pack_id| name.pack_id == pack_id)
        });
        match (found.next(), found.next(), pack_id) {
            (Some((name, _)), None, _) | (Some((name, _)), _, Some(_)) => Ok(name),
            _ => Err(NoFlow::AmbiguousType { flow_type: flow_type.to_owned() }),
        }
    }

    pub(super) fn find_flow(&self, pack_id: &str, flow_id: &str) -> Option<&Flow> {
        self.pack(pack_id)?.load_flow(flow_id)
    }
}
