//! A deploy that was interrupted anywhere is finished by the same command.

use std::panic::{AssertUnwindSafe, catch_unwind};

use greentic_operations::{DeployRequest, DeployStatus, OpError};

use crate::fake::Fault;
use crate::lab::{Lab, key};

/// With a key, and without one.
fn ways(lab: &Lab, says: &str) -> [DeployRequest; 2] {
    let plain = lab.request("hello", says);
    [DeployRequest { key: key("k"), ..plain.clone() }, plain]
}

/// A lab where one version serves, if that is wanted.
fn lab(versions_before: usize) -> Lab {
    let lab = Lab::new();
    (0..versions_before).for_each(|_| drop(lab.deploy("hello", "before")));
    lab.calls.take();
    lab.crash.before(0);
    lab
}

/// Interrupts a deploy, runs it again, and checks what is there.
fn check(before: usize, way: usize, interrupt: &dyn Fn(&Lab), mend: &dyn Fn(&Lab)) {
    let lab = lab(before);
    let request = ways(&lab, "now")[way].clone();
    interrupt(&lab);
    let interrupted = catch_unwind(AssertUnwindSafe(|| lab.try_deploy(&request)));
    assert!(!matches!(interrupted, Ok(Ok(_))), "it was not interrupted");
    // Whoever served goes on to serve, until the new one is ready.
    let environment = lab.environment();
    for split in &environment.traffic_splits {
        let served = environment.revision(split.entries[0].revision_id).unwrap();
        assert_eq!((split.entries.len(), served.lifecycle.as_str()), (1, "ready"));
    }
    mend(&lab);
    let told = lab.try_deploy(&request).unwrap();
    let (_, revision) = lab.check_only(before + 1);
    assert_eq!(told.revision_id, revision.revision_id);
    assert_eq!(lab.calls.take().last().unwrap(), "split");
    let generation = lab.generation();
    lab.try_deploy(&request).unwrap();
    assert_eq!(lab.generation(), generation, "the second time nothing is left to do");
}

#[test]
fn after_a_crash_before_any_step() {
    for before in [0, 1] {
        for way in [0, 1] {
            let steps = {
                let lab = lab(before);
                lab.try_deploy(&ways(&lab, "now")[way]).unwrap();
                lab.crash.steps()
            };
            assert!(steps > 9, "only {steps} steps");
            for number in 1..=steps {
                check(before, way, &|lab| lab.crash.before(number), &|lab| lab.crash.before(0));
            }
        }
    }
}

#[test]
fn after_any_commit_that_failed_or_whose_answer_was_lost() {
    for before in [0, 1] {
        for way in [0, 1] {
            // The first commit, the begin of the warm, its end, and the traffic.
            for number in 0..4 {
                for fault in [Fault::Before, Fault::After] {
                    check(before, way, &|lab| lab.store.fail(number, fault), &|_| {});
                }
            }
        }
    }
}

#[test]
fn after_the_provider_failed() {
    for before in [0, 1] {
        for way in [0, 1] {
            for verb in ["stage", "warm", "split"] {
                check(before, way, &|lab| lab.calls.refuse(verb), &|lab| lab.calls.accept_all());
            }
        }
    }
}

#[test]
fn a_provider_that_does_not_follow_is_said_with_what_is_recorded() {
    let lab = lab(0);
    lab.calls.refuse("split");
    let error = lab.try_deploy(&lab.request("hello", "one")).unwrap_err();
    assert!(matches!(&error, OpError::Provider { .. }), "{error:?}");
    assert!(error.may_be_committed());
    assert!(error.to_string().contains("split does not work today"), "{error}");
    assert!(error.hint().unwrap().contains("run the same command again"));
    lab.check_only(1);
}

#[test]
fn what_was_interrupted_does_not_overtake_what_came_later() {
    let lab = lab(0);
    let [keyed, _] = ways(&lab, "earlier");
    lab.calls.refuse("warm");
    lab.try_deploy(&keyed).unwrap_err();
    lab.calls.accept_all();
    let later = lab.deploy("hello", "later");
    assert_eq!(lab.try_deploy(&keyed).unwrap().status, DeployStatus::Superseded);
    assert_eq!(lab.check_only(2).1.revision_id, later.revision_id);
}
