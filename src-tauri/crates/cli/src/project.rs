//! `lens project`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use lens_core::{DirectionMethod, LayerSelection};
use lens_engine::LoadedModels;
use lens_engine::contract::MapMethod;
use lens_engine::map::{MapSettings, draw, text_rows, write_csv};
use serde::Serialize;

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens project pairs.jsonl --model toy-llama --layer 4 --out points.csv
#[derive(Debug, Args)]
#[command(
    after_help = "Example: lens project pairs.jsonl --model toy-llama --layer 4 --out points.csv"
)]
pub(crate) struct Project {
    #[command(flatten)]
    pairs: PairsArguments,
    /// Bundled model or folder in the Hugging Face layout.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// Layer to project (0 is the embedding output).
    #[arg(long, value_name = "L")]
    layer: usize,
    #[command(flatten)]
    reading: ReadingArguments,
    /// How to project.
    #[arg(long, value_enum, default_value_t = Method::Pca)]
    method: Method,
    /// Dimensions.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    dims: u8,
    /// CSV file to write: pair, side, scenario, split, then one column a dimension.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Method {
    /// Principal components.
    Pca,
    /// A map of neighbours; distances between its clusters mean nothing.
    Umap,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Pca => "pca",
            Self::Umap => "umap",
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer {
    method: &'static str,
    params: Parameters,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explained_variance: Vec<f64>,
    /// Of a map: whether neighbours on it are neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    trustworthiness: Option<f64>,
    /// Of a map: share of the neighbours that are neighbours on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbours_kept: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    rows: usize,
    file: PathBuf,
    provenance: String,
}

#[derive(Debug, Serialize)]
struct Parameters {
    layer: usize,
    dims: usize,
}

impl Project {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        let layer = LayerSelection::These(vec![self.layer]);
        let settings = context.settings(&self.reading, DirectionMethod::default());
        let mut models = LoadedModels::default();
        let snapshot =
            context.read(&self.model, &pairs, &layer, &settings, &stored, &mut models)?;
        let (store, dims) = (&stored.1, usize::from(self.dims));
        let (progress, cancel) = (&context.progress, &context.cancel);
        let method = match self.method {
            Method::Pca => MapMethod::Pca,
            Method::Umap => MapMethod::Umap,
        };
        let settings = MapSettings { method, ..MapSettings::new(self.layer, dims) };
        let rows = text_rows(&snapshot, store, &settings)?;
        let compute = self.reading.compute(&stored.0)?;
        let projection = draw(&snapshot, store, rows, &settings, &compute, progress, cancel)?;
        progress.clear();
        output::notices(&compute);
        write_csv(&projection, &snapshot.pairs, &self.out)?;
        let explained = &projection.explained_variance_ratio;
        match &context.json {
            Some(target) => output::json(
                target,
                &Answer {
                    method: self.method.name(),
                    params: Parameters { layer: self.layer, dims: usize::from(self.dims) },
                    explained_variance: explained.clone(),
                    trustworthiness: projection.quality.as_ref().map(|q| q.trustworthiness),
                    neighbours_kept: projection.quality.as_ref().map(|q| q.neighbours_kept),
                    notes: projection.notes.clone(),
                    rows: projection.rows(),
                    file: self.out.clone(),
                    provenance: projection.provenance.clone(),
                },
            ),
            None => {
                print!("{} rows in {}; ", projection.rows(), self.out.display());
                match projection.quality.filter(|_| explained.is_empty()) {
                    Some(q) => println!(
                        "trustworthiness {:.3}, neighbours kept {:.3} (of {}); distances between \
                         clusters mean nothing",
                        q.trustworthiness, q.neighbours_kept, q.k
                    ),
                    None => {
                        let shares: Vec<String> =
                            explained.iter().map(|r| format!("{:.1} %", r * 100.0)).collect();
                        println!("variance explained: {}", shares.join(", "));
                    }
                }
                for note in &projection.notes {
                    println!("{note}");
                }
                Ok(())
            }
        }
    }
}
