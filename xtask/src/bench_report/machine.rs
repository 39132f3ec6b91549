//! Says what the figures were measured on.

use std::fs;
use std::thread;

use anyhow::Result;

use crate::shell::{Workspace, capture};

/// The machine, in the words of its own tools.
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) system: String,
    pub(crate) compiler: String,
}

/// Describes the machine that this runs on, on Linux and on macOS.
pub(crate) fn describe(workspace: &Workspace) -> Result<Machine> {
    let ask = |program: &str, arguments: &[&str]| {
        capture(&mut workspace.command(program, arguments)).map(|text| text.trim().to_owned())
    };
    let sysctl = |name: &str| ask("sysctl", &["-n", name]).ok();
    let cpu = cpu_model(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default());
    let bytes = memory_bytes(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
    let bytes = bytes.or_else(|| sysctl("hw.memsize")?.parse().ok());
    let unknown = || "unknown".to_owned();
    Ok(Machine {
        cpu: cpu.or_else(|| sysctl("machdep.cpu.brand_string")).unwrap_or_else(unknown),
        cores: thread::available_parallelism()?.get(),
        memory: bytes.map_or_else(unknown, in_gib),
        system: system(
            &ask("uname", &["-srm"])?,
            &fs::read_to_string("/etc/os-release").unwrap_or_default(),
        ),
        compiler: ask("rustc", &["--version"])?,
    })
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let (_, model) = line.split_once(':')?;
    Some(model.trim().to_owned())
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Names the distribution and the first two numbers of the kernel; the rest of its name says who built it.
fn system(uname: &str, os_release: &str) -> String {
    let mut words: Vec<&str> = uname.split_whitespace().collect();
    if let Some(release) = words.get_mut(1) {
        let end = release.match_indices('.').nth(1);
        *release = &release[..end.map_or(release.len(), |(at, _)| at)];
    }
    let kernel = words.join(" ");
    let distribution = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map(|name| name.trim_matches('"'));
    distribution.map_or(kernel.clone(), |name| format!("{name}, {kernel}"))
}

/// Rounds to whole GiB: what the firmware keeps for itself is nobody's business here.
fn in_gib(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    format!("{} GiB", (bytes + GIB / 2) / GIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_is_read_from_proc() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n";
        assert_eq!(cpu_model(cpuinfo).as_deref(), Some("Some CPU @ 2.0GHz"));
        assert_eq!(cpu_model("processor : 0\n"), None);
        let os_release = "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n";
        let expected = "Debian GNU/Linux 12, Linux 6.1 x86_64";
        assert_eq!(system("Linux 6.1.0-13-amd64 x86_64", os_release), expected);
        assert_eq!(system("Darwin 23.1.0 arm64", ""), "Darwin 23.1 arm64");
        let bytes = memory_bytes("MemTotal:       16334876 kB\nMemFree: 1 kB\n");
        assert_eq!(bytes.map(in_gib).as_deref(), Some("16 GiB"));
    }
}
