//! The committed reference of `tests/reference/sampling`.

use std::fs;

use lens_model::{Change, Intervention, Interventions, LanguageModel, Positions, ScoreDirection};
use serde::Deserialize;

use super::{Reference, repository};

#[derive(Deserialize)]
struct File {
    prompt: String,
    prompt_ids: Vec<u32>,
    directions: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

/// A text that transformers wrote.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Layer, kind, size and positions.
    pub(crate) interventions: Vec<(usize, String, f32, String)>,
    #[serde(default = "no_penalty")]
    pub(crate) repetition_penalty: f32,
    pub(crate) ids: Vec<u32>,
    pub(crate) text: String,
    pub(crate) first_logits: Vec<f32>,
    pub(crate) last_logits: Vec<f32>,
    pub(crate) log_probabilities: Vec<f64>,
    pub(crate) divergences: Vec<f64>,
}

fn no_penalty() -> f32 {
    1.0
}

/// Texts that transformers wrote with the plain tiny model.
pub(crate) struct SamplingReference {
    pub(crate) model: LanguageModel,
    pub(crate) prompt: Vec<u32>,
    /// One for each layer, of any length.
    pub(crate) directions: Vec<Vec<f32>>,
    pub(crate) cases: Vec<Case>,
}

impl SamplingReference {
    pub(crate) fn open() -> Self {
        let file = repository().join("tests/reference/sampling/sampling.json");
        let file: File = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let model = Reference::open("plain").model();
        assert_eq!(model.tokenise(&file.prompt, 512).unwrap().ids, file.prompt_ids);
        let File { prompt_ids: prompt, directions, cases, .. } = file;
        Self { model, prompt, directions, cases }
    }

    pub(crate) fn interventions(&self, case: &Case) -> Interventions {
        let list = case.interventions.iter().map(|(layer, kind, size, positions)| {
            let direction = self.directions[*layer].clone();
            let norm = direction.iter().map(|d| d * d).sum::<f32>().sqrt();
            let change = match kind.as_str() {
                "add" => Change::Add { shift: direction.iter().map(|d| size * d / norm).collect() },
                "project-out" => Change::ProjectOut { direction },
                "clamp" => Change::Clamp { direction, value: *size },
                other => panic!("{other}"),
            };
            let positions = match positions.as_str() {
                "prompt" => Positions::Prompt,
                "generated" => Positions::Generated,
                "both" => Positions::Both,
                other => panic!("{other}"),
            };
            Intervention { layer: *layer, change, positions }
        });
        Interventions::new(&self.model, list.collect()).unwrap()
    }

    pub(crate) fn score_direction(&self, layer: usize) -> ScoreDirection {
        score_direction(&self.model, layer, 0.5)
    }
}

/// Any direction.
pub(crate) fn score_direction(
    model: &LanguageModel,
    layer: usize,
    midpoint: f64,
) -> ScoreDirection {
    let vector = (0..model.width()).map(|i| (i as f32 * 0.6).cos() / 8.0).collect();
    ScoreDirection { layer, vector, midpoint }
}
