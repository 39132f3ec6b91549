//! Asks providers which of their instances a request is for.

use std::collections::HashMap;

use serde_json::Value;

use super::TenantRuntime;
use crate::pack::PackComponent;
use crate::provider::{IdentifyInstanceHint, IdentifyOutcome, probe_payload};
use crate::wasm::{CallError, Guest};

impl TenantRuntime {
    /// What the providers of each type say about a request.
    pub(crate) async fn identify(
        &self,
        provider_types: &[&str],
        headers: &[(String, String)],
        body: &Value,
    ) -> Result<HashMap<String, IdentifyOutcome>, CallError> {
        let mut all = HashMap::new();
        for provider_type in provider_types {
            let outcome =
                self.identify_one(provider_type, |hint| probe_payload(hint, headers, body));
            all.insert((*provider_type).to_owned(), outcome.await?);
        }
        Ok(all)
    }

    /// The same with one payload for all.
    pub(crate) async fn identify_payload(
        &self,
        provider_types: &[&str],
        payload: &[u8],
    ) -> Result<HashMap<String, IdentifyOutcome>, CallError> {
        let mut all = HashMap::new();
        for provider_type in provider_types {
            let outcome = self.identify_one(provider_type, |_| payload.to_vec());
            all.insert((*provider_type).to_owned(), outcome.await?);
        }
        Ok(all)
    }

    async fn identify_one(
        &self,
        provider_type: &str,
        payload: impl Fn(Option<&IdentifyInstanceHint>) -> Vec<u8>,
    ) -> Result<IdentifyOutcome, CallError> {
        let mut outcome = IdentifyOutcome::default();
        for (pack_id, component_id, component) in self.providers_of(provider_type) {
            let guest = self.guest(self.names.identity(pack_id), component);
            let hint = self.hint(pack_id, component_id, component, &guest).await;
            let payload = payload(hint.as_ref());
            outcome.merge_in(match component.component.identify_instance(&guest, &payload).await {
                Ok(Some(id)) => IdentifyOutcome::Identified(id),
                Ok(None) => IdentifyOutcome::NoMatch,
                Err(CallError::MissingExport { .. }) => IdentifyOutcome::Unsupported,
                Err(error) => return Err(error),
            });
        }
        Ok(outcome)
    }

    /// What the providers of each type say about how they recognise their instances.
    pub(crate) async fn hints(
        &self,
        provider_types: &[&str],
    ) -> HashMap<String, Option<IdentifyInstanceHint>> {
        let mut all = HashMap::new();
        for provider_type in provider_types {
            let mut first = None;
            for (pack_id, component_id, component) in self.providers_of(provider_type) {
                if first.is_none() {
                    let guest = self.guest(self.names.identity(pack_id), component);
                    first = self.hint(pack_id, component_id, component, &guest).await;
                }
            }
            all.insert((*provider_type).to_owned(), first);
        }
        all
    }

    /// A component is asked once. One that cannot say, or fails, says nothing from then on.
    async fn hint(
        &self,
        pack_id: &str,
        component_id: &str,
        component: &PackComponent,
        guest: &Guest,
    ) -> Option<IdentifyInstanceHint> {
        let key = (pack_id.to_owned(), component_id.to_owned());
        if let Some(known) = self.hints.get(&key) {
            return known;
        }
        let said = component.component.describe_identify_instance(guest).await;
        let hint = said.ok().flatten().and_then(|said| IdentifyInstanceHint::parse(&said));
        self.hints.put(key, hint.clone());
        hint
    }

    /// The providers of a type that have a component, with the ids of pack and component.
    fn providers_of(&self, provider_type: &str) -> Vec<(&str, &str, &PackComponent)> {
        let declared = self.declared(|declared| declared.provider_type == provider_type);
        let with_component = declared.into_iter().filter_map(|(pack, declared)| {
            let id = declared.runtime.component_ref.as_str();
            Some((pack.pack_id(), id, pack.component(id)?))
        });
        with_component.collect()
    }
}
