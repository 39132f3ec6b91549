//! Brings a message to the revision that answers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greentic_deploy_spec::{DeploymentId, RevisionId, with_causes};
use greentic_env_pack::PortError;
use greentic_runner_host::{
    Activity, FlowError, HeldTurn, HostError, RunnerHost, RuntimeError, TurnError, TurnQueue,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::http::ApiError;
use crate::metrics::Metrics;
use crate::serving::{Deployment, Loaded, Running};
use crate::to_its_end::{End, Ender, ToItsEnd};

/// A message for a deployment.
pub(crate) struct Message {
    pub(crate) deployment: Arc<Deployment>,
    /// The key that the slot table is asked with; it names the conversation.
    pub(crate) key: Arc<str>,
    /// A revision that may hold the conversation: it is asked first.
    pub(crate) hint: Option<RevisionId>,
    /// Whether the conversation can have begun already.
    pub(crate) age: Age,
    pub(crate) activity: Activity,
}

/// Whether a conversation can have begun already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Its key was made for this message.
    New,
    /// It may be parked somewhere.
    MayBeParked,
}

/// What a worker answered.
pub(crate) struct Answer {
    pub(crate) said: Vec<Activity>,
}

/// More turns never run at a time, whatever the limits say.
const MOST_TURNS: u32 = 1_000_000;

type Conversation = (DeploymentId, Arc<str>);

/// The turns that run.
#[derive(Debug)]
pub(crate) struct Turns {
    host: Arc<RunnerHost>,
    /// Room for turns that run.
    room: Arc<Semaphore>,
    /// Room for messages that wait for earlier ones of their conversation.
    waiting: Semaphore,
    limit: u32,
    queue: TurnQueue<Conversation>,
    patience: Duration,
    conversations: Arc<Conversations>,
    ender: Ender,
}

/// On which revision each conversation has turns running, and how many.
#[derive(Debug, Default)]
struct Conversations(Mutex<HashMap<Conversation, (Arc<Loaded>, usize)>>);

/// A message that is answered, or waits for earlier ones of its conversation, until this is dropped.
struct Turn {
    running: Running,
    conversation: Option<Conversation>,
    conversations: Arc<Conversations>,
}

/// What a turn holds while it runs.
struct Held {
    // Given back first: who comes next in the conversation needs room, too.
    _room: OwnedSemaphorePermit,
    _now: Option<HeldTurn<Conversation>>,
}

impl Turns {
    /// So many turns run at a time, and as many messages wait for earlier ones of their conversation,
    /// each of them at most so long.
    pub(crate) fn new(host: Arc<RunnerHost>, limit: usize, patience: Duration) -> Self {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).clamp(1, MOST_TURNS);
        Self {
            host,
            room: Arc::new(Semaphore::new(limit as usize)),
            waiting: Semaphore::new(limit as usize),
            limit,
            queue: TurnQueue::default(),
            patience,
            conversations: Arc::default(),
            ender: Ender::new(),
        }
    }

    /// Waits for the turns that run and for those that wait for them, at most so long. No others begin
    /// afterwards, and what nobody waits for ends then wherever it is.
    pub(crate) async fn finish(&self, deadline: Instant) {
        // Whoever waits has room before they wait no more.
        let all = async {
            (self.waiting.acquire_many(self.limit).await, self.room.acquire_many(self.limit).await)
        };
        let all = tokio::time::timeout_at(deadline, all).await;
        self.room.close();
        self.ender.now();
        drop(all);
    }

    /// When what goes on without anybody who waits for it has to end.
    pub(crate) fn end(&self) -> End {
        self.ender.end()
    }

    /// Answers a message. The turn goes on to its end when nobody waits for the answer any more.
    ///
    /// A conversation stays where it waits, or where an earlier message of it is being answered; any
    /// other one goes where the slot table says.
    pub(crate) async fn answer(
        &self,
        metrics: &Arc<Metrics>,
        message: Message,
    ) -> Result<Answer, ApiError> {
        let turn = self.begin(&message).await?;
        let held = self.hold(&message, &turn).await?;
        let (host, metrics) = (Arc::clone(&self.host), Arc::clone(metrics));
        let deployment_id = message.deployment.deployment_id;
        let revision_id = turn.running.revision().revision_id();
        let said = async move {
            let began = Instant::now();
            let runtime = &turn.running.revision().runtime;
            let said = host.answer_with(runtime, message.activity).await;
            metrics.turn(deployment_id, began.elapsed(), said.is_ok());
            drop(turn);
            drop(held);
            said
        };
        let said = ToItsEnd::new(said, self.end());
        let said = said.await.map_err(|_| ApiError::internal("the turn was cut off"))?;
        let whose = Whose { deployment: &message.deployment, revision_id: Some(revision_id) };
        said.map(|said| Answer { said }).map_err(|error| whose.refused(&error))
    }

    /// Waits until it is the turn of a message. Only then it takes room: of a conversation one message at
    /// a time does, however many are sent.
    async fn hold(&self, message: &Message, turn: &Turn) -> Result<Held, ApiError> {
        let Some(conversation) = &turn.conversation else {
            return Ok(Held { _room: self.room()?, _now: None });
        };
        if let Some(now) = self.queue.turn_at_once(conversation) {
            return Ok(Held { _room: self.room()?, _now: Some(now) });
        }
        let waiting = self.waiting.try_acquire();
        let _waiting = waiting.map_err(|_| ApiError::busy("too many messages wait for others"))?;
        let now = self.queue.turn(conversation, self.patience).await;
        let whose = Whose { deployment: &message.deployment, revision_id: None };
        let now = now.map_err(|error| whose.refused(&error.into()))?;
        Ok(Held { _room: self.room()?, _now: Some(now) })
    }

    fn room(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        room.map_err(|_| ApiError::busy("too many messages are being answered"))
    }

    async fn begin(&self, message: &Message) -> Result<Turn, ApiError> {
        let conversations = Arc::clone(&self.conversations);
        if message.age == Age::New {
            let running = chosen(&message.deployment, &message.key)?.begin();
            return Ok(Turn { running, conversation: None, conversations });
        }
        let conversation = (message.deployment.deployment_id, Arc::clone(&message.key));
        let running = match conversations.join(&conversation) {
            Some(running) => running,
            None => {
                let holder = holder(message).await?;
                let found = match holder {
                    Some(holder) => holder,
                    None => chosen(&message.deployment, &message.key)?,
                };
                conversations.begin(&conversation, found)
            }
        };
        Ok(Turn { running, conversation: Some(conversation), conversations })
    }
}

