use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use greentic_deploy_spec::{EnvId, SecretRef};
use greentic_env_pack::SecretsReader;
use greentic_env_pack_local::{DevSecrets, DevStoreError};
use tempfile::TempDir;

const FILE: &str = ".greentic/dev/.dev.secrets.env";

struct Lab {
    env_root: TempDir,
    secrets: DevSecrets,
}

fn token() -> SecretRef {
    SecretRef::try_new("secret://local/acme/_/chat/token").unwrap()
}

impl Lab {
    fn new() -> Self {
        let env_root = TempDir::new().unwrap();
        let env_id = EnvId::new("local").unwrap();
        let secrets = DevSecrets::new(env_id, env_root.path().to_owned());
        Self { env_root, secrets }
    }

    fn with(text: impl AsRef<[u8]>) -> Self {
        let lab = Self::new();
        lab.write(FILE, text);
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.env_root.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    fn token(&self) -> Option<String> {
        self.secrets.lookup(&token()).unwrap().map(|value| String::from_utf8(value).unwrap())
    }

    fn error(&self) -> DevStoreError {
        self.secrets.lookup(&token()).unwrap_err()
    }
}

#[test]
fn a_value_is_all_that_follows_the_first_equals_sign() {
    let lab = Lab::with(
        "# bots\n\nsecret://local/acme/_/chat/other=x\nsecret://local/acme/_/chat/token= a=b# \n",
    );
    assert_eq!(lab.token().as_deref(), Some(" a=b# "));
}

#[test]
fn a_quoted_value_is_a_json_string() {
    let lab = Lab::with("secret://local/acme/_/chat/token=\"two\\nlines \\u00e4\"\r\n");
    assert_eq!(lab.token().as_deref(), Some("two\nlines ä"));
}

#[test]
fn there_are_no_secrets_where_there_is_no_file() {
    let lab = Lab::new();
    assert_eq!(lab.token(), None);
    let nowhere = DevSecrets::new(EnvId::new("local").unwrap(), lab.path("nowhere"));
    assert_eq!(nowhere.lookup(&token()).unwrap(), None);
}

#[test]
fn the_first_place_wins_over_the_second() {
    let lab = Lab::new();
    lab.write(".greentic/state/dev/.dev.secrets.env", "secret://local/acme/_/chat/token=2");
    assert_eq!(lab.token().as_deref(), Some("2"));
    lab.write(FILE, "secret://local/acme/_/chat/token=1");
    assert_eq!(lab.token().as_deref(), Some("1"));
}

#[test]
fn a_secret_of_another_environment_is_not_there() {
    let lab = Lab::with("secret://prod/acme/_/chat/token=x\n");
    let other = SecretRef::try_new("secret://prod/acme/_/chat/token").unwrap();
    assert_eq!(lab.secrets.lookup(&other).unwrap(), None);
}

#[tokio::test]
async fn a_change_of_the_file_counts_at_once() {
    let lab = Lab::with("secret://local/acme/_/chat/token=1\n");
    assert_eq!(lab.secrets.read(&token()).await.unwrap(), Some(b"1".to_vec()));
    lab.write(FILE, "secret://local/acme/_/chat/token=2\n");
    assert_eq!(lab.secrets.read(&token()).await.unwrap(), Some(b"2".to_vec()));
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let lab = Lab::with("secret://local/acme/_/chat/token=1\n");
    fs::set_permissions(lab.path(FILE), Permissions::from_mode(0o640)).unwrap();
    let error = lab.error();
    assert!(matches!(error, DevStoreError::NotPrivate { mode: 0o640, .. }), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn a_link_is_not_followed_below_the_environments_folder_and_is_above() {
    let lab = Lab::with("secret://local/acme/_/chat/token=1\n");
    let link = lab.path("link-to-itself");
    symlink(lab.env_root.path(), &link).unwrap();
    let through = DevSecrets::new(EnvId::new("local").unwrap(), link);
    assert_eq!(through.lookup(&token()).unwrap(), Some(b"1".to_vec()));
    fs::rename(lab.path(FILE), lab.path("elsewhere")).unwrap();
    symlink(lab.path("elsewhere"), lab.path(FILE)).unwrap();
    assert_eq!(lab.error().code(), "dev-store-link");
}

#[test]
fn a_line_that_is_wrong_is_told_by_its_number_and_never_by_its_value() {
    let token = "secret://local/acme/_/chat/token";
    let cases = [
        ("canary-without-sign".to_owned(), 1, "it has no `=`"),
        ("\nTOKEN=canary".to_owned(), 2, "does not begin with a reference"),
        (format!("{token}=\"canary"), 1, "no JSON string"),
        (format!("{token}=\"\"canary"), 1, "no JSON string"),
        (format!("{token}=canary\n{token}=canary"), 2, "sets `secret://local/acme/_/chat/token`"),
        ("SECRETS_BACKEND_STATE=canary".to_owned(), 1, "encrypted form"),
        (format!("{token}=1\nsecret://local/x=\"canary"), 2, "no JSON string"),
    ];
    for (text, line, expected) in cases {
        let error = Lab::with(&text).error();
        let told = error.to_string();
        assert!(told.starts_with(&format!("line {line} of")), "{text}: {told}");
        assert!(told.contains(expected), "{text}: {told}");
        assert!(!format!("{told} {error:?}").contains("canary"), "{told}");
    }
}

#[test]
fn what_is_no_text_or_too_large_is_refused() {
    assert_eq!(Lab::with([0xff, 0xfe]).error().code(), "dev-store-not-text");
    assert_eq!(Lab::with(vec![b'#'; 1024 * 1024 + 1]).error().code(), "dev-store-too-large");
    let folder = Lab::new();
    fs::create_dir_all(folder.path(FILE)).unwrap();
    assert_eq!(folder.error().code(), "dev-store-not-a-file");
}
