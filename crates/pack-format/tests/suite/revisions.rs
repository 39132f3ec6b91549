//! The folder of a staged revision: how it is made, read and checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use greentic_deploy_spec::{BundleId, EnvId, Revision, RevisionId};
use greentic_pack_format::revision::{
    RevisionFolder, RevisionFolderError, StageTarget, StagedFolders, StagedRevision, StagingArea,
};
use greentic_pack_format::{BundleBuilder, BundleImage, Digest};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::{self, limits, write};

const ID: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VH";
const OTHER_ID: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VJ";
const CONFIG: &str = "state/pack-configs/hello.json";

struct Lab {
    env_root: TempDir,
    env_id: EnvId,
    bundle_id: BundleId,
}

fn id(text: &str) -> RevisionId {
    text.parse().unwrap()
}

fn config() -> Value {
    json!({
        "schema": "greentic.pack-config-input.v1",
        "pack_id": "hello",
        "env_id": "local",
        "bundle_id": "b",
        "non_secret": {"greeting": "Hello"},
        "secret_refs": {"token": "secret://local/b/hello/token"},
    })
}

/// A bundle with a pack, a provider, a pack that deploys, and a configuration.
fn image_with(config: &Value) -> BundleImage {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "bundle.yaml", "bundle_id: b\n");
    for name in ["packs/hello", "providers/messaging/chat", "providers/deployer/cloud"] {
        let id = name.replace('/', ".");
        write(folder.path(), &format!("{name}.gtpack"), lab::pack_called(&id));
    }
    write(folder.path(), CONFIG, config.to_string());
    BundleImage::open(folder.path(), &limits()).unwrap()
}

fn image() -> BundleImage {
    image_with(&config())
}

impl Lab {
    fn new() -> Self {
        let env_root = TempDir::new().unwrap();
        Self { env_root, env_id: "local".parse().unwrap(), bundle_id: "b".into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.env_root.path().join("revisions").join(name)
    }

    fn area(&self) -> StagingArea {
        StagingArea::enter(self.env_root.path(), &limits()).unwrap()
    }

    fn target(&self, revision_id: &str) -> StageTarget<'_> {
        let revision_id = id(revision_id);
        StageTarget { revision_id, env_id: &self.env_id, bundle_id: &self.bundle_id }
    }

    fn try_stage(&self, image: &BundleImage) -> Result<StagedRevision, RevisionFolderError> {
        self.area().stage(image, &self.target(ID))
    }

    fn stage(&self, image: &BundleImage) -> Revision {
        self.recorded(self.try_stage(image).unwrap())
    }

    /// The revision as the environment would have it.
    fn recorded(&self, staged: StagedRevision) -> Revision {
        let nil = "01JTKW5B4W4Q5Y1CQW93F7S5VG";
        serde_json::from_value(json!({
            "schema": "greentic.revision.v1",
            "revision_id": ID,
            "env_id": self.env_id,
            "bundle_id": self.bundle_id,
            "deployment_id": nil,
            "sequence": 1,
            "created_at": "2026-06-16T08:53:20Z",
            "bundle_digest": staged.bundle_digest.to_string(),
            "pack_list": staged.pack_list,
            "pack_list_lock_ref": staged.pack_list_lock_ref,
            "pack_config_refs": staged.pack_config_refs,
            "config_digest": staged.config_digest,
            "signature_sidecar_ref": staged.signature_sidecar_ref,
            "lifecycle": "staged",
        }))
        .unwrap()
    }

    fn open(&self, revision: &Revision) -> Result<RevisionFolder, RevisionFolderError> {
        RevisionFolder::open(self.env_root.path(), revision, &limits())
    }

    fn verify(&self, revision: &Revision) -> Result<(), RevisionFolderError> {
        self.open(revision)?.verify()
    }

    fn names(&self) -> StagedFolders {
        StagedFolders::list(self.env_root.path()).unwrap()
    }
}

