//! The page about all verbs, made from the tree. `GTC_BLESS=1` writes it anew.

use std::path::PathBuf;

use clap::Command;

use crate::golden::compare;

const HEAD: &str = "# The command line

Made from the program's own help; a test keeps it up to date. Every result has two forms: tables on a terminal, and one line of JSON
otherwise or with `--output json`:

```json
{\"op\":\"list\",\"noun\":\"env\",\"result\":{\"environments\":[]}}
```

An error of a verb goes to stderr, in the same form, as the last line: lines before it that begin with `..` tell what is done, those
with `warning:` what should be known. What cannot be understood as a call is told as text:

```json
{\"op\":\"show\",\"noun\":\"env\",\"error\":{\"kind\":\"not-found\",\"code\":\"environment-not-found\",\"message\":\"…\",\"hint\":\"gtc op env init\"}}
```

`kind` is one of the kinds of the public tools, `code` names the reason and stays the same, `hint` is the next command. The program ends
with 0; with 1 when a verb failed, over the value of an argument, too; and with 2 when the call itself cannot be understood.

Every verb that changes something has `--dry-run`, which judges the change by the same rules and shows the difference that would be
committed. A rehearsal writes nothing and starts nothing: whether the runtime can load a new revision shows when it is deployed. What a
verb takes can be given in a file as well (`--answers FILE`; `--schema` shows its keys, and others are refused); flags win over it.

| Variable | What it is for |
|---|---|
| `GREENTIC_ENV` | the environment that verbs are about when they name none, instead of `local` |
| `GTC_OPERATOR_KEY_PATH` | the operator key, instead of `~/.greentic/operator/key.pem` |
| `GREENTIC_LOG` | what is logged, as `--log` has it |
| `NO_COLOR` | no colours |
| `GREENTIC_DISABLE_DEV_ALIAS` | refuses `dev`, the old name of the environment `local` |

The environment is the one that a verb names, else `--env`, else `GREENTIC_ENV`, else `local`. Environments are kept in `--store-root`,
else in `~/.greentic/environments`.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut root = greentic_cli::command().term_width(100);
    root.build();
    page.push_str("\n## Flags of every verb\n\n```text\n");
    for argument in root.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let Some(long) = argument.get_long() else { continue };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        page.push_str(&format!("--{long:<14} {help}\n"));
    }
    page.push_str("```\n");
    sections("gtc", &root, &mut page);
    page
}

fn sections(path: &str, command: &Command, page: &mut String) {
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        let path = format!("{path} {}", child.get_name());
        if child.has_subcommands() {
            sections(&path, child, page);
            continue;
        }
        // What every verb has stands above, once.
        let own = child.clone().mut_args(|argument| {
            let global = argument.is_global_set() || argument.get_long() == Some("help");
            argument.hide(global)
        });
        let help = own.clone().render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        page.push_str(&format!("\n## {path}\n\n```text\n{}\n```\n", help.join("\n").trim()));
    }
}

#[test]
fn the_page_about_the_command_line_is_what_the_program_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    compare(&path, &page());
}
