//! Rules that hold for every verb of the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::Command;

use crate::calls::{EXAMPLES, SERVING};

/// Every command of the tree with its path; those without commands of their own are verbs.
fn walk(path: &str, command: &Command, all: &mut Vec<(String, Command)>) {
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        let path = format!("{path} {}", child.get_name()).trim().to_owned();
        walk(&path, child, all);
        all.push((path, child.clone()));
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut all = Vec::new();
    let mut root = greentic_cli::command();
    root.build();
    walk("", &root, &mut all);
    all
}

fn verbs() -> BTreeMap<String, Command> {
    commands().into_iter().filter(|(_, command)| !command.has_subcommands()).collect()
}

pub(crate) fn has_flag(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(name))
}

/// Every file below a folder, but for the journal: SQLite touches what is beside it even to read.
/// Every commit is in the audit log, too.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        if path.is_dir() {
            all.extend(files(&path));
        } else if !name.contains("journal.db") {
            all.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    all
}

#[test]
fn the_tree_is_sound() {
    greentic_cli::command().debug_assert();
}

#[test]
fn every_verb_has_a_call_that_shows_both_of_its_forms() {
    let examples = EXAMPLES.iter().map(|one| one.verb).chain(SERVING);
    let called: BTreeSet<String> = examples.map(str::to_owned).collect();
    let all: BTreeSet<String> = verbs().into_keys().collect();
    assert_eq!(called, all);
}

#[test]
fn every_command_says_what_it_does_and_gives_an_example() {
    for (path, command) in commands() {
        let help = command.clone().render_long_help().to_string();
        assert!(command.get_about().is_some(), "{path} says nothing");
        let example = format!("gtc {}", path.split(' ').next().unwrap_or_default());
        assert!(
            help.contains("Example") && help.contains(&example),
            "{path} has no example:\n{help}"
        );
    }
}

#[test]
fn every_flag_says_what_it_is_for() {
    for (path, command) in commands() {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {}", argument.get_id());
        }
    }
}

#[test]
fn verbs_that_change_something_and_no_others_have_a_dry_run() {
    let verbs = verbs();
    for example in EXAMPLES {
        let lab = (example.lab)();
        let before = files(lab.home());
        lab.ok(&example.line());
        let changed = files(lab.home()) != before;
        assert_eq!(changed, example.changes, "{}", example.verb);
        assert_eq!(has_flag(&verbs[example.verb], "dry-run"), changed, "{}", example.verb);
    }
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_would_change() {
    for example in EXAMPLES.iter().filter(|example| example.changes) {
        let lab = (example.lab)();
        let before = files(lab.home());
        let result = lab.ok(&format!("{} --dry-run", example.line()));
        assert_eq!(files(lab.home()), before, "{}", example.verb);
        assert_eq!(result["dry_run"], true, "{}: {result}", example.verb);
        let tells = result["changes"].as_array().is_some_and(|changes| !changes.is_empty());
        let found = result["digest"].is_string() || result["healthy"].is_boolean();
        assert!(tells || found, "{}: {result}", example.verb);
    }
}

#[test]
fn every_verb_shows_the_schema_of_what_it_takes_and_touches_nothing() {
    for path in verbs().into_keys() {
        let lab = crate::lab::Lab::new();
        let schema = lab.ok(&format!("{path} --schema"));
        assert_eq!(schema["type"], "object", "{path}");
        assert_eq!(schema["additionalProperties"], false, "{path}");
        assert!(files(lab.home()).is_empty(), "{path}");
    }
}
