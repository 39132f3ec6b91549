use greentic_conformance::{Broken, Capabilities, Contract, Report, Verdict, check, same};
use serde_json::json;

use crate::contract::{Doors, Extra};

/// One verdict of each kind.
fn report() -> Report {
    let ajar = check(false, "closed", || "ajar".to_owned());
    let verdicts = [
        Verdict::Passed,
        ajar.into(),
        Verdict::NotRun { why: "nobody rings".to_owned() },
        Verdict::Skipped { why: "the door has `lock`".to_owned() },
    ];
    Report::new("front", Doors::clauses().zip(verdicts))
}

#[test]
fn text_tells_first_what_failed_and_then_one_line_for_each_clause() {
    let expected = "\
door `front`: 1 passed, 1 failed, 1 skipped, 1 not run
it says that it has: lock, bell

FAILED  door.moving.closes
        A door that is open closes, and stays closed.
        expected: closed
        seen:     ajar

passed  door.moving.opens
FAILED  door.moving.closes
not-run door.lock.rings: nobody rings
skipped door.lock.without-lock: the door has `lock`
";
    assert_eq!(report().with_capabilities(&Capabilities::<Extra>::all()).to_string(), expected);
    let modest = report().with_capabilities(&Capabilities::<Extra>::none()).to_string();
    assert!(modest.contains("\nit says that it has: nothing more\n"), "{modest}");
    assert!(!report().to_string().contains("it says"), "a bench may not ask");
}

#[test]
fn json_has_every_clause_with_its_verdict() {
    let clause = |clause: &str, area: &str, text: &str| json!({ "clause": clause, "area": area, "text": text });
    let mut clauses = [
        clause("door.moving.opens", "moving", "A door that is closed opens."),
        clause("door.moving.closes", "moving", "A door that is open closes, and stays closed."),
        clause("door.lock.rings", "lock", "A door with a lock and a bell opens after ringing."),
        clause("door.lock.without-lock", "lock", "A door without a lock says so."),
    ];
    clauses[0]["verdict"] = json!("passed");
    clauses[1]["verdict"] = json!("failed");
    clauses[1]["expected"] = json!("closed");
    clauses[1]["seen"] = json!("ajar");
    clauses[2]["verdict"] = json!("not-run");
    clauses[2]["why"] = json!("nobody rings");
    clauses[3]["verdict"] = json!("skipped");
    clauses[3]["why"] = json!("the door has `lock`");
    let expected = json!({
        "schema": "greentic.door-conformance.v1",
        "door": "front",
        "passed": false,
        "summary": { "passed": 1, "failed": 1, "skipped": 1, "not-run": 1 },
        "clauses": clauses,
    });
    assert_eq!(report().to_json(), expected);
    assert_eq!(
        report().with_capabilities(&Capabilities::<Extra>::none().with(Extra::Lock)).to_json()["capabilities"],
        json!(["lock"])
    );
}

#[test]
fn a_name_of_the_reason_is_told_where_there_is_one() {
    let verdict = Verdict::Failed(Broken::named("ajar", "a gap"));
    let report = Report::new("back", Doors::clauses().zip([verdict]));
    assert!(report.to_string().contains("\n        seen (ajar): a gap\n"), "{report}");
    assert_eq!(report.to_json()["clauses"][0]["code"], "ajar");
}

#[test]
fn a_report_passes_when_something_held_and_nothing_failed() {
    let passed =
        |verdicts: [Verdict; 2]| Report::new("front", Doors::clauses().zip(verdicts)).passed();
    let skipped = || Verdict::Skipped { why: String::new() };
    let not_run = || Verdict::NotRun { why: String::new() };
    assert!(passed([Verdict::Passed, skipped()]));
    assert!(passed([not_run(), Verdict::Passed]));
    assert!(!passed([skipped(), not_run()]), "nothing was shown");
    assert!(!passed([Verdict::Passed, Verdict::Failed(Broken::new("", ""))]));
}

#[test]
fn texts_are_cut_so_that_a_report_stays_readable() {
    let long = "ä".repeat(100_000);
    let broken = same("text", long.as_str(), "").unwrap_err();
    assert!(broken.expected.is_some_and(|expected| expected.chars().count() < 900));
    assert!(Broken::named("long", long).seen.ends_with("ä …"));
}
