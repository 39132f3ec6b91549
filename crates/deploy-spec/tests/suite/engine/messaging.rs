use greentic_deploy_spec::engine::{self, Command, Event, Need};
use greentic_deploy_spec::{
    FieldUpdate, MessagingEndpoint, RotateWebhookSecretPayload, SetMessagingWelcomeFlowPayload,
    UpdateEnvironmentPayload,
};

use crate::lab::*;

const E1: &str = "00000000000000000000000001";

fn link(bundle: &str) -> Command {
    let (endpoint_id, bundle_id) = (endpoint(1), bundle.into());
    Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by: "bob".to_owned() }
}

fn unlink(bundle: &str) -> Command {
    let (endpoint_id, bundle_id) = (endpoint(1), bundle.into());
    Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by: "bob".to_owned() }
}

fn welcome(bundle: &str, pack: &str) -> Command {
    Command::SetMessagingWelcomeFlow(doc(SetMessagingWelcomeFlowPayload {
        endpoint_id: endpoint(1),
        bundle_id: bundle.into(),
        pack_id: pack.into(),
        flow_id: "welcome".to_owned(),
        updated_by: "bob".to_owned(),
    }))
}

fn rotate(secret: Option<&str>) -> Command {
    let rotation = doc(RotateWebhookSecretPayload {
        updated_by: "bob".to_owned(),
        webhook_secret_ref: secret.map(str::to_owned),
    });
    Command::RotateMessagingWebhookSecret { endpoint_id: endpoint(1), rotation }
}

fn recorded(lab: &Lab) -> &MessagingEndpoint {
    lab.env().endpoint(endpoint(1)).expect("an endpoint")
}

#[test]
fn an_endpoint_starts_without_links_and_only_telegram_gets_a_webhook_secret() {
    let mut lab = Lab::new();
    lab.run(add_endpoint(1, endpoint_payload("messaging.telegram.bot", "t")));
    lab.run(add_endpoint(2, endpoint_payload("webchat", "w")));
    let telegram = recorded(&lab);
    assert_eq!(
        telegram.webhook_secret_ref.as_ref().map(|s| s.as_str()),
        Some(&*format!("secret://local/default/_/messaging-{E1}/webhook_secret"))
    );
    assert_eq!((telegram.generation, telegram.linked_bundles.len()), (0, 0));
    assert_eq!(lab.env().messaging_endpoints[1].webhook_secret_ref, None);
    lab.run(Command::UpdateEnvironment(doc(UpdateEnvironmentPayload {
        tenant_org_id: FieldUpdate::Set("acme".to_owned()),
        ..UpdateEnvironmentPayload::default()
    })));
    lab.run(add_endpoint(3, endpoint_payload("telegram", "owned")));
    let owned = lab.env().messaging_endpoints[2].webhook_secret_ref.clone().expect("a secret");
    assert!(owned.as_str().starts_with("secret://local/acme/_/"), "{owned}");
}

#[test]
fn an_endpoint_is_refused_before_anything_is_minted() {
    let mut lab = Lab::new();
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    let mut bad_ref = endpoint_payload("webchat", "w");
    bad_ref.secret_refs = vec!["vault://x".to_owned()];
    let mut cross = endpoint_payload("telegram", "u");
    cross.secret_refs = vec!["secret://prod/x".to_owned()];
    let mut needless = endpoint_payload("webchat", "w");
    needless.webhook_secret_ref = Some("secret://local/x".to_owned());
    let cases = [
        (
            add_endpoint(2, endpoint_payload("telegram", "t")),
            "endpoint-exists",
            "environment `local` has an endpoint for `telegram`/`t` already; change that one, or choose another provider_id".to_owned(),
        ),
        (
            add_endpoint(1, endpoint_payload("telegram", "u")),
            "endpoint-id-taken",
            format!("messaging endpoint `{E1}` exists already in environment `local`; choose a fresh id"),
        ),
        (
            add_endpoint(2, bad_ref),
            "invalid-secret-ref",
            "secret reference `(not shown)` is not usable: a reference must start with `secret://`; name a secret as `secret://<env>/<name>`, or leave it out".to_owned(),
        ),
        (
            add_endpoint(2, cross),
            "cross-env-ref",
            "messaging_endpoint.secret_refs `secret://prod/x` belongs to environment `prod`, expected `local`".to_owned(),
        ),
        (
            add_endpoint(2, needless),
            "invalid-secret-ref",
            "secret reference `secret://local/x` is not usable: webhook_secret_ref is only valid for telegram-class providers; name a secret as `secret://<env>/<name>`, or leave it out".to_owned(),
        ),
        (
            add_endpoint(2, endpoint_payload("telegram", " ")),
            "empty-provider-id",
            "messaging endpoint provider_id must not be empty".to_owned(),
        ),
    ];
    for (command, code, text) in cases {
        assert_eq!(engine::needs(&lab.state, &command), [], "{code}");
        lab.refuse(command, code, &text);
    }
}

