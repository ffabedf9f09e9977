use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ApiError, EstimateView};

/// How coefficients are counted. Plots never mix the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum CoefficientUnit {
    /// In units of the layer's residual norm: comparable across models.
    #[default]
    Relative,
    /// As they are, along the unit direction.
    Absolute,
}

/// What an intervention does to the residual stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SteeringMode {
    /// h + a d.
    #[default]
    Add,
    /// h - (h.d) d; the coefficient plays no part.
    ProjectOut,
    /// h with h.d set to a value, the coefficient.
    Clamp,
}

/// At which positions the residual stream is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SteeredPositions {
    /// Those that a generated token is drawn after.
    #[default]
    Generated,
    /// Those of the prompt before that.
    Prompt,
    /// All.
    Both,
}

/// How a scenario becomes a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum PromptStyle {
    /// Through the model's chat template where it has one, else plain.
    #[default]
    Chat,
    /// Objective, pressure and "What do you do?", as text, for every model.
    Plain,
}

/// Words that tell what was done: the first of them that stands in a response decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeRuleView {
    /// Words of the outcome.
    pub helps: Vec<String>,
    /// Words of its absence.
    pub keeps: Vec<String>,
}

/// A situation in which a model says what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioView {
    /// Its id within its set.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The task.
    pub objective: String,
    /// What speaks for leaving the task.
    pub pressure: String,
    /// The very text to continue, instead of the two.
    pub prompt: Option<String>,
    /// What a response of degree 0, 1 and 2 does; empty where it was not said.
    pub rubric: Vec<String>,
    /// How the outcome is told; by language where there is none.
    pub rule: Option<OutcomeRuleView>,
}

/// Scenarios that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioSetView {
    /// `agent`, `toy`, or the digest of a dropped file.
    pub key: String,
    /// Its name for readers.
    pub name: String,
    /// What it holds, in a sentence.
    pub about: String,
    /// Its scenarios.
    pub scenarios: Vec<ScenarioView>,
    /// Whether it ships with the program.
    pub shipped: bool,
}

/// A direction from a file, to steer along instead of the probe's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DirectionFileView {
    /// The file.
    pub path: String,
    /// How its tool counts layers: `residual`, `block` or `generator`; the format's own where absent.
    pub convention: Option<String>,
    /// The layer as the residual stream counts, known once the file was read.
    pub layer: Option<u32>,
}

/// What is steered, how, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeringPlanView {
    /// [`ScenarioSetView::key`].
    pub scenario_set: String,
    /// Ids of the scenarios; all when empty.
    pub scenarios: Vec<String>,
    /// The layer; that chosen by the probe, model by model, when absent.
    pub layer: Option<u32>,
    /// Several layers, ascending, each steered along a direction of its own; empty for the one of
    /// `layer`.
    #[serde(default)]
    pub layers: Vec<u32>,
    /// A direction from a file; the probe's own when absent.
    pub direction: Option<DirectionFileView>,
    /// Ascending, 0 among them.
    pub coefficients: Vec<f64>,
    /// How they are counted.
    pub unit: CoefficientUnit,
    /// `add` or `clamp`.
    pub mode: SteeringMode,
    /// Whether the direction is also projected out.
    pub project_out: bool,
    /// Where the stream is changed.
    pub positions: SteeredPositions,
    /// How prompts are made.
    pub prompt_style: PromptStyle,
    /// Samples of each scenario at each coefficient.
    pub samples: u32,
    /// Random directions of the same norm, as a control; 0 or at least 5.
    pub random_directions: u32,
    /// 0 takes the likeliest token.
    pub temperature: f64,
    /// Share of the probability that is drawn from; 1 is all.
    pub top_p: f64,
    /// Tokens that are drawn from; 0 is all.
    pub top_k: u32,
    /// 1 is none.
    pub repetition_penalty: f64,
    /// Tokens of a response at most.
    pub max_tokens: u32,
}

/// Hits of so many, with a 95 % interval by Wilson.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShareView {
    /// The share; absent of none.
    pub value: Option<f64>,
    /// Of how many.
    pub n: u32,
    /// Lower bound.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

