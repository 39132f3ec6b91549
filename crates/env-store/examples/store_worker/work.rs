//! Carries out verbs, and says so.

use std::io::Write as _;

use greentic_deploy_spec::sha256_hex;
use greentic_env_store::{
    Committed, EnvironmentMutations, HistoryRetention, LocalFsStore, Request, Warning,
};

use serde_json::json;

use crate::outside::Place;
use crate::script::{Position, Run, Script, Upkeep};
use crate::verbs::{command, rename, split};
use crate::{Arguments, Failure};

/// What a process that is going to be killed says, one line each, each in one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is about to do a verb.
    Begins(Position),
    /// A verb returned.
    Did(Position, Receipt),
    /// It is about to do something else.
    Upkeep,
    /// It is between two verbs.
    Idle,
    /// A verb returned with a warning.
    Warned(String),
}

/// What a verb answered, as far as it can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) generation: u64,
    pub(crate) event_id: String,
    /// The digest of the outcome and of the state after it.
    pub(crate) digest: String,
}

impl Receipt {
    pub(crate) fn of(committed: &Committed) -> Self {
        let after = &committed.after;
        let state = format!("{:?} {:?} {:?}", committed.outcome, after.etag(), after.runtime());
        Self {
            generation: after.generation(),
            event_id: committed.audit.event_id.clone(),
            digest: sha256_hex(state.as_bytes()),
        }
    }
}

impl Said {
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Begins(at) => format!("begins {} {}\n", at.run, at.step),
            Self::Did(at, receipt) => {
                let Receipt { generation, event_id, digest } = receipt;
                format!("did {} {} {generation} {event_id} {digest}\n", at.run, at.step)
            }
            Self::Upkeep => "upkeep\n".to_owned(),
            Self::Idle => "idle\n".to_owned(),
            Self::Warned(what) => format!("warned {what}\n"),
        }
    }

    /// None for a line that was cut.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let at = |run: &str, step: &str| {
            Some(Position { run: run.parse().ok()?, step: step.parse().ok()? })
        };
        match words.as_slice() {
            ["begins", run, step] => at(run, step).map(Self::Begins),
            ["did", run, step, generation, event_id, digest] => {
                let receipt = Receipt {
                    generation: generation.parse().ok()?,
                    event_id: (*event_id).to_owned(),
                    digest: (*digest).to_owned(),
                };
                Some(Self::Did(at(run, step)?, receipt))
            }
            ["upkeep"] => Some(Self::Upkeep),
            ["idle"] => Some(Self::Idle),
            ["warned", what] => Some(Self::Warned((*what).to_owned())),
            _ => None,
        }
    }

    fn say(&self) -> Result<(), Failure> {
        let mut output = std::io::stdout().lock();
        output.write_all(self.line().as_bytes())?;
        Ok(output.flush()?)
    }
}

/// Works from the place in the script that `count` and `threads` tell until somebody kills it.
pub(crate) fn until_killed(arguments: &Arguments) -> Result<(), Failure> {
    let place = Place::new(&arguments.root);
    let store = place.store()?;
    let script = Script::new(arguments.seed);
    let mut at = Position { run: arguments.count, step: usize::try_from(arguments.threads)? };
    loop {
        let run = script.run(at.run);
        Said::Begins(at).say()?;
        let committed = send(&store, arguments, &run, at.step)?;
        Said::Did(at, Receipt::of(&committed)).say()?;
        committed.warnings.iter().try_for_each(|warning| warned(warning).say())?;
        look_after(&store, &place, arguments, &run, at.step)?;
        at = run.after(at.step);
    }
}

/// What is said about a warning: an edit that nobody made would be told with its generation.
pub(crate) fn warned(warning: &Warning) -> Said {
    Said::Warned(warning.code().to_owned())
}

pub(crate) fn send(
    store: &LocalFsStore,
    arguments: &Arguments,
    run: &Run,
    step: usize,
) -> Result<Committed, Failure> {
    let request = Request::keyed(run.commands[step].clone(), run.key(step));
    Ok(store.execute(&arguments.env_id, request)?)
}

fn look_after(
    store: &LocalFsStore,
    place: &Place,
    arguments: &Arguments,
    run: &Run,
    step: usize,
) -> Result<(), Failure> {
    let env_id = &arguments.env_id;
    // A destroyed environment cannot be copied.
    let is_last = step + 1 == run.commands.len();
    match run.upkeep {
        Upkeep::Nothing => return Ok(()),
        Upkeep::Compact => {
            Said::Upkeep.say()?;
            store.compact(env_id, &HistoryRetention::default())?;
        }
        Upkeep::Repair => {
            Said::Upkeep.say()?;
            store.repair(env_id)?;
        }
        Upkeep::Snapshot if !is_last => {
            Said::Upkeep.say()?;
            store.take_snapshot(env_id)?;
        }
        Upkeep::Export if !is_last => {
            Said::Upkeep.say()?;
            let id = store.ports().ids.ulid();
            store.export_to_file(env_id, &place.exports().join(format!("{id}.json")))?;
        }
        Upkeep::Snapshot | Upkeep::Export => return Ok(()),
    }
    Said::Idle.say()
}

/// Carries out `count` verbs that change weights, on an environment that is made first.
pub(crate) fn verbs(arguments: &Arguments) -> Result<(), Failure> {
    let store = Place::new(&arguments.root).store()?;
    let env_id = &arguments.env_id;
    let table = crate::verbs::verbs();
    let ready = table.iter().find(|verb| verb.name == "set-traffic-split");
    ready.ok_or("no such verb")?.prepare(&store);
    for number in 0..arguments.count {
        let weight = 1 + u32::try_from(number % 9_998)?;
        store.execute(env_id, Request::new(command("set-traffic-split", split(weight))))?;
    }
    Ok(())
}

/// Bytes of the document of [`bytes`], and what its folder may have for 1,000 verbs.
const DOCUMENT: u64 = 1_000_000;
const OPEN: u64 = 20_000_000;
const COMPACT: u64 = 5_000_000;

/// Carries out `count` small changes of a large document, and looks at what they left on the disk.
pub(crate) fn bytes(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let (store, env_id) = (Place::new(&arguments.root).store()?, &arguments.env_id);
    crate::large::grow(&store, DOCUMENT);
    let folder = store.env_path(env_id)?;
    let document = std::fs::metadata(folder.join("environment.json"))?.len();
    for number in 0..arguments.count {
        store.execute(env_id, Request::new(rename(&format!("name-{number}"))))?;
    }
    let open = crate::large::size(&folder);
    store.compact(env_id, &HistoryRetention::default())?;
    let compact = crate::large::size(&folder);
    let mut problems = Vec::new();
    for (what, found, most) in [("open", open, OPEN), ("compact", compact, COMPACT)] {
        let allowed = most * arguments.count / 1_000;
        if found > allowed {
            problems.push(format!("{what}: {found} bytes, {allowed} are allowed"));
        }
    }
    let figures = json!({
        "mode": "bytes",
        "verbs": arguments.count,
        "document_bytes": document,
        "folder_bytes": open,
        "folder_bytes_after_compact": compact,
        "problems": problems.len(),
    });
    println!("{figures}");
    Ok(problems)
}
