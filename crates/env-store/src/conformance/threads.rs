//! Threads of a clause. Whatever one of them does, the others end.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use super::clause::{Broken, Check};

/// What threads give that begin at the same time.
pub(super) fn at_once<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Broken> + Sync,
) -> Result<Vec<T>, Broken> {
    let begin = Barrier::new(count);
    std::thread::scope(|scope| {
        let (begin, work) = (&begin, &work);
        let thread = |number| {
            scope.spawn(move || {
                begin.wait();
                work(number)
            })
        };
        let threads: Vec<_> = (0..count).map(thread).collect();
        threads.into_iter().map(|thread| thread.join().map_err(panicked)?).collect()
    })
}

/// Reads again and again while something is written, and once more when it is.
pub(super) fn read_while(
    write: impl FnOnce() -> Check + Send,
    mut read: impl FnMut() -> Check,
) -> Check {
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ends = Ends(&written);
        let writer = scope.spawn(move || {
            let _ends = ends;
            write()
        });
        while !written.load(Ordering::Acquire) {
            read()?;
        }
        writer.join().map_err(panicked)?
    })?;
    read()
}

/// Tells that a thread ended, in whatever way.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Broken {
    Broken::new("threads that end", super::runner::message(&*panic))
}
