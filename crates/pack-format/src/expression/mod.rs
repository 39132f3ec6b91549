//! What flows compute: paths, conditions and templates.
//!
//! Whoever builds flows and whoever runs them read them with the same code, so that what was built is what runs.

mod condition;
mod path;
mod template;
mod template_bounds;

pub use condition::Condition;
pub use path::{Step, at, parse_path, whole_path};
pub use template::problem as template_problem;
pub use template_bounds::problem as template_bounds;
