//! One module for each noun, one struct for each verb.
//!
//! The fields of a verb's struct are its flags, the keys of its answers file and the properties of its
//! schema at once. A new verb is a variant of its noun's enum, a struct that is [`Run`], and an entry in
//! the tests' list of calls, which fail without one.

pub(crate) mod bundle;
pub(crate) mod bundles;
pub(crate) mod changes;
pub(crate) mod conformance;
pub(crate) mod deploy;
pub(crate) mod env;
pub(crate) mod files;
pub(crate) mod gateway;
pub(crate) mod operate;
pub(crate) mod pack;
pub(crate) mod revisions;
pub(crate) mod route;
pub(crate) mod summaries;
pub(crate) mod traffic;
pub(crate) mod trust_root;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers;
use crate::args::{Op, Top};
use crate::error::CliError;
use crate::output::{Answer, Name, View};
use crate::session::Session;

/// A verb with what it was given.
pub(crate) trait Run: Serialize + DeserializeOwned + JsonSchema {
    /// How envelopes call it.
    const NAME: Name;

    /// What it logs when nobody says a level. Nothing, unless somebody watches it run for long.
    const LOGS: Option<&'static str> = None;

    /// Does it.
    fn run(self, session: &Session) -> Result<Answer, CliError>;
}

/// A verb that is called.
pub(crate) trait Call {
    /// How envelopes call it.
    fn name(&self) -> Name;

    /// What it logs when nobody says a level.
    fn logs(&self) -> Option<&'static str>;

    /// Does it, or shows the schema of what it takes.
    fn run(self: Box<Self>, session: &Session) -> Result<Answer, CliError>;
}

impl<V: Run> Call for V {
    fn name(&self) -> Name {
        V::NAME
    }

    fn logs(&self) -> Option<&'static str> {
        V::LOGS
    }

    fn run(self: Box<Self>, session: &Session) -> Result<Answer, CliError> {
        let global = session.global();
        if global.schema {
            let result = answers::schema::<V>();
            let view = View::new().text(format!("{result:#}"));
            return Ok(Answer { result, view, failure: None, is_told: false });
        }
        let verb = match &global.answers {
            Some(path) => answers::merged(self.as_ref(), path)?,
            None => *self,
        };
        Run::run(verb, session)
    }
}

/// The verb that was asked for.
pub(crate) fn call(command: Top) -> Box<dyn Call> {
    match command {
        Top::Up(verb) => Box::new(verb),
        Top::Serve(verb) => Box::new(verb),
        Top::Op { noun } => op(noun),
        Top::Route { verb } => verb.call(),
        Top::Pack { verb } => verb.call(),
        Top::Bundle { verb } => verb.call(),
        Top::Conformance { verb } => verb.call(),
    }
}

fn op(noun: Op) -> Box<dyn Call> {
    match noun {
        Op::Env { verb } => verb.call(),
        Op::Deploy(verb) => Box::new(verb),
        Op::Bundles { verb } => verb.call(),
        Op::Revisions { verb } => verb.call(),
        Op::Traffic { verb } => verb.call(),
        Op::TrustRoot { verb } => verb.call(),
    }
}

/// The verbs of a noun: an enum for clap, and how each is called.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// The verbs.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Verb {
            $($(#[$doc])* $name($name),)*
        }

        impl Verb {
            pub(crate) fn call(self) -> Box<dyn crate::verbs::Call> {
                match self {
                    $(Self::$name(verb) => Box::new(verb),)*
                }
            }
        }
    };
}

pub(crate) use verbs;
