//! The rules of the documents, each with an input that breaks it.

mod environment;
mod rules;
mod texts;
mod views;
mod wire;
