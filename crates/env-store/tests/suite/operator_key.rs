//! The operator key in a file.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};
use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};
use greentic_env_store::files::{FileSystem, OsFileSystem, PrivateFile};
use greentic_env_store::operator_key::FileOperatorKey;
use greentic_env_store::ports::{PolicySigner, SignerError};

use crate::faulty_files::{Fault, FaultyFiles, Twist};

/// The example of RFC 8410, section 10.3, as OpenSSL and Java write keys.
const PLAIN: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PUBLIC KEY-----\n";
/// The same key with its public half inside, as the public tools write it.
const WITH_PUBLIC: &str = "-----BEGIN PRIVATE KEY-----\n\
    MFECAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    gSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PRIVATE KEY-----\n";
const OTHER_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";
/// A part of the private half's text.
const SECRET: &str = "INTuctv5E1hK1bbY8fdp";

/// A folder for a key, reached without links.
struct Place {
    _folder: tempfile::TempDir,
    base: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("it works");
        let base = folder.path().canonicalize().expect("it works");
        Self { _folder: folder, base }
    }

    /// With the public tools' key in it.
    fn with_key(pem: &str) -> Self {
        let place = Self::new();
        fs::create_dir(place.path().parent().expect("it works")).expect("it works");
        write(&place.path(), pem, 0o600);
        place
    }

    fn path(&self) -> PathBuf {
        self.base.join("operator/key.pem")
    }

    fn public_path(&self) -> PathBuf {
        self.base.join("operator/key.pem.pub")
    }

    fn key(&self) -> FileOperatorKey {
        FileOperatorKey::new(self.path())
    }

    fn with(&self, files: &FaultyFiles) -> FileOperatorKey {
        FileOperatorKey::with_file_system(self.path(), Arc::new(files.clone()))
    }

    fn names(&self) -> Vec<String> {
        let names = OsFileSystem.names(&self.base.join("operator")).expect("it works");
        names.into_iter().map(|name| name.into_string().expect("it works")).collect()
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("it works");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it works");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it works").mode() & 0o7777
}

/// The key in use, which must be one whose signatures hold, with its public half beside it.
fn usable(place: &Place) -> TrustedKey {
    let signed = place.key().sign(b"message").expect("it works");
    let public = VerifyingKey::from_public_key_pem(&signed.key.public_key_pem).expect("it works");
    public.verify_strict(b"message", &Signature::from_bytes(&signed.signature)).expect("it works");
    let beside = fs::read_to_string(place.public_path()).expect("it works");
    assert_eq!(beside, signed.key.public_key_pem, "the public half beside the key is another one");
    assert_eq!(place.key().key().expect("it works"), Some(signed.key.clone()));
    signed.key
}

#[test]
fn keys_of_the_public_tools_open_as_they_are() {
    for pem in [PLAIN, WITH_PUBLIC] {
        let place = Place::with_key(pem);
        write(&place.public_path(), PUBLIC, 0o644);
        let key = usable(&place);
        assert_eq!(key.key_id, key_id_for_public_key_pem(PUBLIC).unwrap());
        assert_eq!(place.key().ensure_key().unwrap(), key);
        assert_eq!(fs::read_to_string(place.path()).unwrap(), pem, "the key was written again");
        assert_eq!(place.names(), ["key.pem", "key.pem.pub"], "looking left something behind");
    }
}

