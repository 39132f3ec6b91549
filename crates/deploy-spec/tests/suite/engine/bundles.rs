use std::collections::BTreeMap;

use greentic_deploy_spec::engine::{
    self, Command, Need, Outcome, PolicyDraft, Rejection, Supplies,
};
use greentic_deploy_spec::{AddBundlePayload, BundleDeploymentStatus, UpdateBundlePayload};

use crate::lab::*;

const D1: &str = "00000000000000000000000001";

fn add(payload: AddBundlePayload) -> Command {
    Command::AddBundle { deployment_id: Some(deployment(2)), bundle: doc(payload) }
}

fn update(change: impl FnOnce(&mut UpdateBundlePayload)) -> Command {
    let mut payload = update_bundle(1);
    change(&mut payload);
    Command::UpdateBundle(doc(payload))
}

fn remove(number: u128) -> Command {
    Command::RemoveBundle { deployment_id: deployment(number) }
}

fn policy(needs: &[Need]) -> &PolicyDraft {
    let policy = needs.iter().find_map(|need| match need {
        Need::RevenuePolicy(policy) => Some(policy),
        _ => None,
    });
    policy.expect("a policy is needed")
}

#[test]
fn a_bundle_starts_active_with_the_documented_defaults_and_its_first_policy() {
    let mut lab = Lab::new();
    let command = Command::AddBundle { deployment_id: None, bundle: doc(bundle_payload("b1")) };
    let needs = engine::needs(&lab.state, &command);
    assert_eq!(needs[0], Need::DeploymentId);
    let draft = policy(&needs);
    assert_eq!(draft.policy_ref().to_str(), Some("billing-policies/b1/local-dev/v1.json.sig"));
    assert_eq!(draft.document_ref().to_str(), Some("billing-policies/b1/local-dev/v1.json"));
    let document = draft.document(deployment(1), lab.now);
    assert_eq!((document.version, document.previous_version_ref.as_ref()), (1, None));
    document.validate().expect("a sound policy");
    let Outcome::Bundle(bundle) = lab.run(command) else { panic!("another outcome") };
    assert_eq!(bundle.status, BundleDeploymentStatus::Active);
    assert_eq!(bundle.revenue_policy_ref, draft.policy_ref());
    assert_eq!(bundle.authorization_ref.to_str(), Some("auth.json"));
    let route = bundle.route_binding;
    assert!(route.hosts.is_empty() && route.path_prefixes.is_empty());
    assert_eq!(
        (route.tenant_selector.tenant.as_str(), route.tenant_selector.team.as_str()),
        ("default", "default")
    );
}

#[test]
fn a_bundle_is_refused_before_anything_is_minted_or_signed() {
    let mut lab = Lab::deployed(0);
    let with = |change: fn(&mut AddBundlePayload)| {
        let mut payload = bundle_payload("b2");
        change(&mut payload);
        add(payload)
    };
    let cases: [(Command, &str, &str); 8] = [
        (
            with(|p| p.bundle_id = "b1".into()),
            "already-deployed",
            "bundle `b1` is deployed for customer `local-dev` in environment `local` already; update that deployment",
        ),
        (
            add_bundle(1, "b2"),
            "deployment-exists",
            "deployment `00000000000000000000000001` exists already in environment `local`; choose a fresh id",
        ),
        (
            with(|p| p.bundle_id = "..".into()),
            "unsafe-id",
            "bundle_id \"..\" must not be `.` or `..`; choose a plain name",
        ),
        (
            with(|p| p.customer_id = "a/b".into()),
            "unsafe-id",
            "customer_id \"a/b\" must not contain `/` or `\\`; choose a plain name",
        ),
        (
            with(|p| p.customer_id = " ".into()),
            "unsafe-id",
            "customer_id \" \" must not be empty; choose a plain name",
        ),
        (
            with(|p| p.revenue_share = shares(&[("a", 9_999)])),
            "basis-points-sum",
            "basis-points entries must sum to 10000, got 9999",
        ),
        (
            with(|p| p.config_overrides = BTreeMap::from([("../x".to_owned(), BTreeMap::new())])),
            "unsafe-id",
            "pack_id \"../x\" must not contain `/` or `\\`; choose a plain name",
        ),
        (
            with(|p| p.config_overrides = BTreeMap::from([(String::new(), BTreeMap::new())])),
            "config-override-empty-pack-id",
            "config_overrides has an empty pack id",
        ),
    ];
    for (command, code, text) in cases {
        assert_eq!(engine::needs(&lab.state, &command), [], "{code}");
        lab.refuse(command, code, text);
    }
}

