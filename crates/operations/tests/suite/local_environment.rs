//! The bootstrap of the local environment with its runtime stub.

use std::collections::BTreeMap;

use greentic_deploy_spec::{
    CapabilitySlot, EnvId, EnvPackBinding, EnvironmentRuntime, FieldUpdate, PackDescriptor, PackId,
    SchemaVersion, UpdateEnvironmentPayload,
};
use greentic_env_store::defaults::LOCAL_DEPLOYER_PACK;
use greentic_env_store::{
    EnvironmentMutations, EnvironmentReads, EnvironmentStore, LocalEnvOutcome, LocalFsStore,
};
use greentic_operations::ensure_local_environment;
use serde_json::json;

struct Lab {
    _folder: tempfile::TempDir,
    store: LocalFsStore,
    env_id: EnvId,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LocalFsStore::new(folder.path().join("environments"));
        Self { _folder: folder, store, env_id: "local".parse().expect("an id") }
    }

    fn ensure(&self) -> LocalEnvOutcome {
        ensure_local_environment(&self.store, None).expect("it works").1
    }

    fn generation(&self) -> u64 {
        self.store.snapshot(&self.env_id).expect("it works").generation()
    }

    fn runtime(&self) -> Option<EnvironmentRuntime> {
        self.store.load_runtime(&self.env_id).expect("it works")
    }

    fn free(&self, slot: CapabilitySlot) {
        let key = greentic_deploy_spec::IdempotencyKey::new("free-the-slot").expect("a key");
        self.store.remove_pack_binding(&self.env_id, slot, key).expect("it works");
    }

    fn bind(&self, slot: CapabilitySlot, descriptor: &str) {
        let binding = EnvPackBinding {
            slot,
            kind: PackDescriptor::try_new(descriptor).expect("it works"),
            pack_ref: PackId::new(descriptor),
            answers_ref: None,
            generation: 0,
            previous_binding_ref: None,
        };
        let key = greentic_deploy_spec::IdempotencyKey::new("bind-the-slot").expect("a key");
        self.store.add_pack_binding(&self.env_id, binding, key).expect("it works");
    }

    fn discover(&self, producer: &str, generation: u64, address: &str) {
        let discovered = BTreeMap::from([
            ("alb_dns".to_owned(), json!("lb.example.org")),
            ("listen_addr".to_owned(), json!(address)),
        ]);
        let runtime = EnvironmentRuntime {
            schema: SchemaVersion::new(EnvironmentRuntime::schema_str()),
            environment_id: self.env_id.clone(),
            discovered,
            generated_at: self.store.ports().clock.now(),
            generated_by: PackDescriptor::try_new(producer).expect("it works"),
            generation,
        };
        self.store.save_runtime(&runtime).expect("it works");
    }
}

#[test]
fn a_created_environment_and_its_stub_are_one_commit() {
    let lab = Lab::new();
    let url = Some("https://bots.example.org".to_owned());
    let (environment, outcome) = ensure_local_environment(&lab.store, url).expect("it works");
    assert_eq!(outcome, LocalEnvOutcome::Created);
    assert_eq!(environment, lab.store.load(&lab.env_id).expect("it works"));
    assert_eq!(
        environment.host_config.public_base_url.as_deref(),
        Some("https://bots.example.org")
    );
    assert_eq!(lab.generation(), 1);
    let stub = lab.runtime().expect("it works");
    assert_eq!(stub.generation, 1);
    assert_eq!(stub.generated_by.to_string(), LOCAL_DEPLOYER_PACK);
    assert_eq!(
        stub.discovered,
        BTreeMap::from([("listen_addr".to_owned(), json!("127.0.0.1:8080"))])
    );
}

#[test]
fn a_second_call_writes_nothing_and_keeps_the_address_that_was_given_first() {
    let lab = Lab::new();
    lab.ensure();
    let (environment, outcome) =
        ensure_local_environment(&lab.store, Some("https://other.example.org".to_owned()))
            .expect("it works");
    assert_eq!(outcome, LocalEnvOutcome::AlreadyExists);
    assert_eq!(environment.host_config.public_base_url, None);
    assert_eq!(lab.generation(), 1);
}

#[test]
fn healing_writes_the_stub_again_and_keeps_what_else_was_discovered() {
    let lab = Lab::new();
    lab.ensure();
    lab.discover(LOCAL_DEPLOYER_PACK, 7, "127.0.0.1:8080");
    lab.free(CapabilitySlot::Sessions);
    let before = lab.generation();
    let outcome = LocalEnvOutcome::Healed { added_slots: vec![CapabilitySlot::Sessions] };
    assert_eq!(lab.ensure(), outcome);
    assert_eq!(lab.generation(), before + 1);
    let stub = lab.runtime().expect("it works");
    assert_eq!(stub.generation, 8);
    assert_eq!(stub.discovered["alb_dns"], json!("lb.example.org"));
}

#[test]
fn a_stale_address_is_written_again_and_counts_on() {
    let lab = Lab::new();
    lab.ensure();
    let payload = UpdateEnvironmentPayload {
        listen_addr: FieldUpdate::Set("127.0.0.1:9090".parse().expect("it works")),
        ..Default::default()
    };
    lab.store.update_environment(&lab.env_id, payload).expect("it works");
    assert_eq!(lab.ensure(), LocalEnvOutcome::AlreadyExists);
    let stub = lab.runtime().expect("it works");
    assert_eq!((stub.generation, &stub.discovered["listen_addr"]), (2, &json!("127.0.0.1:9090")));
}

#[test]
fn a_deleted_stub_starts_again_at_one() {
    let lab = Lab::new();
    lab.ensure();
    lab.discover(LOCAL_DEPLOYER_PACK, 7, "127.0.0.1:8080");
    std::fs::remove_file(lab.store.env_path(&lab.env_id).expect("it works").join("runtime.json"))
        .expect("it works");
    assert_eq!(lab.ensure(), LocalEnvOutcome::AlreadyExists);
    assert_eq!(lab.runtime().expect("it works").generation, 1);
}

#[test]
fn a_stub_of_another_producer_is_left_alone() {
    let lab = Lab::new();
    lab.ensure();
    lab.discover("acme.deployer.cloud@1.0.0", 7, "10.0.0.1:80");
    let before = lab.runtime();
    lab.free(CapabilitySlot::State);
    lab.ensure();
    assert_eq!(lab.runtime(), before);
}

#[test]
fn an_environment_of_another_deployer_gets_no_stub() {
    let lab = Lab::new();
    lab.store.ensure_local_environment(&lab.env_id, Default::default()).expect("it works");
    lab.free(CapabilitySlot::Deployer);
    lab.bind(CapabilitySlot::Deployer, "acme.deployer.cloud@1.0.0");
    assert_eq!(lab.ensure(), LocalEnvOutcome::AlreadyExists);
    assert_eq!(lab.runtime(), None);
}

#[test]
fn an_address_that_an_environment_cannot_have_is_refused_and_creates_nothing() {
    let lab = Lab::new();
    let error = ensure_local_environment(&lab.store, Some("ftp://nowhere".to_owned()))
        .expect_err("it is refused");
    assert_eq!(error.code(), "invalid-request", "{error}");
    assert!(!lab.store.root().exists());
}
