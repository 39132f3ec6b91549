//! The engine against a second, smaller telling of the same rules.
//!
//! The model reads raw documents and commands with its own types and decides with its own code, so
//! that a mistake would have to be made twice to stay unseen.

mod documents;
mod verbs;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use greentic_deploy_spec::engine::{Applied, Command, EnvState, Rejection};
use greentic_deploy_spec::routing::RoutingTable;
use greentic_deploy_spec::{Environment, IdempotencyKey, RevisionId, canonical_json, typed_view};

use crate::world::{self, Generator};
use documents::{Code, Model, Time};
use verbs::Asked;

/// How often each verb was accepted and refused.
#[derive(Clone, Debug, Default)]
struct Counts(BTreeMap<String, (u64, u64)>);

impl Counts {
    fn add(&mut self, name: String, accepted: bool) {
        let (yes, no) = self.0.entry(name).or_default();
        *(if accepted { yes } else { no }) += 1;
    }

    fn merge(&mut self, other: Self) {
        for (name, (yes, no)) in other.0 {
            let sum = self.0.entry(name).or_default();
            *sum = (sum.0 + yes, sum.1 + no);
        }
    }

    fn commands(&self) -> u64 {
        self.0.values().map(|(yes, no)| yes + no).sum()
    }
}

/// Where a run is, for the message when it fails.
struct Place<'a> {
    seed: u64,
    at: usize,
    command: &'a Command,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_string(self.command).unwrap_or_default();
        write!(f, "seed {}, command {}: {json}", self.seed, self.at)
    }
}

fn check_judgement(
    place: &Place<'_>,
    engine: &Result<Applied, Rejection>,
    model: &Result<Model, Code>,
) {
    match (engine, model) {
        (Ok(applied), Ok(model)) => {
            let engine = Model::read(&applied.state);
            assert!(engine == *model, "{place}\nengine: {engine:#?}\nmodel: {model:#?}");
        }
        (Err(rejection), Err(code)) => {
            assert!(rejection.code() == *code, "{place}\nengine: {rejection}\nmodel: {code}");
        }
        (Ok(applied), Err(code)) => {
            unreachable!("{place}\nengine accepts: {:?}\nmodel: {code}", applied.outcome)
        }
        (Err(rejection), Ok(model)) => {
            unreachable!("{place}\nengine: {rejection}\nmodel accepts: {model:#?}")
        }
    }
}

/// What holds of every state, whatever led to it.
fn check_state(place: &Place<'_>, before: &EnvState, after: &EnvState) {
    if let Some(document) = &after.environment
        && before.environment.as_ref() != Some(document)
    {
        assert!(document.validate().is_ok(), "{place}\n{:?}", document.validate());
        let again: Environment = typed_view(document.raw()).expect("the raw view can be read");
        assert!(
            again == *document.typed(),
            "{place}\nraw: {again:#?}\ntyped: {:#?}",
            document.typed()
        );
    }
    if before.routing != after.routing || before.environment != after.environment {
        check_routing(place, after);
    }
    // The splits between the first and the last command of a batch moved callers, too. Counting
    // slots takes longer than all the rest, so it is done for some.
    let single = !matches!(place.command, Command::Batch(_));
    if place.at.is_multiple_of(4) && single && before.routing != after.routing {
        check_movement(place, before, after);
    }
}

fn check_routing(place: &Place<'_>, state: &EnvState) {
    let mut served = BTreeMap::new();
    for table in state.routing.iter().flat_map(|routing| &routing.tables) {
        let mut shares: BTreeMap<_, u64> = BTreeMap::new();
        for (owner, length) in &table.runs {
            *shares.entry(table.revisions[usize::from(*owner)]).or_default() += u64::from(*length);
        }
        let twice = served.insert(table.deployment_id, (table.generation, shares));
        assert!(twice.is_none(), "{place}\ntwo tables of {}", table.deployment_id);
    }
    let splits = state.environment.iter().flat_map(|env| &env.traffic_splits);
    let recorded: BTreeMap<_, _> = splits
        .map(|split| {
            let weighty = split.entries.iter().filter(|entry| entry.weight_bps > 0);
            let shares: BTreeMap<_, _> =
                weighty.map(|entry| (entry.revision_id, u64::from(entry.weight_bps))).collect();
            (split.deployment_id, (split.generation, shares))
        })
        .collect();
    assert!(served == recorded, "{place}\ntables: {served:#?}\nsplits: {recorded:#?}");
    let all = state.routing.as_ref().is_none_or(|routing| !routing.tables.is_empty());
    assert!(all, "{place}\nrouting without a table");
}

/// The owner of each slot.
fn owners(table: &RoutingTable) -> Vec<RevisionId> {
    let runs = table.runs.iter();
    runs.flat_map(|(owner, length)| {
        std::iter::repeat_n(table.revisions[usize::from(*owner)], usize::from(*length))
    })
    .collect()
}