#[test]
fn what_is_staged_is_read_back_and_verifies() {
    let lab = Lab::new();
    let image = image();
    let revision = lab.stage(&image);
    let folder = lab.open(&revision).unwrap();
    folder.verify().unwrap();
    let packs: Vec<_> = folder.packs().iter().map(|pack| pack.pack_id.as_str()).collect();
    assert_eq!(packs, ["hello", "chat"]);
    for pack in folder.packs() {
        assert_eq!(pack.digest, Digest::of_file(&pack.path).unwrap().to_string());
        assert!(pack.path.starts_with(lab.env_root.path()));
    }
    let config = &folder.configs()["hello"];
    assert_eq!(config.non_secret["greeting"], "Hello");
    assert_eq!(config.secret_refs["token"].as_str(), "secret://local/b/hello/token");
    assert_eq!(revision.pack_list[0].version.to_string(), "1.2.0");
    assert_eq!(revision.bundle_digest, image.digest().to_string());
    let lock = fs::read_to_string(lab.path(ID).join("pack-list.lock")).unwrap();
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let path = format!("revisions/{ID}/bundle/packs/hello.gtpack");
    assert_eq!(lock["packs"][0]["path"], path);
}

#[test]
fn staging_again_changes_nothing_and_heals_what_is_broken() {
    let lab = Lab::new();
    let revision = lab.stage(&image());
    let lock = lab.path(ID).join("pack-list.lock");
    let written = fs::metadata(&lock).unwrap().modified().unwrap();
    assert_eq!(lab.stage(&image()), revision);
    assert_eq!(fs::metadata(&lock).unwrap().modified().unwrap(), written);
    for broken in ["bundle/packs/hello.gtpack", "bundle.gtbundle", "pack-configs/hello.json"] {
        fs::write(lab.path(ID).join(broken), "broken").unwrap();
        lab.verify(&revision).unwrap_err();
        assert_eq!(lab.stage(&image()), revision);
        lab.verify(&revision).unwrap();
    }
    write(&lab.path(ID), "bundle/packs/more.gtpack", "more");
    assert_eq!(lab.verify(&revision).unwrap_err().code(), "revision-lock-incomplete");
    lab.stage(&image());
    lab.verify(&revision).unwrap();
    assert_eq!(lab.names(), StagedFolders { revisions: vec![id(ID)], unfinished: vec![] });
}

#[test]
fn every_change_to_a_staged_file_is_found() {
    let check = |name: &str, change: fn(&Path), code: &str| {
        let lab = Lab::new();
        let revision = lab.stage(&image());
        change(&lab.path(ID).join(name));
        let error = lab.verify(&revision).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(name), "{error}");
    };
    let append =
        |path: &Path| fs::write(path, [fs::read(path).unwrap(), vec![b'\n']].concat()).unwrap();
    let edit = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        fs::write(path, text.replacen("Hello", "Bye", 1).replacen("\"hello\"", "\"other\"", 1))
            .unwrap();
    };
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    check("bundle/packs/hello.gtpack", append, "revision-file-changed");
    check("bundle.gtbundle", append, "revision-file-changed");
    check(
        "pack-configs",
        |path| {
            let path = path.join("hello.json");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text.replace("Hello", "Bye")).unwrap();
        },
        "revision-file-changed",
    );
    check("pack-list.lock", edit, "revision-lock-differs");
    check("pack-list.lock", |path| fs::write(path, "{").unwrap(), "revision-document-invalid");
    check("pack-list.lock", remove, "revision-file-missing");
    check("bundle/packs/hello.gtpack", remove, "revision-file-missing");
    check("bundle.gtbundle", remove, "revision-file-missing");
}

#[test]
fn nothing_outside_of_the_environment_is_reached() {
    let lab = Lab::new();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("lock"), "{}").unwrap();
    let revision = lab.stage(&image());
    let open = |lock_ref: &str| {
        let revision = Revision { pack_list_lock_ref: lock_ref.into(), ..revision.clone() };
        lab.open(&revision).unwrap_err().code()
    };
    let outer = outside.path().join("lock").display().to_string();
    for lock_ref in
        [outer.as_str(), "../x", "revisions/../../x", "revisions//x", "./x", "revisions"]
    {
        assert_eq!(open(lock_ref), "revision-reference-unsafe", "{lock_ref}");
    }
    assert_eq!(open(""), "revision-without-packs");
    std::os::unix::fs::symlink(outside.path(), lab.path("link")).unwrap();
    assert_eq!(open("revisions/link/lock"), "revision-reference-unsafe");
    // The lock itself may name a pack elsewhere.
    let lock = lab.path(ID).join("pack-list.lock");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace(&format!("revisions/{ID}/bundle/packs"), "../elsewhere"))
        .unwrap();
    assert_eq!(lab.open(&revision).unwrap_err().code(), "revision-reference-unsafe");
}

