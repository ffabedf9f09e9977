//! The TypeScript of the types that cross to the window, written from the Rust ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::{Scratch, built, root, walk};
use crate::process::{cargo, command, run};

fn folder() -> PathBuf {
    root().join("ui/src/lib/ipc/generated")
}

/// Brings the committed files in line with the Rust types.
pub(crate) fn write() -> Result<()> {
    run(cargo(&["build", "--workspace", "--example", "typescript"]))?;
    let fresh = Scratch::new("codegen")?;
    generate(fresh.path())?;
    let differing = differing(fresh.path(), &folder())?;
    for name in &differing {
        let (from, to) = (fresh.path().join(name), folder().join(name));
        if from.exists() {
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(&from, &to).with_context(|| to.display().to_string())?;
        } else {
            fs::remove_file(&to).with_context(|| to.display().to_string())?;
        }
        println!("{}", name.display());
    }
    println!("{} files changed", differing.len());
    Ok(())
}

/// Fails when the committed files differ. The example has to be built.
pub(crate) fn check() -> Result<()> {
    let fresh = Scratch::new("codegen")?;
    generate(fresh.path())?;
    let differing = differing(fresh.path(), &folder())?;
    if differing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = differing.iter().map(|name| name.display().to_string()).collect();
    bail!(
        "the Rust types and ui/src/lib/ipc/generated differ in {}: run cargo xtask codegen",
        names.join(", ")
    )
}

fn generate(folder: &Path) -> Result<()> {
    let program = built("debug", "examples/typescript");
    let mut generator = command(program.to_str().context("the target folder's name")?, &[]);
    generator.arg(folder);
    run(generator)
}

/// Files, by their names relative to the folders, that are not the same in both.
fn differing(fresh: &Path, committed: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut names = BTreeSet::new();
    for folder in [fresh, committed] {
        if folder.exists() {
            for file in walk(folder, &[])? {
                names.insert(file.strip_prefix(folder)?.to_path_buf());
            }
        }
    }
    names.retain(|name| match (fs::read(fresh.join(name)), fs::read(committed.join(name))) {
        (Ok(new), Ok(old)) => new != old,
        _ => true,
    });
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_changed_and_removed_files_differ() {
        let scratch = Scratch::new("codegen-test").unwrap();
        let (a, b) = (scratch.path().join("a"), scratch.path().join("b"));
        fs::create_dir_all(a.join("sub")).unwrap();
        fs::create_dir_all(&b).unwrap();
        for (path, text) in [
            (a.join("same.ts"), "x"),
            (b.join("same.ts"), "x"),
            (a.join("changed.ts"), "x"),
            (b.join("changed.ts"), "y"),
            (a.join("sub/added.ts"), "x"),
            (b.join("removed.ts"), "x"),
        ] {
            fs::write(path, text).unwrap();
        }
        let found = differing(&a, &b).unwrap();
        let found: Vec<_> = found.iter().map(|name| name.to_str().unwrap()).collect();
        assert_eq!(found, ["changed.ts", "removed.ts", "sub/added.ts"]);
    }
}
