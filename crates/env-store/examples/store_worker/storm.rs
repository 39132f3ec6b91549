//! Many processes at work on one environment, with readers and with holders of the lock that the
//! public tools take.
//!
//! Each commit writes one marker to two documents, the name of the environment and the answers of a
//! slot. Whoever sees both must see the same marker in both.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use greentic_deploy_spec::engine::{Command, local_user};
use greentic_deploy_spec::{CapabilitySlot, EnvId, EnvironmentHostConfig};
use greentic_env_store::{
    CommitInfo, EnvSnapshot, EnvironmentHistory, EnvironmentMutations, EnvironmentReads,
    HistoryPage, LocalFsStore, Request,
};
use serde_json::{Value, json};

use crate::outside::Place;
use crate::random::Random;
use crate::verbs::{answers, command, rename};
use crate::{Arguments, Failure};

/// How many changes each writer makes when nothing else is said.
const CHANGES: u64 = 20;
/// The slot whose answers have the marker.
const SLOT: CapabilitySlot = CapabilitySlot::Secrets;

/// What a process tells at its end.
type Report = Value;

/// Starts everybody, waits for the writers, and checks what they and the others saw.
pub(crate) fn run(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let place = Place::new(&arguments.root);
    let store = place.store()?;
    found(&store, &arguments.env_id)?;
    let changes = CHANGES;
    let others = (arguments.count / 4).max(1);
    let start = |mode: &str, count, number| -> Result<Child, Failure> {
        let seed = arguments.seed.wrapping_add(number);
        let threads = if mode == "write" { arguments.threads } else { 1 };
        let mut command = arguments.again(mode, count, seed, threads)?;
        Ok(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
    };
    let bystanders: Vec<Child> = (0..others)
        .flat_map(|number| ["read", "hold"].map(|mode| start(mode, 0, number)))
        .collect::<Result<_, _>>()?;
    let started = Instant::now();
    let writers: Vec<Child> = (0..arguments.count)
        .map(|number| start("write", changes, number * arguments.threads))
        .collect::<Result<_, _>>()?;
    let mut problems = Vec::new();
    let written = reports(writers, &mut problems)?;
    let seconds = started.elapsed().as_secs_f64();
    let seen = reports(bystanders, &mut problems)?;

    let expected = arguments.count * arguments.threads * changes;
    let turns = check_history(&store, &arguments.env_id, expected, &mut problems)?;
    let longest = |reports: &[Report]| {
        reports.iter().filter_map(|report| report["longest_ms"].as_u64()).max().unwrap_or_default()
    };
    let total = |name: &str| seen.iter().filter_map(|report| report[name].as_u64()).sum::<u64>();
    let figures = json!({
        "mode": "storm",
        "seed": arguments.seed,
        "processes": arguments.count,
        "threads": arguments.threads,
        "commits": expected,
        "commits_per_second": (expected as f64 / seconds).round(),
        "least_turns_of_a_writer": turns.least,
        "most_turns_of_a_writer": turns.most,
        "longest_verb_ms": longest(&written),
        "reads": total("reads"),
        "generations_seen_by_readers": total("generations"),
        "locks_held_by_others": total("holds"),
        "seconds": seconds.round(),
        "problems": problems.len(),
    });
    println!("{figures}");
    Ok(problems)
}

/// Makes the environment, with a first marker in both documents.
fn found(store: &LocalFsStore, env_id: &EnvId) -> Result<(), Failure> {
    let host = EnvironmentHostConfig::new(env_id.clone());
    store.create_environment(env_id, "first".to_owned(), host)?;
    store.execute(env_id, Request::new(mark("first")))?;
    Ok(())
}

/// Writes a marker to both documents.
fn mark(marker: &str) -> Command {
    Command::Batch(vec![rename(marker), command("save-pack-answers", answers(marker))])
}

fn reports(children: Vec<Child>, problems: &mut Vec<String>) -> Result<Vec<Report>, Failure> {
    let mut all = Vec::new();
    for child in children {
        // Its input ends here, which tells readers and holders to stop.
        let output = child.wait_with_output()?;
        if output.status.success() {
            all.push(serde_json::from_slice(&output.stdout)?);
        } else {
            let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            problems.push(format!("a process failed ({}): {complaint}", output.status));
        }
    }
    for problem in all.iter().filter_map(|report: &Report| report["problem"].as_str()) {
        problems.push(problem.to_owned());
    }
    Ok(all)
}

/// How many changes the writers had made when the first of them was done.
struct Turns {
    least: u64,
    most: u64,
}

/// One chain, with every change of every writer in it once.
fn check_history(
    store: &LocalFsStore,
    env_id: &EnvId,
    expected: u64,
    problems: &mut Vec<String>,
) -> Result<Turns, Failure> {
    let commits = history(store, env_id)?;
    let (first, changes) = commits.split_at(commits.len().min(2));
    if first.len() as u64 + changes.len() as u64 != expected + 2 {
        problems.push(format!("{} changes are recorded, not {expected}", changes.len()));
    }
    for (info, expected) in commits.iter().zip(1..) {
        if info.generation != expected || info.parent + 1 != expected {
            let (generation, parent) = (info.generation, info.parent);
            problems.push(format!("{generation} follows {parent}, {expected} was to come"));
        }
    }
    problems.extend(store.verify(env_id)?.problems);
    for info in commits.iter().skip(1).step_by(commits.len() / 50 + 1) {
        problems.extend(mixed(&store.at(env_id, info.generation)?));
    }
    let log = fs::read_to_string(store.env_path(env_id)?.join("audit/events.jsonl"))?;
    if log.lines().count() != commits.len() {
        problems.push(format!("{} commits have {} lines", commits.len(), log.lines().count()));
    }
    Ok(turns(changes))
}

fn history(store: &LocalFsStore, env_id: &EnvId) -> Result<Vec<CommitInfo>, Failure> {
    let mut all = store.history(env_id, HistoryPage { before: None, limit: usize::MAX })?;
    all.reverse();
    Ok(all)
}

fn turns(changes: &[CommitInfo]) -> Turns {
    let mut turns: BTreeMap<String, u64> = BTreeMap::new();
    let writer = |info: &CommitInfo| info.event.actor.user.clone().unwrap_or_default();
    for info in changes {
        turns.entry(writer(info)).or_default();
    }
    for info in changes {
        let own = turns.entry(writer(info)).or_default();
        *own += 1;
        if *own == CHANGES {
            break;
        }
    }
    let (least, most) = (turns.values().min(), turns.values().max());
    Turns { least: least.copied().unwrap_or_default(), most: most.copied().unwrap_or_default() }
}

/// A snapshot whose documents are of two generations.
fn mixed(snapshot: &EnvSnapshot) -> Option<String> {
    let name = snapshot.environment().map(|environment| environment.name.as_str());
    let answers = snapshot.state().pack_answers.get(&SLOT);
    let marker = answers.and_then(|answers| answers["marker"].as_str());
    let generation = snapshot.generation();
    (generation > 1 && name != marker)
        .then(|| format!("generation {generation} is mixed: {name:?} and {marker:?}"))
}

/// Makes changes from several threads.
pub(crate) fn write(arguments: &Arguments) -> Result<(), Failure> {
    let store = Place::new(&arguments.root).store()?;
    let longest = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..arguments.threads)
            .map(|number| {
                let store = store.clone();
                scope.spawn(move || write_alone(&store, arguments, arguments.seed + number))
            })
            .collect();
        let joined = writers.into_iter().map(|writer| match writer.join() {
            Ok(longest) => longest,
            Err(_) => Err("a writer panicked".into()),
        });
        joined.collect::<Result<Vec<Duration>, Failure>>()
    })?;
    let longest = longest.into_iter().max().unwrap_or_default();
    println!("{}", json!({"longest_ms": u64::try_from(longest.as_millis())?}));
    Ok(())
}

