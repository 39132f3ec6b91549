//! Threads of a clause. Whatever one of them does, the others end.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Broken, Check};

/// What threads give that begin at the same time, in the order of their numbers.
///
/// # Errors
/// That of the first thread which fails or panics. All have ended then.
pub fn at_once<T: Send>(
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
        let ended: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        ended.into_iter().map(|ended| ended.map_err(panicked)?).collect()
    })
}

/// Reads again and again while something is written, and once more when it is.
///
/// # Errors
/// That of the write or of a read which fails, or the panic of the write. Both have ended then.
pub fn read_while(write: impl FnOnce() -> Check + Send, mut read: impl FnMut() -> Check) -> Check {
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ends = Ends(&written);
        let writer = scope.spawn(move || {
            let _ends = ends;
            write()
        });
        let mut reads = Ok(());
        while reads.is_ok() && !written.load(Ordering::Acquire) {
            reads = read();
        }
        writer.join().map_err(panicked)??;
        reads
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
    Broken::panicked(&*panic)
}
