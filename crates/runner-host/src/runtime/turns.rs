//! Answers a message: one turn of a conversation.

use std::sync::Arc;
use std::time::Duration;

use greentic_env_pack::{PortError, SessionKey, TelemetryEvent, TurnEnd, WorkerName};
use serde_json::Value;
use tokio::time::Instant;

use super::TenantRuntime;
use super::flows::FlowName;
use super::world::TurnWorld;
use crate::Activity;
use crate::flow::{Engine, FlowError, FlowLimits, FlowSnapshot, Outcome, RetryPolicy};
use crate::turn::{Address, Envelope, Parking, Resumed, TurnError};

/// A hold on a conversation outlives the longest turn by this much.
const LEASE_BEYOND_TURN: Duration = Duration::from_secs(30);

impl TenantRuntime {
    /// Runs the flow that a message is for, from its start or from where it waits, and reports it.
    ///
    /// What is awaited holds of the message only what the turn needs.
    pub(crate) fn turn<'t>(
        &'t self,
        flow: &'t FlowName,
        activity: Activity,
    ) -> impl Future<Output = Result<Value, TurnError>> + Send + 't {
        let began = Instant::now();
        let FlowName { pack_id, flow_id } = flow;
        let named = activity.session_id.is_some();
        let envelope = self.envelope(pack_id, flow_id, activity);
        async move {
            let answer = self.answer(envelope, named).await;
            let end = match &answer {
                Ok(_) => TurnEnd::Answered,
                Err(error) => TurnEnd::Failed { code: error.code() },
            };
            let worker = WorkerName { pack: pack_id, ..self.names.worker.worker() };
            let event = TelemetryEvent::Turn { worker, flow: flow_id, end, took: began.elapsed() };
            self.ports.guest.telemetry.record(&event);
            answer
        }
    }

    async fn answer(&self, mut envelope: Envelope<'_>, named: bool) -> Result<Value, TurnError> {
        let payload = std::mem::take(&mut envelope.payload);
        let name: Arc<str> = envelope.parking_name().into();
        let patience = self.config.limits.patience;
        let _now = self.queue.turn(&name, patience).await?;
        let live = self.config.limits.parked;
        let parking = Parking::new(self.ports.sessions.clone(), &self.names.sessions, &name, live);
        let lease = self.config.limits.turn + LEASE_BEYOND_TURN;
        match parking.take(lease).await? {
            // Boxed, so that what begins does not carry the room for what goes on.
            Some(waited) => Box::pin(self.go_on(&envelope, payload, waited)).await,
            None => self.begin(&envelope, payload, &parking, named).await,
        }
    }

    /// Tells whether a conversation waits that an activity would go on with, also while a turn of
    /// it is running. False when no flow answers such an activity: then none waits for it.
    ///
    /// A conversation whose first turn is not over does not wait yet. Nothing is taken, and nobody
    /// waits for their turn.
    ///
    /// # Errors
    /// [`PortError`].
    pub async fn is_parked(&self, activity: &Activity) -> Result<bool, PortError> {
        if activity.is_response() {
            return Ok(false);
        }
        let Ok(flow) = self.flow_for(activity) else { return Ok(false) };
        let envelope = self.envelope(&flow.pack_id, &flow.flow_id, activity.address());
        let key = SessionKey::new(&self.names.sessions, envelope.parking_name());
        self.ports.sessions.is_parked(&key).await
    }

    /// How many of its conversations wait for their next message.
    ///
    /// # Errors
    /// [`PortError`].
    pub async fn parked_conversations(&self) -> Result<usize, PortError> {
        self.ports.sessions.count(&self.names.sessions).await
    }

    fn envelope<'a>(
        &'a self,
        pack_id: &'a str,
        flow_id: &'a str,
        activity: Activity,
    ) -> Envelope<'a> {
        Envelope::new(Address { tenant: &self.config.tenant, pack_id, flow_id }, activity)
    }

    async fn begin(
        &self,
        envelope: &Envelope<'_>,
        payload: Value,
        parking: &Parking,
        named: bool,
    ) -> Result<Value, TurnError> {
        let world = TurnWorld { runtime: self, envelope, resumed: None };
        let (pack, flow) = (envelope.pack_id, envelope.flow_id);
        let engine = self.flow_engine(&world);
        let outcome = self.bounded(engine.begin(pack, flow, payload)).await;
        match outcome {
            Ok(Outcome::Done(answer)) => Ok(answer),
            Ok(Outcome::Parked(parked)) => {
                parking.park(&parked.snapshot).await?;
                Ok(parked.answer)
            }
            // Whoever has a session is told in it.
            Err(TurnError::Flow(error)) if named => Ok(failure(flow, &error)),
            Err(error) => Err(error),
        }
    }

    async fn go_on(
        &self,
        envelope: &Envelope<'_>,
        payload: Value,
        (resumed, snapshot): (Resumed<'_>, FlowSnapshot),
    ) -> Result<Value, TurnError> {
        let outcome = {
            let world = TurnWorld { runtime: self, envelope, resumed: Some(&resumed) };
            if snapshot.pack_id != envelope.pack_id {
                let (expected, found) = (snapshot.pack_id, envelope.pack_id.to_owned());
                Err(FlowError::OtherPack { expected, found }.into())
            } else {
                let engine = self.flow_engine(&world);
                self.bounded(engine.resume(snapshot, payload)).await
            }
        };
        match outcome {
            Ok(Outcome::Done(answer)) => {
                resumed.clear().await?;
                Ok(answer)
            }
            Ok(Outcome::Parked(parked)) => {
                resumed.park_again(&parked.snapshot).await?;
                Ok(parked.answer)
            }
            Err(error) => {
                resumed.give_up().await?;
                Err(error)
            }
        }
    }

    fn flow_engine<'w>(&self, world: &'w TurnWorld<'_>) -> Engine<'w> {
        let retry = self.config.retry;
        Engine {
            world,
            limits: FlowLimits { steps: self.config.limits.steps, ..FlowLimits::default() },
            retry: RetryPolicy {
                max_attempts: retry.max_attempts,
                base_delay: Duration::from_millis(retry.base_delay_ms),
            },
        }
    }

    async fn bounded(
        &self,
        turn: impl Future<Output = Result<Outcome, FlowError>>,
    ) -> Result<Outcome, TurnError> {
        let limit = self.config.limits.turn;
        match tokio::time::timeout(limit, turn).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(TurnError::Deadline { limit }),
        }
    }
}

/// What a session is told when its flow failed.
fn failure(flow_id: &str, error: &FlowError) -> Value {
    serde_json::json!({ "metadata": {
        "error_kind": "flow_execution_failed",
        "error_message": greentic_deploy_spec::with_causes(error),
        "flow_id": flow_id,
    }})
}
