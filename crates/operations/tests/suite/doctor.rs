//! The doctor finds what is wrong, and mends what can be.

use std::fs;

use greentic_deploy_spec::CapabilitySlot;
use greentic_env_store::EnvironmentMutations;
use greentic_operations::{Cure, DoctorReport, DoctorRequest, Verdict};

use crate::lab::{Lab, write};

fn examine(lab: &Lab, cure: Cure) -> DoctorReport {
    let env_id = lab.env_id.clone();
    let upkeep = Some(&lab.store.inner as _);
    lab.operator.doctor(&DoctorRequest { env_id, cure, upkeep }).unwrap()
}

#[test]
fn the_folders_and_files_of_an_environment_are_mended() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let sound = examine(&lab, Cure::None);
    assert_eq!(
        (&sound.validate, &sound.stale_revisions, &sound.fixed),
        (&Verdict::Ok, &vec![], &None)
    );
    assert!(sound.trust_root.seeded && sound.has_runtime);
    let orphan = "01JTKW5B4W4Q5Y1CQW93F7S5VH";
    write(&lab.env_root(), &format!("revisions/{orphan}/bundle.gtbundle"), "nobody's");
    write(&lab.env_root(), "revisions/.staging-01JTKW5B4W4Q5Y1CQW93F7S5VJ/bundle.gtbundle", "half");
    fs::remove_file(lab.env_root().join("runtime-config.json")).unwrap();
    let ill = examine(&lab, Cure::None);
    assert!(!ill.healthy);
    assert_eq!(ill.orphaned_folders, [orphan.parse().unwrap()]);
    assert_eq!(ill.unfinished_folders.len(), 1);
    let mended = examine(&lab, Cure::Fix);
    let fixed = mended.fixed.as_ref().unwrap();
    assert_eq!(fixed.removed.orphaned, [orphan.parse().unwrap()]);
    assert_eq!(fixed.written, ["runtime-config.json"]);
    assert_eq!((mended.orphaned_folders.len(), mended.unfinished_folders.len()), (0, 0));
    lab.check_only(1);
}

#[test]
fn a_revision_without_its_files_is_found_and_a_deploy_of_the_same_heals_it() {
    let lab = Lab::new();
    let told = lab.deploy("hello", "one");
    fs::remove_dir_all(lab.env_root().join("revisions").join(told.revision_id.to_string()))
        .unwrap();
    let report = examine(&lab, Cure::None);
    assert_eq!(report.stale_revisions[0].revision_id, told.revision_id);
    assert_eq!(report.stale_revisions[0].code, "revision-file-missing");
    let mended = lab.deploy("hello", "one");
    assert!(mended.unchanged && mended.repaired, "{mended:?}");
    lab.check_only(1);
    assert!(!lab.deploy("hello", "one").repaired);
}

#[test]
fn bindings_that_this_program_cannot_use_are_named() {
    let lab = Lab::new();
    let report = examine(&lab, Cure::None);
    // The registry of these tests has a deployer only.
    let unknown: Vec<_> = report.unknown_kinds.iter().map(|one| one.slot).collect();
    use CapabilitySlot::{Secrets, Sessions, State, Telemetry};
    assert_eq!(unknown, [Secrets, Telemetry, Sessions, State]);
    let mut binding = lab.environment().packs[0].clone();
    binding.kind =
        greentic_deploy_spec::PackDescriptor::try_new("greentic.deployer.local-process@9.0.0")
            .unwrap();
    let key = "k".parse().unwrap();
    lab.store
        .inner
        .update_pack_binding(&lab.env_id, CapabilitySlot::Deployer, binding, key)
        .unwrap();
    let key = "l".parse().unwrap();
    lab.store.inner.remove_pack_binding(&lab.env_id, CapabilitySlot::State, key).unwrap();
    let report = examine(&lab, Cure::None);
    assert_eq!(report.version_skew[0].kind, "greentic.deployer.local-process@9.0.0");
    assert_eq!(report.missing_slots, [State]);
    assert!(!report.healthy);
}
