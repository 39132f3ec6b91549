use serde::{Deserialize, Serialize};

use super::table::{Owners, SlotTable};
use super::{SLOT_COUNT, SlotTableError};
use crate::{DeploymentId, DocumentType, EnvId, RevisionId};

/// The `schema` of a [`Routing`] that follows the rule of this module.
pub const ROUTING_SCHEMA: &str = crate::SchemaVersion::ROUTING_V1;

/// The tables of an environment: the document `routing.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Routing {
    /// [`ROUTING_SCHEMA`]; another text is another rule.
    pub schema: String,
    /// The environment.
    pub env_id: EnvId,
    /// One table per deployment that has a split, ascending by deployment.
    pub tables: Vec<RoutingTable>,
}

impl Routing {
    /// The document with its tables in order.
    #[must_use]
    pub fn new(env_id: EnvId, mut tables: Vec<RoutingTable>) -> Self {
        tables.sort_by_key(|table| table.deployment_id);
        Self { schema: ROUTING_SCHEMA.to_owned(), env_id, tables }
    }

    /// The table of a deployment, if it has one.
    ///
    /// Finds it in a document by others that is not in order, too.
    #[must_use]
    pub fn table(&self, deployment_id: DeploymentId) -> Option<&RoutingTable> {
        self.tables.iter().find(|table| table.deployment_id == deployment_id)
    }
}

/// The wire form of a [`SlotTable`]: run-length encoded.
///
/// Equal tables of one generation have equal wire forms. What is read is checked by
/// [`RoutingTable::decode`], not before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RoutingTable {
    /// The deployment whose callers the table divides.
    pub deployment_id: DeploymentId,
    /// The generation of the traffic split that the table belongs to.
    pub generation: u64,
    /// The revisions that own a slot, ascending.
    pub revisions: Vec<RevisionId>,
    /// From slot 0 on: an index into `revisions` and how many slots in a row that revision owns.
    pub runs: Vec<(u16, u16)>,
}

impl RoutingTable {
    /// The wire form of a table that belongs to this generation of the split.
    #[must_use]
    pub fn encode(table: &SlotTable, generation: u64) -> Self {
        // No run is longer than the table, whose size fits in a `u16`.
        let runs = table.owners().chunk_by(u16::eq).map(|run| (run[0], run.len() as u16));
        Self {
            deployment_id: table.deployment_id(),
            generation,
            revisions: table.revisions().to_vec(),
            runs: runs.collect(),
        }
    }

    /// The table, ready for lookups.
    ///
    /// Takes time and memory in proportion to the wire form, whatever it holds.
    ///
    /// # Errors
    /// * [`SlotTableError::RunTotal`] when the runs do not cover 10,000 slots
    /// * [`SlotTableError::EmptyRun`], [`SlotTableError::UnknownOwner`] and
    ///   [`SlotTableError::ContinuedRun`] for the first run that is none
    /// * [`SlotTableError::RevisionOrder`] when the revisions are not ascending and distinct
    /// * [`SlotTableError::IdleRevision`] when a revision owns no slot
    pub fn decode(&self) -> Result<SlotTable, SlotTableError> {
        self.check_revisions()?;
        self.check_total()?;
        self.check_runs()?;
        self.check_idle()?;
        let revisions = self.revisions.clone().into_boxed_slice();
        Ok(SlotTable::new(self.deployment_id, revisions, self.expanded()))
    }

    fn check_revisions(&self) -> Result<(), SlotTableError> {
        match self.revisions.array_windows().find(|[a, b]| a >= b) {
            Some([_, revision]) => Err(SlotTableError::RevisionOrder { revision: *revision }),
            None => Ok(()),
        }
    }

    fn check_total(&self) -> Result<(), SlotTableError> {
        let total: u64 = self.runs.iter().map(|(_, length)| u64::from(*length)).sum();
        if total == SLOT_COUNT as u64 { Ok(()) } else { Err(SlotTableError::RunTotal { total }) }
    }

    fn check_runs(&self) -> Result<(), SlotTableError> {
        let revisions = self.revisions.len();
        let mut before = None;
        for (run, (index, length)) in self.runs.iter().copied().enumerate() {
            if length == 0 {
                return Err(SlotTableError::EmptyRun { run });
            }
            if usize::from(index) >= revisions {
                return Err(SlotTableError::UnknownOwner { run, index, revisions });
            }
            if before.replace(index) == Some(index) {
                return Err(SlotTableError::ContinuedRun { run });
            }
        }
        Ok(())
    }

    fn check_idle(&self) -> Result<(), SlotTableError> {
        let mut idle = vec![true; self.revisions.len()];
        for (index, _) in &self.runs {
            idle[usize::from(*index)] = false;
        }
        match self.revisions.iter().zip(idle).find(|(_, idle)| *idle) {
            Some((revision, _)) => Err(SlotTableError::IdleRevision { revision: *revision }),
            None => Ok(()),
        }
    }

    /// The owners, slot by slot, of runs that were checked.
    fn expanded(&self) -> Owners {
        let mut owners = Owners::new([0; SLOT_COUNT]);
        let runs = self
            .runs
            .iter()
            .flat_map(|(index, length)| std::iter::repeat_n(*index, usize::from(*length)));
        for (owner, index) in owners.iter_mut().zip(runs) {
            *owner = index;
        }
        owners
    }
}

impl DocumentType for Routing {
    const NAME: &'static str = "Routing";
}
