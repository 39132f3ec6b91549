use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use greentic_conformance::{Broken, Clause, Contract, Suite, unless_it_panics};

use crate::contract::Doors;

fn any() -> &'static Clause<Doors> {
    Doors::clauses().next().expect("a clause")
}

fn panicked() -> Broken {
    let mut broken = Broken::new("no panic", "a panic: it fell out of its frame");
    broken.code = Some("panicked");
    broken
}

#[test]
fn what_a_clause_finds_on_its_thread_is_what_is_told() {
    let suite = Suite::<Doors>::new();
    let name = || std::thread::current().name().map(str::to_owned);
    assert_eq!(suite.on_thread(any(), move |_| Ok(name())), Ok(Some(any().id.to_owned())));
    let broken = Broken::new("closed", "ajar");
    let told = broken.clone();
    assert_eq!(suite.on_thread::<()>(any(), |_| Err(told)), Err(broken));
}

#[test]
fn a_panic_on_the_thread_is_the_clauses_failure() {
    let suite = Suite::<Doors>::new();
    let checked = suite.on_thread::<()>(any(), |_| panic!("it fell out of its frame"));
    assert_eq!(checked, Err(panicked()));
    let checked = suite.on_thread::<()>(any(), |_| std::panic::panic_any(7));
    assert_eq!(checked.unwrap_err().seen, "a panic: without a message");
}

#[test]
fn a_clause_that_does_not_end_fails_with_what_it_waits_for() {
    let suite = Suite::<Doors>::new().time_limit(Duration::from_millis(200));
    let (open, opened) = channel::<()>();
    let checked = suite.on_thread(any(), move |progress| {
        progress.waits_for("the door to open");
        let _ = opened.recv();
        Ok(())
    });
    let broken = checked.unwrap_err();
    assert_eq!(broken.code, Some("timed-out"));
    assert_eq!(broken.expected.as_deref(), Some("the clause to end within 200ms"));
    assert_eq!(broken.seen, "it still waits for the door to open");
    drop(open);
}

#[tokio::test]
async fn a_panic_of_a_future_is_told_at_whatever_poll_it_happens() {
    assert_eq!(unless_it_panics(async { 7 }).await, Ok(7));
    let later = unless_it_panics(async {
        tokio::task::yield_now().await;
        panic!("it fell out of its frame")
    });
    assert_eq!(later.await, Err::<(), _>(panicked()));
    let mut polls = 0;
    let pending = unless_it_panics(std::future::poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
    }));
    assert_eq!(pending.await, Ok(3));
}
