//! Which provider of a runtime is meant.

use greentic_pack_format::ProviderDeclaration;

use super::TenantRuntime;
use crate::pack::{PackComponent, PackRuntime};
use crate::provider::ProviderError;
use crate::wasm::Identity;

/// A provider of a pack.
pub(super) struct Bound<'r> {
    pub(super) pack: &'r PackRuntime,
    pub(super) declaration: &'r ProviderDeclaration,
    pub(super) component: &'r PackComponent,
}

impl TenantRuntime {
    /// The provider with an id, or the only one of a type; when both are given, they must agree.
    pub(super) fn provider(
        &self,
        provider_id: Option<&str>,
        provider_type: Option<&str>,
    ) -> Result<Bound<'_>, ProviderError> {
        let (pack, declaration) = match (provider_id, provider_type) {
            (None, None) => return Err(ProviderError::Unnamed),
            (Some(id), expected) => {
                let found = self.declared(|declared| declared.provider_id.as_deref() == Some(id));
                let found = found.into_iter().next();
                let (pack, declaration) =
                    found.ok_or_else(|| ProviderError::UnknownId { provider_id: id.to_owned() })?;
                if let Some(expected) = expected.filter(|ty| *ty != declaration.provider_type) {
                    return Err(ProviderError::OtherType {
                        provider_id: id.to_owned(),
                        expected: expected.to_owned(),
                        found: declaration.provider_type.clone(),
                    });
                }
                (pack, declaration)
            }
            (None, Some(provider_type)) => self.only_of_type(provider_type)?,
        };
        let component = &declaration.runtime.component_ref;
        let missing = || ProviderError::NoComponent {
            pack_id: pack.pack_id().to_owned(),
            component: component.clone(),
            provider_type: declaration.provider_type.clone(),
        };
        let component = pack.component(component).ok_or_else(missing)?;
        Ok(Bound { pack, declaration, component })
    }

    fn only_of_type(
        &self,
        provider_type: &str,
    ) -> Result<(&PackRuntime, &ProviderDeclaration), ProviderError> {
        let provider_type = provider_type.to_owned();
        let found = self.declared(|declared| declared.provider_type == provider_type);
        match found[..] {
            [] => Err(ProviderError::UnknownType { provider_type }),
            [only] => Ok(only),
            _ => {
                let packs = found.iter().map(|(pack, _)| pack.pack_id().to_owned()).collect();
                Err(ProviderError::Ambiguous { provider_type, packs })
            }
        }
    }

    pub(super) fn declared(
        &self,
        wanted: impl Fn(&ProviderDeclaration) -> bool,
    ) -> Vec<(&PackRuntime, &ProviderDeclaration)> {
        let all = self
            .packs
            .iter()
            .flat_map(|pack| pack.providers().iter().map(move |declared| (&**pack, declared)));
        all.filter(|(_, declared)| wanted(declared)).collect()
    }

    /// Refuses an operation that the provider does not declare, or that the tenant may not call.
    pub(super) fn check_operation(
        &self,
        declaration: &ProviderDeclaration,
        operation: &str,
    ) -> Result<(), ProviderError> {
        let provider_type = || declaration.provider_type.clone();
        let operation_ = || operation.to_owned();
        if !declaration.ops.iter().any(|declared| declared == operation) {
            return Err(ProviderError::UndeclaredOperation {
                operation: operation_(),
                provider_type: provider_type(),
            });
        }
        let (id, policy) = (declaration.provider_id.as_deref(), &self.config.operator_policy);
        if policy.allows(id, &declaration.provider_type, operation) {
            return Ok(());
        }
        Err(ProviderError::NotAllowed { operation: operation_(), provider_type: provider_type() })
    }
}

/// What a provider answered: JSON, else a text; nothing is null.
pub(super) fn answer(bytes: Vec<u8>) -> serde_json::Value {
    if bytes.is_empty() {
        return serde_json::Value::Null;
    }
    serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into())
}

impl TenantRuntime {
    /// Lets the provider of a type do something, outside of a flow.
    pub(crate) async fn invoke_provider(
        &self,
        provider_type: &str,
        operation: &str,
        input: &[u8],
        correlation_id: Option<String>,
        trace_id: Option<String>,
    ) -> Result<serde_json::Value, crate::HostError> {
        let bound = self.provider(None, Some(provider_type))?;
        self.check_operation(bound.declaration, operation)?;
        let identity = Identity {
            provider: Some(provider_type.to_owned()),
            idempotency_key: correlation_id.clone(),
            correlation_id,
            trace_id,
            ..self.names.identity(bound.pack.pack_id())
        };
        let guest = self.guest(identity, bound.component);
        let said = bound.component.component.provider_invoke(guest, operation, input).await?;
        Ok(answer(said))
    }
}
