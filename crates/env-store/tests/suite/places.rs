//! Where a folder of environments may be.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use greentic_deploy_spec::EnvironmentHostConfig;
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, LocalFsStore};

use super::faulty_files::FaultyFiles;
use super::local_lab::{Lab, chain, create, local, named};

/// Makes an environment there, changes it, and reads it as another process does.
fn works(root: PathBuf) {
    let store = LocalFsStore::new(root.clone());
    let host = EnvironmentHostConfig::new(local());
    let created = store.create_environment(&local(), "Local".to_owned(), host);
    created.unwrap_or_else(|error| panic!("{}: {}", root.display(), chain(&error)));
    store.update_environment(&local(), named("Desk")).expect("a change");
    drop(store);
    let again = LocalFsStore::new(root.clone());
    assert_eq!(again.load_env(&local()).expect("it").name, "Desk", "{}", root.display());
    assert!(root.join("local/journal.db").is_file());
}

#[test]
fn a_root_may_be_relative_to_where_nothing_is_yet() {
    let place = tempfile::tempdir_in(".").expect("a folder");
    let name = PathBuf::from(place.path().file_name().expect("a name"));
    // It is made again below that name, and removed with it.
    fs::remove_dir(place.path()).expect("it is empty");
    works(name.join("environments"));
}

#[test]
fn a_root_may_begin_with_two_slashes() {
    works(format!("/{}", Lab::new().root().display()).into());
}

#[test]
fn the_path_of_a_root_need_not_be_text_and_may_have_signs_of_uris() {
    let lab = Lab::new();
    works(lab.home().join(OsString::from_vec(b"caf\xe9".to_vec())));
    works(lab.home().join("100% a?b#c&d=e %41"));
}

#[test]
fn the_names_of_new_folders_are_safe_on_the_disk_when_the_environment_is_made() {
    let (lab, files) = (Lab::new(), FaultyFiles::sound());
    create(&lab.builder().file_system(Arc::new(files.clone())).build());
    let operations = files.operations();
    let at = |name: &str, path: PathBuf| {
        let found = operations.iter().position(|it| it.name == name && it.path == path);
        found.unwrap_or_else(|| panic!("no {name} of {}: {operations:?}", path.display()))
    };
    let journal = at("create", lab.at("journal.db"));
    for folder in [lab.root(), lab.root().join("local")] {
        let made = at("create_dir", folder.clone());
        let safe = at("sync", folder.parent().expect("a folder").to_owned());
        assert!(made < safe && safe < journal, "{}: {operations:?}", folder.display());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_list_keeps_no_journal_open() {
    let lab = Lab::new();
    create(&lab.open());
    let store = lab.open();
    assert_eq!(store.list_env_ids().expect("a list"), [local()]);
    let open: Vec<PathBuf> = fs::read_dir("/proc/self/fd")
        .expect("what is open")
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter(|path| path.starts_with(lab.home()))
        .collect();
    assert!(open.is_empty(), "{open:?}");
}
