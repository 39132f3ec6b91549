//! Bad input at every door: what is wrong, what helps, how the program ends, and nothing half done.

use crate::calls::{deployed_twice, with_pack_folder};
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
    let error = lab.fails("op env show a/b");
    assert!(error["message"].as_str().is_some_and(|text| !text.contains("InvalidInput")));
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
    let hint = lab.fails("op env doctor")["hint"].to_string();
    assert!(hint.contains(&format!("move `{}*`", journal.display())), "{hint}");
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

/// A pipe that nobody writes to would be waited for without an end.
#[test]
fn pipes_devices_and_folders_are_no_files() {
    let lab = with_pack_folder();
    let made = std::process::Command::new("mkfifo").arg(lab.home().join("pipe")).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe");
    let answers = "op env list --answers";
    for line in
        ["op deploy pipe", "op deploy /dev/null", "pack inspect pipe", "bundle inspect pipe"]
    {
        check(&lab, line, "io", "pack-io");
    }
    for file in ["pipe", "/dev/zero", "worker"] {
        check(&lab, &format!("{answers} {file}"), "io", "file-io");
    }
    check(&lab, "pack build worker --sign pipe", "io", "file-io");
    let message = lab.fails("op deploy pipe")["message"].to_string();
    assert!(message.contains("`pipe`") && message.contains("a pipe or a device"), "{message}");
    lab.write("empty.gtpack", "");
    let message = lab.fails("op deploy empty.gtpack")["message"].to_string();
    assert!(message.contains("the file is empty") && !message.contains("SquashFS"), "{message}");
}

#[test]
fn a_pack_that_does_not_verify_is_shown_and_ends_with_1() {
    let lab = with_pack_folder();
    lab.ok("pack build worker --out worker.gtpack");
    let called = lab.gtc("pack verify worker.gtpack");
    assert_eq!(called.code, 1);
    assert_eq!(called.result()["problems"][0], "it is not signed");
    assert_eq!(called.error()["code"], "pack-not-verified");
    assert!(called.error()["hint"].to_string().contains("--unsigned"), "{called:?}");
    assert_eq!(lab.gtc("pack verify worker.gtpack --unsigned").code, 0);
}

#[test]
fn a_bundle_that_is_not_the_pinned_one_is_not_deployed() {
    let lab = with_pack_folder();
    lab.ok("bundle build worker --out worker.gtbundle");
    let before = lab.ok("op env show")["generation"].clone();
    let wrong = format!("sha256:{}", "0".repeat(64));
    check(
        &lab,
        &format!("op deploy worker.gtbundle --digest {wrong}"),
        "conflict",
        "pack-digest-mismatch",
    );
    let hint = lab.fails(&format!("op deploy worker --digest {wrong}"))["hint"].to_string();
    assert!(hint.contains("pin the digest"), "{hint}");
    check(&lab, "op deploy worker.gtbundle --digest md5:00", "invalid-argument", "invalid-digest");
    check(&lab, "op deploy missing.gtbundle", "io", "pack-io");
    check(&lab, "op deploy worker/pack.yaml", "invalid-argument", "pack-not-an-archive");
    check(&lab, "op deploy", "invalid-argument", "argument-missing");
    assert_eq!(lab.ok("op env show")["generation"], before);
    let right = lab.ok("bundle inspect worker.gtbundle")["digest"].as_str().map(str::to_owned);
    lab.ok(&format!("op deploy worker.gtbundle --digest {}", right.expect("a digest")));
}

#[test]
fn names_that_stand_for_nothing_are_told_with_what_there_is() {
    let lab = deployed_twice();
    check(&lab, "op revisions drain #7", "not-found", "name-unknown");
    check(&lab, "op revisions drain 01JTKW5B4W4Q5Y1CQW93F7S5VH", "not-found", "name-unknown");
    check(&lab, "op revisions drain newest", "invalid-argument", "selector-invalid");
    check(&lab, "op traffic show --deployment other", "not-found", "name-unknown");
    check(&lab, "op revisions warm", "invalid-argument", "argument-missing");
    let error = lab.fails("op traffic set #9=100%");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("#2")), "{error}");
    assert_eq!(error["hint"], "gtc op revisions list");
}

