//! What each kind of node does.

use serde_json::{Value, json};

use super::mapping::{self, Parts, apply_map, first, first_text};
use super::world::{Place, ProviderCall};
use super::{FlowError, MappingProblem, RetryPolicy, World, card};
use crate::wasm::{CallError, Input, Invocation};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// Runs the component that its mapping names.
    Exec,
    /// Runs the component that it is named by.
    Component(&'a str),
    /// Runs another flow of the pack and goes on with what that answers.
    Call,
    /// Lets a provider do something.
    Provider,
    /// Says something before the answer.
    Emit,
    StateGet,
    StateSet,
    /// Waits for the next message.
    Wait,
}

impl<'a> Kind<'a> {
    pub(super) fn of(component_id: &'a str) -> Self {
        match component_id {
            "component.exec" => Self::Exec,
            "flow.call" => Self::Call,
            "provider.invoke" => Self::Provider,
            "state.get" => Self::StateGet,
            "state.set" => Self::StateSet,
            "session.wait" => Self::Wait,
            id if id.starts_with("emit.") => Self::Emit,
            id => Self::Component(id),
        }
    }
}

/// One node at work.
pub(super) struct Work<'a> {
    pub(super) world: &'a dyn World,
    pub(super) place: Place<'a>,
    pub(super) retry: RetryPolicy,
    /// The operation that the node itself names.
    pub(super) operation: Option<&'a str>,
    /// Its mapping, filled.
    pub(super) mapping: Value,
}

