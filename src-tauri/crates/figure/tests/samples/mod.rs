//! Data to draw: two clouds of texts and sweeps that rise with depth. Made by a fixed sequence, so
//! that every run draws the same.

#![allow(dead_code, reason = "each user of the samples needs a part of them")]

use lens_figure::calibration::{CalibrationBin, CalibrationData};
use lens_figure::heat_map::{HeatMapData, HeatMapSide};
use lens_figure::layer_sweep::{
    Ceiling, LayerPoint, LayerSweepData, ModelSweep, RandomBand, RandomLayer,
};
use lens_figure::matrix::{MatrixData, MatrixScale};
use lens_figure::regression_scatter::{
    Correlation, Fit, FitPoint, RegressionPoint, RegressionScatterData,
};
use lens_figure::report::{ReportData, ReportModel, ReportPart, ReportRung, Status};
use lens_figure::roc::{RocCurve, RocData, RocPoint};
use lens_figure::scatter::{Category, Point, ScatterData, TriadAxis};
use lens_figure::score_distribution::{PairScores, ScoreDistributionData};
use lens_figure::transfer_bars::{ControlBand, TransferBar, TransferBarsData, TransferGroup};
use lens_figure::{Estimate, Preset, Range, Style, Theme};

pub(crate) mod maps;
pub(crate) mod steering;

pub(crate) const CAPTION: &str = "Residual stream after layer 4 of toy-llama, mean over content tokens, \
    projected on the first two principal components of all texts. 50 pairs, 35 for training \
    (filled) and 15 for testing (hollow); lines join the two texts of a pair.";

pub(crate) const PROVENANCE: &str = "Empathy Lens 0.1.0; data sample (1f2e3d4c); model toy-llama \
    (5a6b7c8d, bf16 weights, f32 arithmetic); pooling mean; token limit 512; seed 0";

/// A sequence of numbers in -1..1 (Knuth's MMIX generator).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Roughly normal with unit variance.
    pub(crate) fn bell(&mut self) -> f64 {
        (0..3).map(|_| self.uniform()).sum()
    }
}

pub(crate) fn style(preset: Preset, theme: Theme) -> Style {
    Style { preset, theme, caption: Some(CAPTION.to_owned()) }
}

