//! Links in an environment's folder lead out of it: nothing is written or removed there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use chrono::TimeDelta;
use greentic_env_store::{HistoryRetention, Warning};

use super::local_lab::{Lab, local};
use super::worker::{answers, kept_open, left, run};

/// A folder of somebody's, outside of the environment's, with a file in it; and the file.
fn somebodys(lab: &Lab) -> (PathBuf, PathBuf) {
    let folder = lab.home().join("somebodys");
    let file = folder.join("deep/file");
    fs::create_dir_all(folder.join("deep")).expect("a folder");
    fs::write(&file, "theirs").expect("a file");
    fs::write(folder.join("letter"), "theirs").expect("a file");
    (folder, file)
}

#[test]
fn compact_removes_nothing_that_a_link_leads_to() {
    let places = [
        "snapshots/01JTKW5B4W0000000000000000",
        "snapshots",
        "billing-policies/support/local-dev",
        "billing-policies",
        "messaging",
        "recovered",
    ];
    for place in places {
        let lab = left();
        let (folder, file) = somebodys(&lab);
        fs::rename(lab.at(place), lab.home().join("before")).unwrap_or_default();
        fs::create_dir_all(lab.at(place).parent().expect("a folder")).expect("a folder");
        // What compact takes for left over everywhere.
        fs::write(folder.join(".x.unfinished"), "theirs").expect("a file");
        symlink(&folder, lab.at(place)).expect("a link");
        let compacted = lab.open().compact(&local(), &HistoryRetention::default());
        let there = [&file, &folder.join("letter"), &folder.join(".x.unfinished")];
        assert!(there.iter().all(|file| file.is_file()), "{place}: {compacted:?}");
    }
}

#[test]
fn nothing_is_written_where_a_link_leads_and_the_change_says_which_link() {
    let (lab, store) = kept_open();
    let (folder, _) = somebodys(&lab);
    fs::remove_dir_all(lab.at("env-packs/deployer")).expect("a folder");
    symlink(&folder, lab.at("env-packs/deployer")).expect("a link");
    let committed = run(&store, answers("eu-west-2"));
    assert!(!folder.join("answers.json").exists(), "{:?}", committed.warnings);
    let lagging = committed.warnings.iter().find_map(|warning| match warning {
        Warning::ProjectionLagging { file, detail } => Some((file.as_str(), detail)),
        _ => None,
    });
    let (file, detail) = lagging.expect("a warning");
    assert_eq!(file, "env-packs/deployer/answers.json");
    assert!(detail.contains("env-packs/deployer` is a symbolic link; put a folder"), "{detail}");

    fs::remove_file(lab.at("env-packs/deployer")).expect("the link");
    let next = run(&store, answers("eu-west-3"));
    assert_eq!(lab.json("env-packs/deployer/answers.json")["region"], "eu-west-3", "{next:?}");
}

#[test]
fn a_folder_that_was_in_the_way_is_kept_aside_and_removed_when_its_time_is_over() {
    let (lab, store) = kept_open();
    fs::create_dir_all(lab.at("messaging/notes/old")).expect("a folder");
    lab.write("messaging/notes/old/one", "1");
    let committed = run(&store, answers("eu-west-2"));
    let [Warning::Recovered { file, kept_as }] = committed.warnings.as_slice() else {
        panic!("{:?}", committed.warnings);
    };
    assert_eq!(file, "messaging/notes");
    assert!(lab.at(kept_as).join("old/one").is_file());
    lab.later(TimeDelta::days(31));
    let report = store.compact(&local(), &HistoryRetention::default()).expect("it is done");
    assert_eq!(report.removed_files, [format!("{kept_as}/old/one")]);
    assert!(!lab.at(kept_as).exists());
}
