//! The engine's settings, and what it keeps ready for the next call.

use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel,
    PoolingAllocationConfig,
};

use super::error::reason;
use super::{EngineConfig, WasmError};

/// Bytes of a guest's call stack.
const GUEST_STACK: usize = 512 * 1024;
/// Bytes of the stack that a call runs on: the guest's, and the host functions' that it calls.
const CALL_STACK: usize = 2 * 1024 * 1024;
/// Bytes of memory that stay with a slot between calls: clearing them is cheaper than giving them
/// back and faulting them in again.
const MEMORY_KEPT: usize = 1024 * 1024;
/// Bytes of the stack that stay with a slot.
const STACK_KEPT: usize = 64 * 1024;
/// Core instances of one component: its module, adapters and shims.
const CORE_INSTANCES: u32 = 24;
/// Tables of one component.
const TABLES: u32 = 12;
/// Memories of one component.
const MEMORIES: u32 = 4;
/// Elements of one table, at most.
const TABLE_ELEMENTS: usize = 100_000;

/// An engine, and whether it keeps slots ready for calls.
pub(super) struct Built {
    pub(super) engine: Engine,
    pub(super) is_pooled: bool,
}

/// Builds the engine: with ready slots, or without them where the machine does not give the address
/// space.
pub(super) fn engine(settings: &EngineConfig) -> Result<Built, WasmError> {
    let mut config = base(settings)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(slots(settings)));
    match Engine::new(&config) {
        Ok(engine) => Ok(Built { engine, is_pooled: true }),
        Err(refused) => {
            tracing::warn!(
                reason = reason(&refused),
                max_calls = settings.max_calls,
                "no address space for ready slots, so each call of a component is slower; \
                 raise the limit of virtual memory, or lower the calls at a time"
            );
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            let engine = Engine::new(&config)
                .map_err(|error| WasmError::Engine { reason: reason(&error) })?;
            Ok(Built { engine, is_pooled: false })
        }
    }
}

fn base(settings: &EngineConfig) -> Result<Config, WasmError> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(CALL_STACK);
    config.cache(cache(settings)?);
    Ok(config)
}

fn cache(settings: &EngineConfig) -> Result<Option<Cache>, WasmError> {
    let Some(folder) = &settings.cache else { return Ok(None) };
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).map(Some).map_err(|error| WasmError::Cache {
        folder: folder.display().to_string(),
        reason: reason(&error),
    })
}

fn slots(settings: &EngineConfig) -> PoolingAllocationConfig {
    let calls = settings.max_calls.max(1);
    let mut slots = PoolingAllocationConfig::new();
    slots
        .total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(calls.saturating_mul(2))
        .max_memories_per_component(MEMORIES)
        .max_memory_size(settings.max_memory)
        .linear_memory_keep_resident(MEMORY_KEPT)
        .total_tables(calls.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .table_keep_resident(STACK_KEPT)
        .total_stacks(calls)
        .async_stack_keep_resident(STACK_KEPT)
        .pagemap_scan(Enabled::Auto);
    slots
}
