//! The runner and its report.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use greentic_env_store::conformance::{
    self, Broken, Capabilities, Capability, Opened, Report, Subject, SubjectError, Suite, Verdict,
    run_suite,
};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads};

use super::lies::liar::{HONEST, Lie, Lying};

/// The one failure of a report.
fn failure(report: &Report) -> Option<&Broken> {
    let mut failed = report.failed();
    match failed.next().map(|clause| &clause.verdict) {
        Some(Verdict::Failed(broken)) if failed.next().is_none() => Some(broken),
        _ => None,
    }
}

/// What was seen in the one failure of a report.
fn seen(report: &Report) -> Option<&str> {
    failure(report).map(|broken| broken.seen.as_str())
}

fn suite(names: &[&str]) -> Suite {
    Suite::new().only(names).expect("clauses that there are")
}

#[test]
fn a_store_that_panics_fails_the_clause_and_not_the_suite() {
    let lie = Lie { list: |_| panic!("the list is gone"), ..HONEST };
    let suite = suite(&["store.reads.list-is-sorted", "store.reads.agree"]);
    let report = run_suite(&suite, Lying(lie));
    assert_eq!(seen(&report), Some("a panic: the list is gone"), "{report}");
    assert_eq!(report.summary.passed, 1, "{report}");
}

#[test]
fn a_store_that_hangs_fails_the_clause_with_what_it_waits_for() {
    let lie = Lie {
        watch: |liar, env_id| {
            let mut present = liar.inner.watch(env_id)?;
            let forever = std::iter::from_fn(move || {
                present.next();
                loop {
                    std::thread::park();
                }
            });
            Ok(Box::new(forever))
        },
        ..HONEST
    };
    let suite = suite(&["store.watch.tells-the-present", "store.reads.agree"]);
    let report = run_suite(&suite.time_limit(Duration::from_secs(10)), Lying(lie));
    let waits = "it still waits for the watch to tell a generation";
    assert_eq!(seen(&report), Some(waits), "{report}");
    assert_eq!(report.summary.passed, 1, "{report}");
}

struct Nowhere;

impl Subject for Nowhere {
    fn name(&self) -> String {
        "nowhere".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none()
    }

    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
        Err("the disk is full".into())
    }
}

#[test]
fn a_subject_without_stores_fails_with_its_own_words() {
    let report = run_suite(&suite(&["store.reads.agree"]), Nowhere);
    assert!(!report.passed());
    let told = Broken::new("an empty store", "there is none: the disk is full");
    assert_eq!(failure(&report), Some(&told), "{report}");
}

#[test]
fn capabilities_decide_which_clauses_are_skipped() {
    for capability in Capabilities::all().iter() {
        let with = skipped(Capabilities::all());
        let without = skipped(Capabilities::all().without(capability));
        assert!(!with.is_subset(&without), "`{capability}` has a clause for stores without it");
        assert!(!without.is_subset(&with), "`{capability}` has clauses for stores with it");
    }
}

/// A subject that is asked for no store: only what is skipped matters.
fn skipped(capabilities: Capabilities) -> BTreeSet<&'static str> {
    struct Idle(Capabilities);
    impl Subject for Idle {
        fn name(&self) -> String {
            Nowhere.name()
        }

        fn capabilities(&self) -> Capabilities {
            self.0.clone()
        }

        fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
            Nowhere.fresh()
        }
    }
    let report = conformance::run(Idle(capabilities));
    let skipped =
        |clause: &&conformance::ClauseReport| matches!(clause.verdict, Verdict::Skipped { .. });
    report.clauses.iter().filter(skipped).map(|clause| clause.clause).collect()
}

#[test]
fn ids_are_unique_and_named_after_their_area() {
    let mut seen = BTreeSet::new();
    for clause in conformance::clauses() {
        let (id, text) = (clause.id, clause.text);
        assert!(seen.insert(id), "`{id}` is there twice");
        assert!(id.starts_with(&format!("store.{}.", clause.area)), "`{id}` and its area");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b".-".contains(&b)), "`{id}`");
        assert!(text.ends_with('.') && !text.contains('\n'), "`{id}` is one sentence: {text}");
    }
}

/// Compares with a golden file; `GREENTIC_UPDATE_GOLDEN=1` writes it anew.
#[expect(clippy::disallowed_methods, reason = "tests are switched by the environment")]
fn golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("GREENTIC_UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        std::fs::write(&path, text).expect("a golden file is written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{file}: GREENTIC_UPDATE_GOLDEN=1 rewrites it");
}

/// An id never changes its meaning: a line of this file changes only to say the same better, and a
/// clause that means something else gets another id.
#[test]
fn clauses_are_those_of_the_golden_file() {
    let line = |clause: &conformance::Clause| {
        let condition = match clause.condition {
            conformance::Condition::Always => String::new(),
            condition => format!("  {condition:?}\n"),
        };
        format!("{}\n  {}\n{condition}", clause.id, clause.text)
    };
    golden("conformance-clauses.txt", &conformance::clauses().map(line).collect::<String>());
}

#[test]
fn reports_have_the_layout_of_the_golden_files() {
    let lie = Lie {
        name: "lists the other way round",
        list: |liar| liar.inner.list_env_ids().map(|ids| ids.into_iter().rev().collect()),
        ..HONEST
    };
    let names = [
        "store.reads.list-is-sorted",
        "store.reads.nothing-recorded",
        "store.watch.without-watch-is-unsupported",
    ];
    let report = run_suite(&suite(&names), Lying(lie));
    golden("conformance-report.txt", &report.to_string());
    let json = serde_json::to_string_pretty(&report.to_json()).expect("JSON");
    golden("conformance-report.json", &format!("{json}\n"));
}

/// The suite takes stores behind pointers, as those who choose one at run time have them.
#[test]
fn a_boxed_store_can_be_judged() {
    struct Boxed(Box<dyn EnvironmentMutations>);
    impl Opened for Boxed {
        fn store(&self) -> &dyn EnvironmentMutations {
            &*self.0
        }
    }
    struct Chosen;
    impl Subject for Chosen {
        fn name(&self) -> String {
            "chosen".to_owned()
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities::none().with(Capability::OperatorKey).with(Capability::Secrets)
        }

        fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
            Ok(Box::new(Boxed(Box::new(greentic_env_store::MemoryStore::new()))))
        }
    }
    let names = ["store.etags", "store.trust-root", "store.secrets", "store.handles"];
    let report = run_suite(&suite(&names), Chosen);
    assert!(report.passed(), "{report}");
}
