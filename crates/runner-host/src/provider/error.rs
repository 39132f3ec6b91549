/// A provider cannot be found, or may not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// Neither an id nor a type was given.
    #[error("a provider is named by `provider_id` or `provider_type`; give one of them")]
    Unnamed,
    /// No provider has this id.
    #[error("provider_id `{provider_id}` not found")]
    UnknownId {
        /// The id.
        provider_id: String,
    },
    /// No pack has a provider of this type.
    #[error("no pack in revision binds provider_type `{provider_type}`")]
    UnknownType {
        /// The type.
        provider_type: String,
    },
    /// More than one pack has a provider of this type.
    #[error(
        "ambiguous provider_type `{provider_type}`: packs {packs:?} bind it; name one by `provider_id`"
    )]
    Ambiguous {
        /// The type.
        provider_type: String,
        /// The packs.
        packs: Vec<String>,
    },
    /// The provider with this id is of another type.
    #[error("provider_id `{provider_id}` is of type `{found}`, not `{expected}`")]
    OtherType {
        /// The id.
        provider_id: String,
        /// The type that was asked for.
        expected: String,
        /// The type that it is of.
        found: String,
    },
    /// The provider does not have this operation.
    #[error("operation `{operation}` is not declared for provider_type `{provider_type}`")]
    UndeclaredOperation {
        /// The operation.
        operation: String,
        /// The type.
        provider_type: String,
    },
    /// The tenant may not use the provider in this way.
    #[error(
        "the tenant's operator policy does not allow `{operation}` of provider_type `{provider_type}`"
    )]
    NotAllowed {
        /// The operation.
        operation: String,
        /// The type.
        provider_type: String,
    },
    /// The pack declares a provider that it does not have.
    #[error(
        "pack `{pack_id}` has no component `{component}`, which its provider_type `{provider_type}` names"
    )]
    NoComponent {
        /// The pack.
        pack_id: String,
        /// The component.
        component: String,
        /// The type.
        provider_type: String,
    },
}

impl ProviderError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unnamed => "provider-unnamed",
            Self::UnknownId { .. } => "provider-id-unknown",
            Self::UnknownType { .. } => "provider-type-unknown",
            Self::Ambiguous { .. } => "provider-type-ambiguous",
            Self::OtherType { .. } => "provider-type-mismatch",
            Self::UndeclaredOperation { .. } => "provider-operation-undeclared",
            Self::NotAllowed { .. } => "provider-not-allowed",
            Self::NoComponent { .. } => "provider-component-missing",
        }
    }
}