#[test]
fn a_policy_is_signed_only_with_a_trusted_key_and_only_as_asked() {
    let mut lab = Lab::new();
    lab.operator_pem = OTHER_PEM;
    let id = key_id(OTHER_PEM);
    lab.refuse(
        add(bundle_payload("b1")),
        "operator-key-not-trusted",
        &format!("operator key `{id}` is not in the trust root of environment `local`; bootstrap the trust root, or add the key"),
    );
    lab.operator_pem = OPERATOR_PEM;
    let command = add(bundle_payload("b1"));
    let needs = engine::needs(&lab.state, &command);
    assert!(matches!(
        policy(&needs).check_signer(&id),
        Err(Rejection::OperatorKeyNotTrusted { .. })
    ));
    let none = engine::apply(&lab.state, &command, &lab.context(Supplies::default()));
    assert_eq!(none.map(drop), Err(Rejection::SupplyMissing { need: "a signed revenue policy" }));
    let mut supplies = lab.supplies(&needs);
    if let Some(signed) = supplies.revenue_policy.as_mut() {
        signed.policy_ref = "billing-policies/b1/local-dev/v2.json.sig".into();
    }
    let other = engine::apply(&lab.state, &command, &lab.context(supplies));
    assert_eq!(other.map(drop).map_err(|r| r.code()), Err("supply-mismatch"));
}

#[test]
fn only_a_given_share_makes_the_next_policy_version() {
    let mut lab = Lab::deployed(0);
    let pause = update(|p| p.status = Some(BundleDeploymentStatus::Paused));
    assert_eq!(engine::needs(&lab.state, &pause), []);
    lab.run(pause);
    assert_eq!(lab.env().bundles[0].status, BundleDeploymentStatus::Paused);
    let same = lab.env().bundles[0].revenue_share.clone();
    let share = update(|p| p.revenue_share = Some(same));
    let needs = engine::needs(&lab.state, &share);
    let draft = policy(&needs);
    let first = lab.env().bundles[0].revenue_policy_ref.clone();
    assert_eq!((draft.version, draft.previous_version_ref.as_ref()), (2, Some(&first)));
    lab.run(share);
    let current = lab.env().bundles[0].revenue_policy_ref.clone();
    assert_eq!(current.to_str(), Some("billing-policies/b1/local-dev/v2.json.sig"));
    lab.refuse(
        update(|p| p.deployment_id = deployment(9)),
        "deployment-not-found",
        "deployment `00000000000000000000000009` is not in environment `local`; list the bundles to find its id",
    );
    lab.refuse(
        update(|p| p.revenue_share = Some(shares(&[]))),
        "basis-points-sum",
        "basis-points entries must sum to 10000, got 0",
    );
}

#[test]
fn overrides_name_packs_that_a_revision_has() {
    let mut lab = Lab::deployed(1);
    let overrides = |pack: &str| Some(BTreeMap::from([(pack.to_owned(), BTreeMap::new())]));
    lab.run(update(|p| p.config_overrides = overrides("pack-a")));
    lab.refuse(
        update(|p| p.config_overrides = overrides("pack-z")),
        "config-override-unknown-pack",
        &format!("config_overrides of deployment `{D1}` names pack `pack-z`, which is in none of its revisions"),
    );
}

#[test]
fn a_deployment_goes_with_its_archived_revisions_once_nothing_is_live_or_linked() {
    let mut lab = Lab::deployed(1);
    lab.run(split(1, &[(1, 10_000)]));
    lab.refuse(
        remove(1),
        "deployment-live",
        &format!("deployment `{D1}` still has 1 traffic split(s) and 1 revision(s) that are not archived; clear the split and archive them first"),
    );
    lab.run(Command::ClearTrafficSplit { deployment_id: deployment(1) });
    lab.run(archive(1));
    lab.run(add_endpoint(5, endpoint_payload("webchat", "w")));
    lab.run(Command::LinkMessagingBundle {
        endpoint_id: endpoint(5),
        bundle_id: "b1".into(),
        updated_by: "bob".to_owned(),
    });
    lab.refuse(
        remove(1),
        "bundle-linked",
        "bundle `b1` is linked by messaging endpoint(s) 00000000000000000000000005; unlink it there first",
    );
    let mut second = bundle_payload("b1");
    second.customer_id = "other".into();
    lab.run(add(second));
    let Outcome::BundleRemoved(removed) = lab.run(remove(1)) else { panic!("another outcome") };
    assert_eq!(removed.pruned_revision_ids, [revision(1)]);
    assert_eq!(removed.deployment.deployment_id, deployment(1));
    assert!(lab.env().revisions.is_empty());
    assert_eq!(lab.env().bundles.len(), 1);
}
