//! Somebody who takes no lock writes a file while a change is at work.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greentic_deploy_spec::{FieldUpdate, UpdateEnvironmentPayload};
use greentic_env_store::ports::{Ids, SystemIds};
use greentic_env_store::{EnvironmentMutations, Request, Warning};

use super::{Command, doc, left, local};

/// Ids, whose next one is late: meanwhile, somebody edits a file.
#[derive(Debug)]
struct LateIds {
    file: PathBuf,
    late: AtomicBool,
}

impl Ids for LateIds {
    fn ulid(&self) -> ulid::Ulid {
        if self.late.swap(false, Ordering::SeqCst) {
            let text = fs::read_to_string(&self.file).expect("a file");
            fs::write(&self.file, text.replace("\"Local\"", "\"Edited\"")).expect("a file");
        }
        SystemIds.ulid()
    }
}

#[test]
fn an_edit_that_comes_while_a_change_is_at_work_is_kept_aside_and_told() {
    let lab = left();
    let ids = LateIds { file: lab.at("environment.json"), late: false.into() };
    let ids = Arc::new(ids);
    let store = lab.builder().ids(Arc::clone(&ids) as Arc<dyn Ids>).build();
    let region = FieldUpdate::Set("eu".to_owned());
    let update = UpdateEnvironmentPayload { region, ..Default::default() };
    let key = "late".parse().expect("a key");
    let request = Request::keyed(Command::UpdateEnvironment(doc(update)), key);
    // The request has its key: the next id is made after files were looked at.
    ids.late.store(true, Ordering::SeqCst);
    let committed = store.execute(&local(), request).expect("a change");
    let [Warning::Recovered { file, kept_as }] = committed.warnings.as_slice() else {
        panic!("{:?}", committed.warnings);
    };
    assert_eq!(file, "environment.json");
    assert_eq!(lab.json(kept_as)["name"], "Edited");
    let shown = lab.json("environment.json");
    assert_eq!((&shown["name"], &shown["host_config"]["region"]), (&"Local".into(), &"eu".into()));
}
