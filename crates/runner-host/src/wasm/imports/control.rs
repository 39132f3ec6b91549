use std::time::Duration;

use tokio::time::Instant;

use crate::wasm::bindings::greentic::component::control;
use crate::wasm::store::CallState;

/// How long before its deadline a guest is told to end.
const GRACE: Duration = Duration::from_millis(250);

impl control::Host for CallState {
    async fn should_cancel(&mut self) -> wasmtime::Result<bool> {
        Ok(Instant::now() + GRACE >= self.deadline)
    }

    async fn yield_now(&mut self) -> wasmtime::Result<()> {
        tokio::task::yield_now().await;
        Ok(())
    }
}
