use std::path::{Path, PathBuf};

use clap::Args;
use greentic_pack_format::{Digest, Limits, PackBuilder, PackKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::files::{self, Built};

/// Build a pack from a folder with `pack.yaml`. The same folder gives the same file, everywhere.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc pack build examples/hello --out hello.gtpack")]
pub(crate) struct Build {
    /// The folder with `pack.yaml`.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The file to write; `<pack id>.gtpack` here unless said.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Sign with the Ed25519 private key in this file (PKCS#8 PEM). May be given several times.
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    sign: Vec<PathBuf>,
    /// Build and tell the digest, and write nothing.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

#[derive(Serialize)]
struct BuiltPack {
    pack_id: String,
    version: String,
    #[serde(flatten)]
    built: Built,
    signed_by: Vec<String>,
}

impl Run for Build {
    const NAME: Name = Name { noun: "pack", op: "build" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let folder =
            files::given(self.folder, "the folder with `pack.yaml`", "gtc pack build FOLDER")?;
        session.progress().step(&format!("building {}", folder.display()));
        let wrong = || CliError::build(folder.clone());
        let mut builder = PackBuilder::from_folder(&folder, &Limits::default()).map_err(wrong())?;
        let mut signed_by = Vec::new();
        for path in &self.sign {
            let key = key(path)?;
            signed_by.push(key.trusted_key().key_id);
            builder = builder.sign(&key).map_err(wrong())?;
        }
        let (pack_id, version) =
            (builder.manifest().pack_id.clone(), builder.manifest().version.to_string());
        let out = self.out.unwrap_or_else(|| PathBuf::from(format!("{pack_id}.gtpack")));
        let digest = if self.dry_run {
            Digest::of(&builder.build().map_err(wrong())?)
        } else {
            builder.write_to(&out).map_err(wrong())?
        };
        let built = Built::new(&out, &digest, self.dry_run);
        Answer::of(&BuiltPack { pack_id, version, built, signed_by })
    }
}

fn key(path: &Path) -> Result<PackKey, CliError> {
    /// A key in PEM has a few hundred bytes.
    const MAX_BYTES: u64 = 16 * 1024;
    let pem = files::read_text(path, MAX_BYTES)?;
    PackKey::from_pem(&pem)
        .map_err(|error| CliError::Key { path: path.to_owned(), problem: error.to_string() })
}

impl Report for BuiltPack {
    fn view(&self) -> View {
        let signers = (!self.signed_by.is_empty()).then(|| self.signed_by.join(", "));
        View::new()
            .fields([
                ("pack", Some(format!("{} {}", self.pack_id, self.version))),
                ("signed by", signers),
            ])
            .and(self.built.view())
    }
}
