//! How the providers of a runtime are, as they say themselves.

use serde_json::Value;

use super::TenantRuntime;
use super::providers::answer;
use crate::wasm::CallError;

/// What a provider said about its health.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderHealthAnswer {
    /// Its pack.
    pub pack_id: String,
    /// What it provides.
    pub provider_type: String,
    /// The component that does.
    pub component: String,
    /// What it said, usually `{"status": …}`; none when its pack does not have the component.
    pub said: Result<Option<Value>, CallError>,
}

impl TenantRuntime {
    /// Asks every provider for its health, one after the other.
    pub async fn provider_health(&self) -> Vec<ProviderHealthAnswer> {
        let mut answers = Vec::new();
        for (pack, declaration) in self.declared(|_| true) {
            let name = &declaration.runtime.component_ref;
            let said = match pack.component(name) {
                Some(found) => {
                    let guest = self.guest(self.names.identity(pack.pack_id()), found);
                    let said = found.component.provider_healthcheck(guest).await;
                    said.map(|bytes| Some(answer(bytes)))
                }
                None => Ok(None),
            };
            answers.push(ProviderHealthAnswer {
                pack_id: pack.pack_id().to_owned(),
                provider_type: declaration.provider_type.clone(),
                component: name.clone(),
                said,
            });
        }
        answers
    }
}
