//! What the page reports: one row for each path whose speed we promise.

/// Packages whose benchmarks are run.
pub(super) const PACKAGES: &[&str] = &["greentic-deploy-spec"];

/// One path, the floor it is compared with, and the target.
pub(super) struct Row {
    /// What is measured, for people.
    pub(super) title: &'static str,
    /// The benchmark group that holds the subject and the floor.
    pub(super) group: &'static str,
    /// Benchmark of the path.
    pub(super) subject: &'static str,
    /// Benchmark of the least that any implementation has to do, measured in the same run.
    pub(super) floor: Option<&'static str>,
    /// What we promise.
    pub(super) target: Target,
}

/// What we promise about a path.
pub(super) enum Target {
    /// At most this many times the floor.
    Ratio(f64),
    /// At most this long under the named condition.
    Nanoseconds(f64, &'static str),
    /// Nothing; the figure is there to be watched.
    None,
}

const ENGINE: &str = "engine-10k";
const ROUTING: &str = "routing";

pub(super) const ROWS: &[Row] = &[
    engine("engine verb on 10,000 revisions: set-traffic", "set-traffic"),
    engine("engine verb on 10,000 revisions: warm", "warm"),
    engine("engine verb on 10,000 revisions: stage-revision", "stage-revision"),
    engine("engine verb on 10,000 revisions: add-pack-binding", "add-pack-binding"),
    Row {
        title: "choosing a revision for a key",
        group: ROUTING,
        subject: "choose",
        floor: Some("table-load"),
        target: Target::Nanoseconds(25.0, "with a 40-byte key"),
    },
    Row {
        title: "a new table for changed weights",
        group: ROUTING,
        subject: "rebalance",
        floor: None,
        target: Target::None,
    },
];

const fn engine(title: &'static str, subject: &'static str) -> Row {
    Row { title, group: ENGINE, subject, floor: Some("clone"), target: Target::Ratio(1.5) }
}
