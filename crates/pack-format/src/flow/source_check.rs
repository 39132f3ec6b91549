//! What can be read in a flow's source, and can never work.

use super::compile::Fault;
use super::error::{FlowProblem, Place};
use super::yaml::{Kind, Pair, Tree};
use super::{Route, Routing};
use crate::expression::{Condition, Step, template_problem};

/// Characters of a template or condition that an error repeats.
const SHOWN: usize = 100;

/// Checks that the maps of a node that nothing looks at say nothing.
pub(super) fn check_idle(maps: [Option<&Pair>; 2]) -> Result<(), Fault> {
    let Some(pair) = maps.into_iter().flatten().find(|pair| !says_nothing(&pair.value)) else {
        return Ok(());
    };
    let hint = "what a node gives goes on as it is, and an error ends the turn; name `{{prev.…}}` in the payload of the next node";
    Err((pair.place, FlowProblem::Idle { key: pair.key.clone(), hint }))
}

fn says_nothing(tree: &Tree) -> bool {
    match &tree.kind {
        Kind::Null => true,
        Kind::Map(pairs) => pairs.is_empty(),
        _ => false,
    }
}

/// Why a template can never be filled.
pub(super) fn template_problem_of(text: &str) -> Option<FlowProblem> {
    let detail = template_problem(text)?;
    Some(FlowProblem::Template { template: shown(text), detail })
}

/// Checks the templates of a payload, at any depth.
pub(super) fn check_templates(tree: &Tree) -> Result<(), Fault> {
    match &tree.kind {
        Kind::Text(text) => template_problem_of(text).map_or(Ok(()), |it| Err((tree.place, it))),
        Kind::List(items) => items.iter().try_for_each(check_templates),
        Kind::Map(pairs) => pairs.iter().try_for_each(|pair| check_templates(&pair.value)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => Ok(()),
    }
}

/// Checks a condition of a node of a flow with these nodes.
pub(super) fn check_condition(text: &str, place: Place, nodes: &[&str]) -> Result<(), Fault> {
    condition_problem(text, nodes).map_or(Ok(()), |problem| Err((place, problem)))
}

/// Why a condition does not mean what it says.
pub(super) fn condition_problem(text: &str, nodes: &[&str]) -> Option<FlowProblem> {
    let read = Condition::parse(text).filter(Condition::compares_with_one_text);
    let Some(condition) = read else {
        return Some(FlowProblem::Condition { condition: shown(text) });
    };
    let is =
        |step: &Step<'_>, names: &[&str]| matches!(step, Step::Key(key) if names.contains(key));
    // An output may have a field of such a name; only what a template would find is a mistake.
    let root = match condition.path() {
        [root, ..] if is(root, &["prev"]) => "prev",
        [root, name, ..] if is(root, &["node"]) && is(name, nodes) => "node",
        [root, name, ..] if is(root, &["state"]) && is(name, &["entry", "input", "nodes"]) => {
            "state"
        }
        _ => return None,
    };
    Some(FlowProblem::ConditionPath { root: root.to_owned() })
}

/// Checks that each route says one thing and can be taken.
pub(super) fn check_routes(
    routing: &Routing,
    routes: &[Route],
    sources: &[Tree],
) -> Result<(), Fault> {
    let mut is_taken_before = false;
    for (route, source) in routes.iter().zip(sources) {
        let ways = [(route.to.is_some(), "to"), (route.out, "out"), (route.reply, "reply")];
        let when = [(route.condition.is_some(), "condition"), (route.status.is_some(), "status")];
        for said in [ways.as_slice(), &when] {
            let said: Vec<_> = said.iter().filter(|(said, _)| *said).map(|(_, key)| *key).collect();
            if let [first, second, ..] = *said.as_slice() {
                return Err((source.place, FlowProblem::TwoInOne { first, second }));
            }
        }
        if is_taken_before {
            return Err((source.place, FlowProblem::NeverTaken));
        }
        // A branch by status looks at all of its routes, in whatever order.
        let is_ordered = matches!(routing, Routing::Custom(_));
        is_taken_before = is_ordered && route.condition.is_none() && route.status.is_none();
    }
    Ok(())
}

/// The beginning, in one line.
fn shown(text: &str) -> String {
    let mut chars = text.chars().map(|one| if one.is_whitespace() { ' ' } else { one });
    let mut shown: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
