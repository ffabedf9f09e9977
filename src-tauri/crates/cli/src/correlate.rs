//! `lens correlate`.

use std::path::{Path, PathBuf};

use clap::Args;
use lens_engine::correlate_file;

use crate::context::Context;
use crate::output;

/// Example: lens correlate projections.csv
#[derive(Debug, Args)]
#[command(after_help = "Example: lens correlate projections.csv --json -")]
pub(crate) struct Correlate {
    /// CSV with a column `score`, a column `human`, and optionally `threshold`: what a score has to
    /// be above to count as high, the same in every row.
    file: PathBuf,
}

impl Correlate {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let found = correlate_file(Path::new(&self.file))?;
        if let Some(target) = &context.json {
            return output::json(target, &found);
        }
        let interval = found
            .pearson_ci
            .map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
        let confusion = &found.confusion;
        println!("n = {}", found.n);
        println!("Pearson r = {:.4}{interval}, p = {:.4}", found.pearson, found.pearson_p);
        println!("Spearman rho = {:.4}, p = {:.4}", found.spearman, found.spearman_p);
        match found.binary_accuracy {
            Some(accuracy) => println!(
                "accuracy {accuracy:.3} of {} rows with a label above or below {}: {} true and {} \
                 false positive, {} true and {} false negative (scores above {:.4} are positive)",
                confusion.total(),
                found.human_threshold,
                confusion.true_positive,
                confusion.false_positive,
                confusion.true_negative,
                confusion.false_negative,
                found.score_threshold,
            ),
            None => println!("no row has a label above or below {}", found.human_threshold),
        }
        Ok(())
    }
}
