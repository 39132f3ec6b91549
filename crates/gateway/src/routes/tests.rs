use greentic_deploy_spec::{BundleId, DeploymentId, RouteBinding, TenantSelector};
use proptest::prelude::*;

use super::{Address, Directory, Named, RouteTable};

fn id(number: u128) -> DeploymentId {
    DeploymentId(ulid::Ulid(number))
}

fn binding(hosts: &[&str], prefixes: &[&str]) -> RouteBinding {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    let tenant_selector = TenantSelector { tenant: "t".to_owned(), team: "t".to_owned() };
    RouteBinding { hosts: texts(hosts), path_prefixes: texts(prefixes), tenant_selector }
}

fn winner(table: &RouteTable, host: Option<&str>, path: &str) -> Option<u128> {
    table.matching(host, path).next().map(|route| route.deployment_id.0.0)
}

#[test]
fn hosts_come_before_paths_and_the_longer_path_first() {
    let bindings = [
        (id(1), binding(&[], &[])),
        (id(2), binding(&[], &["/a/b"])),
        (id(3), binding(&["*.example.org"], &[])),
        (id(4), binding(&["*.eu.example.org"], &["/a"])),
        (id(5), binding(&["x.eu.example.org"], &["/a", "/a/b/"])),
        (id(6), binding(&["X.EU.Example.org."], &["/"])),
        (id(7), binding(&["[::1]"], &["/"])),
    ];
    let table = RouteTable::new(bindings.iter().map(|(id, binding)| (*id, binding)));
    let expected = [
        (None, "/", 1),
        (None, "/a/b/c", 2),
        (None, "/a/bc", 1),
        (Some("example.org"), "/a/b", 2),
        (Some("www.example.org"), "/a/b", 3),
        (Some("WWW.example.org:8080"), "/", 3),
        (Some("y.eu.example.org"), "/a", 4),
        (Some("y.eu.example.org"), "/b", 3),
        (Some("a.b.eu.example.org"), "/a", 4),
        (Some("x.eu.example.org"), "/a/c", 5),
        (Some("x.eu.example.org"), "/a/b", 5),
        (Some("x.eu.example.org."), "/b", 6),
        (Some("[::1]:8080"), "/", 7),
    ];
    for (host, path, number) in expected {
        assert_eq!(winner(&table, host, path), Some(number), "{host:?} {path}");
    }
    assert!(table.ambiguities().is_empty());
}

#[test]
fn equal_routes_are_told_and_the_lowest_id_wins() {
    let bindings = [(id(2), binding(&["a"], &["/x/"])), (id(1), binding(&["A."], &["x"]))];
    let table = RouteTable::new(bindings.iter().map(|(id, binding)| (*id, binding)));
    assert_eq!(winner(&table, Some("a"), "/x"), Some(1));
    let [ambiguity] = table.ambiguities() else { panic!("{:?}", table.ambiguities()) };
    assert_eq!((ambiguity.host.as_str(), ambiguity.path_prefix.as_str()), ("a", "/x"));
    assert_eq!(ambiguity.deployments, [id(1), id(2)]);
}

#[test]
fn addresses_are_read_and_nothing_else_is() {
    let webchat = |tenant: &str, bundle: Option<&str>, rest: &str| Address::Directline {
        tenant: tenant.to_owned(),
        bundle: bundle.map(str::to_owned),
        rest: rest.to_owned(),
    };
    let at = "/v1/messaging/webchat";
    let read = |path: &str| Address::parse(&format!("{at}{path}"));
    assert_eq!(read("/t/v3/directline/conversations/"), Some(webchat("t", None, "conversations")));
    assert_eq!(read("/t/b/v3/directline/tokens/x"), Some(webchat("t", Some("b"), "tokens/x")));
    assert_eq!(read("/a%20b/v3/directline/c"), Some(webchat("a b", None, "c")));
    for path in [
        "",
        "/",
        "/t",
        "/t/v3/directline",
        "//v3/directline/c",
        "/%ff/v3/directline/c",
        "/t/b/c/v3/directline/c",
    ] {
        assert_eq!(read(path), None, "{path}");
    }
    assert_eq!(Address::parse("/workers/invoke/"), Some(Address::Invoke));
    assert_eq!(Address::parse("/workers/invoke/x"), None);
}

/// Finds among two deployments of one tenant, `a` and `b`.
fn find(
    bindings: &[(DeploymentId, RouteBinding)],
    default: Option<&str>,
    path: &str,
) -> Option<u128> {
    let routes = RouteTable::new(bindings.iter().map(|(id, binding)| (*id, binding)));
    let bundles = [BundleId::from("a"), BundleId::from("b")];
    let default_bundle = default.map(BundleId::from);
    let named = |id: DeploymentId| {
        let at = usize::try_from(id.0.0 - 1).ok()?;
        Some(Named { tenant: "t", bundle_id: bundles.get(at)? })
    };
    let directory = Directory { routes: &routes, default_bundle: default_bundle.as_ref(), named };
    directory.find(None, path).map(|found| found.deployment_id.0.0)
}

