//! Bad input at every door: what is wrong, what helps, how the program ends, and nothing half done.

use crate::calls::with_pack_folder;
use crate::lab::Lab;

/// Calls with something wrong, and checks kind and code of the error.
fn check(lab: &Lab, line: &str, kind: &str, code: &str) {
    let error = lab.fails(line);
    assert_eq!(
        (error["kind"].as_str(), error["code"].as_str()),
        (Some(kind), Some(code)),
        "{line}: {error}"
    );
    assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{line}: {error}");
}

#[test]
fn an_unknown_environment_is_not_found_and_nothing_is_made_for_it() {
    let lab = Lab::initialised();
    for line in [
        "op env show",
        "op env history",
        "op env undo",
        "op env diff",
        "op bundles list",
        "op revisions list",
        "op trust-root list",
        "op trust-root bootstrap",
    ] {
        check(&lab, &format!("{line} nope"), "not-found", "environment-not-found");
    }
    assert!(!lab.environments().join("nope").exists());
}

#[test]
fn an_id_that_no_environment_can_have_is_refused() {
    let lab = Lab::initialised();
    check(&lab, "op env show a/b", "invalid-argument", "invalid-environment-id");
    check(&lab, "op env show ..", "invalid-argument", "unsafe-environment-id");
    check(&lab, "op env init staging", "invalid-argument", "argument-invalid");
}

#[test]
fn a_corrupt_store_is_said_to_be_corrupt_and_left_as_it_is() {
    let lab = Lab::initialised();
    let journal = lab.environments().join("local/journal.db");
    std::fs::write(&journal, "no database at all, but long enough to look like one".repeat(100))
        .expect("a file");
    for side in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{side}", journal.display()));
    }
    check(&lab, "op trust-root bootstrap local", "store", "journal-damaged");
    let kept = std::fs::read_to_string(&journal).expect("a file");
    assert!(kept.starts_with("no database at all"));
}

#[test]
fn an_edit_that_is_no_document_is_refused_with_the_file() {
    let lab = Lab::initialised();
    let file = lab.environments().join("local/environment.json");
    std::fs::write(&file, "{\"schema\": 5}").expect("a file");
    let error = lab.fails("op env show");
    assert_eq!(error["code"], "external-edit-invalid", "{error}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("environment.json")));
}

#[test]
fn a_generation_that_is_not_kept_is_not_found() {
    let lab = Lab::initialised();
    check(&lab, "op env diff --from 1 --to 99", "not-found", "generation-not-kept");
    check(&lab, "op env undo --to 99", "not-found", "generation-not-kept");
    check(&lab, "op env diff --to 1", "not-found", "no-past");
    check(&lab, "op env diff --since yesterday", "invalid-argument", "argument-invalid");
}

#[test]
fn files_that_are_missing_or_something_else_are_told_by_name() {
    let lab = with_pack_folder();
    lab.write("text.gtpack", "no archive");
    lab.write("empty.gtpack", "");
    lab.write("answers.json", "[1, 2]");
    lab.write("broken.json", "{");
    lab.write("big.json", &" ".repeat(1_100_000));
    check(&lab, "pack inspect missing.gtpack", "io", "pack-io");
    check(&lab, "pack inspect text.gtpack", "invalid-argument", "pack-not-an-archive");
    check(&lab, "pack inspect empty.gtpack", "invalid-argument", "pack-not-an-archive");
    check(&lab, "pack inspect", "invalid-argument", "argument-missing");
    check(&lab, "pack build missing", "invalid-argument", "build-file-missing");
    check(&lab, "pack build .", "invalid-argument", "build-file-missing");
    check(&lab, "pack build worker --sign worker/pack.yaml", "invalid-argument", "key-invalid");
    check(&lab, "pack build worker --sign missing.pem", "io", "file-io");
    check(&lab, "bundle inspect missing.gtbundle", "io", "pack-io");
    check(&lab, "bundle inspect text.gtpack", "invalid-argument", "pack-not-an-archive");
    check(&lab, "bundle build .", "invalid-argument", "build-file-missing");
    check(&lab, "op env list --answers missing.json", "io", "file-io");
    check(&lab, "op env list --answers answers.json", "answers-parse", "answers-invalid");
    check(&lab, "op env list --answers broken.json", "answers-parse", "answers-invalid");
    check(&lab, "op env list --answers big.json", "invalid-argument", "file-too-large");
    check(&lab, "conformance store store.nothing", "not-found", "clause-unknown");
}

#[test]
fn a_pack_that_does_not_verify_is_shown_and_ends_with_1() {
    let lab = with_pack_folder();
    lab.ok("pack build worker --out worker.gtpack");
    let called = lab.gtc("pack verify worker.gtpack");
    assert_eq!(called.code, 1);
    assert_eq!(called.result()["problems"][0], "it is not signed");
    assert_eq!(called.error()["code"], "pack-not-verified");
    assert_eq!(lab.gtc("pack verify worker.gtpack --unsigned").code, 0);
}

#[test]
fn what_cannot_be_understood_ends_with_2_and_names_what_may_be_meant() {
    let lab = Lab::new();
    for (line, says) in [
        ("op env shwo", "'show'"),
        ("op enb list", "'env'"),
        ("op env list --outptu json", "--output"),
        ("op env history --limit many", "--limit"),
        ("op env history --limit 0", "--limit"),
        ("nonsense", "Usage"),
    ] {
        let called = lab.gtc(line);
        assert_eq!((called.code, called.stdout.as_str()), (2, ""), "{line}: {called:?}");
        assert!(called.stderr.contains(says), "{line}: {called:?}");
    }
}

#[test]
fn people_read_what_is_wrong_and_the_next_command() {
    let called = Lab::new().gtc("op env show --output table");
    assert_eq!(called.code, 1);
    let text = "error: there is no environment `local`; list the environments, or create it\nnext: gtc op env init\n";
    assert_eq!((called.stdout.as_str(), called.stderr.as_str()), ("", text));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let lab = Lab::initialised();
    let mut child = lab
        .program()
        .args(["op", "env", "show"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}
