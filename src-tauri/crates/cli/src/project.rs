//! `lens project`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use lens_core::{DirectionMethod, LayerSelection, Pooling};
use lens_engine::contract::{MapFit, MapLevel, MapMethod};
use lens_engine::map::{
    Map, MapSettings, Metric, Start, TokenStore, UmapOptions, draw, text_rows, token_rows,
    write_csv,
};
use lens_engine::{EngineError, LoadedModels, Snapshot};
use serde::Serialize;

use crate::context::{Context, PairsArguments, ReadingArguments};
use crate::output;

/// Example: lens project pairs.jsonl --model toy-llama --layer 4 --out points.csv
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lens project pairs.jsonl --model toy-llama --layer 4 --out points.csv
  lens project pairs.jsonl --model toy-llama --layer 4 --method umap --fit train --out map.csv")]
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
    /// What the points are.
    #[arg(long, value_enum, default_value_t = Level::Texts)]
    level: Level,
    /// What shapes the projection.
    #[arg(long, value_enum, default_value_t = Fit::All)]
    fit: Fit,
    /// CSV file to write: pair, side, scenario, source, split, overlaid (whether the point is laid
    /// over what others shaped), for tokens position, token and score; then one column a dimension.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    // last, since its heading stays for what follows
    #[command(flatten)]
    umap: UmapArguments,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "For --method umap")]
