//! The list of rules to remove.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::files;
use crate::shell::Workspace;

const LIST: &str = "crates/deploy-spec/tests/removed-rules.json";

/// One rule, and the change to the sources that removes it.
pub(super) struct Rule {
    /// What the rule says, for people.
    pub(super) text: String,
    /// File that holds it, relative to the workspace.
    pub(super) file: String,
    /// What stands there now, exactly once.
    pub(super) find: String,
    /// What to write instead.
    pub(super) replace: String,
}

/// Reads the list and checks that every entry fits the sources.
pub(super) fn read(workspace: &Workspace) -> Result<Vec<Rule>> {
    let rules = parse(&files::read(&workspace.path(LIST))?).context(LIST)?;
    for rule in &rules {
        let source = files::read(&workspace.path(&rule.file))?;
        check(rule, &source).context(LIST)?;
    }
    Ok(rules)
}

fn parse(text: &str) -> Result<Vec<Rule>> {
    let list: Value = serde_json::from_str(text)?;
    let entries = list.as_array().context("not an array")?;
    ensure!(!entries.is_empty(), "the list is empty");
    entries.iter().map(rule).collect()
}

fn rule(entry: &Value) -> Result<Rule> {
    let field = |name: &str| {
        let text = entry[name].as_str();
        text.map(str::to_owned)
            .with_context(|| format!("an entry without the text `{name}`: {entry}"))
    };
    Ok(Rule {
        text: field("rule")?,
        file: field("file")?,
        find: field("find")?,
        replace: field("replace")?,
    })
}

fn check(rule: &Rule, source: &str) -> Result<()> {
    let count = source.matches(&rule.find).count();
    ensure!(
        count == 1,
        "`{}`: its text to find occurs {count} times in {}, not once",
        rule.text,
        rule.file
    );
    let changes = rule.find != rule.replace;
    ensure!(changes, "`{}`: the replacement changes nothing", rule.text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{"rule": "r", "file": "f", "find": "a < b", "replace": "true"}]"#;

    #[test]
    fn an_entry_has_to_fit_the_source_exactly_once() {
        let rule = parse(LIST).unwrap().remove(0);
        assert!(check(&rule, "if a < b {}").is_ok());
        assert!(check(&rule, "if a <= b {}").is_err());
        assert!(check(&rule, "a < b; a < b").is_err());
    }

    #[test]
    fn incomplete_entries_are_refused() {
        assert!(parse("[]").is_err());
        assert!(parse(r#"[{"rule": "r", "file": "f", "find": "x"}]"#).is_err());
    }
}