#[test]
fn weights_that_are_no_whole_change_nothing() {
    let lab = deployed_twice();
    let before = lab.ok("op traffic show");
    check(&lab, "op traffic set @latest", "invalid-argument", "argument-invalid");
    let none = "op traffic set";
    check(&lab, none, "invalid-argument", "argument-missing");
    check(&lab, &format!("{none} #1=many"), "invalid-argument", "weight-invalid");
    check(&lab, &format!("{none} #1=101%"), "invalid-argument", "weight-invalid");
    check(&lab, &format!("{none} local #1"), "invalid-argument", "argument-invalid");
    let short = lab.fails(&format!("{none} #1=50% #2=49%"));
    assert_eq!(short["kind"], "invalid-argument", "{short}");
    assert_eq!(lab.ok("op traffic show"), before);
}

#[test]
fn a_revision_with_traffic_is_not_drained_and_the_way_out_is_told() {
    let lab = deployed_twice();
    let error = lab.fails("op revisions drain @latest");
    assert_eq!(
        (error["kind"].as_str(), error["code"].as_str()),
        (Some("conflict"), Some("revision-has-traffic"))
    );
    assert!(
        error["hint"].as_str().is_some_and(|hint| hint.contains("gtc op traffic set")),
        "{error}"
    );
}

#[test]
fn a_key_that_was_used_for_something_else_is_refused_and_a_repeated_one_changes_nothing() {
    let lab = deployed_twice();
    lab.ok("op traffic set #1=50% #2=50% --idempotency-key half");
    let once = lab.ok("op env show")["generation"].clone();
    lab.ok("op traffic set #1=50% #2=50% --idempotency-key half");
    assert_eq!(lab.ok("op env show")["generation"], once);
    check(
        &lab,
        "op traffic set #1=100% --idempotency-key half",
        "conflict",
        "idempotency-conflict",
    );
}

#[test]
fn answers_of_the_public_tools_for_traffic_are_understood() {
    let lab = deployed_twice();
    let revisions = lab.ok("op revisions list")["revisions"].clone();
    let share = |index: usize, weight_bps: u32| serde_json::json!({ "revision_id": revisions[index]["revision_id"], "weight_bps": weight_bps });
    let answers = serde_json::json!({
        "environment_id": "local",
        "deployment_id": revisions[0]["deployment_id"],
        "entries": [share(0, 2_500), share(1, 7_500)],
        "updated_by": "bob",
        "idempotency_key": "quarter",
    });
    lab.write("answers.json", &answers.to_string());
    let split = lab.ok("op traffic set --answers answers.json");
    assert_eq!(split["entries"][0]["weight_bps"], 2_500);
    let archived =
        serde_json::json!({ "environment_id": "nope", "revision_id": revisions[0]["revision_id"] });
    lab.write("archive.json", &archived.to_string());
    check(
        &lab,
        "op revisions archive --answers archive.json",
        "not-found",
        "environment-not-found",
    );
}

#[test]
fn what_is_at_its_end_is_deployed_again_not_warmed() {
    let lab = deployed_twice();
    lab.ok("op revisions archive #1");
    for (line, next) in [
        ("op traffic set #1=100%", "gtc op deploy BUNDLE"),
        ("op revisions warm #1", "gtc op deploy BUNDLE"),
        ("op revisions drain #1", "gtc op revisions list"),
    ] {
        let error = lab.fails(line);
        assert!(
            error["hint"].as_str().is_some_and(|hint| hint.starts_with(next)),
            "{line}: {error}"
        );
        assert!(!error["message"].to_string().contains("warm it"), "{line}: {error}");
    }
}

