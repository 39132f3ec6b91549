use greentic_deploy_spec::{PackId, SemVer};
use greentic_env_pack::{Health, ProbeReport, ProbedPack, ProviderHealth};

fn provider(component: &str, health: Health) -> ProviderHealth {
    ProviderHealth {
        provider_type: "messaging.test".to_owned(),
        component: component.to_owned(),
        health,
    }
}

#[test]
fn a_report_names_pack_and_component_of_each_provider_that_is_not_healthy() {
    let detail = "no token".to_owned();
    let pack = |pack_id: &str, providers| ProbedPack {
        pack_id: PackId::from(pack_id),
        version: SemVer::new(1, 0, 0),
        components: 2,
        flows: 1,
        providers,
        signature: "unsigned".to_owned(),
    };
    let report = ProbeReport {
        packs: vec![
            pack("well", vec![provider("a", Health::Healthy)]),
            pack(
                "ill",
                vec![provider("b", Health::Healthy), provider("c", Health::Unhealthy { detail })],
            ),
        ],
    };
    let unhealthy = report.unhealthy();
    let told: Vec<_> =
        unhealthy.map(|one| (one.pack_id.as_str(), &*one.provider.component, one.detail)).collect();
    assert_eq!(told, [("ill", "c", "no token")]);
}