impl Work<'_> {
    pub(super) async fn before_effect(&self) -> Result<(), FlowError> {
        self.world.before_effect().await.map_err(port)
    }

    /// Runs the component that the mapping names, with what the mapping says: it is taken.
    pub(super) async fn exec(&mut self) -> Result<Value, FlowError> {
        let mut parts = mapping::of_exec(self.mapping.take());
        let component = parts.component.take();
        let component = component.ok_or(MappingProblem::NoComponent)?;
        let operation = self.operation.map(str::to_owned).or(parts.operation.take());
        let operation = operation.ok_or(MappingProblem::NoOperation)?;
        if !self.world.has_component(self.place.pack_id, &component) {
            return Err(MappingProblem::UnknownComponent { component }.into());
        }
        self.run(&component, Some(operation), parts).await
    }

    /// Runs the component that the node is named by, with its mapping: it is taken.
    pub(super) async fn component(&mut self, id: &str) -> Result<Value, FlowError> {
        let mut parts = mapping::of_component(self.mapping.take());
        let named = self.operation.map(str::to_owned).or(parts.operation.take());
        let has = |component: &str| self.world.has_component(self.place.pack_id, component);
        // `component.operation` in one name, unless a component has the whole name.
        let (component, operation) = match id.rsplit_once('.') {
            Some((component, last)) if !has(id) && has(component) => {
                (component, named.or_else(|| Some(last.to_owned())))
            }
            _ => (id, named),
        };
        if !has(component) {
            let component = component.to_owned();
            return Err(MappingProblem::UnknownComponent { component }.into());
        }
        self.run(component, operation, parts).await
    }

    async fn run(
        &self,
        component: &str,
        operation: Option<String>,
        parts: Parts,
    ) -> Result<Value, FlowError> {
        let input = if card::is_card(&parts.input) || has_card_defaults(parts.config.as_ref()) {
            let asset = |path: &str| self.world.asset(self.place.pack_id, path);
            Input::Raw(card::resolve(parts.input, parts.config.as_ref(), asset)?)
        } else {
            Input::Wrapped { payload: parts.payload(), metadata: Value::Null }
        };
        let invocation = Invocation {
            operation: operation.unwrap_or_default(),
            input,
            flow_id: self.place.flow_id.to_owned(),
            node_id: Some(self.place.node_id.to_owned()),
            component_id: component.to_owned(),
        };
        self.before_effect().await?;
        let mut attempt = 1;
        loop {
            let answer = self.world.invoke(self.place.pack_id, &invocation).await;
            match answer.and_then(accepted) {
                Ok(answer) => return Ok(answer),
                Err(error) => self.pause_or_fail(&mut attempt, error).await?,
            }
        }
    }

    async fn pause_or_fail(&self, attempt: &mut u32, error: CallError) -> Result<(), FlowError> {
        let seed = (self.place.flow_id, self.place.node_id);
        let Some(pause) = self.retry.pause_after(*attempt, &error, seed) else {
            return Err(Box::new(error).into());
        };
        *attempt += 1;
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Lets a provider do something.
    pub(super) async fn provider(&self) -> Result<Value, FlowError> {
        let input = first(&self.mapping, &["input"]).cloned().unwrap_or(Value::Null);
        let mapped = |map: &str, source: Value| -> Result<Value, FlowError> {
            let Some(map) = self.mapping.get(map).filter(|map| !map.is_null()) else {
                return Ok(source);
            };
            Ok(apply_map(map, &source)?)
        };
        let operation = self.operation.map(str::to_owned);
        let operation = operation.or_else(|| first_text(&self.mapping, &["op", "operation"]));
        let call = ProviderCall {
            provider_id: first_text(&self.mapping, &["provider_id"]),
            provider_type: first_text(&self.mapping, &["provider_type"]),
            operation: operation.ok_or(MappingProblem::NoOperation)?,
            input: mapped("in_map", input)?,
        };
        self.before_effect().await?;
        let mut attempt = 1;
        loop {
            let answer = self.world.invoke_provider(self.place, &call).await;
            match answer.map_err(Box::new)?.and_then(accepted) {
                Ok(answer) => return mapped("out_map", answer),
                Err(error) => self.pause_or_fail(&mut attempt, error).await?,
            }
        }
    }

    /// What is said before the answer.
    pub(super) fn said(&self) -> Value {
        first(&self.mapping, &["input", "payload"]).unwrap_or(&self.mapping).clone()
    }

    fn key(&self) -> Result<String, MappingProblem> {
        first_text(&self.mapping, &["key"]).ok_or(MappingProblem::NoKey)
    }

    pub(super) async fn state_get(&self) -> Result<Value, FlowError> {
        let key = self.key()?;
        let value = self.world.state_get(&key).await.map_err(port)?;
        let found = value.is_some();
        Ok(json!({ "key": key, "value": value.unwrap_or(Value::Null), "found": found }))
    }

    pub(super) async fn state_set(&self) -> Result<Value, FlowError> {
        let key = self.key()?;
        let value = self.mapping.get("value").cloned().unwrap_or(Value::Null);
        self.before_effect().await?;
        self.world.state_set(&key, &value).await.map_err(port)?;
        Ok(json!({ "key": key, "value": value }))
    }

    /// Why a flow waits.
    pub(super) fn wait_reason(&self) -> Option<String> {
        let reason = self.mapping.as_str().map(str::to_owned);
        reason.or_else(|| first_text(&self.mapping, &["reason"]))
    }

    /// The flow that is called, and what it is called with.
    pub(super) fn called(&self) -> Result<(String, Value), MappingProblem> {
        let flow = first_text(&self.mapping, &["flow_id", "flow"]);
        let flow = flow.ok_or(MappingProblem::NoFlow)?;
        Ok((flow, self.mapping.get("input").cloned().unwrap_or(Value::Null)))
    }
}

fn port(error: greentic_env_pack::PortError) -> FlowError {
    Box::new(error).into()
}

fn has_card_defaults(config: Option<&Value>) -> bool {
    let config = config.and_then(Value::as_object);
    config.is_some_and(|config| {
        config.contains_key("default_card_asset") || config.contains_key("default_card_inline")
    })
}

/// Characters of what a component says about its failure.
const MAX_MESSAGE: usize = 2_000;

/// An answer in which a component says that it failed is a failure.
fn accepted(answer: Value) -> Result<Value, CallError> {
    let says_no = answer.get("ok") == Some(&Value::Bool(false));
    let tool_failed =
        answer.get("error").is_some_and(|error| !error.is_null()) && answer.get("result").is_none();
    if !says_no && !tool_failed {
        return Ok(answer);
    }
    let error = answer.get("error").unwrap_or(&Value::Null);
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").unwrap_or_else(|| "COMPONENT_INVOCATION_FAILED".to_owned());
    let message = text("message").or_else(|| error.as_str().map(str::to_owned));
    let retryable = error.get("retryable") == Some(&Value::Bool(true));
    let message: String = message.unwrap_or_default().chars().take(MAX_MESSAGE).collect();
    Err(CallError::Guest { code, message, retryable, backoff: None })
}
