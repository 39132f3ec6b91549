//! How long people wait for `gtc op env show`, beside the shortest program there is.
//!
//! `show` is the real program on an environment with a deployed bundle; `hello` is a Rust program that
//! prints one line, started in the same way. Both include what the system takes to start a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};

/// Builds the floor with the compiler of this machine, optimised like the program itself.
fn hello(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("hello.rs"), folder.join("hello"));
    std::fs::write(&source, "fn main() { println!(\"hello\"); }").expect("a file");
    let built = Command::new("rustc").arg("-O").arg("-o").arg(&program).arg(&source).status();
    assert!(built.expect("a compiler").success());
    program
}

/// `gtc` in a home folder of its own.
fn gtc(home: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gtc"));
    program.env_clear().env("HOME", home).args(arguments);
    program
}

fn run(program: &mut Command) {
    let status = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it starts").success());
}

fn bench(c: &mut Criterion) {
    let home = tempfile::tempdir().expect("a folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello");
    run(&mut gtc(home.path(), &["op", "env", "init"]));
    run(gtc(home.path(), &["op", "deploy"]).arg(&example));
    let hello = hello(home.path());
    let mut group = c.benchmark_group("gtc-show");
    group.bench_function("hello", |b| b.iter(|| run(&mut Command::new(&hello))));
    group.bench_function("show", |b| b.iter(|| run(&mut gtc(home.path(), &["op", "env", "show"]))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
