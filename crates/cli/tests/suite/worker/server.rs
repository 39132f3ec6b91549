//! `gtc up` and `gtc serve`, running beside the test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::lab::Lab;

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    url: String,
    result: Value,
    stderr: JoinHandle<String>,
}

impl Server {
    /// Starts the program and waits until it says where it serves.
    pub(crate) fn start(lab: &Lab, line: &str) -> Self {
        Self::try_start(lab, line).unwrap_or_else(|said| panic!("gtc {line}: {said}"))
    }

    /// The same; what it wrote when it ended instead.
    pub(crate) fn try_start(lab: &Lab, line: &str) -> Result<Self, String> {
        Self::of(lab.program(), line)
    }

    /// The same for a program that may have so many files open.
    pub(crate) fn with_open_files(lab: &Lab, most: u32, line: &str) -> Self {
        let mut shell = lab.command("/bin/sh");
        let script = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_gtc")]);
        Self::of(shell, line).unwrap_or_else(|said| panic!("gtc {line}: {said}"))
    }

    fn of(mut program: Command, line: &str) -> Result<Self, String> {
        program.args(line.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("the program starts");
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut first).expect("text");
        // What follows must not fill the pipes, or the server would wait for us.
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let stderr = std::thread::spawn(move || {
            let lines = stderr.lines();
            lines.map_while(Result::ok).collect::<Vec<_>>().join("\n")
        });
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let envelope: Value = serde_json::from_str(&first).unwrap_or_default();
        match envelope["result"]["url"].as_str() {
            Some(url) => {
                let (url, result) =
                    (url.trim_end_matches('/').to_owned(), envelope["result"].clone());
                Ok(Self { child, url, result, stderr })
            }
            None => {
                let _ = child.wait();
                Err(format!("{first}{}", stderr.join().unwrap_or_default()))
            }
        }
    }

    /// Where it serves, without a `/` at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it told when it began to serve.
    pub(crate) fn result(&self) -> &Value {
        &self.result
    }

    /// Asks it to end, and waits until it did.
    pub(crate) fn terminate(self) -> ExitStatus {
        self.signal(Signal::TERM)
    }

    /// The same, with another signal.
    pub(crate) fn signal(mut self, signal: Signal) -> ExitStatus {
        self.end(signal)
    }

    /// Asks it to end; everything that it wrote to stderr.
    pub(crate) fn said(mut self) -> String {
        self.end(Signal::TERM);
        let nothing = std::thread::spawn(String::new);
        std::mem::replace(&mut self.stderr, nothing).join().expect("text")
    }

    fn end(&mut self, signal: Signal) -> ExitStatus {
        kill_process(self.pid(), signal).expect("it runs");
        self.child.wait().expect("it ends")
    }

    /// Ends it at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that is started and killed, whatever it came to.
pub(crate) fn quiet(mut program: Command) -> Child {
    program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}
