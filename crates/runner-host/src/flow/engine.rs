//! Goes from node to node.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;

use greentic_pack_format::{Flow, Node};
use serde_json::{Value, json};

use super::context::StateContext;
use super::control::{self, Control};
use super::nodes::{Kind, Work};
use super::route::{self, Step};
use super::state::FlowState;
use super::world::Place;
use super::{FlowError, FlowSnapshot, MappingProblem, RetryPolicy, World, template};

/// What bounds one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowLimits {
    /// Nodes of one turn, those of called flows included.
    pub(crate) steps: u32,
    /// Flow calls inside of each other.
    pub(crate) depth: u32,
}

impl Default for FlowLimits {
    fn default() -> Self {
        Self { steps: 1_000, depth: 16 }
    }
}

/// What a turn came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The flow came to its end.
    Done(Value),
    /// The flow waits for the next message.
    Parked(Box<Parked>),
}

/// A flow that waits, and what it said before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parked {
    pub(crate) snapshot: FlowSnapshot,
    pub(crate) reason: Option<String>,
    pub(crate) answer: Value,
}

/// Runs the flows of one turn.
pub(crate) struct Engine<'w> {
    pub(crate) world: &'w dyn World,
    pub(crate) limits: FlowLimits,
    pub(crate) retry: RetryPolicy,
}

/// Where a turn is.
struct Cursor<'f> {
    pack_id: &'f str,
    /// The flow that the conversation began with.
    root: &'f str,
    flow: &'f Flow,
    node_id: String,
    depth: u32,
}

/// What a node leads to.
enum After {
    /// Where its routing says, by what it gave.
    Route,
    Jump {
        flow_id: String,
        node_id: Option<String>,
        payload: Value,
        limit: u64,
    },
    Answer(Value),
    Wait(Option<String>),
}

type Turn<'a> = Pin<Box<dyn Future<Output = Result<Outcome, FlowError>> + Send + 'a>>;

impl<'w> Engine<'w> {
    /// Runs a flow from its start.
    pub(crate) async fn begin(
        &self,
        pack_id: &str,
        flow_id: &str,
        entry: Value,
    ) -> Result<Outcome, FlowError> {
        let mut steps = 0;
        self.begin_at(pack_id, flow_id, entry, 0, &mut steps).await
    }

    /// Goes on with a flow that waited, with the message that it waited for.
    pub(crate) async fn resume(
        &self,
        snapshot: FlowSnapshot,
        entry: Value,
    ) -> Result<Outcome, FlowError> {
        let FlowSnapshot { pack_id, flow_id, next_flow, next_node, state } = snapshot;
        let flow = self.flow(&pack_id, next_flow.as_deref().unwrap_or(&flow_id))?;
        let cursor =
            Cursor { pack_id: &pack_id, root: &flow_id, flow, node_id: next_node, depth: 0 };
        self.run(cursor, state.resumed(entry)?, &mut 0).await
    }