#[test]
fn asking_for_a_key_makes_none_and_ensuring_makes_one_for_this_user_only() {
    let place = Place::new();
    assert_eq!(place.key().key().unwrap(), None);
    assert!(matches!(place.key().sign(b"message"), Err(SignerError::NoKey)));
    assert!(!place.base.join("operator").exists(), "asking made a folder");
    let deep = FileOperatorKey::new(place.base.join("a/operator/key.pem"));
    let key = deep.ensure_key().unwrap();
    assert_eq!(deep.ensure_key().unwrap(), key);
    assert_eq!(mode(&place.base.join("a")), 0o700);
    assert_eq!(mode(&place.base.join("a/operator")), 0o700);
    assert_eq!(mode(&place.base.join("a/operator/key.pem")), 0o600);
    let pem = fs::read_to_string(place.base.join("a/operator/key.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "it is no PKCS#8 PEM");
}

#[test]
fn a_public_half_that_is_absent_is_written_anew_and_one_of_another_key_is_refused() {
    let place = Place::with_key(PLAIN);
    place.key().sign(b"message").unwrap();
    assert_eq!(fs::read_to_string(place.public_path()).unwrap(), PUBLIC);
    fs::remove_file(place.public_path()).unwrap();
    place.key().ensure_key().unwrap();
    assert_eq!(fs::read_to_string(place.public_path()).unwrap(), PUBLIC);
    for foreign in [OTHER_PUBLIC, "", &"x".repeat(20_000)] {
        write(&place.public_path(), foreign, 0o644);
        let tries = [
            place.key().key().map(drop),
            place.key().ensure_key().map(drop),
            place.key().sign(b"message").map(drop),
        ];
        for refused in tries {
            let error = refused.unwrap_err();
            assert!(
                matches!(&error, SignerError::StalePublicKey { path } if *path == place.public_path()),
                "{error}"
            );
        }
    }
    fs::remove_file(place.public_path()).unwrap();
    assert_eq!(usable(&place).public_key_pem, PUBLIC);
}

/// Asks for everything that a key can do, which must all be refused in the same way.
fn refused(key: &FileOperatorKey) -> SignerError {
    let codes: Vec<_> = [
        key.key().map(drop).expect_err("it is refused"),
        key.ensure_key().map(drop).expect_err("it is refused"),
        key.activate("0123").expect_err("it is refused"),
    ]
    .iter()
    .map(SignerError::code)
    .collect();
    let error = key.sign(b"message").expect_err("it is refused");
    assert_eq!(codes, [error.code(); 3], "{error}");
    error
}

#[test]
fn a_link_anywhere_on_the_path_is_refused_with_its_name() {
    let place = Place::with_key(PLAIN);
    symlink(place.path(), place.base.join("link.pem")).unwrap();
    symlink(&place.base, place.base.join("around")).unwrap();
    symlink(place.base.join("nowhere"), place.base.join("dangling")).unwrap();
    let cases = [
        ("link.pem", "link.pem"),
        ("around/operator/key.pem", "around"),
        ("operator/../around/operator/key.pem", "operator/../around"),
        ("dangling/key.pem", "dangling"),
    ];
    for (path, link) in cases {
        match refused(&FileOperatorKey::new(place.base.join(path))) {
            SignerError::SymbolicLink { path } => assert_eq!(path, place.base.join(link)),
            other => panic!("{path}: {other}"),
        }
    }
    assert!(!place.base.join("nowhere").exists(), "a link was followed to make a folder");
    symlink(place.path(), place.public_path()).unwrap();
    assert_eq!(place.key().key().unwrap_err().code(), "operator-key-symbolic-link");
}

#[test]
fn a_key_that_is_no_file_or_open_to_others_is_refused() {
    let place = Place::with_key(PLAIN);
    for open in [0o640, 0o604, 0o660, 0o601, 0o777] {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(open)).unwrap();
        match refused(&place.key()) {
            SignerError::OpenToOthers { path, mode } => {
                assert_eq!((path, mode), (place.path(), open));
            }
            other => panic!("{open:o}: {other}"),
        }
    }
    fs::remove_file(place.path()).unwrap();
    fs::create_dir(place.path()).unwrap();
    assert!(matches!(refused(&place.key()), SignerError::NotAFile { .. }));
    fs::remove_dir(place.path()).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path()).unwrap();
    assert!(matches!(refused(&place.key()), SignerError::NotAFile { .. }));
    fs::remove_file(place.path()).unwrap();
    let pipe = place.path();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(refused(&place.key()), SignerError::NotAFile { .. }));
}

