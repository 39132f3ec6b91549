//! Where things come from: flags, variables, files.

use crate::lab::{Called, Lab};

fn with(lab: &Lab, line: &str, variables: &[(&str, &str)]) -> Called {
    let mut program = lab.program();
    program.args(line.split_whitespace()).envs(variables.iter().copied());
    Called::of(program.output().expect("the program starts"))
}

#[test]
fn the_environment_is_named_by_the_verb_then_by_a_flag_then_by_a_variable() {
    let lab = Lab::initialised();
    let variables = [("GREENTIC_ENV", "staging")];
    let named = |line: &str| with(&lab, line, &variables).error()["message"].to_string();
    assert!(named("op env show").contains("`staging`"));
    assert!(named("op env show --env other").contains("`other`"));
    assert_eq!(with(&lab, "op env show local", &variables).code, 0);
    let both = lab.fails("op env show local --env other");
    assert_eq!(both["code"], "contradicting-arguments");
}

#[test]
fn the_old_name_of_the_local_environment_is_understood_with_a_warning_and_can_be_refused() {
    let lab = Lab::initialised();
    let called = lab.gtc("op env show dev");
    assert_eq!(called.result()["environment"]["environment_id"], "local");
    assert!(called.stderr.starts_with("warning: `dev` is the old name"), "{called:?}");
    let refused =
        with(&lab, "op env show", &[("GREENTIC_ENV", "dev"), ("GREENTIC_DISABLE_DEV_ALIAS", "1")]);
    assert_eq!(refused.error()["code"], "dev-alias-refused");
}

#[test]
fn an_environment_that_is_really_called_dev_is_what_dev_means() {
    let lab = Lab::initialised();
    let text = std::fs::read_to_string(lab.environments().join("local/environment.json"));
    let text = text.expect("a document").replace("\"local\"", "\"dev\"");
    lab.write(".greentic/environments/dev/environment.json", &text);
    let called = lab.gtc("op env show dev");
    assert_eq!(called.result()["environment"]["environment_id"], "dev");
    assert_eq!(called.stderr, "");
}

#[test]
fn environments_are_where_the_flag_says_and_else_in_the_home_folder() {
    let lab = Lab::new();
    lab.ok("op env init --store-root elsewhere");
    assert!(lab.home().join("elsewhere/local/environment.json").is_file());
    assert!(!lab.environments().exists());
    let mut program = lab.program();
    let homeless = program.env_remove("HOME").args(["op", "env", "list"]).output();
    assert_eq!(Called::of(homeless.expect("it starts")).error()["code"], "no-home");
}

#[test]
fn a_remote_store_is_refused_and_never_mistaken_for_the_local_one() {
    let lab = Lab::initialised();
    let url = [("GREENTIC_STORE_URL", "https://store.example")];
    let called = with(&lab, "op env list", &url);
    assert_eq!(called.error()["kind"], "not-yet-implemented");
    assert_eq!(with(&lab, "op env list --store-root .greentic/environments", &url).code, 0);
    assert_eq!(lab.fails("op env list --store-url https://store.example")["code"], "remote-store");
}

#[test]
fn the_operator_key_is_where_the_variable_says() {
    let lab = Lab::new();
    let key = lab.home().join("keys/mine.pem");
    let path = key.display().to_string();
    let called = with(&lab, "op env init", &[("GTC_OPERATOR_KEY_PATH", &path)]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(key.is_file() && !lab.home().join(".greentic/operator").exists());
}

#[test]
fn answers_in_a_file_are_used_and_flags_win_over_them() {
    let lab = Lab::initialised();
    let json = lab.write("a.json", r#"{"environment_id": "nope", "limit": 1}"#);
    let yaml = lab.write("a.yaml", "environment_id: local\nlimit: 1\n");
    let plain = lab.write("answers", "limit: 1\n");
    let commits = |line: String| lab.ok(&line)["commits"].as_array().map(Vec::len);
    assert_eq!(commits(format!("op env history --answers {}", yaml.display())), Some(1));
    assert_eq!(commits(format!("op env history --answers {}", plain.display())), Some(1));
    assert_eq!(
        commits(format!("op env history local --limit 2 --answers {}", json.display())),
        Some(2)
    );
    let nope = lab.fails(&format!("op env history --answers {}", json.display()));
    assert_eq!(nope["code"], "environment-not-found");
}

#[test]
fn a_key_of_answers_that_a_verb_does_not_have_is_refused_before_anything_is_done() {
    let lab = crate::calls::with_pack_folder();
    lab.write("a.json", r#"{"bundle": "worker", "dry_rum": true}"#);
    let error = lab.fails("op deploy --answers a.json");
    assert_eq!(
        (&error["kind"], &error["code"]),
        (&"answers-parse".into(), &"answers-invalid".into())
    );
    let message = error["message"].to_string();
    assert!(message.contains("no key `dry_rum`") && message.contains("dry_run,"), "{message}");
    assert_eq!(lab.ok("op bundles list")["bundles"], serde_json::json!([]));
    lab.write(
        "b.json",
        r#"{"entries": [{"revision_id": "@latest", "weight_bps": 1, "weihgt": 2}]}"#,
    );
    let error = lab.fails("op traffic set --answers b.json");
    assert_eq!(error["code"], "answers-invalid");
    assert!(error["message"].to_string().contains("weihgt"), "{error}");
}

#[test]
fn the_name_of_the_user_and_the_key_of_a_change_are_in_the_history() {
    let lab = Lab::initialised();
    lab.ok("op env init --public-url https://example.org");
    let event = &lab.ok("op env history")["commits"][0]["event"];
    assert_eq!(event["actor"]["user"], "alice");
}

#[test]
fn colours_are_for_terminals_only() {
    let lab = Lab::initialised();
    for line in ["op env show --output table", "op env show nope --output table", "op env --help"] {
        let called = lab.gtc(line);
        assert!(
            !called.stdout.contains('\u{1b}') && !called.stderr.contains('\u{1b}'),
            "{called:?}"
        );
    }
}

#[test]
fn logs_go_to_stderr_in_the_form_that_was_asked_for() {
    let lab = Lab::initialised();
    let wrong = lab.fails("op env list --log gtc=loud");
    assert_eq!(wrong["code"], "log-level-invalid");
    assert_eq!(lab.gtc("op env list --log trace --log-format json").code, 0);
}