/// The samples of one scenario at one coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DoseCellView {
    /// The coefficient; absent where the direction was projected out.
    pub coefficient: Option<f64>,
    /// Samples.
    pub n: u32,
    /// Share of the samples with the outcome.
    pub rate: ShareView,
    /// The same among coherent samples.
    pub coherent_rate_of_outcome: ShareView,
    /// Share of coherent samples, by the published rules.
    pub coherent: ShareView,
    /// Share of samples of nothing but white space.
    pub empty_rate: f64,
    /// Median perplexity of the samples under the unsteered model; absent where all are empty.
    pub perplexity: Option<f64>,
    /// Mean KL divergence per token from the unsteered model, nats; absent where all are empty.
    pub kl: Option<f64>,
    /// Mean share of different word pairs among all of a sample.
    pub distinct2: Option<f64>,
    /// Mean share of a sample that its longest repeated run of words takes.
    pub repetition: Option<f64>,
    /// Mean score of the samples' tokens at the steered layer; absent where all are empty.
    pub score: Option<f64>,
}

/// What random directions did at one coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DoseBandView {
    /// The coefficient.
    pub coefficient: f64,
    /// Lowest rate of a direction, among coherent samples.
    pub low: Option<f64>,
    /// Mean of the directions' rates.
    pub mean: Option<f64>,
    /// Highest rate.
    pub high: Option<f64>,
}

/// Success of steering, counted twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeringSuccessView {
    /// As the published study counts.
    pub as_published: ShareView,
    /// Strictly.
    pub strict: ShareView,
    /// `ceiling` or `floor`: where the rate at 0 has nowhere to go.
    pub bound: Option<String>,
    /// Coefficients that cannot move the rate.
    pub cannot_move: Vec<f64>,
    /// Fewer than half of the samples at 0 are coherent: no claim stands.
    pub incoherent_unsteered: bool,
    /// Slope of a logistic regression of the outcome on the coefficient, with its interval.
    pub slope: Option<EstimateView>,
    /// Why there is no slope, in a sentence.
    pub slope_note: Option<String>,
    /// |slope above 0| - |slope below 0|.
    pub asymmetry: Option<f64>,
    /// Samples moved the wrong way more often than the right one.
    pub anti_steerable: ShareView,
    /// What has to be said beside, in sentences.
    pub remarks: Vec<String>,
}

/// One scenario's dose-response in one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioDoseView {
    /// Its id.
    pub scenario: String,
    /// Its name.
    pub title: String,
    /// `language` or `behaviour`: how the outcome is told.
    pub outcome: String,
    /// By ascending coefficient; those that were sampled by now.
    pub cells: Vec<DoseCellView>,
    /// With the direction projected out.
    pub projected_out: Option<DoseCellView>,
    /// What random directions did; empty without them.
    pub random: Vec<DoseBandView>,
    /// Absent until the scenario is complete.
    pub success: Option<SteeringSuccessView>,
}

/// All scenarios of one model put together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PooledDoseView {
    /// The samples of all scenarios, by ascending coefficient; those that every scenario has by now.
    pub cells: Vec<DoseCellView>,
    /// With the direction projected out.
    pub projected_out: Option<DoseCellView>,
    /// What random directions did, each over all scenarios; empty without them.
    pub random: Vec<DoseBandView>,
}

/// A layer that is steered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeredLayerView {
    /// Which.
    pub layer: u32,
    /// Mean norm of the residual stream there, which relative coefficients count; absent until it was
    /// measured, which running the plan begins with.
    pub residual_norm: Option<f64>,
}

/// Steering of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelSteeringView {
    /// Its id.
    pub model_id: String,
    /// Its name.
    pub model_name: String,
    /// The layer at which tokens are scored: the steered one, or that chosen by the probe where several
    /// are steered.
    pub layer: u32,
    /// Mean norm of the residual stream there, which relative coefficients count; absent until it was
    /// measured, which running the plan begins with.
    pub residual_norm: Option<f64>,
    /// The layers that are steered, ascending.
    pub steered: Vec<SteeredLayerView>,
    /// Scenario by scenario.
    pub scenarios: Vec<ScenarioDoseView>,
    /// All scenarios together; absent until all are complete.
    pub overall: Option<SteeringSuccessView>,
    /// Cells and random band of all scenarios together.
    pub pooled: PooledDoseView,
    /// Rate at positive coefficients minus that at negative ones, among coherent samples, over all
    /// scenarios, paired by sample; absent until all are complete, or where one is lacking.
    pub effect: Option<EstimateView>,
    /// The same of each random direction; empty without them.
    pub random_effects: Vec<f64>,
    /// Rate with the direction projected out minus that at 0, over all scenarios, paired by sample.
    pub project_out_change: Option<EstimateView>,
    /// Cells that are sampled, random directions counted.
    pub cells_done: u32,
    /// Cells in all.
    pub cells_total: u32,
    /// Why this model cannot be steered, in a sentence.
    pub problem: Option<String>,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// The Steering room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeringView {
    /// What was planned.
    pub plan: SteeringPlanView,
    /// Scenario sets to choose from.
    pub sets: Vec<ScenarioSetView>,
    /// The chosen models that have read the pairs.
    pub models: Vec<ModelSteeringView>,
    /// Whether something of the plan is left to sample.
    pub pending: bool,
}

