use wasmtime::component::types::ComponentItem;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower};

use super::WasmError;
use super::envelope::{NodeEnvelope, NodeError, NodeResult, RunResult};
use super::error::reason;
use super::store::CallState;

/// What a component can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exports {
    /// How it does the work of nodes, when it does.
    pub node: Option<NodeAbi>,
    /// Is it a provider?
    pub provider: bool,
    /// Can it tell which endpoint a message came to?
    pub identify_instance: bool,
    /// Can it tell where in a message it looks for that?
    pub describe_identify_instance: bool,
}

/// The interface through which a component does the work of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeAbi {
    /// `greentic:component/node@0.6.0`.
    Node060,
    /// `greentic:component/component-runtime@0.6.0`.
    Runtime060,
}

/// The arguments and the answer of a function.
pub(super) type NodeParams<'a> = (&'a str, NodeEnvelope<'a>);
pub(super) type NodeAnswer = (Result<NodeResult, NodeError>,);
pub(super) type RunParams<'a> = (&'a [u8], &'a [u8]);
pub(super) type RunAnswer = (RunResult,);
pub(super) type BytesAnswer = (Vec<u8>,);
pub(super) type OpParams<'a> = (&'a str, &'a [u8]);

/// Where a component's functions are: looked up and their shapes checked once.
pub(super) struct Table {
    pub(super) node: Option<NodeExport>,
    pub(super) provider: Option<ProviderExports>,
    pub(super) identify: Option<ComponentExportIndex>,
    pub(super) describe_identify: Option<ComponentExportIndex>,
}

/// How a component does the work of nodes. Older interfaces become variants here.
pub(super) enum NodeExport {
    Node060(ComponentExportIndex),
    Runtime060(ComponentExportIndex),
}

pub(super) struct ProviderExports {
    pub(super) describe: ComponentExportIndex,
    pub(super) validate_config: ComponentExportIndex,
    pub(super) healthcheck: ComponentExportIndex,
    pub(super) invoke: ComponentExportIndex,
}

const NODE_060: &str = "greentic:component/node@0.6.0";
const RUNTIME_060: &str = "greentic:component/component-runtime@0.6.0";
/// One interface under the names that packages gave it.
const PROVIDER: [&str; 3] = [
    "greentic:provider-schema-core/schema-core-api@1.0.0",
    "greentic:provider/schema-core-api@1.0.0",
    "greentic:provider-core/schema-core-api@1.0.0",
];
const IDENTIFY: &str = "greentic:provider-instance-identity/instance-identity-api@0.1.0";
const DESCRIBE_IDENTIFY: &str =
    "greentic:provider-instance-identity/instance-identity-describe-api@0.1.0";

impl Table {
    pub(super) fn new(pre: &InstancePre<CallState>) -> Result<Self, WasmError> {
        Ok(Self {
            node: node(pre)?,
            provider: provider(pre)?,
            identify: function::<(&[u8],), (Option<String>,)>(pre, IDENTIFY, "identify-instance")?,
            describe_identify: function::<(), (Option<Vec<u8>>,)>(
                pre,
                DESCRIBE_IDENTIFY,
                "describe-identify-instance",
            )?,
        })
    }

    pub(super) fn exports(&self) -> Exports {
        Exports {
            node: self.node.as_ref().map(|node| match node {
                NodeExport::Node060(_) => NodeAbi::Node060,
                NodeExport::Runtime060(_) => NodeAbi::Runtime060,
            }),
            provider: self.provider.is_some(),
            identify_instance: self.identify.is_some(),
            describe_identify_instance: self.describe_identify.is_some(),
        }
    }
}

fn node(pre: &InstancePre<CallState>) -> Result<Option<NodeExport>, WasmError> {
    if let Some(invoke) = function::<NodeParams<'_>, NodeAnswer>(pre, NODE_060, "invoke")? {
        return Ok(Some(NodeExport::Node060(invoke)));
    }
    let run = function::<RunParams<'_>, RunAnswer>(pre, RUNTIME_060, "run")?;
    Ok(run.map(NodeExport::Runtime060))
}

fn provider(pre: &InstancePre<CallState>) -> Result<Option<ProviderExports>, WasmError> {
    for interface in PROVIDER {
        let exports = (
            function::<(), BytesAnswer>(pre, interface, "describe")?,
            function::<(&[u8],), BytesAnswer>(pre, interface, "validate-config")?,
            function::<(), BytesAnswer>(pre, interface, "healthcheck")?,
            function::<OpParams<'_>, BytesAnswer>(pre, interface, "invoke")?,
        );
        if let (Some(describe), Some(validate_config), Some(healthcheck), Some(invoke)) = exports {
            return Ok(Some(ProviderExports { describe, validate_config, healthcheck, invoke }));
        }
    }
    Ok(None)
}

/// Finds a function and checks its shape, so that calling it cannot fail by its shape.
fn function<P, R>(
    pre: &InstancePre<CallState>,
    interface: &'static str,
    name: &'static str,
) -> Result<Option<ComponentExportIndex>, WasmError>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let component = pre.component();
    let Some(instance) = component.get_export_index(None, interface) else { return Ok(None) };
    let Some((item, index)) = component.get_export(Some(&instance), name) else { return Ok(None) };
    let mismatch = |reason: String| WasmError::Export { interface, function: name, reason };
    let ComponentItem::ComponentFunc(function) = item else {
        return Err(mismatch("it is not a function".to_owned()));
    };
    function.typecheck::<P, R>(&pre.instance_type()).map_err(|error| mismatch(reason(&error)))?;
    Ok(Some(index))
}
