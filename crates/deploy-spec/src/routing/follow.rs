//! Keeps the tables in step with the splits.

use std::collections::HashSet;

use super::{Routing, RoutingTable, SlotTable};
use crate::{DeploymentId, EnvId, TrafficSplit};

impl Routing {
    /// The tables after the splits of an environment changed; `None` when no split is left.
    ///
    /// The table of a split that changed is rebalanced from the one before. A table that is missing
    /// or stale is built canonically first, so that a lost document moves as few callers as can be.
    /// Of several splits of one deployment the first counts.
    #[must_use]
    pub fn follow(
        tables: Option<&Self>,
        env_id: &EnvId,
        before: &[TrafficSplit],
        after: &[TrafficSplit],
    ) -> Option<Self> {
        // Tables of another rule, or of another environment, say nothing here.
        let tables = tables.filter(|t| t.schema == super::ROUTING_SCHEMA && t.env_id == *env_id);
        let mut seen = HashSet::new();
        let followed: Vec<_> = after
            .iter()
            .filter(|split| seen.insert(split.deployment_id))
            .filter_map(|split| {
                let recorded = tables.and_then(|tables| tables.table(split.deployment_id));
                followed(recorded, find(before, split.deployment_id), split)
            })
            .collect();
        (!followed.is_empty()).then(|| Self::new(env_id.clone(), followed))
    }
}

fn find(splits: &[TrafficSplit], deployment_id: DeploymentId) -> Option<&TrafficSplit> {
    splits.iter().find(|split| split.deployment_id == deployment_id)
}

/// The table of one split. A split whose weights describe no table has none.
fn followed(
    recorded: Option<&RoutingTable>,
    before: Option<&TrafficSplit>,
    after: &TrafficSplit,
) -> Option<RoutingTable> {
    let unchanged = before == Some(after);
    if let Some(table) = recorded.filter(|t| unchanged && t.generation == after.generation) {
        return Some(table.clone());
    }
    let table = match before {
        Some(before) => current(recorded, before)?.rebalance(&after.entries).ok()?,
        None => SlotTable::canonical(after.deployment_id, &after.entries).ok()?,
    };
    Some(RoutingTable::encode(&table, after.generation))
}

/// The table that a split is served with: the recorded one when it is the split's, else the
/// canonical one.
fn current(recorded: Option<&RoutingTable>, split: &TrafficSplit) -> Option<SlotTable> {
    recorded
        .and_then(|table| table.table_of(split))
        .or_else(|| SlotTable::canonical(split.deployment_id, &split.entries).ok())
}

impl RoutingTable {
    /// The table, when it belongs to a split: same deployment, same generation, exact shares.
    #[must_use]
    pub fn table_of(&self, split: &TrafficSplit) -> Option<SlotTable> {
        let belongs =
            self.deployment_id == split.deployment_id && self.generation == split.generation;
        let table = belongs.then(|| self.decode().ok())??;
        table.matches(&split.entries).then_some(table)
    }
}