#[test]
fn a_configuration_is_for_this_environment_bundle_and_pack_only() {
    let check = |change: fn(&mut Value), code: &str, text: &str| {
        let mut input = config();
        change(&mut input);
        let lab = Lab::new();
        let error = lab.try_stage(&image_with(&input)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(lab.names(), StagedFolders::default());
    };
    let invalid = "pack-config-invalid";
    check(|one| one["env_id"] = "prod".into(), invalid, "`env_id` is `prod`; expected `local`");
    check(|one| one["bundle_id"] = "c".into(), invalid, "`bundle_id` is `c`; expected `b`");
    check(|one| one["pack_id"] = "other".into(), invalid, "`pack_id` is `other`");
    check(|one| one["schema"] = "v2".into(), invalid, "`schema`");
    let foreign = |one: &mut Value| {
        one["secret_refs"]["token"] = "secret://local/b/chat/token".into();
    };
    check(foreign, invalid, "secret_refs.token");
    check(|one| one["surprise"] = 1.into(), "revision-document-invalid", "surprise");
}

#[test]
fn a_bundle_that_cannot_run_leaves_nothing() {
    let check = |image: &BundleImage, code: &str| {
        let lab = Lab::new();
        let error = lab.try_stage(image).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(lab.names(), StagedFolders::default());
    };
    let bundle = || BundleBuilder::new("b", &limits()).unwrap();
    let only_deploys = bundle().provider("deployer", "cloud", lab::pack()).unwrap();
    let bytes = only_deploys.build().unwrap();
    check(&BundleImage::from_bytes(bytes, &limits()).unwrap(), "bundle-without-packs");
    let folder = TempDir::new().unwrap();
    bundle().pack("hello", lab::pack()).unwrap().write_folder(folder.path()).unwrap();
    write(folder.path(), "packs/broken.gtpack", "no pack");
    check(&BundleImage::open(folder.path(), &limits()).unwrap(), "pack-not-an-archive");
    write(folder.path(), "packs/broken.gtpack", lab::pack());
    write(folder.path(), "packs/deeper/broken.gtpack", lab::pack());
    check(&BundleImage::open(folder.path(), &limits()).unwrap(), "revision-pack-duplicate");
}

#[test]
fn the_next_one_removes_what_a_crash_left_and_a_sweep_what_nothing_records() {
    let lab = Lab::new();
    lab.stage(&image());
    lab.area().stage(&image(), &lab.target(OTHER_ID)).unwrap();
    write(&lab.path(".staging-01JTKW5B4W4Q5Y1CQW93F7S5VK"), "bundle.gtbundle", "half");
    fs::write(lab.path("readme.txt"), "not ours").unwrap();
    assert_eq!(lab.names().unfinished.len(), 1);
    let area = lab.area();
    assert_eq!(lab.names().unfinished.len(), 0);
    let sweep = area.sweep(&BTreeSet::from([id(ID)])).unwrap();
    assert_eq!(sweep.orphaned, [id(OTHER_ID)]);
    assert_eq!(lab.names().revisions, [id(ID)]);
    assert!(lab.path("readme.txt").exists());
}

#[test]
fn two_that_stage_at_once_take_turns() {
    let lab = Lab::new();
    let image = image();
    let stage = || lab.try_stage(&image).unwrap();
    let staged: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(stage)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(staged.windows(2).all(|pair| pair[0] == pair[1]));
    lab.verify(&lab.recorded(staged[0].clone())).unwrap();
    assert_eq!(lab.names().unfinished.len(), 0);
}

#[test]
fn nothing_is_staged_through_a_link() {
    let (lab, elsewhere) = (Lab::new(), TempDir::new().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), lab.env_root.path().join("revisions")).unwrap();
    let error = StagingArea::enter(lab.env_root.path(), &limits()).unwrap_err();
    assert_eq!(error.code(), "revision-reference-unsafe");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
