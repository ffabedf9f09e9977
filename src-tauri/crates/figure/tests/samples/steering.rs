//! Dose-responses of steering.

use lens_figure::dose_response::{
    DoseCurve, DosePanel, DosePoint, DoseResponseData, RandomDose, Remark,
};
use lens_figure::{Estimate, Range};

use super::{Numbers, PROVENANCE};

/// Samples at a point.
const SAMPLES: f64 = 20.0;

/// A share of [`SAMPLES`] with Wilson's interval.
fn share(value: f64) -> Estimate {
    let value = (value.clamp(0.0, 1.0) * SAMPLES).round() / SAMPLES;
    let z2 = 1.96_f64.powi(2);
    let centre = (value + z2 / (2.0 * SAMPLES)) / (1.0 + z2 / SAMPLES);
    let spread = (value * (1.0 - value) / SAMPLES + z2 / (4.0 * SAMPLES * SAMPLES)).sqrt() * 1.96
        / (1.0 + z2 / SAMPLES);
    let interval = Some(Range { low: centre - spread, high: centre + spread });
    Estimate { value, interval }
}

/// A curve that rises from one rate to another.
fn curve(seed: u64, low: f64, high: f64) -> DoseCurve {
    let mut numbers = Numbers::new(seed);
    let doses = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0];
    let rate = |dose: f64| low + (high - low) / (1.0 + (-1.3 * dose).exp());
    let points = doses
        .iter()
        .map(|&coefficient| DosePoint {
            coefficient,
            rate: Some(share(rate(coefficient) + numbers.uniform() * 0.05)),
            coherent: Some((1.0 - coefficient * coefficient * 0.035).max(0.0)),
        })
        .collect();
    let random = doses
        .iter()
        .map(|&coefficient| {
            let spread = 0.04 * f64::abs(coefficient);
            let middle = rate(0.0);
            let low = (middle - spread).max(0.0);
            RandomDose { coefficient, range: Range { low, high: (middle + spread).min(1.0) } }
        })
        .collect();
    let out = DosePoint { coefficient: 0.0, rate: Some(share(rate(-1.5))), coherent: Some(0.95) };
    DoseCurve { points, projected_out: Some(out), random, remarks: Vec::new() }
}

/// These models in so many scenarios.
pub(crate) fn dose_response(models: &[&str], scenarios: usize) -> DoseResponseData {
    let names = [
        "Food delivery",
        "The listener",
        "The maze",
        "Doctor's office at the end of a long day",
        "Grief",
        "Job loss",
        "Flat tyre",
        "Moving house",
        "Exam failed",
        "New baby",
        "Broken friendship",
        "Long illness",
    ];
    let panels = (0..scenarios)
        .map(|scenario| {
            let curves = (0..models.len()).map(|model| {
                let seed = (scenario * 7 + model * 3 + 1) as u64;
                let low = 0.02 + 0.07 * (seed % 5) as f64;
                let mut curve = curve(seed, low, low + 0.6 - 0.1 * model as f64);
                match (scenario % 4, model) {
                    (1, 0) => {
                        curve.remarks = vec![Remark::Ceiling];
                        for point in &mut curve.points {
                            let up = point.coefficient > -1.5;
                            point.rate = Some(share(if up { 1.0 } else { 0.7 }));
                        }
                    }
                    (2, _) => curve.remarks = vec![Remark::Floor],
                    (3, 0) => {
                        curve.remarks = vec![Remark::Incoherent];
                        if let Some(last) = curve.points.last_mut() {
                            (last.rate, last.coherent) = (None, Some(0.0));
                        }
                    }
                    _ => {}
                }
                curve
            });
            let title = names[scenario % names.len()].to_owned();
            DosePanel { title, curves: curves.collect() }
        })
        .collect();
    DoseResponseData {
        title: "Dose-response of steering".to_owned(),
        sample: "n = 20 samples a point".to_owned(),
        models: models.iter().map(|name| (*name).to_owned()).collect(),
        panels,
        x_label: "Coefficient (residual norms)".to_owned(),
        y_label: "Rate among coherent samples".to_owned(),
        interval_label: "95 % interval (Wilson)".to_owned(),
        random_label: "5 random directions".to_owned(),
        coherence: true,
        notes: Vec::new(),
        provenance: PROVENANCE.to_owned(),
    }
}