#[test]
fn bytes_that_are_no_key_are_refused_without_showing_them() {
    let place = Place::with_key(PLAIN);
    let cut = &PLAIN[..PLAIN.len() - 30];
    let not_base64 = PLAIN.replace("MC4C", "MC!C");
    let other_kind = PLAIN.replace("K2Vw", "K2Vu");
    let large = format!("{PLAIN}{}", "\n".repeat(20_000));
    for pem in ["", cut, &not_base64, &other_kind, &large, PUBLIC, "\u{feff}"] {
        write(&place.path(), pem, 0o600);
        let error = refused(&place.key());
        assert!(
            matches!(&error, SignerError::Malformed { path } if *path == place.path()),
            "{pem}"
        );
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        assert_eq!(fs::read_to_string(place.path()).unwrap(), pem, "it was written over");
    }
}

#[test]
fn a_key_of_another_user_is_refused() {
    let place = Place::with_key(PLAIN);
    let files = FaultyFiles::twisted(Twist::OtherOwner);
    match refused(&place.with(&files)) {
        SignerError::OtherOwner { path, owner, user } => {
            assert_eq!((path, owner), (place.path(), user ^ 1));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn private_bytes_are_in_no_debug_text() {
    let place = Place::with_key(PLAIN);
    let read = OsFileSystem.read_private(&place.path(), 1_000).unwrap();
    assert!(matches!(&read, PrivateFile::File { bytes, .. } if **bytes == *PLAIN.as_bytes()));
    for text in [format!("{read:?}"), format!("{:?}", place.key())] {
        assert!(!text.contains(SECRET) && !text.contains("77, 67"), "{text}");
    }
}

#[test]
fn threads_that_make_a_key_at_a_time_get_the_same_one() {
    let place = Place::new();
    let makes: [fn(&FileOperatorKey) -> TrustedKey; 2] =
        [|key| key.ensure_key().unwrap(), |key| key.next_key().unwrap()];
    for make in makes {
        let start = Barrier::new(8);
        let made: Vec<TrustedKey> = std::thread::scope(|scope| {
            let work = || {
                let key = place.key();
                start.wait();
                make(&key)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|key| *key == made[0]), "{made:?}");
    }
    usable(&place);
    assert_eq!(place.names(), ["key.pem", "key.pem.lock", "key.pem.next", "key.pem.pub"]);
}

#[test]
fn whoever_is_second_takes_the_key_of_a_tool_that_locks_nothing() {
    let place = Place::new();
    let files = FaultyFiles::twisted(Twist::Meanwhile(|operation| {
        if operation.name == "link" {
            write(&operation.path, PLAIN, 0o600);
        }
    }));
    assert_eq!(place.with(&files).ensure_key().unwrap().public_key_pem, PUBLIC);
    assert_eq!(fs::read_to_string(place.path()).unwrap(), PLAIN);
    usable(&place);
}

#[test]
fn a_rotation_makes_one_next_key_and_puts_that_in_use() {
    let place = Place::new();
    let key = place.key();
    let first = key.ensure_key().unwrap();
    let next = key.next_key().unwrap();
    assert_ne!(next, first);
    assert_eq!(key.next_key().unwrap(), next, "asked again, it made another one");
    assert_eq!(usable(&place), first, "it was put in use too early");
    assert_eq!(mode(&place.base.join("operator/key.pem.next")), 0o600);
    assert!(matches!(key.activate("0123"), Err(SignerError::UnknownKey { .. })));
    assert_eq!(usable(&place), first);
    for _ in 0..2 {
        key.activate(&next.key_id).unwrap();
        assert_eq!(usable(&place), next);
    }
    assert!(matches!(key.activate(&first.key_id), Err(SignerError::UnknownKey { .. })));
    assert_ne!(key.next_key().unwrap(), next);
    let nothing = FileOperatorKey::new(place.base.join("none/key.pem"));
    assert!(matches!(nothing.activate("0123"), Err(SignerError::UnknownKey { .. })));
    assert!(!place.base.join("none").exists(), "a refusal made a folder");
}

#[test]
fn a_reader_takes_the_new_key_when_somebody_rotates_between_its_looks_at_the_halves() {
    let place = Place::new();
    place.key().ensure_key().unwrap();
    let next = place.key().next_key().unwrap();
    let files = FaultyFiles::twisted(Twist::Meanwhile(|operation| {
        let key = FileOperatorKey::new(operation.path.with_extension(""));
        if operation.path.ends_with("key.pem.pub") && operation.path.with_extension("next").exists()
        {
            let next = key.next_key().unwrap();
            key.activate(&next.key_id).unwrap();
        }
    }));
    assert_eq!(place.with(&files).sign(b"message").unwrap().key, next);
}

/// What is done to a key. It is given the id of the next one, where that was made before.
struct Step {
    name: &'static str,
    prepare: fn(&FileOperatorKey) -> String,
    run: fn(&FileOperatorKey, &str) -> Result<String, SignerError>,
    /// Which of the keys in use and next is the answer.
    answer: fn(Keys) -> Option<String>,
}

/// The ids of the keys in use and next.
type Keys = (Option<String>, Option<String>);

const STEPS: [Step; 3] = [
    Step {
        name: "ensure",
        prepare: |_| String::new(),
        run: |key, _| Ok(key.ensure_key()?.key_id),
        answer: |keys| keys.0,
    },
    Step {
        name: "next",
        prepare: |key| key.ensure_key().expect("it works").key_id,
        run: |key, _| Ok(key.next_key()?.key_id),
        answer: |keys| keys.1,
    },
    Step {
        name: "activate",
        prepare: |key| {
            key.ensure_key().expect("it works");
            key.next_key().expect("it works").key_id
        },
        run: |key, next| key.activate(next).map(|()| next.to_owned()),
        answer: |keys| keys.0,
    },
];

fn there(place: &Place) -> Keys {
    let id = |path: &str| {
        let key = FileOperatorKey::new(place.base.join(path));
        key.key().expect("it works").map(|key| key.key_id)
    };
    (id("operator/key.pem"), id("operator/key.pem.next"))
}

/// Lets one operation of a step fail, and repeats the step.
fn survives(step: &Step, number: usize, fault: Fault) {
    let place = Place::new();
    let next = (step.prepare)(&place.key());
    let before = there(&place);
    let files = FaultyFiles::failing(number, fault);
    let told = (step.run)(&place.with(&files), &next);
    let failed = files.failed().expect("it comes to that");
    let context = format!("{}: {fault:?} of {failed:?}, which gave {told:?}", step.name);
    let left = there(&place);
    assert!(before.0.is_none() || left.0.is_some(), "the key in use is gone: {context}");
    let again = (step.run)(&place.key(), &next);
    let again = again.unwrap_or_else(|error| panic!("{error}: {context}"));
    // A key that had its name is the one that stays; so is one that the caller was told of.
    let had_it = (step.answer)(left.clone()).filter(|_| left != before);
    assert!(had_it.is_none_or(|had_it| had_it == again), "another key: {context}");
    assert!(told.is_err() || told.is_ok_and(|told| told == again), "another key: {context}");
    assert_eq!((step.answer)(there(&place)), Some(again), "{context}");
    usable(&place);
    let leftovers = place.names().into_iter().filter(|name| name.ends_with(".unfinished"));
    // What `activate` leaves is removed by the next step that makes a key.
    let leftovers = leftovers.filter(|_| step.name != "activate");
    assert_eq!(leftovers.collect::<Vec<_>>(), Vec::<String>::new(), "{context}");
}

#[test]
fn every_operation_may_fail_or_be_the_last_one_and_the_next_try_ends_well() {
    for step in &STEPS {
        let (place, sound) = (Place::new(), FaultyFiles::sound());
        let next = (step.prepare)(&place.key());
        (step.run)(&place.with(&sound), &next).unwrap();
        let operations = sound.operations();
        assert!(operations.len() > 5, "{} did {operations:?}", step.name);
        for (number, operation) in operations.iter().enumerate() {
            operation.faults().iter().for_each(|fault| survives(step, number, *fault));
        }
    }
}
