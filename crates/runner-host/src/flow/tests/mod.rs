//! What must hold of flows, over a world that is made up.

mod arbitrary;
mod engine;
mod made_up;
mod parts;
mod retry;
mod routing;
mod template;
mod waiting;
