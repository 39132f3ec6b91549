//! Folders on file systems of other machines, where a journal would not be safe.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::engine::Command;
use greentic_env_store::files::{FileStat, FileSystem, OsFileSystem, Placement, PrivateFile};
use greentic_env_store::{EnvironmentReads, LocalFsStore, StoreError};

use super::local_lab::{Lab, create, local, named, tree};
use super::worker::{deploy, run};

/// The disk of this machine, which says that it is one of another machine.
#[derive(Debug)]
struct Elsewhere(&'static str);

impl FileSystem for Elsewhere {
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        OsFileSystem.stat(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        OsFileSystem.read(path, limit)
    }

    fn read_private(&self, path: &Path, limit: u64) -> io::Result<PrivateFile> {
        OsFileSystem.read_private(path, limit)
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>> {
        OsFileSystem.read_from(path, offset)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        OsFileSystem.names(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.create_dir(path)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OsFileSystem.create(path, bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OsFileSystem.append(path, bytes)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        OsFileSystem.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFileSystem.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFileSystem.link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.remove_dir(path)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.sync(path)
    }

    fn lock(&self, path: &Path, patience: Duration) -> io::Result<Box<dyn Send + Sync>> {
        OsFileSystem.lock(path, patience)
    }

    fn placement(&self, _path: &Path) -> io::Result<Placement> {
        Ok(Placement::Remote(self.0))
    }
}

fn elsewhere(lab: &Lab) -> LocalFsStore {
    lab.builder().file_system(Arc::new(Elsewhere("NFS"))).build()
}

type Verb = fn(&LocalFsStore) -> Result<(), StoreError>;

#[test]
fn every_change_on_a_network_file_system_is_refused_and_says_where_to_go() {
    let lab = Lab::new();
    let store = elsewhere(&lab);
    let verbs: [Verb; 5] = [
        |store| {
            let payload = greentic_env_store::EnsureLocalEnvironmentPayload::default();
            store.ensure_local_environment(&local(), payload).map(drop)
        },
        |store| store.transact(&local(), |_| Ok(())),
        |store| {
            let host = greentic_deploy_spec::EnvironmentHostConfig::new(local());
            let created = greentic_env_store::EnvironmentMutations::create_environment(
                store,
                &local(),
                "x".to_owned(),
                host,
            );
            created.map(drop)
        },
        |store| store.repair(&local()).map(drop),
        |store| store.compact(&local(), &Default::default()).map(drop),
    ];
    for there in [false, true] {
        if there {
            create(&lab.open());
        }
        // A reader makes SQLite's own files beside the journal.
        let documents = || {
            let mut all = tree(lab.home());
            all.retain(|name, _| !name.contains("journal.db-"));
            all
        };
        let before = documents();
        // What needs an environment says first that there is none.
        for verb in &verbs[..if there { 5 } else { 3 }] {
            let Err(error) = verb(&store) else {
                assert!(there, "only an environment that is there needs no change");
                continue;
            };
            assert_eq!(error.code(), "unsafe-file-system");
            let told = lab.told(&error);
            for words in
                ["<home>", "is on NFS", "keep environments on a local disk", "remote store"]
            {
                assert!(told.contains(words), "{told} does not say `{words}`");
            }
        }
        assert!(documents() == before, "nothing was written, there: {there}");
    }
}

#[test]
fn what_is_on_a_network_file_system_is_readable() {
    let lab = Lab::new();
    deploy(&lab.open());
    let recorded = lab.open().snapshot(&local()).expect("the worker environment");
    let store = elsewhere(&lab);
    assert_eq!(store.snapshot(&local()).expect("a read"), recorded);
    assert_eq!(store.list_env_ids().expect("a list"), [local()]);
    assert_eq!(store.verify(&local()).expect("a journal").generations, Some((1, 11)));
    run(&lab.open(), Command::UpdateEnvironment(super::worker::doc(named("After"))));
    assert_eq!(store.load_env(&local()).expect("a read").name, "After");
}

#[test]
fn file_systems_are_told_apart_by_what_the_platform_says() {
    // The numbers of statfs(2), the last one as platforms with a signed field give it.
    let remote = [
        (0x6969, "NFS"),
        (0xff53_4d42, "SMB"),
        (0x6573_5546, "FUSE"),
        (0x0102_1997, "9P"),
        (0xffff_ffff_ff53_4d42, "SMB"),
    ];
    for (magic, name) in remote {
        assert_eq!(Placement::of_magic(magic), Placement::Remote(name));
    }
    // ext4, XFS, Btrfs, tmpfs, overlayfs.
    for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
        assert_eq!(Placement::of_magic(magic), Placement::Local);
    }
    for (name, kind) in [("nfs", "NFS"), ("smbfs", "SMB"), ("macfuse", "FUSE")] {
        assert_eq!(Placement::of_name(name), Placement::Remote(kind));
    }
    assert_eq!(Placement::of_name("apfs"), Placement::Local);
    let here = OsFileSystem.placement(&std::env::temp_dir()).expect("a file system");
    assert_eq!(here, Placement::Local, "tests run on a disk of this machine");
}
