//! What a watch tells when the folder itself changes.

#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use greentic_env_store::{EnvironmentMutations, EnvironmentReads};

use super::faulty_files::FaultyFiles;
use super::local_lab::{Lab, create, local, named};

/// Long enough for a slow machine; a watch that is deaf never tells.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_watch_goes_on_when_another_folder_is_put_in_the_place_of_the_environments() {
    let lab = Lab::new();
    let store = lab.open();
    create(&store);
    let mut watch = store.watch(&local()).expect("a watch");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        while let Some(Ok(generation)) = watch.next() {
            if tell.send(generation).is_err() {
                break;
            }
        }
    });
    assert_eq!(told.recv_timeout(PATIENCE), Ok(1));
    store.update_environment(&local(), named("Second")).expect("a verb");
    let until = |wanted: u64| {
        while told.recv_timeout(PATIENCE).expect("the watch tells") != wanted {}
    };
    until(2);
    let folder = store.env_path(&local()).expect("a folder");
    let copy = folder.with_file_name("copy");
    drop(store);
    let copied = std::process::Command::new("cp").arg("-a").arg(&folder).arg(&copy).status();
    assert!(copied.expect("cp").success());
    // In one step: an environment that is away for a moment is destroyed, and its watch ends.
    let exchange = rustix::fs::RenameFlags::EXCHANGE;
    let here = rustix::fs::CWD;
    rustix::fs::renameat_with(here, &copy, here, &folder, exchange).expect("an exchange");
    let store = lab.open();
    for number in 3..6 {
        store.update_environment(&local(), named(&number.to_string())).expect("a verb");
    }
    until(5);
}

#[test]
fn a_watch_that_could_not_read_tells_what_it_missed_without_being_woken_again() {
    let (lab, files) = (Lab::new(), FaultyFiles::sound());
    create(&lab.open());
    let watched = lab.builder().file_system(Arc::new(files.clone())).build();
    let watch = watched.watch(&local()).expect("a watch");
    let (tell, told) = channel();
    std::thread::spawn(move || watch.map(|one| tell.send(one.ok())).all(|sent| sent.is_ok()));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Some(1)));
    files.break_down();
    lab.open().update_environment(&local(), named("Second")).expect("a verb");
    assert_eq!(told.recv_timeout(PATIENCE), Ok(None), "that it cannot read");
    // Long enough for everything that the change itself woke.
    let quiet = told.recv_timeout(Duration::from_millis(1_500));
    assert_eq!(quiet, Err(RecvTimeoutError::Timeout), "it is told once");
    files.recover();
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Some(2)));
}