/// Two sides, coloured by side.
pub(crate) fn sides(pairs: usize) -> ScatterData {
    let mut numbers = Numbers::new(7);
    let mut points = Vec::new();
    for pair in 0..pairs {
        let (x, y) = (numbers.bell() * 1.2, numbers.bell());
        for positive in [true, false] {
            let side = if positive { 2.1 } else { -2.1 };
            points.push(Point {
                x: side + x * 0.6 + numbers.bell() * 0.4,
                y: y + numbers.bell() * 0.5 + side * 0.25,
                depth: 0.0,
                category: usize::from(!positive),
                positive,
                held_out: pair % 10 >= 7,
                selected: false,
            });
        }
    }
    let category = |label: &str, category| Category { label: label.to_owned(), category };
    ScatterData {
        title: "toy-llama, layer 4".to_owned(),
        x_label: "PC1 (41.2 %)".to_owned(),
        y_label: "PC2 (9.8 %)".to_owned(),
        points,
        noun: ["text", "texts"],
        laid_over: false,
        contours: false,
        scores: None,
        x_threshold: None,
        pair_links: true,
        side_labels: ["positive".to_owned(), "negative".to_owned()],
        legend_title: String::new(),
        legend: vec![category("positive", 0), category("negative", 1)],
        x_range: None,
        y_range: None,
        triad: Vec::new(),
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// The same, coloured by one of so many scenarios.
pub(crate) fn scenarios(pairs: usize, count: usize) -> ScatterData {
    let names = [
        "Food delivery",
        "The listener",
        "The maze",
        "Doctor's office",
        "Grief",
        "Job loss",
        "Flat tyre",
        "Moving house",
        "Exam failed",
        "New baby",
        "Broken friendship",
        "Long illness",
        "Layoff notice",
        "Lost pet",
        "Night shift",
    ];
    let mut data = sides(pairs);
    for (index, point) in data.points.iter_mut().enumerate() {
        point.category = (index / 2) % count;
    }
    data.legend_title = "Scenario".to_owned();
    data.legend = (0..count)
        .map(|category| Category { label: names[category % names.len()].to_owned(), category })
        .collect();
    data
}

/// The same, seen from one side in three dimensions.
pub(crate) fn three_d(pairs: usize) -> ScatterData {
    let mut data = sides(pairs);
    let mut numbers = Numbers::new(11);
    let (turn, tilt) = (0.6_f64, 0.4_f64);
    let seen = |x: f64, y: f64, z: f64| {
        let (right, back) = (x * turn.cos() + z * turn.sin(), z * turn.cos() - x * turn.sin());
        (right, y * tilt.cos() - back * tilt.sin(), y * tilt.sin() + back * tilt.cos())
    };
    for point in &mut data.points {
        (point.x, point.y, point.depth) = seen(point.x, point.y, numbers.bell());
    }
    data.triad = [
        ("PC1 (41.2 %)", (1.0, 0.0, 0.0)),
        ("PC2 (9.8 %)", (0.0, 1.0, 0.0)),
        ("PC3 (6.1 %)", (0.0, 0.0, 1.0)),
    ]
    .into_iter()
    .map(|(name, (x, y, z))| {
        let (dx, dy, _) = seen(x, y, z);
        TriadAxis { name: name.to_owned(), dx, dy }
    })
    .collect();
    data
}

/// Sweeps of models with so many layers each.
pub(crate) fn sweep(models: &[(&str, u32)]) -> LayerSweepData {
    let mut numbers = Numbers::new(3);
    let models = models
        .iter()
        .enumerate()
        .map(|(index, &(name, layers))| {
            let points: Vec<LayerPoint> = (0..=layers)
                .map(|layer| {
                    let depth = f64::from(layer) / f64::from(layers);
                    let top = 0.97 - 0.06 * index as f64;
                    let rise = top - (top - 0.6) * (-4.0 * depth).exp() + numbers.uniform() * 0.015;
                    let value = rise.min(1.0);
                    LayerPoint {
                        layer,
                        value,
                        low: value - 0.09 * (1.1 - value) * 4.0,
                        high: (value + 0.06).min(1.0),
                    }
                })
                .collect();
            ModelSweep { name: name.to_owned(), points, chosen_layer: Some(layers * 2 / 3) }
        })
        .collect();
    LayerSweepData {
        title: "Mean-difference probe by layer".to_owned(),
        y_label: "AUROC (test)".to_owned(),
        models,
        marked_layer: None,
        ceiling: None,
        random: None,
        test_pairs: 15,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// The same with the surface ceiling and what random directions reach.
pub(crate) fn controlled_sweep(models: &[(&str, u32)]) -> LayerSweepData {
    let mut data = sweep(models);
    let deepest = models.iter().map(|(_, layers)| *layers).max().unwrap_or(0);
    let label = "surface ceiling (bag of words)".to_owned();
    data.ceiling = Some(Ceiling { label, value: 0.918 });
    let layers = (0..=deepest)
        .map(|layer| {
            let spread = 0.12 + 0.04 * (f64::from(layer) * 0.7).sin();
            RandomLayer { layer, low: 0.5 - spread, high: 0.5 + spread }
        })
        .collect();
    data.random = Some(RandomBand { label: "random directions (95 %)".to_owned(), layers });
    data
}

pub(crate) fn estimate(value: f64, spread: f64) -> Estimate {
    let interval = Range { low: (value - spread).max(-1.0), high: (value + spread).min(1.0) };
    Estimate { value, interval: Some(interval) }
}

/// Scores of so many test pairs, a few of them in the wrong order.
pub(crate) fn distribution(pairs: usize) -> ScoreDistributionData {
    let mut numbers = Numbers::new(5);
    let pairs = (0..pairs)
        .map(|_| {
            let shared = numbers.bell() * 0.4;
            PairScores {
                positive: 0.9 + shared + numbers.bell() * 0.6,
                negative: -0.9 + shared + numbers.bell() * 0.6,
            }
        })
        .collect();
    ScoreDistributionData {
        title: "toy-llama, layer 4".to_owned(),
        y_label: "Score (z)".to_owned(),
        side_labels: ["positive".to_owned(), "negative".to_owned()],
        pairs,
        threshold: 0.0,
        auroc: estimate(0.943, 0.04),
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// Staircases of these models over so many positive and negative texts.
pub(crate) fn roc(names: &[&str], texts: u32) -> RocData {
    let curves = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let (mut found, mut wrong) = (0_u32, 0_u32);
            let mut points = vec![RocPoint { false_positives: 0.0, true_positives: 0.0 }];
            let mut numbers = Numbers::new(20 + index as u64);
            while found < texts || wrong < texts {
                let eager = 0.75 - 0.15 * index as f64 - 0.9 * f64::from(found) / f64::from(texts);
                if wrong == texts || (found < texts && numbers.uniform() < eager) {
                    found += 1;
                } else {
                    wrong += 1;
                }
                points.push(RocPoint {
                    false_positives: f64::from(wrong) / f64::from(texts),
                    true_positives: f64::from(found) / f64::from(texts),
                });
            }
            let auroc = estimate(0.96 - 0.07 * index as f64, 0.05);
            RocCurve { name: (*name).to_owned(), points, auroc }
        })
        .collect();
    RocData {
        title: "ROC on the test pairs".to_owned(),
        curves,
        test_pairs: texts as usize,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// Agreement of these models.
pub(crate) fn matrix(names: &[&str]) -> MatrixData {
    let mut numbers = Numbers::new(31);
    let count = names.len();
    let halves: Vec<f64> = (0..count * count).map(|_| numbers.uniform()).collect();
    let cell = |row: usize, column: usize| {
        let value = halves[row.max(column) * count + row.min(column)];
        Some(estimate(if row == column { 0.97 } else { value }, 0.14))
    };
    let cells: Vec<Vec<Option<Estimate>>> =
        (0..count).map(|row| (0..count).map(|column| cell(row, column)).collect()).collect();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    MatrixData {
        title: "Agreement of scores".to_owned(),
        measure: "Pearson r of the scores (z)".to_owned(),
        rows: names.clone(),
        columns: names,
        row_label: String::new(),
        column_label: String::new(),
        cells,
        diagonal: Some("split-half reliability of the model's own scores".to_owned()),
        scale: MatrixScale { range: Range { low: -1.0, high: 1.0 }, centre: 0.0 },
        sample: "n = 15 test pairs".to_owned(),
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// Similarity of the layers 0 to so many of two models.
pub(crate) fn heat_map(rows: u32, columns: u32) -> HeatMapData {
    let side = |model: &str, layers: u32| HeatMapSide {
        model: model.to_owned(),
        layers: (0..=layers).collect(),
        chosen_layer: Some(layers * 2 / 3),
        sweep: Some(
            (0..=layers)
                .map(|layer| 0.97 - 0.4 * (-5.0 * f64::from(layer) / f64::from(layers)).exp())
                .collect(),
        ),
    };
    let values = (0..=rows)
        .map(|row| {
            let depth = f64::from(row) / f64::from(rows);
            (0..=columns)
                .map(|column| {
                    let other = f64::from(column) / f64::from(columns);
                    let ripple = 0.05 * (f64::from(row * 3 + column * 5)).sin();
                    0.92 * (-3.0 * (depth - other).powi(2) * 4.0).exp() + ripple
                })
                .map(|value: f64| value.clamp(0.0, 1.0))
                .collect()
        })
        .collect();
    HeatMapData {
        title: "Similarity of layers".to_owned(),
        measure: "linear CKA (debiased)".to_owned(),
        rows: side("toy-llama", rows),
        columns: side("toy-gpt2", columns),
        values,
        scale: Range { low: 0.0, high: 1.0 },
        sweep_label: "AUROC (test)".to_owned(),
        sample: "n = 70 training texts".to_owned(),
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// Directions carried both ways between two models.
pub(crate) fn transfer(first: &str, second: &str) -> TransferBarsData {
    let band = |mean: f64, spread: f64| {
        let range = Range { low: mean - spread, high: mean + spread };
        Some(ControlBand { mean, range })
    };
    let group = |from: &str, to: &str, loss: f64| {
        let bar = |name: &str, value: f64, carried: bool| TransferBar {
            name: name.to_owned(),
            value: estimate(value - if carried { loss } else { 0.0 }, 0.06),
            shuffled: carried.then(|| band(0.52, 0.11)).flatten(),
            random: band(0.5, 0.17),
        };
        TransferGroup {
            name: format!("{from} to {to}"),
            bars: vec![
                bar("native", 0.97, false),
                bar("Procrustes", 0.91, true),
                bar("ridge", 0.94, true),
                bar("CCA", 0.83, true),
            ],
        }
    };
    TransferBarsData {
        title: "Carried directions".to_owned(),
        y_label: "AUROC (test)".to_owned(),
        groups: vec![group(first, second, 0.0), group(second, first, 0.45)],
        chance: 0.5,
        best: 1.0,
        test_pairs: 15,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// So many bins, from the lowest predictions to the highest.
pub(crate) fn calibration(bins: usize) -> CalibrationData {
    let bin = |index: usize| {
        let predicted = (index as f64 + 0.5) / bins as f64;
        let observed = [0.0, 1.0, predicted * predicted][index % 3];
        let range = Range { low: observed * 0.6, high: 1.0 - (1.0 - observed) * 0.7 };
        let observed = Estimate { value: observed, interval: Some(range) };
        CalibrationBin { n: 8 + index * 37, predicted, observed }
    };
    CalibrationData {
        title: "Calibration".to_owned(),
        x_label: "toy-llama, layer 4: predicted share".to_owned(),
        y_label: "Observed share".to_owned(),
        bins: (0..bins).map(bin).collect(),
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// Scores against human labels of so many texts.
pub(crate) fn regression(texts: usize) -> RegressionScatterData {
    let mut numbers = Numbers::new(13);
    let points = (0..texts)
        .map(|_| {
            let x = numbers.bell() * 1.3;
            RegressionPoint { x, y: 4.0 + x * 1.1 + numbers.bell() * 1.2, second: false }
        })
        .collect();
    let fit = (0..=30)
        .map(|step| {
            let x = -3.4 + 6.8 * f64::from(step) / 30.0;
            let (y, half) = (4.0 + 1.1 * x, 0.3 + 0.12 * x * x);
            FitPoint { x, y, band: Some(Range { low: y - half, high: y + half }) }
        })
        .collect();
    RegressionScatterData {
        title: "Score and human label".to_owned(),
        x_label: "toy-llama, layer 4: score (z)".to_owned(),
        y_label: "Human score".to_owned(),
        points,
        classes: None,
        fit: Some(Fit { label: "least squares, 95 % band".to_owned(), points: fit }),
        correlations: vec![Correlation {
            name: "r".to_owned(),
            value: estimate(0.71, 0.22),
            p: Some(0.009),
        }],
        x_threshold: None,
        y_threshold: None,
        one_scale: false,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}

/// The scores of two models, with the two sides as classes.
pub(crate) fn two_models(texts: usize) -> RegressionScatterData {
    let mut numbers = Numbers::new(17);
    let points = (0..texts)
        .map(|index| {
            let second = index % 2 == 1;
            let side = if second { -0.9 } else { 0.9 };
            let shared = numbers.bell() * 0.3;
            RegressionPoint {
                x: side + shared + numbers.bell() * 0.4,
                y: side + shared + numbers.bell() * 0.5,
                second,
            }
        })
        .collect();
    RegressionScatterData {
        title: "Scores of two models".to_owned(),
        y_label: "toy-gpt2, layer 5: score (z)".to_owned(),
        points,
        classes: Some(["positive".to_owned(), "negative".to_owned()]),
        fit: None,
        correlations: vec![
            Correlation { name: "r".to_owned(), value: estimate(0.88, 0.06), p: None },
            Correlation { name: "within sides".to_owned(), value: estimate(0.31, 0.2), p: None },
        ],
        x_threshold: Some(0.0),
        y_threshold: Some(0.0),
        one_scale: true,
        ..regression(texts)
    }
}

/// The report on these models, with ladders that end at different heights.
pub(crate) fn report(names: &[&str]) -> ReportData {
    use Status::{Failed, NotTested, Passed};
    let part = |name: &str, status: Status, sentence: &str| ReportPart {
        name: name.to_owned(),
        status,
        sentence: sentence.to_owned(),
    };
    let models = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let low = if index % 3 == 1 { Failed } else { Passed };
            let parts = [
                (
                    "separable",
                    Passed,
                    vec![part(
                        "",
                        Passed,
                        "Test AUROC 0.987 [0.954, 1.000] at layer 4, n = 15 test pairs; \
                        p = 0.0001 with the search over layers paid for (10,000 permutations).",
                    )],
                ),
                (
                    "beats the surface ceiling",
                    low,
                    vec![part(
                        "",
                        low,
                        "Difference to bag of words (0.982) is 0.005 [−0.021, 0.036].",
                    )],
                ),
                (
                    "survives keyword ablation and shuffling",
                    low,
                    vec![
                        part(
                            "keyword ablation",
                            low,
                            "AUROC 0.969 [0.921, 1.000] after 212 words were replaced.",
                        ),
                        part(
                            "word order",
                            Passed,
                            "AUROC falls to 0.61 [0.48, 0.74] on shuffled texts.",
                        ),
                    ],
                ),
                (
                    "transfers to other scenarios",
                    NotTested,
                    vec![part("", NotTested, "The data name one scenario only; four are needed.")],
                ),
                (
                    "tracks behaviour",
                    Passed,
                    vec![part(
                        "",
                        Passed,
                        "r = 0.71 [0.40, 0.88] with the human scores, n = 12 texts.",
                    )],
                ),
                (
                    "moves behaviour when steered",
                    NotTested,
                    vec![part("", NotTested, "No steering run belongs to this study.")],
                ),
                ("necessary", NotTested, Vec::new()),
            ];
            let rungs = (1..)
                .zip(parts)
                .map(|(number, (title, status, parts))| ReportRung {
                    number,
                    title: title.to_owned(),
                    status,
                    parts,
                })
                .collect();
            ReportModel {
                name: (*name).to_owned(),
                summary:
                    "The probe tells the two sides of the test pairs apart, but not better than \
                    counting words does: the result does not show more than vocabulary."
                        .to_owned(),
                rungs,
                provenance: PROVENANCE.to_owned(),
            }
        })
        .collect();
    ReportData {
        title: "Evidence for empathy".to_owned(),
        concept: "empathy".to_owned(),
        data: "empathy-in-action (50 pairs, 5 scenarios; digest 1f2e3d4c)".to_owned(),
        train_pairs: 35,
        test_pairs: 15,
        models,
        figure: None,
        version: "0.1.0".to_owned(),
    }
}

/// A name nobody would choose, of five hundred characters.
pub(crate) fn long_name() -> String {
    "An uncommonly long name of a scenario that goes on ".repeat(10).chars().take(500).collect()
}
