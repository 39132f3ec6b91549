//! Which templates are filled: those whose work has a bound.
//!
//! Templates come with packs, and their parser and renderer go as deep as the template does, on the
//! stack of the host. So what is nested too deep, loops too often or includes itself is refused
//! before anybody reads it.

use serde_json::Value;

/// Blocks, alternatives and expressions inside of each other.
const MAX_NESTED: usize = 32;
/// Tags that are filled, those in loops counted as often as they may run.
const MAX_TAGS: usize = 1_000_000;

/// Why a template is not filled with this context: its work has no bound; none when it has one.
#[must_use]
pub fn problem(template: &str, context: &Value) -> Option<&'static str> {
    let shape = Shape::of(template);
    if shape.has_partials {
        return Some("it has a partial; write its text in its place");
    }
    if shape.nested > MAX_NESTED {
        return Some("it is nested more than 32 deep; flatten it");
    }
    // A loop runs at most as often as the longest list has items, of the context or of the template itself.
    let longest = if shape.loops == 0 { 1 } else { longest(context).max(shape.items).max(1) };
    let loops = u32::try_from(shape.loops).unwrap_or(u32::MAX);
    let tags = longest.saturating_pow(loops).saturating_mul(shape.tags);
    (tags > MAX_TAGS).then_some("its loops may run too often; loop over less")
}

/// What a template looks like from the outside. Counts too much rather than too little.
#[derive(Default)]
struct Shape {
    tags: usize,
    /// Blocks, alternatives and expressions inside of each other, at most.
    nested: usize,
    /// Loops inside of each other, at most.
    loops: usize,
    /// Items of a list or object that stands in a tag, at most.
    items: usize,
    has_partials: bool,
}

/// A block that is open.
struct Block {
    /// Itself and its alternatives: each is inside of the one before.
    nested: usize,
    is_loop: bool,
}

impl Shape {
    fn of(template: &str) -> Self {
        let mut shape = Self::default();
        let mut open: Vec<Block> = Vec::new();
        let is_plain = is_plain(template);
        if !is_plain {
            shape.items = commas(template) + 1;
        }
        for tag in template.split("{{").skip(1) {
            shape.tags += 1;
            let words = words(tag);
            if let Some(name) = words.strip_prefix('#') {
                let name = name.trim_start();
                shape.has_partials |= name.starts_with(['>', '*']);
                open.push(Block { nested: 1, is_loop: name.starts_with("each") });
            } else if words.starts_with('^') {
                open.push(Block { nested: 1, is_loop: words.contains("each") });
            } else if words.starts_with('/') {
                // Where text may look like a tag, nothing counts as closed.
                if is_plain {
                    open.pop();
                }
            } else if words.starts_with("else") {
                match open.last_mut() {
                    Some(block) => block.nested += 1,
                    None => open.push(Block { nested: 1, is_loop: false }),
                }
                // `{{else each list}}` is a loop, too.
                if words.contains("each") {
                    open.push(Block { nested: 0, is_loop: true });
                }
            }
            shape.has_partials |= words.starts_with(['>', '*']);
            shape.items = shape.items.max(items(tag));
            let brackets = tag.matches(['(', '[', '{']).count();
            let nested: usize = open.iter().map(|block| block.nested).sum();
            shape.nested = shape.nested.max(nested + brackets);
            shape.loops = shape.loops.max(open.iter().filter(|block| block.is_loop).count());
            if shape.nested > MAX_NESTED {
                break;
            }
        }
        shape
    }
}

/// The items that a list or object in a tag can have. The text behind the tag has commas of its own.
fn items(tag: &str) -> usize {
    let inside = tag.rsplit_once("}}").map_or(tag, |(inside, _)| inside);
    if inside.contains(['[', '{']) { commas(inside) + 1 } else { 0 }
}

fn commas(text: &str) -> usize {
    text.matches(',').count()
}

fn words(tag: &str) -> &str {
    tag.trim_start_matches(|c: char| c == '~' || c.is_whitespace())
}

/// Whether every `{{` begins a tag that ends before the next: nothing is quoted, escaped or a comment.
fn is_plain(template: &str) -> bool {
    let tags = || template.split("{{").skip(1);
    let ends = |tag: &str| {
        let inside = tag.split_once("}}").map(|(inside, _)| inside);
        inside.is_some_and(|inside| {
            ['"', '\''].iter().all(|quote| inside.matches(*quote).count() % 2 == 0)
        })
    };
    !template.contains("\\{{") && tags().all(|tag| ends(tag) && !words(tag).starts_with('!'))
}

/// The items of the longest list or object.
fn longest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0).max(items.len()),
        Value::Object(map) => map.values().map(longest).max().unwrap_or(0).max(map.len()),
        _ => 0,
    }
}