/// A stretch of text, and why it counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MarkedStretchView {
    /// The text.
    pub text: String,
    /// `towards` for words of the outcome, `against` for words of its absence.
    pub mark: Option<String>,
}

/// One response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeringSampleView {
    /// The whole of it, in stretches.
    pub stretches: Vec<MarkedStretchView>,
    /// Its tokens with their scores at the steered layer.
    pub tokens: Vec<TokenScoreView>,
    /// Whether the outcome occurred.
    pub outcome: bool,
    /// Whether it is coherent by the published rules.
    pub coherent: bool,
    /// Its perplexity under the unsteered model.
    pub perplexity: Option<f64>,
    /// Mean KL divergence per token from the unsteered model, nats.
    pub kl: Option<f64>,
    /// Why it ended: `stop`, `length` or `context`.
    pub end: String,
}

/// The responses of one model to one scenario at one coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SteeringSamplesView {
    /// The prompt as the model was given it, special tokens written out.
    pub prompt: String,
    /// By seed: sample i has the same one at every coefficient.
    pub samples: Vec<SteeringSampleView>,
    /// Scale of the tokens' colours: that of [`TokenHeatView::scale`].
    pub scale: f64,
}

/// A token and its score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenScoreView {
    /// The piece of the text that it is.
    pub text: String,
    /// h.d minus the probe's threshold; absent for special tokens.
    pub score: Option<f64>,
}

/// A text read token by token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenHeatView {
    /// Which model.
    pub model_id: String,
    /// Which layer.
    pub layer: u32,
    /// Every token in order; their texts in order are the text.
    pub tokens: Vec<TokenScoreView>,
    /// Running mean of the scores, one for each token that has one.
    pub running_mean: Vec<f64>,
    /// Spread of token scores in the training pairs (one standard deviation): the scale of colours.
    pub scale: f64,
    /// Whether the text was cut at the token limit.
    pub truncated: bool,
    /// What it rests on, in one line.
    pub provenance: String,
}

/// A text to generate live, steered and unsteered beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LiveRequest {
    /// Which model.
    pub model_id: String,
    /// What it is asked, or the text it continues.
    pub prompt: String,
    /// Whether the prompt is put through the chat template.
    pub prompt_style: PromptStyle,
    /// The layer; the chosen one when absent.
    pub layer: Option<u32>,
    /// The coefficient to begin with.
    pub coefficient: f64,
    /// How it is counted.
    pub unit: CoefficientUnit,
    /// What is done with it.
    pub mode: SteeringMode,
    /// Where the stream is changed.
    pub positions: SteeredPositions,
    /// 0 takes the likeliest token.
    pub temperature: f64,
    /// Share of the probability that is drawn from.
    pub top_p: f64,
    /// Tokens at most.
    pub max_tokens: u32,
    /// Seed of both texts.
    pub seed: u32,
}

/// One of the two texts of a live generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum LiveText {
    /// With the intervention.
    Steered,
    /// Without.
    Unsteered,
}

/// A message of a live generation.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum LiveEvent {
    /// The model is ready and the prompt read; `scale` is that of [`TokenHeatView`].
    #[serde(rename_all = "camelCase")]
    Begun {
        /// Scale of the tokens' colours.
        scale: f64,
    },
    /// A token.
    #[serde(rename_all = "camelCase")]
    Token {
        /// Of which text.
        of: LiveText,
        /// What it adds, and its score.
        token: TokenScoreView,
        /// The coefficient that it was drawn with.
        coefficient: f64,
    },
    /// A text has ended.
    #[serde(rename_all = "camelCase")]
    Ended {
        /// Which.
        of: LiveText,
        /// `stop`, `length`, `context` or `stopped`.
        end: String,
        /// Tokens per second.
        rate: f64,
    },
    /// Both have.
    Finished,
    /// It could not be done.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why.
        error: ApiError,
    },
}
