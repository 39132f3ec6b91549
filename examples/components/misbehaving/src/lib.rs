//! Does what a component must not do, for tests of the host's limits.
//!
//! | operation | does |
//! |---|---|
//! | `ok` | answers `{"ok": true}` |
//! | `loop` | runs until the host stops it |
//! | `spin` `{"rounds": 1000}` | works that many rounds, then answers `{"rounds": 1000}` |
//! | `allocate` `{"bytes": 1048576}` | takes and touches that much memory and answers it; without `bytes`, all there is |
//! | `trap` | ends with a trap |
//! | `recurse` | calls itself until the stack ends |
//! | `huge-output` `{"bytes": 1048576}` | answers a text of that length; 64 MiB if it is not said |

use std::hint::black_box;

use guest::{Component, Failure, Input};
use serde::{Deserialize, Serialize};

struct Misbehaving;

#[derive(Deserialize, Default)]
struct Request {
    bytes: Option<usize>,
    rounds: Option<u64>,
}

#[derive(Serialize)]
struct Okay {
    ok: bool,
}

#[derive(Serialize)]
struct Memory {
    bytes: usize,
}

#[derive(Serialize)]
struct Rounds {
    rounds: u64,
}

impl Component for Misbehaving {
    const NAME: &'static str = "misbehaving";
    const SUMMARY: &'static str = "Does what a component must not do.";
    const OPERATIONS: &'static [&'static str] =
        &["allocate", "huge-output", "loop", "ok", "recurse", "spin", "trap"];

    fn invoke(operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        // Whatever a test sends is good enough: what it says beside the known names does not matter.
        let request: Request = input.decode().unwrap_or_default();
        match operation {
            "loop" => guest::encode(&Rounds { rounds: spin(u64::MAX) }),
            "spin" => guest::encode(&Rounds { rounds: spin(request.rounds.unwrap_or(1_000)) }),
            "allocate" => {
                guest::encode(&Memory { bytes: allocate(request.bytes.unwrap_or(usize::MAX)) })
            }
            "recurse" => guest::encode(&Rounds { rounds: recurse(0) }),
            "huge-output" => guest::encode(&"x".repeat(request.bytes.unwrap_or(64 << 20))),
            "trap" => trap(),
            _ => guest::encode(&Okay { ok: true }),
        }
    }
}

guest::export!(Misbehaving with_types_in guest::bindings);

#[expect(clippy::disallowed_methods, reason = "ending badly is what it is for")]
fn trap() -> ! {
    std::process::abort()
}

/// Works without calling anything, so that only an interruption from outside can end it early.
fn spin(rounds: u64) -> u64 {
    let mut done = 0;
    while done < rounds {
        done = black_box(done) + 1;
    }
    done
}

/// Takes memory in pieces and writes to every page of it. Running out of memory is a trap.
fn allocate(bytes: usize) -> usize {
    const PIECE: usize = 1 << 20;
    let mut taken: Vec<Vec<u8>> = Vec::new();
    let mut total = 0;
    while total < bytes {
        let size = PIECE.min(bytes - total);
        taken.push(black_box(vec![1; size]));
        total += size;
    }
    black_box(taken).iter().map(Vec::len).sum()
}

/// Goes deeper until the stack ends. The result of the inner call is used, so that it cannot become a loop.
#[expect(unconditional_recursion, reason = "that is what it is for")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse(depth + 1) + frame.iter().sum::<u64>()
}
