//! Reads what criterion measured.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::rows::{Row, Target};
use crate::files;

/// A row with its figures, in nanoseconds.
pub(super) struct Measured {
    pub(super) row: &'static Row,
    pub(super) subject: f64,
    pub(super) floor: Option<f64>,
}

impl Measured {
    /// Returns how many times the floor the subject takes.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.subject / floor)
    }

    /// Says whether the target is met, if there is one.
    pub(super) fn is_met(&self) -> Option<bool> {
        match self.row.target {
            Target::Ratio(most) => self.ratio().map(|ratio| ratio <= most),
            Target::Nanoseconds(most, _) => Some(self.subject <= most),
            Target::None => None,
        }
    }
}

/// Reads the medians of a row's benchmarks.
pub(super) fn measure(criterion: &Path, row: &'static Row) -> Result<Measured> {
    let median = |id: &str| read(&criterion.join(row.group).join(id).join("new/estimates.json"));
    Ok(Measured { row, subject: median(row.subject)?, floor: row.floor.map(median).transpose()? })
}

fn read(path: &Path) -> Result<f64> {
    median(&files::read(path)?).with_context(|| path.display().to_string())
}

fn median(estimates: &str) -> Result<f64> {
    let estimates: Value = serde_json::from_str(estimates)?;
    estimates["median"]["point_estimate"].as_f64().context("no median")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_report::rows::ROWS;

    #[test]
    fn the_median_is_read() {
        let text = r#"{"mean": {"point_estimate": 9.0}, "median": {"point_estimate": 7.5}}"#;
        assert!((median(text).unwrap() - 7.5).abs() < f64::EPSILON);
        assert!(median("{}").is_err());
    }

    #[test]
    fn a_target_is_judged_by_its_kind() {
        let find = |subject| ROWS.iter().find(|row| row.subject == subject).unwrap();
        let met = |subject, time, floor| {
            let row = find(subject);
            Measured { row, subject: time, floor }.is_met()
        };
        assert_eq!(met("warm", 14.0, Some(10.0)), Some(true));
        assert_eq!(met("warm", 16.0, Some(10.0)), Some(false));
        assert_eq!(met("choose", 24.0, Some(1.0)), Some(true));
        assert_eq!(met("choose", 26.0, Some(25.0)), Some(false));
        assert_eq!(met("rebalance", 1.0, None), None);
    }
}
