use std::path::PathBuf;

use clap::Args;
use greentic_pack_format::{BundleImage, Limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::files::{self, Built};

/// Build a bundle: from a folder with `bundle.yaml` and packs, from a folder with `pack.yaml`, or from
/// one pack. The same input gives the same file, everywhere.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc bundle build examples/hello --out hello.gtbundle")]
pub(crate) struct Build {
    /// The folder or the `.gtpack` file.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The file to write; `<bundle id>.gtbundle` here unless said.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Build and tell the digest, and write nothing.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

#[derive(Serialize)]
struct BuiltBundle {
    bundle_id: String,
    #[serde(flatten)]
    built: Built,
    packs: Vec<String>,
}

impl Run for Build {
    const NAME: Name = Name { noun: "bundle", op: "build" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let folder =
            files::given(self.folder, "what the bundle is built from", "gtc bundle build FOLDER")?;
        session.progress().step(&format!("building {}", folder.display()));
        let wrong = || CliError::build(folder.clone());
        let image = BundleImage::open(&folder, &Limits::default()).map_err(wrong())?;
        let bundle_id = image.bundle_id().to_owned();
        let out = self.out.unwrap_or_else(|| PathBuf::from(format!("{bundle_id}.gtbundle")));
        if !self.dry_run {
            image.write_to(&out).map_err(wrong())?;
        }
        let built = Built::new(&out, image.digest(), self.dry_run);
        let packs = image.bundle().packs().iter().map(|pack| pack.path().to_owned()).collect();
        Answer::of(&BuiltBundle { bundle_id, built, packs })
    }
}

impl Report for BuiltBundle {
    fn view(&self) -> View {
        View::new()
            .fields([
                ("bundle", Some(self.bundle_id.clone())),
                ("packs", Some(self.packs.join(", "))),
            ])
            .and(self.built.view())
    }
}
