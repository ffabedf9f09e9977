//! What is said of a dose-response: sample, caption, what is lacking.

use super::Chosen;
use crate::contract::{CoefficientUnit, ModelSteeringView, SteeredPositions, SteeringMode};

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
            let norm = model.residual_norm.filter(|_| plan.unit == CoefficientUnit::Relative);
            let norm = norm.map_or_else(String::new, |norm| format!(", mean norm {norm:.3}"));
            format!("{} (layer {}{norm})", model.model_name, model.layer)
        };
        let models: Vec<String> = self.models.iter().map(of).collect();
        let direction = plan.direction.as_ref().map_or_else(
            || "each model's probe direction".to_owned(),
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
                    "Coefficients count in mean norms of the residual stream at the layer."
                        .to_owned()
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
