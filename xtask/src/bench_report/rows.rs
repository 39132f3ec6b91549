//! What the page reports: one row for each path whose speed we promise.

/// Packages whose benchmarks are run.
pub(super) const PACKAGES: &[&str] = &[
    "greentic-deploy-spec",
    "greentic-env-store",
    "greentic-runner-host",
    "greentic-gateway",
    "greentic-cli",
];

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
    verb("a store verb, environment of 2 revisions", "store-verb-1", "floor"),
    verb("a store verb, environment of 1,000 revisions", "store-verb-1000", "floor"),
    Row {
        title: "the same store verb beside a bare SQLite commit of the same bytes",
        group: "store-verb-1",
        subject: "verb",
        floor: Some("sqlite"),
        target: Target::None,
    },
    Row {
        title: "open and load an environment of 1,000 revisions",
        group: "store-open",
        subject: "open-and-load",
        floor: Some("parse"),
        target: Target::Ratio(2.0),
    },
    Row {
        title: "160 store verbs by 16 processes at once, beside one process",
        group: "store-writers",
        subject: "sixteen",
        floor: Some("one"),
        // A rate of at least 0.7 times the other's.
        target: Target::Ratio(1.0 / 0.7),
    },
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
    call("a warm call of a component through the host: bare component", "call-bare"),
    call("a warm call of a component through the host: component in Rust", "call-rust"),
    turn(
        "a turn of a worker while another revision is activated over and over, beside an idle host: median (a failed turn fails the benchmark)",
        "activating-p50",
        "idle-p50",
    ),
    turn("the same: 99th percentile", "activating-p99", "idle-p99"),
    Row {
        title: "one flow turn over HTTP, beside the same server answering a constant",
        group: "gateway-turn",
        subject: "turn",
        floor: Some("constant"),
        // At least half of the requests per second.
        target: Target::Ratio(2.0),
    },
    Row {
        title: "99th percentile of such turns while revisions come and weights move, beside none of it",
        group: "gateway-load",
        subject: "changing-p99",
        floor: Some("idle-p99"),
        target: Target::None,
    },
    Row {
        title: "`gtc op env show`, beside a program that prints one line",
        group: "gtc-show",
        subject: "show",
        floor: Some("hello"),
        target: Target::Ratio(3.0),
    },
];

const fn verb(title: &'static str, group: &'static str, floor: &'static str) -> Row {
    Row { title, group, subject: "verb", floor: Some(floor), target: Target::Ratio(2.0) }
}

const fn call(title: &'static str, group: &'static str) -> Row {
    Row { title, group, subject: "host", floor: Some("floor"), target: Target::Ratio(1.5) }
}

const fn turn(title: &'static str, subject: &'static str, floor: &'static str) -> Row {
    Row { title, group: "runner-turn", subject, floor: Some(floor), target: Target::None }
}

const fn engine(title: &'static str, subject: &'static str) -> Row {
    Row { title, group: ENGINE, subject, floor: Some("clone"), target: Target::Ratio(1.5) }
}