impl Conversations {
    /// Begins a turn where one of the same conversation runs.
    fn join(&self, conversation: &Conversation) -> Option<Running> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (loaded, count) = all.get_mut(conversation)?;
        *count += 1;
        Some(loaded.begin())
    }

    /// Begins a turn on a revision, or where another message of the conversation was quicker.
    fn begin(&self, conversation: &Conversation, loaded: &Arc<Loaded>) -> Running {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || (Arc::clone(loaded), 0);
        let (loaded, count) = all.entry(conversation.clone()).or_insert_with(first);
        *count += 1;
        loaded.begin()
    }

    fn end(&self, conversation: &Conversation) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = all.get_mut(conversation) {
            *count -= 1;
            if *count == 0 {
                all.remove(conversation);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(conversation) = &self.conversation {
            self.conversations.end(conversation);
        }
    }
}

/// The revision on which the conversation waits; none when it waits nowhere.
async fn holder(message: &Message) -> Result<Option<&Arc<Loaded>>, ApiError> {
    let loaded = &message.deployment.loaded;
    // With one revision there is nothing to decide.
    if loaded.len() < 2 {
        return Ok(None);
    }
    let is_hinted = |one: &&Arc<Loaded>| Some(one.revision_id()) == message.hint;
    let first = loaded.iter().filter(is_hinted);
    let others = loaded.iter().filter(|one| !is_hinted(one));
    for one in first.chain(others) {
        let parked = one.runtime.is_parked(&message.activity).await;
        let whose = Whose { deployment: &message.deployment, revision_id: Some(one.revision_id()) };
        if parked.map_err(|error| whose.refused(&TurnError::from(error).into()))? {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

fn chosen<'d>(deployment: &'d Deployment, key: &str) -> Result<&'d Arc<Loaded>, ApiError> {
    let choice = deployment.choice.as_ref();
    choice.map(|choice| choice.choose(key)).ok_or_else(|| match deployment.obstacle {
        Some(_) => ApiError::unavailable("revision-not-loaded", "this worker cannot answer now"),
        None => ApiError::no_split(),
    })
}

/// Whose turn it is.
struct Whose<'m> {
    deployment: &'m Deployment,
    /// None when nothing was asked of it yet.
    revision_id: Option<RevisionId>,
}

impl Whose<'_> {
    /// What whoever sent the message is told. What went wrong inside is for the log.
    fn refused(&self, error: &HostError) -> ApiError {
        let code = error.code();
        match error {
            HostError::Turn(
                TurnError::Late { .. } | TurnError::Crowded | TurnError::HeldElsewhere,
            ) => ApiError::busy("earlier messages of this conversation are still being answered")
                .with_code(code),
            HostError::Turn(TurnError::Deadline { .. }) => {
                ApiError::timeout("the worker took too long to answer").with_code(code)
            }
            HostError::Runtime(RuntimeError::RevisionNotLoaded { .. }) => {
                ApiError::unavailable(code, "this worker cannot answer now")
            }
            error => {
                let bundle_id = self.deployment.bundle_id.as_str();
                let revision_id = self.revision_id.map(tracing::field::display);
                let error_text = with_causes(error);
                tracing::warn!(bundle_id, revision_id, code, error = error_text, "a turn failed");
                if is_full(error) { ApiError::full(code) } else { ApiError::worker_failed(code) }
            }
        }
    }
}

/// Whether there is no room for what would be kept.
fn is_full(error: &HostError) -> bool {
    let port = match error {
        HostError::Turn(TurnError::Sessions(port)) => port,
        HostError::Turn(TurnError::Flow(error)) => match error.reason() {
            FlowError::Port(port) => &**port,
            _ => return false,
        },
        _ => return false,
    };
    matches!(port, PortError::Full { .. } | PortError::NoSpace { .. })
}
