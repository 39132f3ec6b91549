//! One call of every verb, which all tests over the tree of verbs use. A verb without one fails them.

use std::fs;

use greentic_deploy_spec::UpdateEnvironmentPayload;
use greentic_env_store::{EnvironmentMutations, LocalFsStore};

use crate::lab::Lab;

/// A call of a verb that works.
pub(crate) struct Example {
    /// The verb, as in the tree.
    pub(crate) verb: &'static str,
    /// What follows it.
    pub(crate) arguments: &'static str,
    /// Whether it changes something. Such a verb has `--dry-run`.
    pub(crate) changes: bool,
    /// Where it works.
    pub(crate) lab: fn() -> Lab,
}

impl Example {
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.verb, self.arguments).trim().to_owned()
    }

    /// A name for a file.
    pub(crate) fn file_name(&self) -> String {
        self.verb.replace(' ', "-")
    }
}

const fn reads(verb: &'static str, arguments: &'static str, lab: fn() -> Lab) -> Example {
    Example { verb, arguments, changes: false, lab }
}

const fn changes(verb: &'static str, arguments: &'static str, lab: fn() -> Lab) -> Example {
    Example { verb, arguments, changes: true, lab }
}

/// Verbs that go on until they are told to end, which have tests of their own.
pub(crate) const SERVING: [&str; 2] = ["serve", "up"];

pub(crate) const EXAMPLES: &[Example] = &[
    changes("op env init", "--public-url https://example.org", Lab::new),
    reads("op env list", "", Lab::initialised),
    reads("op env show", "local", Lab::initialised),
    reads("op env history", "--limit 5", Lab::initialised),
    reads("op env diff", "--from 1 --to 2", Lab::initialised),
    changes("op env undo", "local", renamed),
    changes("op env doctor", "local --fix", with_torn_file),
    changes("op deploy", "worker", with_pack_folder),
    reads("op bundles list", "local", deployed),
    changes("op bundles remove", "ai.example.worker", archived),
    reads("op revisions list", "local", deployed),
    changes("op revisions stage", "--deployment ai.example.worker --bundle worker", deployed),
    changes("op revisions warm", "@latest", staged),
    changes("op revisions drain", "#1", deployed_twice),
    changes("op revisions archive", "#1", deployed_twice),
    changes("op traffic set", "local #1=90% #2=10% --idempotency-key canary", deployed_twice),
    reads("op traffic show", "--deployment ai.example.worker", deployed),
    changes("op traffic rollback", "--deployment ai.example.worker", deployed_twice),
    changes("op traffic clear", "--deployment ai.example.worker", deployed),
    reads("route explain", "/shop --host example.org --key conversation-1", deployed),
    changes("op trust-root bootstrap", "local", without_trust_root),
    reads("op trust-root list", "local", Lab::initialised),
    changes("pack build", "worker --out worker.gtpack", with_pack_folder),
    reads("pack inspect", "worker.gtpack", with_pack),
    reads("pack verify", "worker.gtpack --unsigned", with_pack),
    changes("bundle build", "worker --out worker.gtbundle", with_pack_folder),
    reads("bundle inspect", "worker.gtbundle", with_bundle),
    reads("conformance deployer", "--clause deployer.idempotency", Lab::new),
    reads("conformance store", "store.etags.are-strong", Lab::new),
];

/// An environment with a change that can be taken back.
fn renamed() -> Lab {
    let lab = Lab::initialised();
    let payload =
        UpdateEnvironmentPayload { name: Some("renamed".to_owned()), ..Default::default() };
    let env_id = "local".parse().expect("an id");
    LocalFsStore::new(lab.environments()).update_environment(&env_id, payload).expect("it works");
    lab
}

/// An environment whose trust root has no key: other tools make such ones.
fn without_trust_root() -> Lab {
    let lab = Lab::initialised();
    let folder = lab.environments().join("local");
    let environment = fs::read(folder.join("environment.json")).expect("a document");
    fs::remove_dir_all(&folder).expect("a folder");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("environment.json"), environment).expect("a document");
    lab
}

/// A folder that a pack is built from.
pub(crate) fn with_pack_folder() -> Lab {
    let lab = Lab::initialised();
    lab.write("worker/pack.yaml", "pack_id: ai.example.worker\nversion: 1.0.0\nname: Worker\n");
    let flow = "id: main\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Hello}\n";
    lab.write("worker/flows/main.ygtc", flow);
    lab
}

fn with_pack() -> Lab {
    let lab = with_pack_folder();
    lab.ok("pack build worker --out worker.gtpack");
    lab
}

fn with_bundle() -> Lab {
    let lab = with_pack_folder();
    lab.ok("bundle build worker --out worker.gtbundle");
    lab
}

/// An environment with a file that a crash left empty.
fn with_torn_file() -> Lab {
    let lab = Lab::initialised();
    fs::write(lab.environments().join("local/environment.json"), "").expect("a file");
    lab
}

/// An environment that serves a bundle.
pub(crate) fn deployed() -> Lab {
    let lab = with_pack_folder();
    lab.ok("op deploy worker");
    lab
}

/// An environment that serves the second revision of a bundle; the first one is ready, too.
pub(crate) fn deployed_twice() -> Lab {
    let lab = deployed();
    let flow = "id: main\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Hi}\n";
    lab.write("worker/flows/main.ygtc", flow);
    lab.ok("op deploy worker");
    lab
}

/// A second revision that is staged and not more.
fn staged() -> Lab {
    let lab = deployed();
    lab.ok("op revisions stage --bundle worker");
    lab
}

/// A bundle without traffic, with an archived revision.
fn archived() -> Lab {
    let lab = deployed();
    lab.ok("op traffic clear");
    lab.ok("op revisions archive @latest");
    lab
}
