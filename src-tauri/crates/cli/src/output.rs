//! Results for people and for programs.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use lens_engine::compute::Compute;
use serde::Serialize;

/// Writes JSON to a file, or to the standard output for `-`.
pub(crate) fn json(target: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if target == Path::new("-") {
        return Ok(io::stdout().write_all(text.as_bytes())?);
    }
    let mut file = File::create(target).with_context(|| target.display().to_string())?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Says on the standard error what went wrong on a graphics card.
pub(crate) fn notices(compute: &Compute) {
    for notice in compute.take_notices() {
        eprintln!("{notice}");
    }
}

/// Lines of cells as a table whose columns line up; the first line is the header. Numbers are
/// expected to come with equal decimals.
pub(crate) fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| {
            lines.iter().filter_map(|l| l.get(c)).map(|s| s.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(c, (cell, &width))| {
                    if c == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// Lines of words as a table whose columns begin at the same place; the first line is the header.
pub(crate) fn columns(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        lines.iter().filter_map(|l| l.get(column)).map(|s| s.chars().count()).max().unwrap_or(0)
    };
    let mut out = String::new();
    for cells in lines {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            format!("{cell:<width$}")
        });
        out.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up() {
        let lines = [["layer", "auroc"], ["0", "0.50"], ["10", "1.00"]];
        let lines: Vec<Vec<String>> = lines.map(|l| l.map(str::to_owned).to_vec()).to_vec();
        assert_eq!(super::table(&lines), "layer  auroc\n0       0.50\n10      1.00\n");
    }
}
