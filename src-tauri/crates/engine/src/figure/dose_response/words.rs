//! What is said of a dose-response: sample, caption, what is lacking.

use crate::steering::layer_list;

use super::Chosen;
use crate::contract::{CoefficientUnit, ModelSteeringView, SteeredPositions, SteeringMode};

/// "2-4, 8"
pub(super) fn layers(model: &ModelSteeringView) -> String {
    layer_list(model.steered.iter().map(|at| at.layer as usize))
}

impl Chosen<'_> {
    /// "n = 10 samples a point".
    pub(super) fn sample(&self) -> String {
        match self.view.plan.samples {
            1 => "n = 1 sample a point".to_owned(),
            samples => format!("n = {samples} samples a point"),
        }
    }

    pub(super) fn caption(&self) -> String {
        let plan = &self.view.plan;
        let of = |model: &&ModelSteeringView| {
            let s = if model.steered.len() > 1 { "s" } else { "" };
            let relative = plan.unit == CoefficientUnit::Relative;
            let norms = model.steered.iter().filter_map(|at| at.residual_norm.filter(|_| relative));
            let norms: Vec<String> = norms.map(|norm| format!("{norm:.3}")).collect();
            let norms = match norms.as_slice() {
                [] => String::new(),
                norms => format!(", mean norm{s} {}", norms.join(", ")),
            };
            match model.steered.as_slice() {
                // one that cannot be steered
                [] => model.model_name.clone(),
                _ => format!("{} (layer{s} {}{norms})", model.model_name, layers(model)),
            }
        };
        let models: Vec<String> = self.models.iter().map(of).collect();
        let several = !plan.layers.is_empty();
        let direction = plan.direction.as_ref().map_or_else(
            || {
                let at = if several { " at each layer" } else { "" };
                format!("each model's probe direction{at}")
            },
            |file| {
                let path = std::path::Path::new(&file.path);
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                format!("the direction of {}", name.unwrap_or_default())
            },
        );
        let set = self.view.sets.iter().find(|set| set.key == plan.scenario_set);
        let set = set.map_or_else(String::new, |set| format!(" ({})", set.name));
        let scenarios = self.scenarios.len();
        let mut sentences = vec![
            format!(
                "Rate of the outcome among coherent samples of {} in {} {}{set}, by the coefficient \
                 of {direction}, {} at {}.",
                models.join(", "),
                scenarios,
                if scenarios == 1 { "scenario" } else { "scenarios" },
                match plan.mode {
                    SteeringMode::Clamp => "clamped",
                    SteeringMode::Add | SteeringMode::ProjectOut => "added",
                },
                match plan.positions {
                    SteeredPositions::Generated => "generated positions",
                    SteeredPositions::Prompt => "the prompt's positions",
                    SteeredPositions::Both => "all positions",
                },
            ),
            match plan.unit {
                CoefficientUnit::Relative => {
                    let at = if several { "each layer" } else { "the layer" };
                    format!("Coefficients count in mean norms of the residual stream at {at}.")
                }
                CoefficientUnit::Absolute => {
                    "Coefficients are absolute, along the unit direction.".to_owned()
                }
            },
            format!(
                "{} a coefficient and scenario; temperature {}, top-p {}, at most {} tokens. \
                 Whiskers: 95 % intervals by Wilson.",
                match plan.samples {
                    1 => "1 sample".to_owned(),
                    samples => format!("{samples} samples"),
                },
                plan.temperature,
                plan.top_p,
                plan.max_tokens,
            ),
        ];
        if plan.random_directions > 0 {
            sentences.push(format!(
                "Band: lowest to highest rate of {} random directions of the same norm.",
                plan.random_directions
            ));
        }
        if self.is_of_all() {
            sentences.push(
                "All scenarios: their samples together, as are those of each random direction."
                    .to_owned(),
            );
        }
        if plan.project_out {
            sentences.push("Hollow, at \"out\": the direction projected out.".to_owned());
        }
        sentences.extend(self.effects());
        sentences.join(" ")
    }

    /// The bounded effect of each model, where all scenarios are drawn.
    fn effects(&self) -> Option<String> {
        let told = |model: &&ModelSteeringView| {
            let effect = model.effect?;
            let (value, low, high) = (effect.value, effect.low, effect.high);
            Some(format!("{} {value:.2} [{low:.2}, {high:.2}]", model.model_name))
        };
        let told: Vec<String> = self.models.iter().filter_map(told).collect();
        (self.request.scenarios.is_empty() && !told.is_empty()).then(|| {
            format!(
                "Rate at positive coefficients minus that at negative ones: {} (95 % interval).",
                told.join(", ")
            )
        })
    }

    /// Models whose samples are not all there.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let told = |model: &&ModelSteeringView| {
            let name = &model.model_name;
            match &model.problem {
                Some(problem) => Some(format!("{name} is not drawn: {problem}")),
                None if model.cells_done < model.cells_total => Some(format!(
                    "{name} is sampled in part: {} of {} cells.",
                    model.cells_done, model.cells_total
                )),
                None => None,
            }
        };
        self.models.iter().filter_map(told).collect()
    }
}
