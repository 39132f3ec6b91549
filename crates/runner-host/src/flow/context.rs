//! What the templates of a node can name: the state of its flow.

use std::borrow::Cow;
use std::cell::OnceCell;

use greentic_pack_format::expression::{Step, at};
use handlebars::Context;
use serde_json::Value;

use super::state::FlowState;
use super::template::Scope;

/// The state of a flow, made one value only when something needs it so: it would be copied.
pub(super) struct StateContext<'s> {
    state: &'s FlowState,
    whole: OnceCell<Context>,
}

impl<'s> StateContext<'s> {
    pub(super) fn of(state: &'s FlowState) -> Self {
        Self { state, whole: OnceCell::new() }
    }

    fn all(&self) -> &Context {
        self.whole.get_or_init(|| self.state.context().into())
    }
}

impl Scope for StateContext<'_> {
    fn find(&self, path: &[Step<'_>]) -> Option<&Value> {
        match (path, &self.state.last_output) {
            ([Step::Key(first), rest @ ..], _) if matches!(*first, "entry" | "in") => {
                at(&self.state.entry, rest)
            }
            ([Step::Key(first), rest @ ..], Some(output)) if *first == "prev" => at(output, rest),
            ([Step::Key(first), Step::Key(id), rest @ ..], _) if *first == "node" => {
                at(&self.state.nodes.get(*id)?.payload, rest)
            }
            _ => at(self.all().data(), path),
        }
    }

    fn whole(&self) -> Cow<'_, Context> {
        Cow::Borrowed(self.all())
    }
}

#[cfg(test)]
mod tests {
    use greentic_pack_format::expression::parse_path;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_without_the_whole_is_what_is_in_the_whole() {
        let mut state = FlowState::new(json!({ "text": "hi", "list": [1, { "a": 2 }] })).unwrap();
        for _ in 0..2 {
            let context = StateContext::of(&state);
            for path in [
                "entry",
                "entry.text",
                "in.list[1].a",
                "in.list.1.a",
                "prev",
                "prev.b",
                "node",
                "node.one",
                "node.one.b",
                "node[\"one\"]",
                "node.two",
                "node[0]",
                "state.entry.text",
                "state.nodes.one.payload.b",
                "state.redirect_count",
                "this.entry.text",
                "other",
                "entry.none",
                "[0]",
                "",
            ] {
                let path = parse_path(path).unwrap();
                assert_eq!(context.find(&path), at(context.whole().data(), &path), "{path:?}");
            }
            state.record("one", json!({ "b": 3 })).unwrap();
        }
    }
}
