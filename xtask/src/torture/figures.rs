//! Figures that long tests print as JSON, and the tables that become of them.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::shell::{Workspace, capture};

/// What a test that is ignored otherwise prints, optimised and run to its end.
pub(super) fn of_test(workspace: &Workspace, package: &str, test: &str) -> Result<Value> {
    let suite = ["test", "--release", "-p", package, "--test", "suite", "--"];
    let mut command = workspace.cargo(&suite);
    command.args(["--ignored", "--nocapture", test]);
    let output = capture(&mut command)?;
    // The name of the test may stand before them in the same line.
    let figures = output.lines().find_map(|line| line.get(line.find('{')?..));
    let figures = figures.with_context(|| format!("no figures: {output}"))?;
    let mut values = serde_json::Deserializer::from_str(figures).into_iter();
    values.next().and_then(Result::ok).with_context(|| format!("no figures: {figures}"))
}

/// One table for each run, after what it is about. A run in which something does not hold has no figures.
pub(super) fn tables(runs: &[Value], about: impl Fn(&str) -> &'static str) -> String {
    let mut text = String::new();
    for figures in runs {
        let mode = figures["mode"].as_str().unwrap_or_default();
        let _ = write!(text, "{}\n\n| | |\n|---|---|\n", about(mode));
        for (name, value) in figures.as_object().into_iter().flatten() {
            if name != "mode" {
                let value = value.to_string().replace(['{', '}', '"'], "").replace(',', ", ");
                let _ = writeln!(text, "| {} | {value} |", name.replace('_', " "));
            }
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_a_table() {
        let run = serde_json::json!({"mode": "kill", "kills_in_a_verb": 7, "seed": 1});
        let text = tables(&[run], |mode| if mode == "kill" { "A process" } else { "" });
        assert!(text.contains("| kills in a verb | 7 |\n| seed | 1 |"), "{text}");
        assert!(text.starts_with("A process"), "{text}");
    }
}
