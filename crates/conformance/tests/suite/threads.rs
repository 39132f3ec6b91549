use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use greentic_conformance::{Broken, at_once, check, read_while};

#[test]
fn threads_run_at_the_same_time_and_answer_in_their_order() {
    let all = Barrier::new(4);
    let numbers = at_once(4, |number| {
        all.wait();
        Ok(number)
    });
    assert_eq!(numbers, Ok(vec![0, 1, 2, 3]));
}

#[test]
fn threads_that_panic_or_fail_are_told_as_a_broken_clause() {
    let checked = at_once(3, |number| if number == 0 { Ok(()) } else { panic!("too many") });
    assert_eq!(checked.unwrap_err().code, Some("panicked"));
    let checked = at_once::<()>(2, |number| Err(Broken::new("room", number.to_string())));
    assert_eq!(checked, Err(Broken::new("room", "0")));
}

#[test]
fn reads_go_on_while_something_is_written_and_once_more_afterwards() {
    let (began, mut last) = (Barrier::new(2), false);
    let (written, mut met) = (AtomicBool::new(false), false);
    let write = || {
        began.wait();
        written.store(true, Ordering::SeqCst);
        Ok(())
    };
    let checked = read_while(write, || {
        if !met {
            began.wait();
            met = true;
        }
        last = written.load(Ordering::SeqCst);
        Ok(())
    });
    assert_eq!(checked, Ok(()));
    assert!(met && last, "one read was made before the write, one after it");
}

#[test]
fn a_write_that_panics_and_a_read_that_fails_end_both() {
    let panics = || panic!("the ink is gone");
    assert_eq!(read_while(panics, || Ok(())).unwrap_err().code, Some("panicked"));
    let fails = || check(false, "a page", || "none".to_owned());
    assert_eq!(read_while(|| Ok(()), fails), Err(Broken::new("a page", "none")));
    assert_eq!(read_while(panics, fails).unwrap_err().code, Some("panicked"));
}

#[test]
fn a_read_that_fails_only_while_something_is_written_is_told() {
    let (begun, mut torn) = (Barrier::new(2), true);
    let write = || {
        begun.wait();
        Ok(())
    };
    let checked = read_while(write, || {
        if !std::mem::take(&mut torn) {
            return Ok(());
        }
        begun.wait();
        Err(Broken::new("a page", "half of one"))
    });
    assert_eq!(checked, Err(Broken::new("a page", "half of one")));
}
