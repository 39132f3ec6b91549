use std::fmt::Write as _;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::view::{Block, View};
use super::{Answer, Name};
use crate::args::OutputFormat;
use crate::config::Config;
use crate::error::{CliError, Told};

/// Writes results to stdout and errors to stderr, in the form that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renderer {
    format: OutputFormat,
    colours_out: bool,
    colours_err: bool,
}

impl Renderer {
    /// Tables for a terminal and JSON for everything else, unless a form was asked for. Colours only
    /// on terminals, and not with NO_COLOR.
    pub(crate) fn new(asked: Option<OutputFormat>, config: &Config) -> Self {
        let natural =
            if config.stdout_is_terminal { OutputFormat::Table } else { OutputFormat::Json };
        Self {
            format: asked.unwrap_or(natural),
            colours_out: config.stdout_is_terminal && !config.no_color,
            colours_err: config.stderr_is_terminal && !config.no_color,
        }
    }

    /// Whether results are written for programs.
    pub(crate) fn is_json(self) -> bool {
        self.format == OutputFormat::Json
    }

    /// Writes what a verb answered.
    ///
    /// # Errors
    /// When stdout cannot be written. A reader that went away is no error.
    pub(crate) fn show(self, name: Name, answer: &Answer) -> Result<(), CliError> {
        let text = if self.is_json() {
            line(&Envelope { op: name.op, noun: name.noun, body: Body::Result(&answer.result) })
        } else {
            as_text(&answer.view, self.colours_out)
        };
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::Output { source: error })
            }
            _ => Ok(()),
        }
    }

    /// Writes why a verb failed.
    pub(crate) fn fail(self, name: Name, error: &CliError) {
        let text = if self.is_json() {
            line(&Envelope { op: name.op, noun: name.noun, body: Body::Error(error.told()) })
        } else {
            self.as_lines(error)
        };
        // There is nobody left to tell when stderr cannot be written.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn as_lines(self, error: &CliError) -> String {
        let (red, cyan) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default());
        let mut text = format!("{} {}\n", painted("error:", red, self.colours_err), error.text());
        if let Some(hint) = error.hint() {
            let _ = writeln!(text, "{} {hint}", painted("next:", cyan, self.colours_err));
        }
        text
    }
}

/// What programs get.
#[derive(Serialize)]
struct Envelope<'a> {
    op: &'static str,
    noun: &'static str,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Body<'a> {
    Result(&'a Value),
    Error(Told<'a>),
}

/// Text and numbers always have a JSON form.
fn line(envelope: &Envelope<'_>) -> String {
    format!("{}\n", serde_json::to_string(envelope).unwrap_or_default())
}

fn painted(text: &str, style: Style, colours: bool) -> String {
    if colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// A view as text, blocks apart by an empty line.
pub(super) fn as_text(view: &View, colours: bool) -> String {
    let blocks: Vec<String> = view.blocks.iter().map(|block| block_text(block, colours)).collect();
    let blocks: Vec<&str> =
        blocks.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
    let mut text = blocks.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn block_text(block: &Block, colours: bool) -> String {
    let bold = Style::new().bold();
    match block {
        Block::Fields(fields) => {
            let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            let line = |(name, value): &(&str, String)| {
                let padding = " ".repeat(width - name.len());
                format!("{}{padding}  {}", painted(name, bold, colours), safe(value))
            };
            fields.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Block::Table { rows, empty, .. } if rows.is_empty() => (*empty).to_owned(),
        Block::Table { headings, rows, .. } => table_text(headings, rows, colours),
        Block::Text(text) => text.split('\n').map(safe).collect::<Vec<_>>().join("\n"),
    }
}

fn table_text(headings: &[&str], rows: &[Vec<String>], colours: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| safe(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.trim_fmt();
    match text.split_once('\n') {
        Some((head, rest)) => format!("{}\n{rest}", painted(head, Style::new().bold(), colours)),
        None => text,
    }
}

/// Text from documents and packs without what would steer a terminal.
fn safe(text: &str) -> String {
    let shown = |one: char| if one.is_control() && one != '\t' { '\u{fffd}' } else { one };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View::new()
            .fields([
                ("name", Some("hello".to_owned())),
                ("empty", None),
                ("a", Some("ü".to_owned())),
            ])
            .table(&["ID", "WEIGHT"], [vec!["one".to_owned(), "90%".to_owned()]], "nothing")
            .table(&["ID"], [], "no revisions yet")
            .text("the end")
    }

    #[test]
    fn blocks_stand_apart_and_columns_stand_below_each_other() {
        let text = "name  hello\na     ü\n\nID   WEIGHT\none  90%\n\nno revisions yet\n\nthe end\n";
        assert_eq!(as_text(&view(), false), text);
    }

    #[test]
    fn names_and_headings_are_bold_in_colour_and_nothing_else_changes() {
        let text = as_text(&view(), true);
        assert!(text.starts_with("\u{1b}[1mname\u{1b}[0m"), "{text:?}");
        let plain = text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert_eq!(plain, as_text(&view(), false));
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        let evil = View::new().text("a\u{1b}[31mb\nc").fields([("x", Some("\r\u{7}".to_owned()))]);
        assert_eq!(as_text(&evil, false), "a\u{fffd}[31mb\nc\n\nx  \u{fffd}\u{fffd}\n");
    }
}
