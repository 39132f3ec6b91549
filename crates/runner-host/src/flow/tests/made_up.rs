//! A world for flows in which every component is an echo.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use greentic_env_pack::PortError;
use greentic_pack_format::{Flow, Limits, compile_flow};
use serde_json::Value;
use tokio::runtime::Builder;

use crate::flow::engine::{Engine, FlowLimits, Outcome, Parked};
use crate::flow::{FlowError, FlowSnapshot, Place, ProviderCall, RetryPolicy, Templates, World};
use crate::provider::ProviderError;
use crate::wasm::{CallError, Input, Invocation};

pub(super) const PACK: &str = "pack";
pub(super) const RETRY: RetryPolicy =
    RetryPolicy { max_attempts: 3, base_delay: Duration::from_millis(100) };

/// Flows, and what happened while they ran.
#[derive(Default)]
pub(super) struct MadeUp {
    flows: Vec<Flow>,
    templates: Templates,
    state: Mutex<BTreeMap<String, Value>>,
    /// Each call and effect, in its order.
    log: Mutex<Vec<String>>,
    /// What the next calls say instead of answering.
    failures: Mutex<VecDeque<CallError>>,
    pub(super) limits: FlowLimits,
}

impl MadeUp {
    /// The flows of one pack; the first one is called `main`.
    pub(super) fn new(flows: &[&str]) -> Self {
        let compile = |source: &&str| {
            let flow = compile_flow("a.ygtc", source, &Limits::default());
            flow.unwrap_or_else(|error| panic!("{error}\n{source}")).flow
        };
        Self::with_flows(flows.iter().map(compile).collect(), FlowLimits::default())
    }

    /// A flow called `main` of these nodes, and others.
    pub(super) fn main(nodes: &str, others: &[&str]) -> Self {
        let main = format!("id: main\ntype: messaging\nnodes:\n{nodes}");
        Self::new(&[&[main.as_str()], others].concat())
    }

    pub(super) fn with_flows(flows: Vec<Flow>, limits: FlowLimits) -> Self {
        Self { templates: Templates::of(&flows), flows, limits, ..Self::default() }
    }

    pub(super) fn failing(self, failures: impl IntoIterator<Item = CallError>) -> Self {
        held(&self.failures).extend(failures);
        self
    }

    pub(super) fn log(&self) -> Vec<String> {
        held(&self.log).clone()
    }

    /// Runs `main` from its start.
    pub(super) fn begin(&self, entry: Value) -> Result<Outcome, FlowError> {
        run(self.engine().begin(PACK, "main", entry))
    }

    pub(super) fn resume(
        &self,
        snapshot: FlowSnapshot,
        entry: Value,
    ) -> Result<Outcome, FlowError> {
        run(self.engine().resume(snapshot, entry))
    }

    /// What `main` answers.
    #[track_caller]
    pub(super) fn answer(&self, entry: Value) -> Value {
        done(self.begin(entry))
    }

    /// The flow as it waits.
    #[track_caller]
    pub(super) fn parked(&self, entry: Value) -> Parked {
        parked(self.begin(entry))
    }

    fn engine(&self) -> Engine<'_> {
        Engine { world: self, limits: self.limits, retry: RETRY }
    }

    fn note(&self, what: String) {
        let mut log = held(&self.log);
        log.push(what);
        assert!(log.len() < 100_000, "it never ends");
    }

    fn answer_or_fail(&self, answer: Value) -> Result<Value, CallError> {
        held(&self.failures).pop_front().map_or(Ok(answer), Err)
    }
}

/// Runs to the end; pauses take no time.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

#[track_caller]
pub(super) fn done(outcome: Result<Outcome, FlowError>) -> Value {
    match outcome {
        Ok(Outcome::Done(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn parked(outcome: Result<Outcome, FlowError>) -> Parked {
    match outcome {
        Ok(Outcome::Parked(parked)) => *parked,
        other => panic!("{other:?}"),
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no test panicked with it")
}

#[async_trait]
impl World for MadeUp {
    fn flow(&self, _pack_id: &str, flow_id: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id == flow_id)
    }

    fn templates(&self) -> &Templates {
        &self.templates
    }

    fn has_component(&self, _pack_id: &str, component_id: &str) -> bool {
        ["echo", "com.echo", "echo.whole"].contains(&component_id)
    }

    fn asset(&self, _pack_id: &str, path: &str) -> Option<Arc<[u8]>> {
        (path == "card.json").then(|| Arc::from(&b"{\"body\":[]}"[..]))
    }

    async fn before_effect(&self) -> Result<(), PortError> {
        self.note("effect".to_owned());
        Ok(())
    }

    async fn invoke(&self, _pack_id: &str, invocation: &Invocation) -> Result<Value, CallError> {
        let Invocation { operation, input, flow_id, node_id, component_id } = invocation;
        let operation = if operation.is_empty() { "none" } else { operation };
        let node_id = node_id.as_deref().unwrap_or_default();
        self.note(format!("{flow_id}/{node_id} {component_id}.{operation}"));
        let (Input::Raw(payload) | Input::Wrapped { payload, .. }) = input;
        self.answer_or_fail(payload.clone())
    }

    async fn invoke_provider(
        &self,
        _place: Place<'_>,
        call: &ProviderCall,
    ) -> Result<Result<Value, CallError>, ProviderError> {
        self.note(format!("provider {}", call.operation));
        Ok(self.answer_or_fail(call.input.clone()))
    }

    async fn state_get(&self, key: &str) -> Result<Option<Value>, PortError> {
        self.note(format!("get {key}"));
        Ok(held(&self.state).get(key).cloned())
    }

    async fn state_set(&self, key: &str, value: &Value) -> Result<(), PortError> {
        self.note(format!("set {key}"));
        held(&self.state).insert(key.to_owned(), value.clone());
        Ok(())
    }
}
