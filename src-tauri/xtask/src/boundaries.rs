//! Which part of the program may use what, and how long a source file may be.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::files::{root, walk};

/// A dependency and the members, by their folders, that may name it. The last character `*` stands
/// for any ending.
const ALLOWED: &[(&str, &[&str])] = &[
    ("tauri*", &["src-tauri"]),
    ("candle-*", &["src-tauri/crates/model", "tests"]),
    ("wgpu", &["src-tauri/crates/gpu"]),
    ("rusqlite", &["src-tauri/crates/engine"]),
    ("hf-hub", &["src-tauri/crates/hub"]),
    ("reqwest", &["src-tauri/crates/hub"]),
];

/// Lines that a source file may have.
const MOST_LINES: usize = 600;

/// Endings of files that people write.
const SOURCES: &[&str] = &["rs", "ts", "svelte", "css", "py", "wgsl"];

/// Folders that hold no sources.
const NOT_OURS: &[&str] = &["node_modules", "dist", "target", "generated", "gen", "icons", ".venv"];

/// Fails with every breach in its message.
pub(crate) fn check() -> Result<()> {
    let mut breaches = Vec::new();
    for folder in members()? {
        let manifest = root().join(&folder).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        for name in dependencies(&text) {
            if let Some(places) = forbidden(&folder, &name) {
                breaches.push(format!("{folder} uses {name}, which only {places} may"));
            }
        }
    }
    for file in sources()? {
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        let text = fs::read_to_string(&file).with_context(|| name.clone())?;
        let lines = text.lines().count();
        if lines > MOST_LINES {
            breaches.push(format!("{name} has {lines} lines; {MOST_LINES} are the most"));
        }
        breaches.extend(imports(&name, &text));
    }
    if breaches.is_empty() {
        println!("all parts keep to their boundaries");
        return Ok(());
    }
    bail!("{}", breaches.join("\n"))
}

/// Folders of the workspace's members, relative to the root.
fn members() -> Result<Vec<String>> {
    let mut folders =
        vec!["src-tauri".to_owned(), "src-tauri/xtask".to_owned(), "tests".to_owned()];
    for entry in fs::read_dir(root().join("src-tauri/crates"))? {
        folders.push(format!("src-tauri/crates/{}", entry?.file_name().to_string_lossy()));
    }
    folders.retain(|folder| root().join(folder).join("Cargo.toml").exists());
    folders.sort();
    Ok(folders)
}

/// Names in all tables of dependencies of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            // a dependency with a table of its own: [dependencies.name]
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                names.push(name.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Where a dependency may be used, if not in `folder`.
fn forbidden(folder: &str, name: &str) -> Option<String> {
    ALLOWED
        .iter()
        .find(|(pattern, places)| {
            let matches = match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *pattern,
            };
            matches && !places.contains(&folder)
        })
        .map(|(_, places)| places.join(" and "))
}

fn sources() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["src-tauri", "tests", "models", "ui/src"] {
        let folder = root().join(folder);
        if folder.exists() {
            found.extend(walk(&folder, NOT_OURS)?);
        }
    }
    found.retain(|file| {
        file.extension().and_then(|ending| ending.to_str()).is_some_and(|e| SOURCES.contains(&e))
    });
    Ok(found)
}

/// Imports that a file of the interface may not have: plots are drawn from plain data, so they take
/// nothing but types from where data come from; and the window is spoken to in one place.
fn imports(name: &str, text: &str) -> Vec<String> {
    let name = name.replace('\\', "/");
    let Some(inside) = name.strip_prefix("ui/src/") else { return Vec::new() };
    let mut breaches = Vec::new();
    for (statement, from) in import_statements(text) {
        let data = from.contains("/backend") || from.contains("/ipc");
        if inside.starts_with("lib/plot/") && data && !statement.starts_with("import type") {
            breaches.push(format!("{name} imports more than types from {from}"));
        }
        if from.starts_with("@tauri-apps/") && !inside.starts_with("lib/backend/") {
            breaches.push(format!("{name} imports {from}, which only ui/src/lib/backend may"));
        }
    }
    breaches
}

/// Import and re-export statements with the module that they name.
fn import_statements(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for quote in ['\'', '"'] {
        for start in ["from ", "import ", "import("] {
            let opening = format!("{start}{quote}");
            for (at, _) in text.match_indices(&opening) {
                let module = text.get(at + opening.len()..).unwrap_or_default();
                let module = module.split(quote).next().unwrap_or_default();
                let before = text.get(..at + start.len()).unwrap_or_default();
                let begin = before.rfind("import").max(before.rfind("export")).unwrap_or(at);
                found.push((before.get(begin..).unwrap_or_default(), module));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_found_in_every_form() {
        let manifest = "[package]\nname = \"x\"\nwgpu = 1\n[dependencies]\n# tauri = \"2\"\n\
            serde.workspace = true\ntauri = { version = \"2\" }\n\n[target.'cfg(unix)'.dependencies]\n\
            wgpu=\"30\"\n[dev-dependencies.candle-nn]\nversion = \"1\"\n[build-dependencies]\n\
            tauri-build = \"2\"\n[lints]\nworkspace = true\n";
        assert_eq!(dependencies(manifest), ["serde", "tauri", "wgpu", "candle-nn", "tauri-build"]);
    }

    #[test]
    fn each_has_its_place() {
        for (_, places) in ALLOWED {
            assert!(places.iter().all(|place| root().join(place).exists()));
        }
        assert!(forbidden("src-tauri", "tauri-plugin-dialog").is_none());
        assert!(forbidden("src-tauri/crates/engine", "tauri").is_some());
        assert!(forbidden("src-tauri/crates/engine", "candle-core").is_some());
        assert!(forbidden("src-tauri/crates/engine", "serde").is_none());
    }

    #[test]
    fn plots_take_types_only() {
        let plot = "ui/src/lib/plot/Scatter.svelte";
        let text =
            "<script>\nimport type {\n  A,\n} from '../ipc/generated/A';\nimport { b } from './b';";
        assert!(imports(plot, text).is_empty());
        for text in [
            "import { A } from '../ipc/packet';",
            "import {\n  A,\n} from \"../backend\";",
            "import '../backend/tauri';",
            "export { A } from '../ipc/packet';",
            "const a = await import('../backend/tauri');",
            "import { invoke } from '@tauri-apps/api/core';",
        ] {
            assert_eq!(imports(plot, text).len(), 1, "{text}");
        }
        assert!(
            imports("ui/src/lib/backend/tauri.ts", "import { a } from '@tauri-apps/api';")
                .is_empty()
        );
        assert!(imports("tests/plot.ts", "import { a } from '@tauri-apps/api';").is_empty());
    }
}
