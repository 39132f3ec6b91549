//! The table in docs/testing.md. The rest of that page is written by people.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::Verdict;
use super::list::Rule;
use crate::files;
use crate::shell::Workspace;

pub(super) const PAGE: &str = "docs/testing.md";

const BEGIN: &str = "<!-- rules:begin -->";
const END: &str = "<!-- rules:end -->";

/// Fails if the page has no room for the table.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let page = files::read(&workspace.path(PAGE))?;
    replace(&page, "").map(|_| ())
}

/// Whether the page has a row for a rule.
pub(super) fn names(page: &str, rule: &Rule) -> bool {
    let row = format!("| {} | ", cell(&rule.text));
    page.lines().any(|line| line.starts_with(&row))
}

/// Writes the table between the page's markers.
pub(super) fn write(
    workspace: &Workspace,
    commit: &str,
    results: &[(Rule, Verdict)],
) -> Result<()> {
    let path = workspace.path(PAGE);
    let page = files::read(&path)?;
    files::write(&path, replace(&page, &table(commit, results))?)
}

/// Says what came out, in words that fit a table.
pub(super) fn describe(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Noticed(test) => format!("noticed by `{test}`"),
        Verdict::Unnoticed => "**not noticed**".to_owned(),
        Verdict::DoesNotCompile => "**does not compile: bad entry**".to_owned(),
    }
}

fn replace(page: &str, table: &str) -> Result<String> {
    let missing = || format!("{PAGE} needs the lines `{BEGIN}` and `{END}`, in this order");
    let (before, rest) = page.split_once(BEGIN).with_context(missing)?;
    let (_, after) = rest.split_once(END).with_context(missing)?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

fn table(commit: &str, results: &[(Rule, Verdict)]) -> String {
    let noticed =
        results.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Noticed(_))).count();
    let total = results.len();
    let mut text = format!(
        "\nWritten by `cargo xtask torture rules` at commit `{commit}`: {total} rules removed one at a time, {noticed} removals \
         noticed.\n\n| Rule removed | Outcome |\n|---|---|\n"
    );
    for (rule, verdict) in results {
        let (rule, outcome) = (cell(&rule.text), cell(&describe(verdict)));
        let _ = writeln!(text, "| {rule} | {outcome} |");
    }
    text.push('\n');
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = "# Testing\n\n<!-- rules:begin -->\nold\n<!-- rules:end -->\n\nMore.\n";
        let expected = "# Testing\n\n<!-- rules:begin -->\nnew\n<!-- rules:end -->\n\nMore.\n";
        assert_eq!(replace(page, "new\n").unwrap(), expected);
        assert!(replace("# Testing\n", "new\n").is_err());
    }

    #[test]
    fn the_table_counts_what_was_noticed() {
        let rule = |text: &str| Rule {
            text: text.to_owned(),
            file: String::new(),
            find: String::new(),
            replace: String::new(),
        };
        let results =
            [(rule("a | b"), Verdict::Noticed("m::t".to_owned())), (rule("c"), Verdict::Unnoticed)];
        let text = table("abc", &results);
        assert!(text.contains("2 rules removed one at a time, 1 removals noticed"));
        assert!(text.contains("| a \\| b | noticed by `m::t` |"));
        assert!(names(&text, &rule("a | b")) && !names(&text, &rule("a")));
        assert!(text.contains("| c | **not noticed** |"));
    }
}
