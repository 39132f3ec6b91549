//! What makes a whole environment sound. The first rule that is broken, in this order, is reported.

use std::collections::{HashMap, HashSet};

use super::{
    BundleDeployment, Environment, MessagingEndpoint, Revision, RevisionLifecycle,
    TOTAL_BASIS_POINTS, TrafficSplit,
};
use crate::{DeploymentId, EnvId, RevisionId, SchemaVersion, SecretRef, SpecError};

pub(super) fn check_schema(
    expected: &'static str,
    actual: &SchemaVersion,
) -> Result<(), SpecError> {
    if actual.as_str() == expected {
        Ok(())
    } else {
        Err(SpecError::SchemaMismatch { expected, actual: actual.as_str().to_owned() })
    }
}

pub(super) fn check_env_id(
    context: &'static str,
    expected: &EnvId,
    actual: &EnvId,
) -> Result<(), SpecError> {
    if actual == expected {
        Ok(())
    } else {
        let (expected, actual) = (expected.clone(), actual.clone());
        Err(SpecError::EnvIdMismatch { context, expected, actual })
    }
}

pub(super) fn check_secret_env(
    context: &'static str,
    secret: &SecretRef,
    expected: &EnvId,
) -> Result<(), SpecError> {
    if secret.is_in(expected) {
        return Ok(());
    }
    Err(SpecError::CrossEnvRef {
        context,
        uri: secret.as_str().to_owned(),
        expected_env: expected.clone(),
        actual_env: secret.env_segment().to_owned(),
    })
}

/// At most 10,000 each and 10,000 in all.
pub(super) fn check_basis_points(values: impl Iterator<Item = u32>) -> Result<(), SpecError> {
    let mut sum = 0;
    for value in values {
        if value > TOTAL_BASIS_POINTS {
            return Err(SpecError::BasisPointsEntryTooLarge { value });
        }
        sum += u64::from(value);
    }
    if sum == u64::from(TOTAL_BASIS_POINTS) {
        Ok(())
    } else {
        Err(SpecError::BasisPointsSum { sum })
    }
}

/// The parts of an environment by their ids; the first of several wins, as it does for readers.
struct Index<'a> {
    revisions: HashMap<RevisionId, &'a Revision>,
    of_deployment: HashMap<DeploymentId, Vec<&'a Revision>>,
    deployments: HashMap<DeploymentId, &'a BundleDeployment>,
}

impl<'a> Index<'a> {
    fn of(env: &'a Environment) -> Self {
        let mut index = Self {
            revisions: HashMap::new(),
            of_deployment: HashMap::new(),
            deployments: HashMap::new(),
        };
        for revision in &env.revisions {
            index.of_deployment.entry(revision.deployment_id).or_default().push(revision);
            index.revisions.entry(revision.revision_id).or_insert(revision);
        }
        for bundle in &env.bundles {
            index.deployments.entry(bundle.deployment_id).or_insert(bundle);
        }
        index
    }

    fn revision(&self, id: RevisionId) -> Result<&'a Revision, SpecError> {
        self.revisions.get(&id).copied().ok_or(SpecError::UnknownRevision(id))
    }
}