fn write_alone(
    store: &LocalFsStore,
    arguments: &Arguments,
    writer: u64,
) -> Result<Duration, Failure> {
    let mut longest = Duration::ZERO;
    for number in 0..arguments.count {
        let mut request = Request::new(mark(&format!("{writer}-{number}")));
        request.actor = Some(local_user(writer.to_string()));
        let started = Instant::now();
        store.execute(&arguments.env_id, request)?;
        longest = longest.max(started.elapsed());
    }
    Ok(longest)
}

/// True once the input of this process has ended.
fn end_of_input() -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&ended);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        tell.store(true, Ordering::Release);
    });
    ended
}

/// Reads snapshots until it is told to stop.
pub(crate) fn read(arguments: &Arguments) -> Result<(), Failure> {
    let store = Place::new(&arguments.root).store()?;
    let ended = end_of_input();
    let mut random = Random::new(arguments.seed);
    let (mut reads, mut generations, mut newest) = (0_u64, 0_u64, 0);
    let mut problem = None;
    while !ended.load(Ordering::Acquire) {
        let snapshot = store.snapshot(&arguments.env_id)?;
        reads += 1;
        generations += u64::from(snapshot.generation() > newest);
        if snapshot.generation() < newest {
            problem = Some(format!("{} was read after {newest}", snapshot.generation()));
        }
        newest = snapshot.generation();
        problem = problem.or_else(|| mixed(&snapshot));
        std::thread::sleep(Duration::from_micros(random.below(2_000)));
    }
    println!("{}", json!({"reads": reads, "generations": generations, "problem": problem}));
    Ok(())
}

/// Does what the public tools do: takes the lock, reads the files, lets go.
pub(crate) fn hold(arguments: &Arguments) -> Result<(), Failure> {
    let folder = Place::new(&arguments.root).environments().join(arguments.env_id.as_str());
    let lock = File::options().read(true).write(true).open(folder.join(".lock"))?;
    let ended = end_of_input();
    let mut random = Random::new(arguments.seed);
    let (mut holds, mut problem) = (0_u64, None);
    while !ended.load(Ordering::Acquire) {
        lock.lock()?;
        holds += 1;
        let read = |file: &str| read_json(&folder.join(file));
        let (environment, answers) =
            (read("environment.json")?, read("env-packs/secrets/answers.json")?);
        if environment["name"] != answers["marker"] {
            problem = Some(format!(
                "the files are mixed under the lock: {} and {}",
                environment["name"], answers["marker"]
            ));
        }
        lock.unlock()?;
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
    }
    println!("{}", json!({"holds": holds, "problem": problem}));
    Ok(())
}

fn read_json(path: &Path) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