#[test]
fn links_and_welcome_flows_depend_on_each_other() {
    let mut lab = Lab::deployed(1);
    lab.run(add_endpoint(1, endpoint_payload("webchat", "w")));
    lab.refuse(
        link("b9"),
        "bundle-not-deployed",
        "bundle `b9` is not deployed in environment `local`; deploy it first",
    );
    lab.refuse(
        welcome("b1", "pack-a"),
        "bundle-not-linked",
        &format!("endpoint `{E1}` does not link bundle `b1`; link it first"),
    );
    lab.run(link("b1"));
    let linked = recorded(&lab).clone();
    lab.run(link("b1"));
    assert_eq!(*recorded(&lab), linked, "linking twice changes nothing");
    lab.run(welcome("b1", "pack-z"));
    lab.run(split(1, &[(1, 10_000)]));
    lab.refuse(
        welcome("b1", "pack-y"),
        "welcome-pack-unknown",
        "pack `pack-y` is in no current revision of bundle `b1`; choose one of pack-a",
    );
    lab.refuse(
        welcome("b1", "../a"),
        "unsafe-id",
        "pack_id \"../a\" must not contain `/` or `\\`; choose a plain name",
    );
    lab.run(welcome("b1", "pack-a"));
    let greeted = recorded(&lab).clone();
    lab.run(welcome("b1", "pack-a"));
    assert_eq!(*recorded(&lab), greeted, "choosing the same flow changes nothing");
    assert_eq!((greeted.generation, greeted.updated_by.as_str()), (3, "bob"));
    lab.refuse(
        unlink("b1"),
        "welcome-flow-owned",
        &format!("endpoint `{E1}` greets with a flow of bundle `b1`; choose a welcome flow of another linked bundle first"),
    );
    lab.run(unlink("b9"));
    assert_eq!(*recorded(&lab), greeted, "unlinking what is not linked changes nothing");
}

#[test]
fn an_absent_endpoint_is_named_and_removing_it_is_no_error() {
    let mut lab = Lab::new();
    let text = format!(
        "messaging endpoint `{E1}` is not in environment `local`; list the endpoints to find its id"
    );
    for command in [link("b1"), unlink("b1"), welcome("b1", "p"), rotate(None)] {
        lab.refuse(command, "endpoint-not-found", &text);
    }
    let before = lab.state.clone();
    lab.run(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(1) });
    assert_eq!(lab.state, before);
}

#[test]
fn rotation_names_a_new_secret_and_releases_only_what_was_minted() {
    let mut lab = Lab::new();
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    let first = recorded(&lab).webhook_secret_ref.clone().expect("a secret");
    let needs = engine::needs(&lab.state, &rotate(None));
    assert!(
        matches!(&needs[..], [Need::WebhookSecret(need)] if need.replaces.as_ref() == Some(&first))
    );
    lab.run(rotate(None));
    let second = recorded(&lab).webhook_secret_ref.clone().expect("a secret");
    assert!(second.as_str().starts_with(&format!("{first}_")), "{second}");
    assert_eq!(recorded(&lab).generation, 1);
    assert_eq!(lab.events.pop(), Some(Event::SecretReleased { secret_ref: first }));
    let given = rotate(Some("secret://local/own/webhook"));
    assert_eq!(engine::needs(&lab.state, &given), []);
    lab.run(given);
    assert_eq!(lab.events.pop(), Some(Event::SecretReleased { secret_ref: second }));
    lab.run(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(1) });
    assert_eq!(lab.events.pop(), None, "a secret of the caller's own stays");
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    lab.refuse(
        rotate(Some("secret://prod/own")),
        "cross-env-ref",
        "messaging_endpoint.webhook_secret_ref `secret://prod/own` belongs to environment `prod`, expected `local`",
    );
}

#[test]
fn a_secret_that_is_still_named_or_not_ours_is_not_released() {
    let mut lab = Lab::new();
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    let secret = recorded(&lab).webhook_secret_ref.clone().expect("a secret");
    let mut sharing = endpoint_payload("webchat", "w");
    sharing.secret_refs = vec![secret.to_string()];
    lab.run(add_endpoint(2, sharing));
    lab.events.clear();
    lab.run(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(1) });
    assert_eq!(lab.events, []);
    for foreign in [
        format!("{secret}_/../../credentials/kube"),
        format!("{secret}/x"),
        format!("{secret}-own"),
        "secret://local/x/webhook_secret".to_owned(),
    ] {
        let mut own = endpoint_payload("telegram", "t");
        own.webhook_secret_ref = Some(foreign);
        lab.run(add_endpoint(1, own));
        lab.run(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(1) });
        assert_eq!(lab.events, []);
    }
}

#[test]
fn what_may_be_a_secret_itself_is_not_repeated() {
    let mut lab = Lab::new();
    let mut pasted = endpoint_payload("webchat", "w");
    pasted.secret_refs = vec!["https://hooks.example/T0/B0/token".to_owned()];
    lab.refuse(
        add_endpoint(1, pasted),
        "invalid-secret-ref",
        "secret reference `(not shown)` is not usable: a reference must start with `secret://`; name a secret as `secret://<env>/<name>`, or leave it out",
    );
}

#[test]
fn stamps_of_older_tools_are_read_and_not_compared() {
    let mut lab = Lab::new();
    lab.run(add_endpoint(1, endpoint_payload("webchat", "w")));
    let plain = recorded(&lab).clone();
    let stamped = MessagingEndpoint {
        updated_by: format!("{}#idem=add:01JTKW", plain.updated_by),
        ..plain.clone()
    };
    assert_eq!(stamped.updated_by_stamp().operation, Some(("add", "01JTKW")));
    assert!(stamped.same_as(&plain));
    assert!(!stamped.same_as(&MessagingEndpoint { display_name: String::new(), ..plain }));
}
