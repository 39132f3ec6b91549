use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Linker;

use super::component::{Component, Linked};
use super::store::CallState;
use super::ticker::Ticker;
use super::turns::Turns;
use super::{EngineConfig, WasmError, imports, pool};

/// Bytes of one component.
const MAX_COMPONENT: usize = 64 * 1024 * 1024;

/// Compiles components and bounds their calls. One for the process.
pub struct WasmEngine {
    engine: Engine,
    is_pooled: bool,
    linker: Linker<CallState>,
    components: Mutex<HashMap<[u8; 32], Arc<Shelf>>>,
    turns: Turns,
    _ticker: Ticker,
}

/// Where one component is, as long as somebody uses it. Locked while it is compiled.
type Shelf = Mutex<Weak<Linked>>;

impl Debug for WasmEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmEngine")
            .field("is_pooled", &self.is_pooled)
            .field("free_turns", &self.turns.free())
            .finish_non_exhaustive()
    }
}

impl WasmEngine {
    /// Sets the engine up. A thread interrupts its guests; it ends with the engine.
    ///
    /// Where the machine does not give the address space for slots that are kept ready, calls work
    /// without them and are slower; [`WasmEngine::is_pooled`] tells.
    ///
    /// # Errors
    /// [`WasmError`] when the engine cannot work here, or the cache cannot be used.
    pub fn new(config: &EngineConfig) -> Result<Arc<Self>, WasmError> {
        let pool::Built { engine, is_pooled } = pool::engine(config)?;
        let linker = imports::linker(&engine)
            .map_err(|error| WasmError::Engine { reason: super::error::reason(&error) })?;
        Ok(Arc::new(Self {
            _ticker: Ticker::start(&engine, config.tick)?,
            is_pooled,
            linker,
            components: Mutex::default(),
            turns: Turns::new(config),
            engine,
        }))
    }

    /// Whether slots for calls are kept ready.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Calls that could start now without waiting, were they of different tenants.
    #[must_use]
    pub fn free_turns(&self) -> usize {
        self.turns.free()
    }

    /// Compiles and links a component. Takes its time and blocks: run it where blocking is allowed.
    ///
    /// The same bytes are compiled once, also when several callers load them at once, and stay
    /// compiled as long as somebody has the component.
    ///
    /// # Errors
    /// [`WasmError`] when the bytes are no component, or one that does not fit this host.
    pub fn load(self: &Arc<Self>, bytes: &[u8]) -> Result<Component, WasmError> {
        if bytes.len() > MAX_COMPONENT {
            return Err(WasmError::TooLarge { actual: bytes.len(), limit: MAX_COMPONENT });
        }
        let shelf = self.shelf(Sha256::digest(bytes).into());
        let mut place = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let linked = match place.upgrade() {
            Some(linked) => linked,
            None => {
                let linked = Arc::new(Linked::new(&self.engine, &self.linker, bytes)?);
                *place = Arc::downgrade(&linked);
                linked
            }
        };
        Ok(Component::new(Arc::clone(self), linked))
    }

    fn shelf(&self, digest: [u8; 32]) -> Arc<Shelf> {
        let mut components = self.components.lock().unwrap_or_else(PoisonError::into_inner);
        // A shelf that nobody else holds is not being compiled, and when it is empty it is not used.
        components.retain(|_, shelf| {
            Arc::strong_count(shelf) > 1
                || shelf.try_lock().is_ok_and(|place| place.strong_count() > 0)
        });
        Arc::clone(components.entry(digest).or_default())
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }
}
