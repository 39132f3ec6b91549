//! Names in the place of ids, and weights.

use greentic_operations::{DeploymentSelector, OpError, RevisionSelector, RouteRequest, Weight};

use crate::lab::Lab;

#[test]
fn weights_are_percent_unless_they_say_otherwise() {
    let bps = |text: &str| text.parse::<Weight>().map(Weight::basis_points).ok();
    assert_eq!(bps("90"), Some(9_000));
    assert_eq!(bps("90%"), Some(9_000));
    assert_eq!(bps("2.5%"), Some(250));
    assert_eq!(bps("0.01"), Some(1));
    assert_eq!(bps("9000bps"), Some(9_000));
    assert_eq!(bps("0"), Some(0));
    for wrong in [
        "",
        "%",
        "bps",
        "-1",
        "+1",
        "101",
        "10001bps",
        "1.234",
        "1.",
        ".5",
        "1e2",
        "99999999999",
        "½",
    ] {
        assert_eq!(bps(wrong), None, "{wrong}");
    }
    assert_eq!("2.5%".parse::<Weight>().unwrap().to_string(), "2.50%");
    let error = "10.000%".parse::<Weight>().unwrap_err();
    assert_eq!((error.code(), error.kind()), ("weight-invalid", "invalid-argument"));
}

#[test]
fn a_revision_is_found_by_its_place() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    lab.deploy("hello", "two");
    let environment = lab.environment();
    let sequence = |text: &str| {
        let selector: RevisionSelector = text.parse().unwrap();
        assert_eq!(selector.to_string(), text);
        selector.resolve(&environment, &DeploymentSelector::Only).map(|one| one.sequence)
    };
    let id = environment.revisions[0].revision_id.to_string();
    for (text, expected) in [("@latest", 2), ("@previous", 1), ("#1", 1), ("hello#2", 2), (&id, 1)]
    {
        assert_eq!(sequence(text).unwrap(), expected, "{text}");
    }
    assert_eq!(sequence("hello/local-dev@latest").unwrap(), 2);
    let error = sequence("#7").unwrap_err();
    assert_eq!((error.code(), error.kind()), ("name-unknown", "not-found"));
    assert!(
        error.to_string().contains(&id) && error.to_string().contains("(#1, ready)"),
        "{error}"
    );
    let error = sequence("hallo@latest").unwrap_err();
    assert!(error.to_string().contains("choose one of hello/local-dev"), "{error}");
    for wrong in
        ["", "latest", "@last", "#", "#x", "#-1", "01JTKW5B4W4Q5Y1CQW93F7S5V", "\u{7}@latest"]
    {
        let error = wrong.parse::<RevisionSelector>().unwrap_err();
        assert_eq!(error.code(), "selector-invalid", "{wrong:?}");
    }
}

#[test]
fn with_several_deployments_one_is_named() {
    let lab = Lab::new();
    let empty = DeploymentSelector::Only.resolve(&lab.environment()).unwrap_err();
    assert_eq!((empty.code(), empty.kind()), ("nothing-deployed", "not-found"));
    assert!(empty.hint().is_some_and(|hint| hint.contains("gtc op deploy")), "{empty}");
    lab.deploy("hello", "one");
    let mut second = lab.request("hello", "one");
    second.customer_id = Some("acme".into());
    second.route =
        RouteRequest { hosts: vec!["acme.example.com".into()], ..RouteRequest::default() };
    lab.try_deploy(&second).unwrap();
    let environment = lab.environment();
    for text in ["hello", "hello/acme"] {
        let selector: DeploymentSelector = text.parse().unwrap();
        match (text, selector.resolve(&environment)) {
            ("hello", Err(OpError::Ambiguous { candidates, .. })) => {
                assert_eq!(candidates, ["hello/local-dev", "hello/acme"]);
            }
            (_, found) => assert_eq!(found.unwrap().customer_id.as_str(), "acme"),
        }
    }
    let only = "@latest".parse::<RevisionSelector>().unwrap();
    let error = only.resolve(&environment, &DeploymentSelector::Only).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("name-ambiguous", "conflict"));
}

#[test]
fn routes_are_written_one_way() {
    let request = RouteRequest {
        hosts: vec!["Chat.Example.COM".into(), "chat.example.com.".into()],
        path_prefixes: vec!["chat/".into(), "/chat".into(), "/".into()],
        tenant: Some("acme".into()),
        team: None,
    };
    let binding = request.binding().unwrap().unwrap();
    assert_eq!(binding.hosts, ["chat.example.com"]);
    assert_eq!(binding.path_prefixes, ["/chat", "/"]);
    assert_eq!(
        (binding.tenant_selector.tenant.as_str(), binding.tenant_selector.team.as_str()),
        ("acme", "default")
    );
    assert_eq!(RouteRequest::default().binding().unwrap(), None);
    let below =
        RouteRequest { hosts: vec!["*.Example.com".into(), "*".into()], ..RouteRequest::default() };
    assert_eq!(below.binding().unwrap().unwrap().hosts, ["*.example.com", "*"]);
    let check = |hosts: &[&str], path_prefixes: &[&str], tenant: Option<&str>| {
        let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        let (hosts, path_prefixes) = (texts(hosts), texts(path_prefixes));
        let request =
            RouteRequest { hosts, path_prefixes, tenant: tenant.map(str::to_owned), team: None };
        let error = request.binding().unwrap_err();
        assert_eq!((error.code(), error.kind()), ("route-invalid", "invalid-argument"), "{error}");
    };
    check(&["a b"], &[], None);
    check(&["a.example.com:8080"], &[], None);
    check(&["a..b"], &[], None);
    check(&["a.*.b"], &[], None);
    check(&[""], &[], None);
    check(&[], &["/a/../b"], None);
    check(&[], &["/a?b"], None);
    check(&[], &["/status/"], None);
    check(&[], &["v1"], None);
    check(&[], &["/workers/mine"], None);
    check(&[], &["/a"], Some("a/b"));
    check(&[], &["/a"; 65], None);
}