#[test]
fn an_operator_key_that_is_gone_is_told_and_made_by_the_command_that_is_named() {
    let lab = with_pack_folder();
    assert!(!lab.gtc("op env init").stderr.contains("operator key"));
    std::fs::remove_dir_all(lab.home().join(".greentic/operator")).expect("a folder");
    let called = lab.gtc("op env init");
    assert_eq!((called.code, called.result()["outcome"].as_str()), (0, Some("untouched")));
    assert!(called.stderr.contains("gtc op trust-root bootstrap"), "{called:?}");
    let called = lab.gtc("op env doctor");
    assert_eq!((called.code, &called.result()["trust_root"]["signs"]), (0, &false.into()));
    assert!(called.stderr.contains("gtc op trust-root bootstrap"), "{called:?}");
    let error = lab.fails("op deploy worker");
    assert_eq!(error["code"], "operator-key-missing");
    assert!(error["hint"].to_string().contains("gtc op trust-root bootstrap"), "{error}");
    lab.ok("op trust-root bootstrap");
    lab.ok("op deploy worker");
    assert_eq!(lab.ok("op env doctor")["trust_root"]["signs"], true);
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
    let text = "error: there is no environment `local`; list those that there are\nnext: gtc op env init\n";
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

#[test]
fn the_doctor_finds_files_that_do_not_show_what_is_recorded_and_ends_with_1_until_they_do() {
    let file = |lab: &Lab| lab.environments().join("local/environment.json");
    let cuts: [fn(&std::path::Path); 2] = [
        |file| {
            let text = std::fs::read_to_string(file).expect("a file");
            std::fs::write(file, &text[..100]).expect("a file");
        },
        |file| std::fs::remove_file(file).expect("a file"),
    ];
    for cut in cuts {
        let lab = Lab::initialised();
        cut(&file(&lab));
        let called = lab.gtc("op env doctor");
        assert_eq!((called.code, called.result()["healthy"].as_bool()), (1, Some(false)));
        assert!(called.result()["store_problems"].to_string().contains("environment.json"));
        assert_eq!(called.error()["code"], "environment-unhealthy");
        assert_eq!(called.error()["hint"], "gtc op env doctor --fix");
        let listed = lab.ok("op env doctor --fix --dry-run")["store_problems"].clone();
        assert!(listed.to_string().contains("environment.json"), "{listed}");
        assert_eq!(lab.ok("op env doctor --fix")["fixed"]["written"][0], "environment.json");
        assert_eq!(lab.ok("op env doctor")["healthy"], true);
    }
}

#[test]
fn an_edit_that_the_next_change_takes_over_is_no_finding_of_the_doctor() {
    let lab = Lab::initialised();
    let file = lab.environments().join("local/environment.json");
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, text.replacen("\"name\": \"local\"", "\"name\": \"edited\"", 1))
        .expect("a file");
    assert!(lab.ok("op env show").to_string().contains("edited"));
    assert_eq!(lab.ok("op env doctor")["healthy"], true);
}

#[test]
fn following_the_hint_of_a_damaged_journal_leads_to_an_environment_that_works() {
    let lab = deployed_twice();
    let folder = lab.environments().join("local");
    std::fs::write(folder.join("journal.db"), "no database".repeat(1_000)).expect("a file");
    assert_eq!(lab.fails("op env show")["code"], "journal-damaged");
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::rename(folder.join(name), lab.home().join(name));
    }
    assert_eq!(lab.ok("op env doctor")["healthy"], true);
    assert_eq!(lab.ok("op revisions list")["revisions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn where_nothing_is_deployed_the_next_command_deploys() {
    let lab = Lab::initialised();
    for line in ["op traffic show", "op revisions warm @latest", "op bundles remove"] {
        let error = lab.fails(line);
        let hint = error["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("gtc op deploy BUNDLE"), "{line}: {error}");
    }
}

#[test]
fn a_bundle_that_cannot_be_staged_is_to_be_mended_and_names_the_pack() {
    let lab = with_pack_folder();
    lab.write("bad/bundle.yaml", "bundle_id: bad\nbundle_name: Bad\n");
    lab.write("bad/packs/inner.gtpack", "no archive");
    let deployed = lab.fails("op deploy bad");
    assert!(deployed["message"].to_string().contains("inner.gtpack"), "{deployed}");
    assert!(!deployed["hint"].to_string().contains("doctor"), "{deployed}");
    let inspected = lab.fails("bundle inspect bad");
    assert!(inspected["message"].to_string().contains("inner.gtpack"), "{inspected}");
    assert!(!inspected["message"].to_string().contains("build"), "{inspected}");
}

#[test]
fn a_drain_without_a_gateway_says_who_ends_it() {
    let called = deployed_twice().gtc("op revisions drain #1");
    assert!(called.code == 0 && called.stderr.contains("gtc serve local"), "{called:?}");
}

#[test]
fn without_a_key_route_explain_names_no_revision_among_several() {
    let lab = deployed_twice();
    lab.ok("op traffic set #1=50% #2=50%");
    let told = lab.ok("route explain /");
    assert!(told["revision_id"].is_null() && told["slot"].is_null(), "{told}");
    assert_eq!(told["shares"].as_array().map(Vec::len), Some(2));
    assert!(lab.gtc("route explain / --output table").stdout.contains("no --key was given"));
    assert!(lab.ok("route explain / --key one")["revision_id"].is_string());
}
