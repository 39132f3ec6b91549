use std::path::{Path, PathBuf};

use clap::Args;
use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};
use greentic_env_store::{EnvironmentReads, StoreError};
use greentic_pack_format::{Limits, Pack, SignatureStatus, VerificationReport, VerifyPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::{Run, files};

/// Check a pack's list of files, its lock and its signature. Ends with 1 when something is wrong.
///
/// The keys that the environment trusts, and those that are named, may have signed it.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc pack verify hello.gtpack --key publisher.pem")]
pub(crate) struct Verify {
    /// A `.gtpack` file, or a folder with the same content.
    #[arg(value_name = "PACK")]
    pack: Option<PathBuf>,
    /// Trust the Ed25519 public key in this file (PEM). May be given several times.
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    key: Vec<PathBuf>,
    /// Be content with a pack that nobody signed.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unsigned: bool,
}

#[derive(Serialize)]
struct Verified {
    path: String,
    pack_id: String,
    verified: bool,
    problems: Vec<String>,
    report: VerificationReport,
}

impl Run for Verify {
    const NAME: Name = Name { noun: "pack", op: "verify" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let path = files::given(self.pack.clone(), "the pack", "gtc pack verify PACK")?;
        let wrong = || CliError::pack(path.clone());
        let pack = Pack::open(&path, &Limits::default()).map_err(wrong())?;
        let report = pack.verify(VerifyPolicy::Warn, &self.trusted(session)?).map_err(wrong())?;
        let mut problems = report.problems();
        if self.unsigned && report.signature == SignatureStatus::Unsigned {
            let signature =
                VerificationReport { signature: SignatureStatus::Unchecked, ..report.clone() };
            problems = signature.problems();
        }
        let verified = problems.is_empty();
        let next = match report.signature {
            SignatureStatus::Unsigned if !self.unsigned => {
                "--unsigned is content without a signature; gtc pack build FOLDER --sign KEY signs"
            }
            _ => "fetch the pack again, or trust who signed it with --key FILE",
        };
        let summary = problems.join("; ");
        let failure =
            (!verified).then(|| CliError::NotVerified { path: path.clone(), summary, next });
        let pack_id = pack.manifest().pack_id.clone();
        let path = path.display().to_string();
        let answer = Answer::of(&Verified { path, pack_id, verified, problems, report })?;
        Ok(answer.failing(failure))
    }
}

impl Verify {
    fn trusted(&self, session: &Session) -> Result<Vec<TrustedKey>, CliError> {
        let mut keys = Vec::new();
        for path in &self.key {
            keys.push(public_key(path)?);
        }
        let env_id = session.env_id(None)?;
        match session.store().map(|store| store.snapshot(&env_id)) {
            Ok(Ok(snapshot)) => {
                keys.extend(snapshot.trust_root().into_iter().flat_map(|root| root.keys.clone()));
                Ok(keys)
            }
            // A pack can be verified where no environment is.
            Ok(Err(StoreError::NotFound { .. })) | Err(_) => Ok(keys),
            Ok(Err(error)) => Err(error.into()),
        }
    }
}

fn public_key(path: &Path) -> Result<TrustedKey, CliError> {
    /// A key in PEM has a few hundred bytes.
    const MAX_BYTES: u64 = 16 * 1024;
    let public_key_pem = files::read_text(path, MAX_BYTES)?;
    let key_id = key_id_for_public_key_pem(&public_key_pem).map_err(|_| {
        let problem = "it is no Ed25519 public key in PEM (`-----BEGIN PUBLIC KEY-----`)";
        CliError::Key { path: path.to_owned(), problem: problem.to_owned() }
    })?;
    Ok(TrustedKey { key_id, public_key_pem })
}

impl Report for Verified {
    fn view(&self) -> View {
        let verdict = if self.verified { "it verifies" } else { "it does not verify" };
        let view = View::new().fields([
            ("pack", Some(self.pack_id.clone())),
            ("file", Some(self.path.clone())),
            ("files", Some(self.report.files.len().to_string())),
            ("verdict", Some(verdict.to_owned())),
        ]);
        self.problems.iter().fold(view, |view, problem| view.text(format!("- {problem}")))
    }
}