#[test]
fn an_address_without_a_bundle_is_the_default_ones_or_the_winners() {
    let everywhere = [(id(1), binding(&[], &[])), (id(2), binding(&[], &[]))];
    let bare = "/v1/messaging/webchat/t/v3/directline/c";
    assert_eq!(find(&everywhere, None, bare), Some(1));
    assert_eq!(find(&everywhere, Some("b"), bare), Some(2));
    assert_eq!(find(&everywhere, Some("b"), "/v1/messaging/webchat/t/a/v3/directline/c"), Some(1));
    let apart = [(id(1), binding(&[], &["/a"])), (id(2), binding(&[], &["/b"]))];
    assert_eq!(find(&apart, None, bare), None, "nothing says which one");
    assert_eq!(find(&apart, Some("b"), bare), Some(2));
    assert_eq!(find(&apart, None, "/b/v1/messaging/webchat/t/v3/directline/c"), Some(2));
    assert_eq!(find(&apart, None, "/a/workers/invoke"), Some(1));
    assert_eq!(find(&apart, None, "/c/workers/invoke"), None);
    assert_eq!(find(&apart[..1], None, bare), Some(1), "there is only one");
}

fn host() -> impl Strategy<Value = String> {
    let label = prop_oneof![Just("a"), Just("b"), Just("c")];
    let name = prop::collection::vec(label, 1..4).prop_map(|labels| labels.join("."));
    prop_oneof![
        name.clone(),
        name.prop_map(|name| format!("*.{name}")),
        Just("*".to_owned()),
        ".{0,8}"
    ]
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![Just("x"), Just("y"), Just("xy"), Just("")];
    prop::collection::vec(segment, 0..4).prop_map(|parts| format!("/{}", parts.join("/")))
}

fn bindings() -> impl Strategy<Value = Vec<RouteBinding>> {
    let one = (prop::collection::vec(host(), 0..3), prop::collection::vec(path(), 0..3));
    let binding = one.prop_map(|(hosts, path_prefixes)| RouteBinding {
        hosts,
        path_prefixes,
        ..binding(&[], &[])
    });
    prop::collection::vec(binding, 0..6)
}

/// Whether a binding is for a host and path, as simply as it can be said.
fn is_for(binding: &RouteBinding, name: &str, path: &str) -> bool {
    let host = |pattern: &String| match pattern.strip_prefix("*.") {
        _ if pattern == "*" => true,
        Some(above) => name.ends_with(&format!(".{above}")),
        None => pattern == name,
    };
    let prefix = |prefix: &String| {
        let prefix = prefix.trim_matches('/');
        prefix.is_empty()
            || path == format!("/{prefix}")
            || path.starts_with(&format!("/{prefix}/"))
    };
    (binding.hosts.is_empty() || binding.hosts.iter().any(host))
        && (binding.path_prefixes.is_empty() || binding.path_prefixes.iter().any(prefix))
}

/// Whether a host stands as it is compared: nothing to trim, to cut off or to put in lower case.
fn says_what_it_means(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    host.bytes().all(|byte| plain(byte) && !b":[]".contains(&byte)) && !host.ends_with('.')
}

proptest! {
    #[test]
    fn what_matches_is_what_is_bound_and_no_order_changes_who_wins(
        bindings in bindings(),
        name in "[abc](\\.[abc]){0,3}",
        path in path(),
    ) {
        let numbered: Vec<_> = (1..).zip(&bindings).map(|(number, one)| (id(number), one)).collect();
        let table = RouteTable::new(numbered.iter().copied());
        let mut turned = numbered.clone();
        turned.reverse();
        prop_assert_eq!(&table, &RouteTable::new(turned));
        for (id, binding) in numbered {
            let found = table.matching(Some(&name), &path).any(|route| route.deployment_id == id);
            let simple = binding.hosts.iter().all(|host| says_what_it_means(host));
            if simple {
                prop_assert_eq!(found, is_for(binding, &name, &path), "{:?}", binding);
            }
        }
    }

    #[test]
    fn no_text_is_too_strange(host in ".{0,40}", path in "/.{0,60}") {
        let bindings = [(id(1), binding(&[&host], &[&path])), (id(2), binding(&[], &[]))];
        find(&bindings, Some("b"), &path);
        let table = RouteTable::new(bindings.iter().map(|(id, binding)| (*id, binding)));
        prop_assert!(winner(&table, Some(&host), &path).is_some());
    }
}