    fn begin_at<'a>(
        &'a self,
        pack_id: &'a str,
        flow_id: &'a str,
        entry: Value,
        depth: u32,
        steps: &'a mut u32,
    ) -> Turn<'a> {
        Box::pin(async move {
            let flow = self.flow(pack_id, flow_id)?;
            let node_id = start(flow)?;
            let cursor = Cursor { pack_id, root: flow_id, flow, node_id, depth };
            self.run(cursor, FlowState::new(entry)?, steps).await
        })
    }

    fn flow(&self, pack_id: &str, flow_id: &str) -> Result<&'w Flow, FlowError> {
        let unknown =
            || FlowError::UnknownFlow { pack_id: pack_id.to_owned(), flow_id: flow_id.to_owned() };
        self.world.flow(pack_id, flow_id).ok_or_else(unknown)
    }

    async fn run(
        &self,
        mut cursor: Cursor<'_>,
        mut state: FlowState,
        steps: &mut u32,
    ) -> Result<Outcome, FlowError> {
        loop {
            *steps += 1;
            if *steps > self.limits.steps {
                let (flow_id, limit) = (cursor.root.to_owned(), self.limits.steps);
                return Err(FlowError::StepLimit { flow_id, limit });
            }
            let flow = cursor.flow;
            let node = node(flow, &cursor.node_id)?;
            let next = self.advance(&mut cursor, node, state, steps).await;
            match next.map_err(|error| error.in_node(&flow.id, &node.id))? {
                ControlFlow::Break(outcome) => return Ok(outcome),
                ControlFlow::Continue(known) => state = known,
            }
        }
    }

    /// Lets one node do its work, and goes where it leads.
    async fn advance<'f>(
        &self,
        cursor: &mut Cursor<'f>,
        node: &'f Node,
        mut state: FlowState,
        steps: &mut u32,
    ) -> Result<ControlFlow<Outcome, FlowState>, FlowError>
    where
        'w: 'f,
    {
        match self.step(cursor, node, &mut state, steps).await? {
            After::Route => {
                let payload = state.given(&node.id);
                let output = route::Output { ok: true, payload, entry: &state.entry };
                match route::choose(&node.routing, &output)? {
                    Step::To(next) => cursor.node_id = next,
                    Step::End => return Ok(ControlFlow::Break(Outcome::Done(state.into_answer()))),
                    Step::WaitHere => {
                        let reason = format!("awaiting user submit at node `{}`", node.id);
                        let here = node.id.clone();
                        return Ok(ControlFlow::Break(park(cursor, state, here, Some(reason))));
                    }
                }
            }
            After::Wait(reason) => {
                let next = way_on(node, &state)?;
                return Ok(ControlFlow::Break(park(cursor, state, next, reason)));
            }
            After::Jump { flow_id, node_id, payload, limit } => {
                self.jump(cursor, &mut state, (flow_id, node_id), payload, limit)?;
            }
            After::Answer(answer) => {
                state.say(answer)?;
                state.last_output = None;
                return Ok(ControlFlow::Break(Outcome::Done(state.into_answer())));
            }
        }
        Ok(ControlFlow::Continue(state))
    }

    /// Lets one node do its work.
    async fn step(
        &self,
        cursor: &Cursor<'_>,
        node: &Node,
        state: &mut FlowState,
        steps: &mut u32,
    ) -> Result<After, FlowError> {
        let place = Place { pack_id: cursor.pack_id, flow_id: &cursor.flow.id, node_id: &node.id };
        let mut work = Work {
            world: self.world,
            place,
            retry: self.retry,
            operation: node.component.operation.as_deref(),
            mapping: template::fill(
                &node.input.mapping,
                &StateContext::of(state),
                self.world.templates(),
            )?,
        };
        let payload = match Kind::of(&node.component.id) {
            Kind::Wait => {
                let waited = json!({ "reason": work.wait_reason() });
                // What was said before the wait is what the turn answers.
                state.put(&node.id, waited)?;
                return Ok(After::Wait(work.wait_reason()));
            }
            Kind::Exec => work.exec().await?,
            Kind::Component(id) => work.component(id).await?,
            Kind::Provider => work.provider().await?,
            Kind::Call => self.call(cursor, &work, steps).await?,
            Kind::StateGet => work.state_get().await?,
            Kind::StateSet => work.state_set().await?,
            Kind::Emit => {
                state.say(work.said())?;
                // It is said already; it is not the answer, too.
                state.put(&node.id, work.said())?;
                state.last_output = None;
                return Ok(After::Route);
            }
        };
        let control = control::read(&payload)?;
        state.record(&node.id, payload)?;
        Ok(match control {
            None => After::Route,
            Some(Control::Respond(answer)) => After::Answer(answer),
            Some(Control::Jump { flow_id, node_id, payload, limit }) => {
                After::Jump { flow_id, node_id, payload, limit }
            }
        })
    }

    /// Runs another flow of the pack to its end.
    async fn call(
        &self,
        cursor: &Cursor<'_>,
        work: &Work<'_>,
        steps: &mut u32,
    ) -> Result<Value, FlowError> {
        let (flow_id, input) = work.called()?;
        let depth = cursor.depth + 1;
        if depth > self.limits.depth {
            return Err(FlowError::CallDepth { limit: self.limits.depth });
        }
        match self.begin_at(cursor.pack_id, &flow_id, input, depth, steps).await? {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Parked(_) => Err(FlowError::CalledFlowWaits { flow_id }),
        }
    }

    fn jump<'f>(
        &self,
        cursor: &mut Cursor<'f>,
        state: &mut FlowState,
        (flow_id, node_id): (String, Option<String>),
        payload: Value,
        limit: u64,
    ) -> Result<(), FlowError>
    where
        'w: 'f,
    {
        state.redirect_count += 1;
        if state.redirect_count > limit {
            return Err(FlowError::RedirectLimit { limit });
        }
        let refused = |reason: String| FlowError::Jump { reason };
        let flow = self.world.flow(cursor.pack_id, &flow_id);
        let flow = flow.ok_or_else(|| refused(format!("unknown_flow:{flow_id}")))?;
        cursor.node_id = match node_id {
            Some(id) if flow.node(&id).is_none() => {
                return Err(refused(format!("unknown_node:{id}")));
            }
            Some(id) => id,
            None => start(flow)?,
        };
        cursor.flow = flow;
        if !payload.is_null() {
            state.entry = payload.clone();
            state.input = payload;
        }
        Ok(())
    }
}

fn start(flow: &Flow) -> Result<String, FlowError> {
    let start = flow.start().map(|node| node.id.clone());
    start.ok_or_else(|| FlowError::NoStart { flow_id: flow.id.clone() })
}

fn node<'f>(flow: &'f Flow, node_id: &str) -> Result<&'f Node, FlowError> {
    let unknown =
        || FlowError::UnknownNode { flow_id: flow.id.clone(), node_id: node_id.to_owned() };
    flow.node(node_id).ok_or_else(unknown)
}

/// Where a flow goes on once somebody answered.
fn way_on(node: &Node, state: &FlowState) -> Result<String, FlowError> {
    let payload = state.last_output.clone().unwrap_or(Value::Null);
    let output = route::Output { ok: true, payload: &payload, entry: &state.entry };
    match route::choose(&node.routing, &output)? {
        Step::To(next) => Ok(next),
        Step::End | Step::WaitHere => Err(MappingProblem::NoWayOn.into()),
    }
}

fn park(
    cursor: &Cursor<'_>,
    mut state: FlowState,
    next_node: String,
    reason: Option<String>,
) -> Outcome {
    let answer = state.answer();
    let elsewhere = cursor.flow.id != cursor.root;
    let snapshot = FlowSnapshot {
        pack_id: cursor.pack_id.to_owned(),
        flow_id: cursor.root.to_owned(),
        next_flow: elsewhere.then(|| cursor.flow.id.clone()),
        next_node,
        state,
    };
    Outcome::Parked(Box::new(Parked { snapshot, reason, answer }))
}
