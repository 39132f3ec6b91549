//! Commands that texts name are commands that there are: in what the program and its libraries say, and on every page.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use greentic_testkit::page;

use crate::tree::has_flag;

/// The files below a folder with this ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

/// The words behind each `gtc` of a text, up to the end of the command. Line breaks, in comments and in texts, are spaces.
fn commands(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\n", " ; ");
    let words = text.split_whitespace().filter(|word| !["///", "//!", "//", "\\"].contains(word));
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut is_open = false;
    for word in words {
        let bare = word.trim_start_matches(['`', '"', '(', '\'']);
        if bare == "gtc" {
            all.push(Vec::new());
            is_open = true;
            continue;
        }
        let end = word.find(['`', '"', ';', ',', ')', '|', '#']);
        let part =
            word.get(..end.unwrap_or(word.len())).unwrap_or_default().trim_end_matches([':', '.']);
        if is_open && let Some(last) = all.last_mut() {
            last.extend((!part.is_empty()).then(|| part.to_owned()));
            is_open = end.is_none() && part.len() == word.len();
        }
    }
    all
}

/// What is wrong with a command, as far as its verbs and flags go: names of files and revisions are anybody's.
fn problem(root: &Command, words: &[String]) -> Option<String> {
    let mut command = root;
    for word in words {
        if let Some(child) = command.find_subcommand(word) {
            command = child;
        } else if let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) {
            let name = flag.split('=').next().unwrap_or_default();
            if !["help", "version"].contains(&name) && !has_flag(command, name) {
                return Some(format!("`{}` has no --{name}", command.get_name()));
            }
        } else if command.has_subcommands() {
            return Some(format!("`{}` has no verb `{word}`", command.get_name()));
        }
    }
    None
}

#[test]
fn every_command_that_a_text_names_is_one_of_the_tree() {
    let mut root = greentic_cli::command();
    root.build();
    let mut texts = vec![page::workspace("README.md"), page::workspace("CHANGELOG.md")];
    files(&page::workspace("docs"), "md", &mut texts);
    for one in fs::read_dir(page::workspace("crates")).expect("crates") {
        files(&one.expect("a crate").path().join("src"), "rs", &mut texts);
    }
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in texts {
        let text = fs::read_to_string(&path).expect("a text");
        for words in
            commands(&text).iter().filter(|words| words.first().is_some_and(|one| one != "--"))
        {
            seen += 1;
            let problem = problem(&root, words);
            wrong.extend(
                problem.map(|it| format!("{}: gtc {}: {it}", path.display(), words.join(" "))),
            );
        }
    }
    assert!(seen > 150, "only {seen} commands are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_texts_finds_what_is_wrong() {
    let mut root = greentic_cli::command();
    root.build();
    let told = |text: &str| commands(text).iter().find_map(|words| problem(&root, words));
    assert_eq!(told("use `gtc op env show`, or gtc op deploy\n/// BUNDLE --env local"), None);
    for wrong in ["`gtc op revisions retry`", "gtc op trust-root \\\n  add", "`gtc up x --nope`"] {
        assert!(told(wrong).is_some(), "{wrong}");
    }
}

#[test]
fn every_command_that_a_page_runs_can_be_understood() {
    for name in ["README.md", "docs/getting-started.md", "docs/packs.md"] {
        for block in page::blocks(name) {
            for line in block.calls("gtc") {
                let words = std::iter::once("gtc").chain(line.split_whitespace());
                let parsed = greentic_cli::command().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{name}: gtc {line}: {}", parsed.unwrap_err());
            }
        }
    }
}
