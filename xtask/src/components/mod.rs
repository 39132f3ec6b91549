//! `cargo xtask components`: the `.wasm` files of examples/components are what their sources give.
//!
//! The files are committed, because hardly anybody has a toolchain for WebAssembly. A record beside them says from which
//! sources and by which toolchain they were built, so that every checkout can tell whether they are up to date, and a
//! checkout with that toolchain can build them again and compare the bytes.

mod record;
mod toolchain;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

use crate::files;
use crate::shell::{Workspace, run};
use record::Record;
use toolchain::Toolchain;

/// The workspace of the components.
pub(crate) const FOLDER: &str = "examples/components";

/// The manifest of that workspace.
const MANIFEST: &str = "examples/components/Cargo.toml";

/// Where workers are that may have copies of components.
const WORKERS: &str = "examples";

/// Builds every component, and writes its `.wasm` beside its sources.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let toolchain = Toolchain::find(workspace)?;
    let built = build(workspace, &toolchain)?;
    for (name, bytes) in &built {
        files::write(&committed(workspace, name), bytes)?;
        for copy in copies(workspace, name)? {
            files::write(&copy, bytes)?;
        }
        println!("{name}: {} bytes", bytes.len());
    }
    Record::of(workspace, toolchain.name(), &built)?.write(workspace)?;
    println!("built by {}", toolchain.name());
    Ok(())
}

/// Fails unless the committed files are what the sources give.
///
/// They are built again and compared when the toolchain that built them is here; otherwise only the record is compared.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    check_record(workspace)?;
    let record = Record::read(workspace)?;
    match Toolchain::find(workspace) {
        Ok(toolchain) if toolchain.name() == record.toolchain() => compare(workspace, &toolchain),
        Ok(toolchain) => {
            not_rebuilt(&record, &format!("here is {}", toolchain.name()));
            Ok(())
        }
        Err(error) => {
            not_rebuilt(&record, &format!("{error:#}"));
            Ok(())
        }
    }
}

/// Fails unless the committed files are those of the record, and the record is about the sources as they are.
pub(crate) fn check_record(workspace: &Workspace) -> Result<()> {
    let record = Record::read(workspace)?;
    let mut committed_files = Vec::new();
    for name in names(workspace)? {
        let path = committed(workspace, &name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        committed_files.push((name, bytes));
    }
    let present = Record::of(workspace, record.toolchain(), &committed_files)?;
    let mut differences = record.differences(&present);
    differences.extend(stale_copies(workspace, &committed_files)?);
    if differences.is_empty() {
        println!("{FOLDER}: {} components, built from these sources", committed_files.len());
        return Ok(());
    }
    bail!("{FOLDER}: {}\nrun `cargo xtask components`", differences.join("\n  "))
}

fn stale_copies(workspace: &Workspace, built: &[(String, Vec<u8>)]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, bytes) in built {
        for copy in copies(workspace, name)? {
            if fs::read(&copy).ok().as_ref() != Some(bytes) {
                let copy = copy.strip_prefix(workspace.root())?.display();
                found.push(format!("{copy} is not {name}.wasm as it was built"));
            }
        }
    }
    Ok(found)
}

/// Runs what the components' own workspace has to say about them: format, lints, tests.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let place = ["--manifest-path", MANIFEST];
    run(workspace.cargo(&["fmt", "--all", "--check"]).args(place))?;
    let folder = target(workspace)?.join("host");
    let mut clippy = workspace.cargo(&["clippy", "--locked", "--workspace", "--all-targets"]);
    clippy.args(place).env("CARGO_TARGET_DIR", &folder);
    run(clippy.args(["--", "-D", "warnings"]))?;
    let mut test = workspace.cargo(&["test", "--locked", "--workspace", "--quiet"]);
    run(test.args(place).env("CARGO_TARGET_DIR", &folder))
}

fn not_rebuilt(record: &Record, why: &str) {
    eprintln!("not built again: the files were built by {}, and {why}", record.toolchain());
}

fn compare(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let mut differing = Vec::new();
    let built = build(workspace, toolchain)?;
    for (name, bytes) in &built {
        if fs::read(committed(workspace, name)).ok().as_ref() != Some(bytes) {
            differing.push(name.as_str());
        }
    }
    ensure!(
        differing.is_empty(),
        "built again by {}, these components differ from the committed files: {}",
        toolchain.name(),
        differing.join(", ")
    );
    println!("built again by {}: the same bytes", toolchain.name());
    Ok(())
}

/// Builds every component and returns its bytes, in the order of the names.
fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<Vec<(String, Vec<u8>)>> {
    let names = names(workspace)?;
    // Fetched first, because the paths that are kept out of the files must be known before the build.
    run(&mut workspace.cargo(&["fetch", "--locked", "--manifest-path", MANIFEST]))?;
    let target = target(workspace)?;
    let modules = toolchain.build(workspace, &names, &target.join("wasm"))?;
    let mut built = Vec::new();
    for name in names {
        let file = modules.join(format!("{}.wasm", name.replace('-', "_")));
        let path =
            if toolchain.makes_components() { file } else { componentize(workspace, &file)? };
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        built.push((name, bytes));
    }
    Ok(built)
}

/// Turns a module into a component with the little program that lives beside the components.
///
/// It is a program of its own because xtask is built by every run of CI, and this is needed rarely.
fn componentize(workspace: &Workspace, module: &PathBuf) -> Result<PathBuf> {
    let component = module.with_extension("component.wasm");
    let mut command = workspace.cargo(&["run", "--quiet", "--locked", "--manifest-path", MANIFEST]);
    command.env("CARGO_TARGET_DIR", target(workspace)?.join("host"));
    run(command.args(["--package", "componentize", "--"]).arg(module).arg(&component))?;
    Ok(component)
}

/// Lists the components: the folders whose package is a library for the host to load.
fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in files::folders(&workspace.path(FOLDER))? {
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() && files::read(&manifest)?.contains("cdylib") {
            let name = folder.file_name().unwrap_or_default();
            names.push(name.to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "{FOLDER} has no components");
    Ok(names)
}

fn committed(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.path(FOLDER).join(name).join(format!("{name}.wasm"))
}

/// Lists the copies of a component in the workers beside it. A worker's folder is whole: it has its components inside.
fn copies(workspace: &Workspace, name: &str) -> Result<Vec<PathBuf>> {
    let place = PathBuf::from("components").join(format!("{name}.wasm"));
    let mut found = files::walk(&workspace.path(WORKERS))?;
    found.retain(|path| path.ends_with(&place));
    Ok(found)
}

fn target(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.target_dir()?.join("xtask/components"))
}
