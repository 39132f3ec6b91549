//! The bindings file of a tenant.

use greentic_runner_host::HostConfig;
use greentic_runner_host::config::SecretsPolicy;

fn load(text: &str) -> Result<HostConfig, String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("a file");
    HostConfig::load_from_path(file.path()).map_err(|error| format!("{}: {error}", error.code()))
}

#[test]
fn bindings_say_what_a_tenants_workers_may_do() {
    let config = load(
        "tenant: acme\nflow_type_bindings:\n  messaging:\n    adapter: chat\n    secrets: [API_KEY]\n\
         retry: { max_attempts: 5, base_delay_ms: 10 }\nstate_store: { allow: false }\n\
         timers: []\nfast2flow: { enabled: false, registry_path: x }\n",
    )
    .expect("bindings");
    assert_eq!((config.tenant.as_str(), config.env.as_str()), ("acme", "local"));
    assert!(config.http_enabled, "there is a binding for messaging");
    assert!(!config.state_store_policy.allow);
    assert_eq!(config.retry.max_attempts, 5);
    let listed = ["API_KEY".to_owned()].into();
    assert_eq!(config.secrets_policy, SecretsPolicy::Listed(listed));
    assert_eq!(config.with_env("prod").env, "prod");
    assert!(!load("tenant: acme\n").expect("bindings").http_enabled);
}

#[test]
fn bindings_that_ask_for_what_is_not_here_are_refused_with_its_name() {
    for (text, code, part) in [
        (
            "tenant: a\ntimers: [{ flow_id: f, cron: '* * * * *' }]\n",
            "bindings-unsupported",
            "`timers`",
        ),
        ("tenant: a\noauth: { provider: x }\n", "bindings-unsupported", "`oauth`"),
        ("tenant: a\nretry: { tries: 3 }\n", "bindings-malformed", "tries"),
        ("flow_type_bindings: {}\n", "bindings-malformed", "tenant"),
        ("\u{0}", "bindings-malformed", ""),
        ("", "bindings-malformed", ""),
    ] {
        let error = load(text).expect_err(text);
        assert!(error.starts_with(code) && error.contains(part), "{text:?}: {error}");
    }
    let error = HostConfig::load_from_path("/nowhere/bindings.yaml").expect_err("no file");
    assert_eq!(error.code(), "bindings-io");
}