impl Environment {
    /// Checks every rule that a recorded environment keeps.
    ///
    /// Lenient where the public tools are: duplicate revision and deployment ids, two splits of one
    /// deployment, routed revisions that are not ready and messaging or extension slots in `packs`
    /// pass here, so that existing documents open and can be repaired. The engine's verbs do not
    /// create them.
    ///
    /// # Errors
    /// The first rule that is broken: schema, host, packs, credentials, revisions, bundles, splits,
    /// endpoints, extensions.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        check_env_id("host_config", &self.environment_id, &self.host_config.env_id)?;
        self.host_config.validate_public_base_url()?;
        self.check_packs()?;
        if let Some(secret) = &self.credentials_ref {
            check_secret_env("credentials_ref", secret, &self.environment_id)?;
        }
        for revision in &self.revisions {
            revision.validate()?;
            check_env_id("revision", &self.environment_id, &revision.env_id)?;
        }
        let index = Index::of(self);
        for bundle in &self.bundles {
            self.check_bundle(bundle, &index)?;
        }
        for split in &self.traffic_splits {
            self.check_split(split, &index)?;
        }
        self.check_endpoints()?;
        self.check_extensions()
    }

    fn check_packs(&self) -> Result<(), SpecError> {
        let mut seen = HashSet::new();
        match self.packs.iter().find(|binding| !seen.insert(binding.slot)) {
            Some(binding) => Err(SpecError::DuplicateCapabilitySlot(binding.slot)),
            None => Ok(()),
        }
    }

    fn check_bundle(&self, bundle: &BundleDeployment, index: &Index<'_>) -> Result<(), SpecError> {
        check_env_id("bundle_deployment", &self.environment_id, &bundle.env_id)?;
        bundle.validate()?;
        for id in &bundle.current_revisions {
            check_current_revision(bundle, index.revision(*id)?)?;
        }
        let siblings = index.of_deployment.get(&bundle.deployment_id);
        check_override_packs(bundle, siblings.into_iter().flatten().copied())
    }

    fn check_split(&self, split: &TrafficSplit, index: &Index<'_>) -> Result<(), SpecError> {
        check_env_id("traffic_split", &self.environment_id, &split.env_id)?;
        split.validate()?;
        let bundle = index
            .deployments
            .get(&split.deployment_id)
            .ok_or(SpecError::UnknownDeployment(split.deployment_id))?;
        if bundle.bundle_id != split.bundle_id {
            return Err(SpecError::SplitDeploymentBundleMismatch {
                deployment: split.deployment_id,
                split_bundle: split.bundle_id.clone(),
                deployment_bundle: bundle.bundle_id.clone(),
            });
        }
        for entry in &split.entries {
            check_split_revision(split, index.revision(entry.revision_id)?)?;
        }
        Ok(())
    }

    fn check_endpoints(&self) -> Result<(), SpecError> {
        let mut ids = HashSet::new();
        let mut providers = HashSet::new();
        for endpoint in &self.messaging_endpoints {
            endpoint.validate()?;
            check_env_id("messaging_endpoint", &self.environment_id, &endpoint.env_id)?;
            if !ids.insert(endpoint.endpoint_id) {
                return Err(SpecError::DuplicateMessagingEndpoint(endpoint.endpoint_id));
            }
            if !providers.insert((&endpoint.provider_type, &endpoint.provider_id)) {
                return Err(SpecError::DuplicateProviderInstance {
                    provider_type: endpoint.provider_type.clone(),
                    provider_id: endpoint.provider_id.clone(),
                });
            }
            self.check_links(endpoint)?;
        }
        Ok(())
    }

    fn check_links(&self, endpoint: &MessagingEndpoint) -> Result<(), SpecError> {
        if let Some(bundle) = endpoint.linked_bundles.iter().find(|bundle| !self.deploys(bundle)) {
            return Err(SpecError::MessagingEndpointBundleNotLinked {
                endpoint: endpoint.endpoint_id,
                bundle: bundle.clone(),
            });
        }
        match &endpoint.welcome_flow {
            Some(flow) if !endpoint.linked_bundles.contains(&flow.bundle_id) => {
                Err(SpecError::WelcomeFlowBundleNotLinked {
                    endpoint: endpoint.endpoint_id,
                    bundle: flow.bundle_id.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    fn check_extensions(&self) -> Result<(), SpecError> {
        let mut seen = HashSet::new();
        for binding in &self.extensions {
            binding.validate()?;
            if !seen.insert((binding.kind.path(), &binding.instance_id)) {
                return Err(SpecError::DuplicateExtension {
                    path: binding.kind.path().to_owned(),
                    instance_id: binding.instance_id.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Overrides may only name packs that a revision of the deployment has, as far as any pack is known.
pub(crate) fn check_override_packs<'a>(
    bundle: &BundleDeployment,
    siblings: impl Iterator<Item = &'a Revision>,
) -> Result<(), SpecError> {
    if bundle.config_overrides.is_empty() {
        return Ok(());
    }
    let known: HashSet<&str> = siblings
        .filter(|r| r.lifecycle != RevisionLifecycle::Archived)
        .flat_map(|r| r.pack_list.iter().map(|pack| pack.pack_id.as_str()))
        .collect();
    match bundle.config_overrides.keys().find(|pack| !known.contains(pack.as_str())) {
        Some(pack_id) if !known.is_empty() => Err(SpecError::ConfigOverridePackNotInRevisions {
            deployment: bundle.deployment_id,
            pack_id: pack_id.clone(),
        }),
        _ => Ok(()),
    }
}

fn check_current_revision(bundle: &BundleDeployment, revision: &Revision) -> Result<(), SpecError> {
    if revision.deployment_id != bundle.deployment_id {
        return Err(SpecError::BundleRevisionWrongDeployment {
            deployment: bundle.deployment_id,
            revision: revision.revision_id,
            actual_deployment: revision.deployment_id,
        });
    }
    if revision.bundle_id != bundle.bundle_id {
        return Err(SpecError::BundleRevisionWrongBundle {
            deployment: bundle.deployment_id,
            revision: revision.revision_id,
            expected_bundle: bundle.bundle_id.clone(),
            actual_bundle: revision.bundle_id.clone(),
        });
    }
    Ok(())
}

fn check_split_revision(split: &TrafficSplit, revision: &Revision) -> Result<(), SpecError> {
    if revision.deployment_id != split.deployment_id {
        return Err(SpecError::SplitRevisionWrongDeployment {
            revision: revision.revision_id,
            expected_deployment: split.deployment_id,
            actual_deployment: revision.deployment_id,
        });
    }
    if revision.bundle_id != split.bundle_id {
        return Err(SpecError::SplitRevisionWrongBundle {
            revision: revision.revision_id,
            expected_bundle: split.bundle_id.clone(),
            actual_bundle: revision.bundle_id.clone(),
        });
    }
    Ok(())
}
