//! A host with workers to talk to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{BundleId, DeploymentId, RevisionId};
use greentic_pack_format::{Limits, PackBuilder};
use greentic_runner_host::{
    Activity, HostBuilder, HostConfig, HostError, LoadRevision, PackSource, RevisionSource,
    Rollout, RunnerHost,
};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const TENANT: &str = "acme";

/// A folder for packs.
pub(crate) struct Packs {
    folder: TempDir,
}

impl Packs {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    /// The example worker, in one of its versions.
    pub(crate) fn hello(&self, version: &str) -> PathBuf {
        let folder = if version == "v1" { "hello".to_owned() } else { format!("hello-{version}") };
        self.build(&examples().join(folder), version)
    }

    /// A pack with one flow over example components.
    pub(crate) fn with_flow(&self, name: &str, components: &[(&str, &str)], flow: &str) -> PathBuf {
        self.with_files(name, components, &[("flows/main.ygtc", flow)])
    }

    /// A pack with one flow over a component that goes by the name `echo`.
    pub(crate) fn with_component(&self, name: &str, component: &[u8], flow: &str) -> PathBuf {
        self.with_flow(name, &[("echo", "")], flow);
        let source = self.folder.path().join(format!("{name}-source"));
        std::fs::write(source.join("components/echo.wasm"), component).expect("a component");
        self.build(&source, name)
    }

    /// A pack with these files over example components.
    pub(crate) fn with_files(
        &self,
        name: &str,
        components: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> PathBuf {
        let source = self.folder.path().join(format!("{name}-source"));
        for folder in ["flows", "components", "assets"] {
            std::fs::create_dir_all(source.join(folder)).expect("a folder");
        }
        let mut yaml = format!("pack_id: test.{name}\nversion: 1.0.0\nkind: application\n");
        yaml.push_str("publisher: Tests\ncomponents:\n");
        for (component, host) in components {
            yaml.push_str(&format!("  - id: {component}\n    version: 0.1.0\n"));
            if !host.is_empty() {
                yaml.push_str(&format!("    capabilities: {{ host: {{ {host} }} }}\n"));
            }
            let file = format!("{component}.wasm");
            let from = examples().join("components").join(component).join(&file);
            std::fs::copy(from, source.join("components").join(file)).expect("a component");
        }
        std::fs::write(source.join("pack.yaml"), yaml).expect("a file");
        for (file, text) in files {
            std::fs::write(source.join(file), text).expect("a file");
        }
        self.build(&source, name)
    }

    /// A pack with the example provider, and a flow that lets it render a plan.
    pub(crate) fn with_provider(&self, name: &str) -> PathBuf {
        let flow = "id: main\ntype: messaging\nnodes:\n  plan:\n    provider.invoke:\n      provider_type: messaging.example\n      op: render_plan\n      input: { v: 1, message: { text: '{{entry.text}}' } }\n    routing: out\n";
        self.with_flow(name, &[("provider", "http: { client: true }")], flow);
        let source = self.folder.path().join(format!("{name}-source"));
        let mut yaml = std::fs::read_to_string(source.join("pack.yaml")).expect("a file");
        yaml.push_str(
            "providers:\n  - provider_type: messaging.example\n    \
             ops: [ingest_http, render_plan, encode, send_payload]\n    \
             config_schema_ref: schemas/config.schema.json\n    runtime:\n      \
             component_ref: provider\n      export: schema-core-api\n      \
             world: greentic:provider-schema-core@1.0.0\n",
        );
        std::fs::write(source.join("pack.yaml"), yaml).expect("a file");
        std::fs::create_dir_all(source.join("schemas")).expect("a folder");
        std::fs::write(source.join("schemas/config.schema.json"), "{}").expect("a file");
        self.build(&source, name)
    }

    fn build(&self, source: &Path, name: &str) -> PathBuf {
        let builder = PackBuilder::from_folder(source, &Limits::default());
        let builder = builder.unwrap_or_else(|error| panic!("{name}: {error}"));
        let path = self.folder.path().join(format!("{name}.gtpack"));
        builder.write_to(&path).expect("a pack");
        path
    }
}

pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// A host of one tenant.
pub(crate) fn host() -> RunnerHost {
    host_with(|_| {})
}

pub(crate) fn host_with(change: impl FnOnce(&mut HostConfig)) -> RunnerHost {
    let mut config = HostConfig::new("local", TENANT);
    change(&mut config);
    HostBuilder::new().with_config(config).build().expect("a host")
}

/// A revision, by a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revision(pub(crate) u128);

impl Revision {
    pub(crate) fn id(self) -> RevisionId {
        RevisionId(ulid::Ulid(self.0))
    }

    pub(crate) fn deployment() -> DeploymentId {
        DeploymentId(ulid::Ulid(1))
    }

    pub(crate) fn bundle() -> BundleId {
        "hello".into()
    }

    pub(crate) fn rollout(self) -> Rollout {
        Rollout {
            deployment_id: Self::deployment(),
            bundle_id: Self::bundle(),
            revision_id: self.id(),
            customer_id: None,
        }
    }

    pub(crate) fn source(self, pack: &Path) -> RevisionSource {
        RevisionSource::new(Some(self.rollout()), vec![PackSource::new(pack)])
    }

    pub(crate) async fn load(self, host: &RunnerHost, pack: &Path) {
        self.load_for(host, TENANT, pack).await;
    }

    pub(crate) async fn load_for(self, host: &RunnerHost, tenant: &str, pack: &Path) {
        let revision = LoadRevision { tenant: tenant.to_owned(), source: self.source(pack) };
        host.load_revision(revision).await.expect("a revision");
    }

    /// Says something to a revision, and gives the texts that it answers.
    pub(crate) async fn say(self, host: &RunnerHost, user: &str, text: &str) -> Vec<String> {
        let said = self.send(host, message(user, text)).await;
        texts(&said.unwrap_or_else(|error| panic!("{error:?}")))
    }

    pub(crate) async fn send(
        self,
        host: &RunnerHost,
        activity: Activity,
    ) -> Result<Vec<Activity>, HostError> {
        self.send_for(host, TENANT, activity).await
    }

    pub(crate) async fn send_for(
        self,
        host: &RunnerHost,
        tenant: &str,
        activity: Activity,
    ) -> Result<Vec<Activity>, HostError> {
        let (deployment, bundle) = (Self::deployment(), Self::bundle());
        host.handle_activity_for_revision(tenant, deployment, bundle, self.id(), activity).await
    }
}

pub(crate) fn message(user: &str, text: &str) -> Activity {
    Activity::text(text).from_user(user).in_conversation(user)
}

pub(crate) fn texts(said: &[Activity]) -> Vec<String> {
    let text = |activity: &Activity| {
        let text = activity.payload().get("text").and_then(Value::as_str);
        text.map_or_else(|| activity.payload().to_string(), str::to_owned)
    };
    said.iter().map(text).collect()
}

/// Longer than anything that must not last.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) type Shared = Arc<RunnerHost>;
