//! Disks that are full, or cannot be written, or are somewhere else.
//!
//! Root may write wherever it likes, whatever the mode bits say, so that a small file system is
//! mounted for the first two. Where mounting is refused, these tests say that they are skipped.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_env_store::{
    EnvironmentHistory, EnvironmentMutations, EnvironmentReads, LocalFsStore, Request, StoreError,
    Warning,
};

use super::local_lab::{Lab, chain, commits, create, local, named, tree};
use super::worker::{answers, bundle, deploy, doc, endpoint, run, runtime, stage, warm};

/// A small file system, mounted until this is dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// None where this user may not mount; the reason is told.
    fn mount(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Self { folder };
        match disk.run("mount", &["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"]) {
            Ok(()) => Some(disk),
            Err(reason) => {
                let text = format!("skipped: {test}: cannot mount a tmpfs: {reason}\n");
                // To the terminal itself: what a test prints is shown only when it fails.
                std::io::stderr().write_all(text.as_bytes()).expect("stderr");
                None
            }
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let done = Process::new(program).args(arguments).arg(self.path()).output();
        match done {
            Ok(done) if done.status.success() => Ok(()),
            Ok(done) => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn remount(&self, how: &str) {
        self.run("mount", &["-o", &format!("remount,{how}")]).expect("it is mounted");
    }

    /// Fills the disk but for so many bytes. Gives the file to delete.
    fn fill(&self, free: usize) -> PathBuf {
        let (path, reserve) = (self.path().join("filler"), self.path().join("reserve"));
        fs::write(&reserve, vec![1; free]).expect("room for the reserve");
        let mut file = fs::File::create(&path).expect("a file");
        while file.write_all(&[1; 4_096]).is_ok() {}
        fs::remove_file(reserve).expect("the reserve");
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A mount that was refused needs no end.
        drop(self.run("umount", &["--lazy"]));
    }
}

type Verb = (&'static str, fn(&LocalFsStore, &Path) -> Result<(), StoreError>);

fn execute(store: &LocalFsStore, command: Command) -> Result<(), StoreError> {
    let committed = store.execute(&local(), Request::new(command))?;
    let known = |warning: &Warning| {
        let codes = ["projection-lagging", "audit-lagging", "recovered"];
        codes.contains(&warning.code())
    };
    assert!(committed.warnings.iter().all(known), "{:?}", committed.warnings);
    Ok(())
}

/// Every kind of verb: by the files that it writes.
const VERBS: &[Verb] = &[
    ("update", |store, _| execute(store, Command::UpdateEnvironment(doc(named("After"))))),
    ("bundle", |store, _| execute(store, bundle())),
    ("stage", |store, _| execute(store, stage(1))),
    ("warm", |store, _| execute(store, warm(1))),
    ("endpoint", |store, _| execute(store, endpoint())),
    ("runtime", |store, _| execute(store, Command::SaveRuntime(doc(runtime("127.0.0.1:1"))))),
    ("answers", |store, _| execute(store, answers(&"west".repeat(3_000)))),
    ("trust root", |store, _| execute(store, Command::BootstrapTrustRoot)),
    ("batch", |store, _| {
        let rename = Command::UpdateEnvironment(doc(named("Batch")));
        execute(store, Command::Batch(vec![rename, answers("batch")]))
    }),
    ("transaction", |store, _| {
        store.transact(&local(), |locked| {
            let mut environment = locked.load()?;
            environment.name = "Transaction".to_owned();
            locked.save(&environment)
        })
    }),
    ("another environment", |store, _| {
        let other = "other".parse().expect("an id");
        let host = greentic_deploy_spec::EnvironmentHostConfig::new(local());
        store.create_environment(&other, "Other".to_owned(), host).map(drop)
    }),
    ("snapshot", |store, _| store.take_snapshot(&local()).map(drop)),
    ("export", |store, home| store.export_to_file(&local(), &home.join("backup.json"))),
    ("repair", |store, _| store.repair(&local()).map(drop)),
    ("compact", |store, _| store.compact(&local(), &Default::default()).map(drop)),
];

/// An error of a verb names a path and says what to do.
fn is_clear(lab: &Lab, verb: &str, error: &StoreError, remedy: &str) {
    let told = lab.told(error);
    assert!(["io", "operator-key-io"].contains(&error.code()), "{verb}: {} {told}", error.code());
    assert!(told.contains("`<home>/"), "{verb} names no path: {told}");
    assert!(told.contains(remedy), "{verb} does not say `{remedy}`: {told}");
}

#[test]
fn on_a_full_disk_verbs_fail_clearly_and_the_environment_stays_whole() {
    let Some(disk) = Disk::mount("on_a_full_disk_verbs_fail_clearly") else { return };
    for free in [0, 4_096, 16_384, 65_536] {
        for reopened in [false, true] {
            let lab = Lab::within(disk.path());
            let mut store = lab.open();
            create(&store);
            run(&store, Command::BootstrapTrustRoot);
            if reopened {
                drop(store);
                store = lab.open();
            }
            let filler = disk.fill(free);
            let mut failed = 0;
            for (verb, work) in VERBS {
                let before = store.snapshot(&local()).expect("a read");
                match work(&store, lab.home()) {
                    Ok(()) => {}
                    // It needs what an earlier verb could not make.
                    Err(error) if error.kind() == ErrorKind::DependentNotFound => {}
                    Err(error) => {
                        failed += 1;
                        is_clear(&lab, verb, &error, "free some space and retry");
                        let after = store.snapshot(&local()).expect("a read");
                        assert_eq!(after, before, "{verb}: nothing was changed");
                        let half = *verb == "export" && lab.home().join("backup.json").exists();
                        assert!(!half, "half a backup is none");
                    }
                }
            }
            assert!(failed > 0 || free > 16_384, "with {free} bytes free nothing failed");
            let before = store.snapshot(&local()).expect("a read");
            let other = lab.open();
            let read = other.snapshot(&local()).expect("another process reads");
            assert!(read.state() == before.state() || read.is_lagging(), "what is committed");
            drop(other);
            fs::remove_file(filler).expect("space is freed");
            is_whole_again(&lab, &store);
        }
    }
}

/// Once there is room, the next verb works, and files, log and journal agree.
fn is_whole_again(lab: &Lab, store: &LocalFsStore) {
    let newest = store.snapshot(&local()).expect("a read").generation();
    run(store, Command::UpdateEnvironment(doc(named("Room"))));
    let verified = store.verify(&local()).expect("a journal");
    assert_eq!(verified.problems, [""; 0]);
    assert_eq!(verified.generations, Some((1, newest + 1)));
    assert_eq!(lab.json("environment.json")["name"], "Room");
    let log = String::from_utf8(lab.read("audit/events.jsonl").expect("a log")).expect("text");
    let committed = log.lines().filter(|line| {
        let event: serde_json::Value = serde_json::from_str(line).expect("an event");
        event["new_generation"].is_u64()
    });
    assert_eq!(committed.count() as u64, newest + 1, "each commit has its line");
    store.compact(&local(), &Default::default()).expect("compacted");
    let all = tree(lab.home());
    let left = all.keys().filter(|name| name.ends_with(".unfinished"));
    assert_eq!(left.count(), 0, "nothing is left over: {:?}", all.keys());
    let repaired = store.repair(&local()).expect("repair");
    assert_eq!(repaired.written, [""; 0], "every file shows the record");
}

#[test]
fn on_a_read_only_disk_reads_work_and_verbs_say_why_not() {
    let Some(disk) = Disk::mount("on_a_read_only_disk_reads_work") else { return };
    let lab = Lab::within(disk.path());
    deploy(&lab.open());
    let recorded = lab.open().snapshot(&local()).expect("the worker environment");
    disk.remount("ro");
    let store = lab.open();
    let read = store.snapshot(&local()).expect("a read");
    assert_eq!(read, recorded, "all of it, with its generation, and not lagging");
    assert_eq!(commits(&store).len(), 11);
    assert!(store.at(&local(), 3).is_ok() && store.diff(&local(), 1, 11).is_ok());
    assert_eq!(store.verify(&local()).expect("a journal").problems, [""; 0]);
    assert_eq!(store.list_env_ids().expect("a list"), [local()]);
    for (verb, work) in VERBS {
        let error = work(&store, lab.home()).map(|()| *verb).expect_err("nothing can be written");
        is_clear(&lab, verb, &error, "the file system is read-only, make it writable");
    }
    disk.remount("rw");
    // What was read meanwhile is in nobody's way.
    run(&store, Command::UpdateEnvironment(doc(named("After"))));
    assert_eq!(store.load_env(&local()).expect("a read").name, "After");
}

#[test]
fn who_read_a_read_only_disk_sees_what_is_written_once_it_is_not() {
    let Some(disk) = Disk::mount("who_read_a_read_only_disk_sees") else { return };
    let lab = Lab::within(disk.path());
    deploy(&lab.open());
    assert_eq!(lab.read("journal.db-wal"), None, "the last writer left nothing beside the journal");
    let reader = lab.open();
    disk.remount("ro");
    assert_eq!(reader.load_env(&local()).expect("a read").name, "Local");
    disk.remount("rw");
    let writer = lab.open();
    run(&writer, Command::UpdateEnvironment(doc(named("After"))));
    assert_eq!(reader.snapshot(&local()).expect("a read"), writer.snapshot(&local()).expect("it"));
    drop(writer);
    assert_eq!(reader.snapshot(&local()).expect("a read").generation(), 12);
}

#[test]
fn a_journal_that_a_killed_process_left_on_a_read_only_disk_is_read_or_said_to_lag() {
    let Some(disk) = Disk::mount("a_journal_that_a_killed_process_left") else { return };
    let lab = Lab::within(disk.path());
    let store = lab.open();
    deploy(&store);
    // The folder of a process that was killed: its log is not folded back.
    let left = Lab::with_files(disk.path(), &tree(&lab.at("")));
    drop(fs::remove_file(left.at("journal.db-shm")));
    drop(store);
    let recorded = lab.open().snapshot(&local()).expect("the worker environment");
    disk.remount("ro");
    let read = left.open().snapshot(&local()).expect("a read");
    assert!(read.is_lagging(), "the log cannot be read, so that files are");
    assert_eq!(read.environment(), recorded.environment());
    assert_eq!(read.runtime(), recorded.runtime());
    let error = left.open().update_environment(&local(), named("x")).expect_err("read-only");
    is_clear(&left, "update", &error, "the file system is read-only, make it writable");
    disk.remount("rw");
    let read = left.open().snapshot(&local()).expect("a read");
    assert_eq!(read, recorded, "{}", chain(&error));
}
