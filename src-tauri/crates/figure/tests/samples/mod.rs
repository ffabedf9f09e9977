//! Data to draw: two clouds of texts and sweeps that rise with depth. Made by a fixed sequence, so
//! that every run draws the same.

#![allow(dead_code, reason = "each user of the samples needs a part of them")]

use lens_figure::layer_sweep::{LayerPoint, LayerSweepData, ModelSweep};
use lens_figure::scatter::{Category, Point, ScatterData, TriadAxis};
use lens_figure::{Preset, Style, Theme};

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

/// A name nobody would choose, of five hundred characters.
pub(crate) fn long_name() -> String {
    "An uncommonly long name of a scenario that goes on ".repeat(10).chars().take(500).collect()
}
