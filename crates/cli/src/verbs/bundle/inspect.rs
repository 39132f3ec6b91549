use std::path::{Path, PathBuf};

use clap::Args;
use greentic_pack_format::{Bundle, BundleImage, BundlePack, Limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::pack::PackSummary;
use crate::verbs::{Run, files};

/// Show what is in a bundle, or in what would be deployed for a folder.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc bundle inspect hello.gtbundle")]
pub(crate) struct Inspect {
    /// A `.gtbundle` or `.gtpack` file, or a folder.
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
}

#[derive(Serialize)]
struct Inspected {
    bundle_id: String,
    name: Option<String>,
    digest: String,
    signed: bool,
    file_count: usize,
    packs: Vec<PackInBundle>,
}

#[derive(Serialize)]
struct PackInBundle {
    path: String,
    /// What it provides, for a pack that is no worker.
    provider_domain: Option<String>,
    #[serde(flatten)]
    pack: PackSummary,
}

impl Run for Inspect {
    const NAME: Name = Name { noun: "bundle", op: "inspect" };

    fn run(self, _: &Session) -> Result<Answer, CliError> {
        let path = files::given(self.bundle, "the bundle", "gtc bundle inspect BUNDLE")?;
        let image =
            BundleImage::open(&path, &Limits::default()).map_err(CliError::opened(path.clone()))?;
        let bundle = image.bundle();
        Answer::of(&Inspected {
            bundle_id: image.bundle_id().to_owned(),
            name: bundle.manifest().map(|manifest| manifest.bundle_name.clone()),
            digest: image.digest().to_string(),
            signed: image.signature().is_some(),
            file_count: bundle.files().count(),
            packs: packs(&path, bundle)?,
        })
    }
}

fn packs(path: &Path, bundle: &Bundle) -> Result<Vec<PackInBundle>, CliError> {
    let pack = |found: &BundlePack| {
        let opened = bundle.open_pack(found).and_then(|pack| PackSummary::of(&pack));
        Ok(PackInBundle {
            path: found.path().to_owned(),
            provider_domain: found.provider_domain().map(str::to_owned),
            // The file within the bundle is the one that cannot be read.
            pack: opened.map_err(CliError::pack(path.join(found.path())))?,
        })
    };
    bundle.packs().iter().map(pack).collect()
}

impl Report for Inspected {
    fn view(&self) -> View {
        let rows = self.packs.iter().map(|one| {
            vec![
                one.pack.pack_id.clone(),
                one.pack.version.clone(),
                one.path.clone(),
                one.pack.counted(),
            ]
        });
        View::new()
            .fields([
                ("bundle", Some(self.bundle_id.clone())),
                ("name", self.name.clone()),
                ("digest", Some(self.digest.clone())),
                ("signature", self.signed.then(|| "beside the file".to_owned())),
                ("files", Some(self.file_count.to_string())),
            ])
            .table(&["PACK", "VERSION", "FILE", "HAS"], rows, "no packs")
    }
}