/// A changed split moves the callers that its weights say, and no others.
fn check_movement(place: &Place<'_>, before: &EnvState, after: &EnvState) {
    let Some(before) = &before.routing else { return };
    for now in after.routing.iter().flat_map(|routing| &routing.tables) {
        let Some(then) = before.table(now.deployment_id).filter(|then| *then != now) else {
            continue;
        };
        let (then, now) = (owners(then), owners(now));
        let moved = then.iter().zip(&now).filter(|(then, now)| then != now).count();
        let count = |owners: &[RevisionId]| {
            let mut counts: BTreeMap<RevisionId, usize> = BTreeMap::new();
            owners.iter().for_each(|owner| *counts.entry(*owner).or_default() += 1);
            counts
        };
        let (had, has) = (count(&then), count(&now));
        let gain = |(id, share): (&RevisionId, &usize)| {
            share.saturating_sub(had.get(id).copied().unwrap_or_default())
        };
        assert_eq!(moved, has.iter().map(gain).sum::<usize>(), "{place}");
    }
}

fn canonical(state: &EnvState) -> String {
    let documents = (&state.environment, &state.runtime, &state.trust_root);
    let all = (documents, &state.pack_answers, &state.routing);
    canonical_json(&all).expect("a state has a JSON form")
}

fn check_again(
    place: &Place<'_>,
    state: &EnvState,
    (now, key): (Time, &IdempotencyKey),
    first: &Result<Applied, Rejection>,
) {
    let second = world::step(state, place.command, now, key);
    assert!(second == *first, "{place}\nthe same input led to {first:#?} and {second:#?}");
    if let (Ok(first), Ok(second)) = (first, &second) {
        assert_eq!(canonical(&first.state), canonical(&second.state), "{place}");
    }
}

/// One sequence of commands, from an environment that does not exist.
fn run_sequence(seed: u64, commands: usize, counts: &mut Counts) {
    let mut generator = Generator::new(seed);
    let mut state = EnvState::default();
    let mut model = Model::default();
    for at in 0..commands {
        let command = generator.next(&state);
        let (now, key) = (generator.tick(), generator.key());
        let place = Place { seed, at, command: &command };
        let judged = world::step(&state, &command, now, &key);
        let expected = model.apply(&command, &Asked { now, key: &key, index: 0, in_batch: false });
        check_judgement(&place, &judged, &expected);
        if at % 8 == 0 {
            check_again(&place, &state, (now, &key), &judged);
        }
        counts.add(world::name_of(&command), judged.is_ok());
        if let (Ok(applied), Ok(expected)) = (judged, expected) {
            check_state(&place, &state, &applied.state);
            generator.remember(&state);
            state = applied.state;
            model = expected;
        }
    }
}

fn run(sequences: u64, commands: usize) -> Counts {
    let part = |first: u64| {
        let mut counts = Counts::default();
        for seed in (first..sequences).step_by(2) {
            run_sequence(seed, commands, &mut counts);
        }
        counts
    };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| part(1));
        let mut counts = part(0);
        counts.merge(second.join().expect("the other half agrees as well"));
        counts
    })
}

/// The run that two tests look at.
fn ordinary_run() -> &'static Counts {
    static RUN: OnceLock<Counts> = OnceLock::new();
    RUN.get_or_init(|| run(1_000, 100))
}

#[test]
fn random_commands_agree_with_the_model() {
    assert_eq!(ordinary_run().commands(), 100_000);
}

#[test]
fn every_command_is_accepted_and_refused_in_the_random_run() {
    let counts = &ordinary_run().0;
    let mut names = world::command_names();
    names.retain(|name| name != "restore");
    names.extend(["restore backup", "restore import", "restore undo"].map(str::to_owned));
    for name in names {
        let (accepted, refused) = counts.get(&name).copied().unwrap_or_default();
        assert!(accepted > 0 && refused > 0, "{name}: accepted {accepted}, refused {refused}");
    }
}

#[test]
#[ignore = "takes minutes; GREENTIC_MODEL_COMMANDS tells how many commands"]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stdout,
    reason = "a run that people watch"
)]
fn a_million_random_commands_agree_with_the_model() {
    let wanted = std::env::var("GREENTIC_MODEL_COMMANDS").ok();
    let wanted: u64 = wanted.map_or(1_000_000, |text| text.parse().expect("a number of commands"));
    let counts = run(wanted.div_ceil(200), 200);
    println!("{} commands", counts.commands());
    for (name, (accepted, refused)) in &counts.0 {
        println!("{name:34} accepted {accepted:8} refused {refused:8}");
    }
    assert!(counts.commands() >= wanted);
}
