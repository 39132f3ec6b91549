//! The engine alone.

use greentic_runner_host::wasm::Invocation;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, InstancePre, Lift, Linker, Lower, ResourceTable,
};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    StoreLimits, StoreLimitsBuilder,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// An engine with the settings of the host's.
pub(crate) fn engine() -> Engine {
    const CALLS: u32 = 128;
    let mut slots = PoolingAllocationConfig::new();
    slots
        .total_component_instances(CALLS)
        .total_core_instances(CALLS * 24)
        .max_core_instances_per_component(24)
        .total_memories(CALLS * 2)
        .max_memories_per_component(4)
        .max_memory_size(512 << 20)
        .linear_memory_keep_resident(1 << 20)
        .total_tables(CALLS * 12)
        .max_tables_per_component(12)
        .table_elements(100_000)
        .table_keep_resident(64 << 10)
        .total_stacks(CALLS)
        .async_stack_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(512 << 10)
        .async_stack_size(2 << 20)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(slots));
    Engine::new(&config).expect("an engine")
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A linked component and its function.
pub(crate) struct Raw {
    pre: InstancePre<State>,
    invoke: ComponentExportIndex,
}

impl Raw {
    pub(crate) fn new(engine: &Engine, bytes: &[u8]) -> Self {
        let component = Component::new(engine, bytes).expect("a component");
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI");
        let node = component
            .get_export_index(None, "greentic:component/node@0.6.0")
            .expect("the interface");
        let invoke = component.get_export_index(Some(&node), "invoke").expect("the function");
        Self { pre: linker.instantiate_pre(&component).expect("a linked component"), invoke }
    }

    /// One call, in an instance of its own, with the payload and the answer as bytes.
    pub(crate) async fn call(&self, invocation: &Invocation, payload: &[u8]) -> Vec<u8> {
        let state = State {
            wasi: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new().memory_size(128 << 20).build(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1_000_000);
        let instance = self.pre.instantiate_async(&mut store).await.expect("an instance");
        let function = instance
            .get_typed_func::<(&str, Envelope<'_>), (Result<Answer, Failure>,)>(
                &mut store,
                &self.invoke,
            )
            .expect("the function");
        let envelope = Envelope::new(invocation, payload);
        let params = (invocation.operation.as_str(), envelope);
        let (answer,) = function.call_async(&mut store, params).await.expect("an answer");
        answer.ok().expect("an answer").output_cbor
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Envelope<'a> {
    ctx: Context<'a>,
    #[component(name = "flow-id")]
    flow_id: &'a str,
    #[component(name = "step-id")]
    step_id: &'a str,
    #[component(name = "component-id")]
    component_id: &'a str,
    attempt: u32,
    #[component(name = "payload-cbor")]
    payload_cbor: &'a [u8],
    #[component(name = "metadata-cbor")]
    metadata_cbor: Option<&'a [u8]>,
}

impl<'a> Envelope<'a> {
    fn new(invocation: &'a Invocation, payload_cbor: &'a [u8]) -> Self {
        Self {
            ctx: Context {
                tenant_id: "acme",
                team_id: None,
                user_id: None,
                env_id: "local",
                trace_id: "",
                correlation_id: "",
                deadline_ms: 30_000,
                attempt: 1,
                idempotency_key: None,
                i18n_id: "",
            },
            flow_id: &invocation.flow_id,
            step_id: invocation.node_id.as_deref().unwrap_or_default(),
            component_id: &invocation.component_id,
            attempt: 1,
            payload_cbor,
            metadata_cbor: None,
        }
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct Context<'a> {
    #[component(name = "tenant-id")]
    tenant_id: &'a str,
    #[component(name = "team-id")]
    team_id: Option<&'a str>,
    #[component(name = "user-id")]
    user_id: Option<&'a str>,
    #[component(name = "env-id")]
    env_id: &'a str,
    #[component(name = "trace-id")]
    trace_id: &'a str,
    #[component(name = "correlation-id")]
    correlation_id: &'a str,
    #[component(name = "deadline-ms")]
    deadline_ms: u64,
    attempt: u32,
    #[component(name = "idempotency-key")]
    idempotency_key: Option<&'a str>,
    #[component(name = "i18n-id")]
    i18n_id: &'a str,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Answer {
    #[component(name = "ok")]
    _ok: bool,
    #[component(name = "output-cbor")]
    output_cbor: Vec<u8>,
    #[component(name = "output-metadata-cbor")]
    _output_metadata_cbor: Option<Vec<u8>>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Failure {
    #[component(name = "code")]
    _code: String,
    #[component(name = "message")]
    _message: String,
    #[component(name = "retryable")]
    _retryable: bool,
    #[component(name = "backoff-ms")]
    _backoff_ms: Option<u64>,
    #[component(name = "details")]
    _details: Option<Vec<u8>>,
}
