//! Which commit a report is about.

use crate::shell::{Workspace, capture};

/// Returns the short id of the commit, with `-dirty` when anything but the report itself was changed since.
///
/// A checkout without git history gets `unknown`: the report is still worth having.
pub(crate) fn commit(workspace: &Workspace, report: &str) -> String {
    let Ok(id) = capture(&mut workspace.command("git", &["rev-parse", "--short", "HEAD"])) else {
        return "unknown".to_owned();
    };
    let exclude = format!(":(exclude){report}");
    let status = ["status", "--porcelain", "--", ".", &exclude];
    let clean = capture(&mut workspace.command("git", &status)).is_ok_and(|text| text.is_empty());
    let suffix = if clean { "" } else { "-dirty" };
    format!("{}{suffix}", id.trim())
}
