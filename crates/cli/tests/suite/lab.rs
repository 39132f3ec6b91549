//! A home folder and the program in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home folder of a test's own, with nothing of the machine's.
pub(crate) struct Lab {
    home: TempDir,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    /// A home in which `gtc op env init` was run.
    pub(crate) fn initialised() -> Self {
        let lab = Self::new();
        lab.ok("op env init");
        lab
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn environments(&self) -> PathBuf {
        self.home().join(".greentic/environments")
    }

    /// The program, in this home and in nothing else.
    pub(crate) fn program(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_gtc"))
    }

    /// Another program, in this home and in nothing else.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut program = Command::new(program);
        program.env_clear().env("HOME", self.home()).env("USER", "alice");
        program.current_dir(self.home()).stdin(Stdio::null());
        program
    }

    pub(crate) fn call<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Called {
        Called::of(self.program().args(arguments).output().expect("the program starts"))
    }

    /// Calls with arguments that have no spaces.
    pub(crate) fn gtc(&self, line: &str) -> Called {
        self.call(line.split_whitespace())
    }

    /// The result of a call that must work.
    pub(crate) fn ok(&self, line: &str) -> Value {
        let called = self.gtc(line);
        assert_eq!(called.code, 0, "gtc {line}: {called:?}");
        called.result()
    }

    /// What a call that must fail says.
    pub(crate) fn fails(&self, line: &str) -> Value {
        let called = self.gtc(line);
        assert_eq!((called.code, called.stdout.as_str()), (1, ""), "gtc {line}: {called:?}");
        called.error()
    }

    /// Writes a file into the home.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }
}

impl Called {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The envelope of a result: one line on stdout.
    pub(crate) fn envelope(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).expect("an envelope")
    }

    pub(crate) fn result(&self) -> Value {
        self.envelope()["result"].clone()
    }

    /// The error in the envelope, the last line on stderr.
    pub(crate) fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let envelope: Value = serde_json::from_str(line).unwrap_or_default();
        assert!(envelope["op"].is_string() && envelope["noun"].is_string(), "{self:?}");
        envelope["error"].clone()
    }
}
