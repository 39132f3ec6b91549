//! The page: text, table, and the seal that shows later edits.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::estimates::Measured;
use super::machine::Machine;
use super::rows::Target;

const INTRO: &str = "\
# Performance

Written by `cargo xtask bench-report`; `cargo xtask bench-report --check` fails when it was changed by hand.

Machines differ and are noisy, so a time is compared with a *floor*: the least that any implementation has to do, measured
in the same run. Times are medians.
";

const SEAL: &str = "<!-- sha-256 of everything above: ";
const SEAL_END: &str = " -->\n";

/// Writes the page without its seal.
pub(super) fn render(
    machine: &Machine,
    commit: &str,
    measured: &[Measured],
    first_build: Option<&str>,
) -> String {
    let mut text = INTRO.to_owned();
    text.push_str("\n| Measured on | |\n|---|---|\n");
    let cores = machine.cores.to_string();
    let facts = [
        ("commit", commit),
        ("processor", &machine.cpu),
        ("cores", &cores),
        ("memory", &machine.memory),
        ("system", &machine.system),
        ("compiler", &machine.compiler),
    ];
    for (name, value) in facts {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text.push_str("\n| Path | Time | Floor | Ratio | Target | Met |\n|---|---|---|---|---|---|\n");
    for one in measured {
        text.push_str(&line(one));
    }
    text.push('\n');
    if let Some(first_build) = first_build {
        let _ = writeln!(text, "{first_build}\n");
    }
    text
}

fn line(measured: &Measured) -> String {
    let none = || "—".to_owned();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        measured.row.title,
        time(measured.subject),
        floor(measured),
        measured.ratio().map_or_else(none, |ratio| format!("{ratio:.2}")),
        target(&measured.row.target),
        match measured.is_met() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "—",
        }
    )
}

fn floor(measured: &Measured) -> String {
    match (measured.floor, measured.row.floor) {
        (Some(nanoseconds), Some(id)) => format!("{} ({id})", time(nanoseconds)),
        _ => "—".to_owned(),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Ratio(most) => format!("≤ {} × floor", (most * 100.0).round() / 100.0),
        Target::Nanoseconds(most, condition) => format!("≤ {most} ns {condition}"),
        Target::None => "—".to_owned(),
    }
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => format!("{small:.1} ns"),
        medium if medium < 1e6 => format!("{:.1} µs", medium / 1e3),
        large => format!("{:.2} ms", large / 1e6),
    }
}

/// Appends the line that makes a later change visible.
pub(crate) fn seal(text: &str) -> String {
    format!("{text}{SEAL}{}{SEAL_END}", digest(text))
}

/// Says whether the page ends in the seal of what stands above it.
pub(crate) fn is_sealed(page: &str) -> bool {
    page.rfind(SEAL).is_some_and(|start| seal(&page[..start]) == page)
}

fn digest(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_report::rows::ROWS;

    #[test]
    fn an_edit_breaks_the_seal() {
        let page = seal("# Performance\n\n| a | 1 ns |\n");
        assert!(is_sealed(&page));
        assert!(!is_sealed(&page.replace("1 ns", "0 ns")));
        assert!(!is_sealed(&format!("{page}More.\n")));
        assert!(!is_sealed("# Performance\n"));
    }

    #[test]
    fn the_digest_is_sha_256() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("abc"), expected);
    }

    #[test]
    fn a_line_shows_time_floor_ratio_and_verdict() {
        let check = |subject, time, floor, expected| {
            let row = ROWS.iter().find(|row| row.subject == subject).unwrap();
            let measured = Measured { row, subject: time, floor };
            assert_eq!(line(&measured), expected);
        };
        check(
            "warm",
            2.5e6,
            Some(2e6),
            "| engine verb on 10,000 revisions: warm | 2.50 ms | 2.00 ms (clone) | 1.25 | ≤ 1.5 × floor | yes |\n",
        );
        check(
            "choose",
            30.0,
            Some(2.0),
            "| choosing a revision for a key | 30.0 ns | 2.0 ns (table-load) | 15.00 | ≤ 25 ns with a 40-byte key | **no** |\n",
        );
        check(
            "rebalance",
            45_000.0,
            None,
            "| a new table for changed weights | 45.0 µs | — | — | — | — |\n",
        );
    }
}
