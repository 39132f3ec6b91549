//! What one commit changed, as the journal writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use greentic_deploy_spec::routing::Routing;
use json_patch::{Patch, PatchOperation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::{diff, diff_routing};

/// The digest of each file that a commit changed; none for one that is not there any more.
pub(in crate::local) type Files = BTreeMap<String, Option<String>>;

/// What one commit did to each document that it changed.
pub(in crate::local) type Changes = BTreeMap<String, Change>;

/// What a commit did to a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::local) enum Change {
    /// It is this now.
    Whole(Value),
    /// It changed by this (RFC 6902).
    Patch(Patch),
    /// It is gone.
    Gone,
}

/// Reads what one commit changed. Whole documents are taken as they are, not read a second time.
pub(super) fn changes_of(value: Value) -> Result<Changes, serde_json::Error> {
    let Value::Object(all) = value else { return serde_json::from_value(value) };
    let read = |(name, value)| change_of(value).map(|change| (name, change));
    all.into_iter().map(read).collect()
}

fn change_of(mut value: Value) -> Result<Change, serde_json::Error> {
    let whole = value.as_object_mut().filter(|change| change.len() == 1);
    match whole.and_then(|change| change.remove("whole")) {
        Some(document) => Ok(Change::Whole(document)),
        None => serde_json::from_value(value),
    }
}

/// All documents, as a commit that stands on its own has them.
pub(in crate::local) fn whole(documents: BTreeMap<String, Cow<'_, Value>>) -> Changes {
    let documents = documents.into_iter();
    documents.map(|(name, value)| (name, Change::Whole(value.into_owned()))).collect()
}

/// What leads from some documents to others.
pub(in crate::local) fn changes(
    before: BTreeMap<String, Cow<'_, Value>>,
    mut after: BTreeMap<String, Cow<'_, Value>>,
) -> Changes {
    let mut changes = Changes::new();
    for (name, before) in before {
        let Some(after) = after.remove(&name) else {
            changes.insert(name, Change::Gone);
            continue;
        };
        let patch = diff(&before, &after);
        if !patch.is_empty() {
            changes.insert(name, Change::Patch(Patch(patch)));
        }
    }
    changes.extend(whole(after));
    changes
}

/// What leads from some slot tables to others; none when they are the same.
pub(in crate::local) fn routing_change(
    before: Option<&Routing>,
    after: Option<&Routing>,
) -> Result<Option<Change>, serde_json::Error> {
    Ok(match (before, after) {
        (before, after) if before == after => None,
        (Some(before), Some(after)) => Some(Change::Patch(Patch(diff_routing(before, after)))),
        (None, Some(after)) => Some(Change::Whole(serde_json::to_value(after)?)),
        (_, None) => Some(Change::Gone),
    })
}

/// A change does not fit the document that it is for.
#[derive(Debug, thiserror::Error)]
#[error("the change of `{document}` does not fit it: {detail}")]
pub(in crate::local) struct Misfit {
    pub(super) document: String,
    detail: String,
}

impl Change {
    /// The document after it; none when it is gone. `before` is asked for when it matters.
    pub(super) fn apply(
        self,
        name: &str,
        before: impl FnOnce() -> Option<Value>,
    ) -> Result<Option<Value>, Misfit> {
        match self {
            Self::Whole(value) => Ok(Some(value)),
            Self::Gone => Ok(None),
            Self::Patch(patch) => {
                check_steps(name, &patch)?;
                let mut value = before().unwrap_or_default();
                // A patch that fails leaves the value half changed; it is not used then.
                json_patch::patch_unsafe(&mut value, &patch).map_err(|error| Misfit {
                    document: name.to_owned(),
                    detail: error.to_string(),
                })?;
                Ok(Some(value))
            }
        }
    }
}

/// What a journal writes only adds, removes and replaces. Copies of copies would fill all memory.
fn check_steps(name: &str, patch: &Patch) -> Result<(), Misfit> {
    let is_known = |step: &PatchOperation| {
        use PatchOperation::{Add, Remove, Replace};
        matches!(step, Add(_) | Remove(_) | Replace(_))
    };
    match patch.iter().find(|step| !is_known(step)) {
        None => Ok(()),
        Some(step) => {
            let detail = format!("`{}` is no step of a journal's", step.path());
            Err(Misfit { document: name.to_owned(), detail })
        }
    }
}

/// Documents as JSON, as they were at one generation after the other.
#[derive(Clone, Debug, Default)]
pub(in crate::local) struct Documents(BTreeMap<String, Value>);

impl Documents {
    pub(in crate::local) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Applies what one commit changed.
    pub(in crate::local) fn apply(&mut self, changes: Changes) -> Result<(), Misfit> {
        for (name, change) in changes {
            match change.apply(&name, || self.0.remove(&name))? {
                Some(value) => drop(self.0.insert(name, value)),
                None => drop(self.0.remove(&name)),
            }
        }
        Ok(())
    }

    pub(in crate::local) fn whole(&self) -> Changes {
        whole(self.borrowed())
    }

    pub(in crate::local) fn since(&self, before: &Self) -> Changes {
        changes(before.borrowed(), self.borrowed())
    }

    fn borrowed(&self) -> BTreeMap<String, Cow<'_, Value>> {
        let all = self.0.iter();
        all.map(|(name, value)| (name.clone(), Cow::Borrowed(value))).collect()
    }
}
