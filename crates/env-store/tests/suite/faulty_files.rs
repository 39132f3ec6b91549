//! A file system of which one operation fails.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use greentic_env_store::files::{FileStat, FileSystem, OsFileSystem, Placement, PrivateFile};

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does nothing.
    Fail,
    /// Half of its bytes are written. An operation that writes none does nothing.
    Torn,
    /// It is done, and its answer gets lost.
    Late,
    /// It is torn, and nothing works from then on: the process was killed.
    Crash,
}

/// One operation, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
}

impl Operation {
    /// The faults that make a difference. A process that is killed at a look is killed just as well
    /// at the change after it.
    pub(crate) fn faults(&self) -> &'static [Fault] {
        match self.name {
            "stat" | "read" | "names" | "placement" => &[Fault::Fail],
            "create" | "append" => &[Fault::Fail, Fault::Torn, Fault::Late, Fault::Crash],
            _ => &[Fault::Fail, Fault::Late, Fault::Crash],
        }
    }
}

/// What else is out of the ordinary.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Twist {
    /// Private files belong to somebody else.
    OtherOwner,
    /// Somebody else does this right before each operation.
    Meanwhile(fn(&Operation)),
}

#[derive(Debug, Default)]
struct Script {
    operations: Vec<Operation>,
    fault: Option<(usize, Fault)>,
    twist: Option<Twist>,
}

/// The file system of this machine; counts operations, and lets one of them fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyFiles {
    script: Arc<Mutex<Script>>,
}

impl FaultyFiles {
    /// Only counts.
    pub(crate) fn sound() -> Self {
        Self::default()
    }

    /// Lets the operation with this number fail, counted from 0.
    pub(crate) fn failing(number: usize, fault: Fault) -> Self {
        let files = Self::default();
        files.script().fault = Some((number, fault));
        files
    }

    /// Nothing fails, but not everything is as usual.
    pub(crate) fn twisted(twist: Twist) -> Self {
        let files = Self::default();
        files.script().twist = Some(twist);
        files
    }

    /// Nothing works from now on.
    #[cfg(target_os = "linux")]
    pub(crate) fn break_down(&self) {
        let mut script = self.script();
        script.fault = Some((script.operations.len(), Fault::Crash));
    }

    /// Everything works again.
    #[cfg(target_os = "linux")]
    pub(crate) fn recover(&self) {
        self.script().fault = None;
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no test panics while it has the script")
    }

    fn twist(&self) -> Option<Twist> {
        self.script().twist
    }

    /// What was asked for so far.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.script().operations.clone()
    }

    /// The operation that failed; none when it did not come to that.
    pub(crate) fn failed(&self) -> Option<Operation> {
        let script = self.script();
        script.fault.and_then(|(number, _)| script.operations.get(number).cloned())
    }

    fn next(&self, name: &'static str, path: &Path) -> Option<Fault> {
        let operation = Operation { name, path: path.to_owned() };
        if let Some(Twist::Meanwhile(act)) = self.twist() {
            act(&operation);
        }
        let mut script = self.script();
        let number = script.operations.len();
        script.operations.push(operation);
        script.fault.and_then(|(at, fault)| match fault {
            _ if at == number => Some(fault),
            Fault::Crash if number > at => Some(Fault::Fail),
            _ => None,
        })
    }

    fn run<T>(
        &self,
        name: &'static str,
        path: &Path,
        done: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match self.next(name, path) {
            None => done(),
            Some(Fault::Late) => done().and_then(|_| Err(injected())),
            Some(_) => Err(injected()),
        }
    }

    fn run_write(
        &self,
        name: &'static str,
        path: &Path,
        bytes: &[u8],
        done: impl FnOnce(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.next(name, path) {
            None => done(bytes),
            Some(Fault::Fail) => Err(injected()),
            Some(Fault::Late) => done(bytes).and_then(|()| Err(injected())),
            Some(Fault::Torn | Fault::Crash) => {
                done(&bytes[..bytes.len() / 2]).and_then(|()| Err(injected()))
            }
        }
    }
}

fn injected() -> io::Error {
    io::Error::other("a fault of the test")
}

impl FileSystem for FaultyFiles {
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        self.run("stat", path, || OsFileSystem.stat(path))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        self.run("read", path, || OsFileSystem.read(path, limit))
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>> {
        self.run("read", path, || OsFileSystem.read_from(path, offset))
    }

    fn read_private(&self, path: &Path, limit: u64) -> io::Result<PrivateFile> {
        let mut found = self.run("read", path, || OsFileSystem.read_private(path, limit))?;
        if let (Some(Twist::OtherOwner), PrivateFile::File { stat, .. }) =
            (self.twist(), &mut found)
        {
            stat.owner ^= 1;
        }
        Ok(found)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        self.run("names", path, || OsFileSystem.names(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.run("create_dir", path, || OsFileSystem.create_dir(path))
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.run_write("create", path, bytes, |bytes| OsFileSystem.create(path, bytes))
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.run_write("append", path, bytes, |bytes| OsFileSystem.append(path, bytes))
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.run("truncate", path, || OsFileSystem.truncate(path, length))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run("rename", to, || OsFileSystem.rename(from, to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run("link", to, || OsFileSystem.link(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.run("remove_file", path, || OsFileSystem.remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.run("remove_dir", path, || OsFileSystem.remove_dir(path))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.run("sync", path, || OsFileSystem.sync(path))
    }

    fn lock(&self, path: &Path, patience: Duration) -> io::Result<Box<dyn Send + Sync>> {
        self.run("lock", path, || OsFileSystem.lock(path, patience))
    }

    fn placement(&self, path: &Path) -> io::Result<Placement> {
        self.run("placement", path, || OsFileSystem.placement(path))
    }
}
