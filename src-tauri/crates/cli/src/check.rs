//! `lens check`.

use std::collections::BTreeMap;

use clap::Args;
use lens_engine::contract::{CountView, ProblemView};
use serde::Serialize;

use crate::context::{Context, PairsArguments};
use crate::output;

/// Example: lens check pairs.jsonl
#[derive(Debug, Args)]
#[command(after_help = "Example: lens check pairs.jsonl --json -")]
pub(crate) struct Check {
    #[command(flatten)]
    pairs: PairsArguments,
}

#[derive(Debug, Serialize)]
struct Answer {
    pairs: u32,
    format: String,
    concept: String,
    scenarios: BTreeMap<String, u32>,
    splits: BTreeMap<&'static str, u32>,
    problem_count: u32,
    problems: Vec<AnswerProblem>,
    checks: AnswerChecks,
}

#[derive(Debug, Serialize)]
struct AnswerProblem {
    file: String,
    line: u32,
    field: Option<String>,
    code: String,
    message: String,
    dropped: bool,
}

#[derive(Debug, Serialize)]
struct AnswerChecks {
    length_auroc: Option<f64>,
    source_imbalance: Option<f64>,
    duplicates: u32,
    leakage: u32,
}

impl Check {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let summary = context.pairs(&self.pairs)?.summary();
        context.progress.clear();
        if let Some(target) = &context.json {
            let answer = Answer {
                pairs: summary.count,
                format: summary.format,
                concept: summary.concept,
                scenarios: by_name(&summary.scenarios),
                splits: BTreeMap::from([("train", summary.train), ("test", summary.test)]),
                problem_count: summary.problem_count,
                problems: summary.problems.into_iter().map(AnswerProblem::from).collect(),
                checks: AnswerChecks {
                    length_auroc: summary.checks.length_auroc,
                    source_imbalance: summary.checks.source_imbalance,
                    duplicates: summary.checks.duplicates,
                    leakage: summary.checks.leakage,
                },
            };
            return output::json(target, &answer);
        }
        println!(
            "{}: {} pairs ({}), {} train, {} test{}",
            summary.name,
            summary.count,
            summary.format,
            summary.train,
            summary.test,
            if summary.split_given { " as given" } else { "" }
        );
        if let Some(note) = &summary.split_note {
            println!("{note}");
        }
        for check in &summary.checks.sentences {
            println!("{} {}", check.sentence, check.advice.as_deref().unwrap_or_default());
        }
        for scenario in summary.scenarios.iter().filter(|s| !s.name.is_empty()) {
            println!("  {:>6}  {}", scenario.count, scenario.name);
        }
        for problem in &summary.problems {
            let fate = if problem.dropped { "left out" } else { "kept" };
            println!("{}:{}: {} ({fate})", problem.file, problem.line, problem.message);
        }
        let more = summary.problem_count as usize - summary.problems.len();
        if more > 0 {
            println!("... and {more} more problems");
        }
        Ok(())
    }
}

impl From<ProblemView> for AnswerProblem {
    fn from(problem: ProblemView) -> Self {
        let ProblemView { file, line, field, code, message, dropped } = problem;
        Self { file, line, field, code, message, dropped }
    }
}

fn by_name(counts: &[CountView]) -> BTreeMap<String, u32> {
    counts.iter().map(|c| (c.name.clone(), c.count)).collect()
}