struct UmapArguments {
    /// Neighbours of each point that its place depends on, itself being one: few show detail, many
    /// the outline [default: 15].
    #[arg(long, value_name = "N")]
    neighbors: Option<usize>,
    /// How near points may lie on the map [default: 0.1].
    #[arg(long, value_name = "DISTANCE")]
    min_dist: Option<f64>,
    /// How far apart activations are [default: euclidean].
    #[arg(long, value_enum)]
    metric: Option<Distance>,
    /// How often points are moved [default: 500 for up to 10,000 points, else 200].
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Where points start from [default: spectral].
    #[arg(long, value_enum)]
    init: Option<Init>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Principal components.
    Pca,
    /// A map of neighbours; distances between its clusters mean nothing.
    Umap,
    /// Along the probe's direction, and the principal components of what is left.
    Probe,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    /// A point for each text.
    Texts,
    /// A point for each content token.
    Tokens,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Fit {
    /// All points.
    All,
    /// Those of the training pairs; the test pairs are laid over.
    Train,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Distance {
    /// Length of the difference.
    Euclidean,
    /// 1 less the cosine of the angle.
    Cosine,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Init {
    /// The smoothest functions on the graph of neighbours.
    Spectral,
    /// Principal components.
    Pca,
}

impl UmapArguments {
    /// The options by their names, of those that were given.
    fn given(&self) -> Vec<&'static str> {
        let given = [
            (self.neighbors.is_some(), "--neighbors"),
            (self.min_dist.is_some(), "--min-dist"),
            (self.metric.is_some(), "--metric"),
            (self.epochs.is_some(), "--epochs"),
            (self.init.is_some(), "--init"),
        ];
        given.into_iter().filter_map(|(is_given, name)| is_given.then_some(name)).collect()
    }

    fn options(&self) -> UmapOptions {
        let usual = UmapOptions::default();
        UmapOptions {
            n_neighbors: self.neighbors.unwrap_or(usual.n_neighbors),
            min_dist: self.min_dist.unwrap_or(usual.min_dist),
            metric: self.metric.map_or(usual.metric, |metric| match metric {
                Distance::Euclidean => Metric::Euclidean,
                Distance::Cosine => Metric::Cosine,
            }),
            epochs: self.epochs,
            start: self.init.map_or(usual.start, |init| match init {
                Init::Spectral => Start::Spectral,
                Init::Pca => Start::Pca,
            }),
            ..usual
        }
    }
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    method: MapMethod,
    params: Parameters,
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    explained_variance: &'a [f64],
    /// Whether neighbours among the points are neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    trustworthiness: Option<f64>,
    /// Share of the neighbours that are neighbours among the points.
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbours_kept: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    rows: usize,
    /// Points that shaped nothing.
    overlaid: usize,
    file: PathBuf,
    provenance: &'a str,
}

/// Everything that the points depend on besides the pairs and the model.
#[derive(Debug, Serialize)]
struct Parameters {
    layer: usize,
    dims: usize,
    level: MapLevel,
    fit: MapFit,
    pooling: Pooling,
    #[serde(flatten)]
    umap: Option<UmapParameters>,
}

/// As used: with few points there are fewer neighbours than were asked for.
#[derive(Debug, Serialize)]
struct UmapParameters {
    neighbors: usize,
    min_dist: f64,
    spread: f64,
    metric: Metric,
    epochs: usize,
    init: Start,
    seed: u32,
}

impl Project {
    pub(crate) fn run(&self, context: &Context) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let pairs = Arc::new(context.pairs(&self.pairs)?);
        let stored = context.store()?;
        let layer = LayerSelection::These(vec![self.layer]);
        let reading = context.settings(&self.reading, DirectionMethod::default());
        let mut models = LoadedModels::default();
        let snapshot = context.read(&self.model, &pairs, &layer, &reading, &stored, &mut models)?;
        let (places, store) = &stored;
        let (progress, cancel) = (&context.progress, &context.cancel);
        let rows = match settings.level {
            MapLevel::Texts => text_rows(&snapshot, store, &settings)?,
            MapLevel::Tokens => {
                let tokens = TokenStore::in_folder(places.cache.join("tokens"));
                token_rows(&snapshot, &settings, &mut models, &tokens, progress, cancel)?
            }
        };
        let compute = self.reading.compute(places)?;
        let map = draw(&snapshot, store, rows, &settings, &compute, progress, cancel)?;
        progress.clear();
        output::notices(&compute);
        write_csv(&map, &snapshot.pairs, &self.out)?;
        match &context.json {
            Some(target) => output::json(target, &self.answer(&map, &snapshot)),
            None => {
                self.tell(&map);
                Ok(())
            }
        }
    }

    fn settings(&self) -> Result<MapSettings, EngineError> {
        let given = self.umap.given();
        if self.method != Method::Umap && !given.is_empty() {
            return Err(EngineError::BadValue {
                what: format!("{} describes a map of neighbours.", given.join(", ")),
                hint: "Add --method umap, or leave it out.".into(),
            });
        }
        Ok(MapSettings {
            method: match self.method {
                Method::Pca => MapMethod::Pca,
                Method::Umap => MapMethod::Umap,
                Method::Probe => MapMethod::Probe,
            },
            level: match self.level {
                Level::Texts => MapLevel::Texts,
                Level::Tokens => MapLevel::Tokens,
            },
            fit: match self.fit {
                Fit::All => MapFit::All,
                Fit::Train => MapFit::Train,
            },
            umap: self.umap.options(),
            ..MapSettings::new(self.layer, usize::from(self.dims))
        })
    }

    fn answer<'a>(&self, map: &'a Map, snapshot: &Snapshot) -> Answer<'a> {
        let overlaid = map.laid_over.iter().filter(|over| **over).count();
        let shaping = map.rows() - overlaid;
        let options = map.settings.umap;
        let umap = (map.settings.method == MapMethod::Umap).then(|| UmapParameters {
            neighbors: options.neighbors_of(shaping),
            min_dist: options.min_dist,
            spread: options.spread,
            metric: options.metric,
            epochs: options.epochs_of(shaping),
            init: options.start,
            seed: snapshot.settings.seed.0,
        });
        let MapSettings { method, layer, dims, level, fit, .. } = map.settings;
        Answer {
            method,
            params: Parameters { layer, dims, level, fit, pooling: map.pooling, umap },
            explained_variance: &map.explained_variance_ratio,
            trustworthiness: map.quality.as_ref().map(|q| q.trustworthiness),
            neighbours_kept: map.quality.as_ref().map(|q| q.neighbours_kept),
            notes: &map.notes,
            rows: map.rows(),
            overlaid,
            file: self.out.clone(),
            provenance: &map.provenance,
        }
    }

    fn tell(&self, map: &Map) {
        let shares: Vec<String> =
            map.explained_variance_ratio.iter().map(|r| format!("{:.1} %", r * 100.0)).collect();
        println!("{} rows in {}", map.rows(), self.out.display());
        if !shares.is_empty() {
            println!("variance explained: {}", shares.join(", "));
        }
        if let Some(q) = &map.quality {
            println!(
                "trustworthiness {:.3}, neighbours kept {:.3} (of {})",
                q.trustworthiness, q.neighbours_kept, q.k
            );
        }
        if map.settings.method == MapMethod::Umap {
            println!("distances between clusters mean nothing");
        }
        for note in &map.notes {
            println!("{note}");
        }
    }
}
