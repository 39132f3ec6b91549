//! The blocks of a page, as tests follow it.

use std::fs;
use std::path::{Path, PathBuf};

/// A block between fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is written in, such as `yaml`.
    pub language: String,
    /// The file that it is; none of a block that is a part of something.
    pub file: Option<String>,
    /// What stands in it, with a line break at the end.
    pub text: String,
}

impl Block {
    /// The commands in it that call a program, each without the program's name. Blocks that are not written for a shell have none.
    pub fn calls<'b>(&'b self, program: &'b str) -> impl Iterator<Item = &'b str> {
        let lines = if self.language == "sh" { self.text.as_str() } else { "" }.lines();
        lines.filter_map(move |line| line.strip_prefix(program)?.strip_prefix(' '))
    }
}

/// A folder or file of the workspace.
#[must_use]
pub fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The blocks of a page of the workspace, in their order.
///
/// # Panics
/// When there is no such page.
#[must_use]
pub fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(workspace(page));
    let text = text.unwrap_or_else(|error| panic!("{page}: {error}"));
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(opening) = line.strip_prefix("```") else { continue };
        let (language, file) = match opening.split_once(' ') {
            Some((language, file)) => (language, Some(file.to_owned())),
            None => (opening, None),
        };
        let text: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .flat_map(|line| [line, "\n"])
            .collect();
        blocks.push(Block { language: language.to_owned(), file, text });
    }
    blocks
}

/// Writes those blocks of a page that are files below a folder of this name into a folder.
///
/// # Panics
/// When they cannot be written.
pub fn write_files(page: &str, below: &str, into: &Path) {
    for Block { file, text, .. } in blocks(page) {
        let Some(file) = file.filter(|file| Path::new(file).starts_with(below)) else { continue };
        let path = into.join(file);
        let folder = path.parent().unwrap_or(into);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}
