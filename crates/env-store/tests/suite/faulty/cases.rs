//! Which cases there are, and which of their operations fail in which way.

use std::collections::BTreeMap;
use std::sync::Mutex;

use greentic_deploy_spec::engine::Command;
use greentic_env_store::*;

use super::trial::{Case, Kind, Run};
use super::world::{Base, World, newest_snapshot, request};
use crate::faulty_files::{Fault, Operation};
use crate::verbs::{self, env_id};

type Plain = fn(&LocalFsStore, &World) -> Result<(), StoreError>;

/// What makes a case, which takes a while.
struct Plan {
    name: String,
    before: Vec<Command>,
    base: Base,
    kind: Kind,
    run: Run,
}

impl Plan {
    fn verb(name: &str, before: Vec<Command>, base: Base, command: Command) -> Self {
        let run = move |store: &LocalFsStore, _: &World| {
            store.execute(&env_id(), request(command.clone())).map(drop)
        };
        let name = format!("{name} ({base:?})");
        Self { name, before, base, kind: Kind::Commit, run: Box::new(run) }
    }

    fn other(name: &str, before: Vec<Command>, base: Base, kind: Kind, run: Plain) -> Self {
        Self { name: format!("{name} ({base:?})"), before, base, kind, run: Box::new(run) }
    }

    fn into_case(self) -> Case {
        let Self { name, before, base, kind, run } = self;
        Case { name, base: World::of(&before, base), run, kind }
    }
}

fn of_table(name: &str) -> verbs::Verb {
    let found = verbs::verbs().into_iter().find(|verb| verb.name == name);
    found.unwrap_or_else(|| panic!("no verb {name}"))
}

/// What leads to an environment with something in each kind of file.
fn full() -> Vec<Command> {
    let rest = [
        "set-traffic-split",
        "add-messaging-endpoint",
        "link-messaging-bundle",
        "add-pack-binding",
        "add-extension-binding",
        "save-runtime",
        "save-pack-answers",
    ];
    let rest = rest.into_iter().map(|name| of_table(name).command);
    of_table("set-traffic-split").before.into_iter().chain(rest).collect()
}

/// The ids that these verbs mint are others in each attempt.
const MINTED: &str = " minted";

fn plans() -> Vec<Plan> {
    let table = verbs::verbs().into_iter().filter(|verb| !verb.name.ends_with(MINTED));
    let mut all: Vec<Plan> = table
        .map(|verb| Plan::verb(&verb.name, verb.before, Base::Untouched, verb.command))
        .collect();
    for base in [Base::Untouched, Base::Edited, Base::Public] {
        for name in ["update-bundle", "clear-traffic-split"] {
            let name_full = format!("{name} of a full environment");
            all.push(Plan::verb(&name_full, full(), base, of_table(name).command));
        }
    }
    all.extend(others());
    all
}

fn restore() -> Request {
    // The command is replaced by the one that the method makes.
    request(Command::Destroy)
}

/// Everything else that changes files.
fn others() -> Vec<Plan> {
    let ensure: Plain =
        |store, _| store.ensure_local_environment(&env_id(), Default::default()).map(drop);
    let compact: Plain =
        |store, _| store.compact(&env_id(), &HistoryRetention::default()).map(drop);
    let repair: Plain = |store, _| store.repair(&env_id()).map(drop);
    let snapshot: Plain = |store, _| store.take_snapshot(&env_id()).map(drop);
    let restore_snapshot: Plain = |store, _| {
        let id = newest_snapshot(store)?;
        store.restore_snapshot(&env_id(), &id, restore()).map(drop)
    };
    let export: Plain = |store, world| store.export_to_file(&env_id(), &world.backup());
    let import: Plain =
        |store, world| store.import_from_file(&env_id(), &world.backup(), restore()).map(drop);
    let accept: Plain = |store, _| store.accept_trust_root(&env_id(), restore()).map(drop);
    let (commit, upkeep) = (Kind::Commit, Kind::Upkeep);
    vec![
        Plan::other("ensure", vec![], Base::Untouched, commit, ensure),
        Plan::other("ensure", full(), Base::Untouched, commit, ensure),
        Plan::other("compact", full(), Base::Untouched, upkeep, compact),
        Plan::other("compact", full(), Base::Edited, upkeep, compact),
        Plan::other("repair", full(), Base::Edited, upkeep, repair),
        Plan::other("take a snapshot", full(), Base::Untouched, upkeep, snapshot),
        Plan::other("restore a snapshot", full(), Base::Snapshot, commit, restore_snapshot),
        Plan::other("export", full(), Base::Untouched, Kind::Export, export),
        Plan::other("import", full(), Base::Backup, commit, import),
        Plan::other("accept the trust root", full(), Base::OtherTrust, commit, accept),
    ]
}

/// How many of the faults are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Each change fails in one way, and one look in so many.
    OneIn(usize),
    All,
}

impl Extent {
    /// Cases begin at different places, so that together they try everything.
    fn faults(self, case: usize, number: usize, operation: &Operation) -> Vec<Fault> {
        let all = operation.faults();
        match self {
            Self::All => all.to_vec(),
            Self::OneIn(some) if all.len() == 1 => {
                let chosen = (case + number).is_multiple_of(some);
                all.iter().copied().filter(|_| chosen).collect()
            }
            Self::OneIn(_) => all.iter().copied().cycle().skip(case + number).take(1).collect(),
        }
    }
}

/// How many faults were tried in each case.
type Tried = BTreeMap<String, usize>;

/// Tries all cases with faults, on all processors.
fn try_all(extent: Extent) -> Tried {
    let tried = Mutex::new(Tried::new());
    let plans = Mutex::new(plans().into_iter().enumerate());
    let next = || plans.lock().expect("no test panics while it has the plans").next();
    let work = || {
        while let Some((index, plan)) = next() {
            let case = plan.into_case();
            let reference = case.reference();
            for (number, operation) in reference.operations.iter().enumerate() {
                for fault in extent.faults(index, number, operation) {
                    case.run_with(&reference, number, fault);
                    let mut tried = tried.lock().expect("no test panics while it counts");
                    *tried.entry(case.name.clone()).or_default() += 1;
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    tried.into_inner().expect("no test panics while it counts")
}

#[test]
fn an_operation_that_fails_once_leaves_what_was_before_or_what_comes_after() {
    let tried: usize = try_all(Extent::OneIn(10)).into_values().sum();
    assert!(tried > 500, "{tried}");
}

/// `cargo xtask torture store` runs this one, and takes its figures from the line that it prints.
#[test]
#[ignore = "the same for every single operation takes minutes"]
#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "its figures are for a page")]
fn every_operation_that_fails_once_leaves_what_was_before_or_what_comes_after() {
    let cases = try_all(Extent::All);
    let faults: usize = cases.values().sum();
    println!("\n{}", serde_json::json!({ "mode": "faults", "faults": faults, "cases": cases }));
    assert!(faults > 3_000, "{faults}");
}
