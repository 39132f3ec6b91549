//! The configuration that a bundle brings for its packs (`state/pack-configs/<pack>.json`).

use std::collections::{BTreeMap, BTreeSet};

use greentic_deploy_spec::{PackConfig, PackId, RevisionId, SchemaVersion, SecretRef};
use serde::Deserialize;
use serde_json::Value;

use super::error::RevisionFolderError as Error;
use super::staging::StageTarget;
use crate::bundle::Bundle;
use crate::json;
use crate::limits::Limits;
use crate::manifest::typed;

const FOLDER: &str = "state/pack-configs/";
const SCHEMA: &str = "greentic.pack-config-input.v1";

/// The file as it stands. What is not known is refused: it was meant to have an effect.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackConfigInput {
    schema: SchemaVersion,
    pack_id: PackId,
    env_id: String,
    bundle_id: String,
    #[serde(default)]
    non_secret: BTreeMap<String, Value>,
    #[serde(default)]
    secret_refs: BTreeMap<String, SecretRef>,
}

/// Reads the configuration of all packs of a bundle, for one revision of one environment.
pub(super) fn read(
    bundle: &Bundle,
    packs: &BTreeSet<String>,
    target: &StageTarget<'_>,
    limits: &Limits,
) -> Result<Vec<PackConfig>, Error> {
    let mut configs = Vec::new();
    for (file, bytes) in bundle.files() {
        let stem = file.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".json"));
        let Some(stem) = stem.filter(|stem| !stem.contains('/')) else { continue };
        let input: PackConfigInput = json::parse(bytes, limits)
            .and_then(typed)
            .map_err(|problem| Error::Document { file: file.to_owned(), problem })?;
        input.check(file, stem, packs, target)?;
        configs.push(input.into_config(target.revision_id));
    }
    Ok(configs)
}

impl PackConfigInput {
    fn check(
        &self,
        file: &str,
        stem: &str,
        packs: &BTreeSet<String>,
        target: &StageTarget<'_>,
    ) -> Result<(), Error> {
        let pack_id = self.pack_id.as_str();
        let expectations = [
            ("schema", self.schema.as_str(), SCHEMA),
            ("pack_id", pack_id, stem),
            ("env_id", &self.env_id, target.env_id.as_str()),
            ("bundle_id", &self.bundle_id, target.bundle_id.as_str()),
        ];
        for (field, found, expected) in expectations {
            check(file, field, found, expected)?;
        }
        if !packs.contains(pack_id) {
            let packs: Vec<_> = packs.iter().map(String::as_str).collect();
            return Err(wrong(file, "pack_id", pack_id, format!("one of {}", packs.join(", "))));
        }
        for (key, secret) in &self.secret_refs {
            let (env_id, bundle_id) = (target.env_id, target.bundle_id);
            let expected = format!("secret://{env_id}/{bundle_id}/{pack_id}/{key}");
            check(file, &format!("secret_refs.{key}"), secret.as_str(), &expected)?;
        }
        Ok(())
    }

    fn into_config(self, revision_id: RevisionId) -> PackConfig {
        PackConfig {
            schema: SchemaVersion::from(PackConfig::schema_str()),
            pack_id: self.pack_id,
            revision_id,
            non_secret: self.non_secret,
            secret_refs: self.secret_refs,
            runtime_refs: BTreeMap::new(),
        }
    }
}

fn check(file: &str, field: &str, found: &str, expected: &str) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(wrong(file, field, found, format!("`{expected}`")))
}

fn wrong(file: &str, field: &str, found: &str, expected: String) -> Error {
    let (file, field, found) = (file.to_owned(), field.to_owned(), found.to_owned());
    Error::PackConfig { file, field, found, expected }
}
