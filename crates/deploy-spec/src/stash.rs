//! What a document remembers of its last change: the previous object, inside of a reference.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::document::parse_json;
use crate::integrity::canonical_value;

/// What an inline stash starts with.
pub const PREV_PREFIX: &str = "inline://";

/// Writes an object as a reference: `inline://` and the URL-safe base64, without padding, of its
/// compact JSON with sorted keys.
#[must_use]
pub fn stash_inline(snapshot: &Value) -> PathBuf {
    let encoded = URL_SAFE_NO_PAD.encode(canonical_value(snapshot));
    PathBuf::from(format!("{PREV_PREFIX}{encoded}"))
}

/// Reads an object back. `None` for a reference that is no stash, or a broken one.
#[must_use]
pub fn load_inline(prev_ref: &Path) -> Option<Value> {
    let encoded = prev_ref.to_str()?.strip_prefix(PREV_PREFIX)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    parse_json(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_comes_out() {
        let value = serde_json::json!({"b": 1, "a": 2});
        let token = stash_inline(&value);
        assert_eq!(token, Path::new("inline://eyJhIjoyLCJiIjoxfQ"));
        assert_eq!(load_inline(&token), Some(value));
    }

    #[test]
    fn what_is_no_stash_is_none() {
        for text in ["", "inline://", "inline://?", "inline://e30=", "inline://e3", "env/x.json"] {
            assert_eq!(load_inline(Path::new(text)), None, "{text}");
        }
    }
}
