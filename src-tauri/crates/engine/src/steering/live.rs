//! A text generated live, steered and unsteered beside each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use lens_core::{CancelToken, Silent};
use lens_model::{Control, Draw, SampleEnd, SampledToken, SamplingOptions};

use super::along::{Along, length};
use super::course::course;
use super::measures::kept_measures;
use super::plan::{bad, count, drawing};
use super::prompt::Prompting;
use super::sampling::{end_name, interventions, scored};
use crate::EngineError;
use crate::contract::{
    ApiError, LiveEvent, LiveRequest, LiveText, SteeringMode, SteeringPlanView, TokenScoreView,
};
use crate::models::LoadedModels;
use crate::session::Session;
use crate::snapshot::Snapshot;

/// Tokens of a live text at most.
const MOST_TOKENS: u32 = 8_192;
/// The two texts, in the order of their draws.
const TEXTS: [LiveText; 2] = [LiveText::Unsteered, LiveText::Steered];

/// The coefficient of the text that is being generated, which may be changed meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveCoefficient(Arc<AtomicU64>);

impl LiveCoefficient {
    pub(crate) fn set(&self, coefficient: f64) {
        self.0.store(coefficient.to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// Starts both texts and returns the job's id at once. `listener` is called from the working thread,
/// in order.
///
/// # Errors
/// When something in the request cannot be, or another text is being generated.
pub fn live(
    session: &Arc<Session>,
    request: LiveRequest,
    listener: impl Fn(LiveEvent) + Send + 'static,
) -> Result<String, EngineError> {
    if request.prompt.trim().is_empty() {
        return Err(bad("There is no prompt.".into(), "Write one, or choose a scenario."));
    }
    if !request.coefficient.is_finite() {
        return Err(bad(
            format!("A coefficient of {} cannot be used.", request.coefficient),
            "Give a finite number.",
        ));
    }
    drawing(request.temperature, request.top_p)?;
    count("tokens", request.max_tokens, MOST_TOKENS)?;
    let job = session.live.begin()?;
    let coefficient = LiveCoefficient::default();
    coefficient.set(request.coefficient);
    session.set_live(job.id(), coefficient.clone())?;
    let shared = Arc::clone(session);
    job.on_models_thread(session.worker(), listener, move |loaded, listener, cancel| {
        let run = Run { session: &shared, request: &request, coefficient, cancel };
        match run.run(loaded, listener) {
            Ok(()) => LiveEvent::Finished,
            Err(error) => LiveEvent::Failed { error: ApiError::from(error) },
        }
    })
}

struct Run<'a> {
    session: &'a Session,
    request: &'a LiveRequest,
    coefficient: LiveCoefficient,
    cancel: &'a CancelToken,
}

impl Run<'_> {
    fn run(
        &self,
        loaded: &mut LoadedModels,
        listener: &dyn Fn(LiveEvent),
    ) -> Result<(), EngineError> {
        let (session, request) = (self.session, self.request);
        let snapshot = session.snapshot(&request.model_id)?;
        let along = self.along(&snapshot)?;
        let measures = kept_measures(session, &snapshot, &along, loaded, &Silent, self.cancel)?;
        let prompting = Prompting::of(&snapshot.model, request.prompt_style, false)?;
        let digest = &snapshot.reading.key.model;
        let model = loaded.get(&snapshot.model, digest, snapshot.settings.weights)?;
        let prompt = prompting.tokens(model, &request.prompt)?;
        let steered = |coefficient: f64| {
            let length = length(coefficient, request.unit, measures.residual_norm);
            // At 0 nothing is changed, as in a dose-response; projecting out has no coefficient.
            let still = coefficient == 0.0 && request.mode != SteeringMode::ProjectOut;
            let change = (!still).then_some((&along, request.mode, length));
            interventions(model, change.as_slice(), request.positions)
        };
        let mut current = self.coefficient.get();
        let draw = |interventions| Draw { seed: u64::from(request.seed), interventions };
        let draws = [draw(interventions(model, &[], request.positions)?), draw(steered(current)?)];
        let options = SamplingOptions {
            temperature: request.temperature,
            top_p: (request.top_p < 1.0).then_some(request.top_p),
            max_tokens: request.max_tokens as usize,
            ..SamplingOptions::default()
        };
        listener(LiveEvent::Begun { scale: measures.score_spread });
        let start = Instant::now();
        let mut told = [(0_usize, 0_usize, 0.0_f64); 2];
        let refused = Mutex::new(None);
        let mut on_token = |token: SampledToken<'_>| {
            let Some(of) = TEXTS.get(token.sample).copied() else { return Control::Go };
            if let Some((tokens, bytes, seconds)) = told.get_mut(token.sample) {
                *tokens += 1;
                *bytes += token.text.len();
                *seconds = start.elapsed().as_secs_f64();
            }
            let score = token.score.map(f64::from);
            let token_view = TokenScoreView { text: token.text.to_owned(), score };
            let drawn_with = if of == LiveText::Steered { current } else { 0.0 };
            listener(LiveEvent::Token { of, token: token_view, coefficient: drawn_with });
            if self.cancel.is_cancelled() {
                return Control::End;
            }
            let wanted = self.coefficient.get();
            if of != LiveText::Steered || wanted == current {
                return Control::Go;
            }
            match steered(wanted) {
                Ok(interventions) => {
                    current = wanted;
                    Control::Steer(interventions)
                }
                Err(error) => {
                    if let Ok(mut refused) = refused.lock() {
                        refused.get_or_insert(error);
                    }
                    Control::End
                }
            }
        };
        let score = scored(&along);
        // A stop ends the texts where they are: they are kept on screen.
        let never = CancelToken::default();
        let drawn =
            model.sample(&prompt.ids, &draws, &options, Some(&score), &mut on_token, &never)?;
        for ((sample, of), (tokens, bytes, seconds)) in drawn.iter().zip(TEXTS).zip(told) {
            // What was held back in case more of a character came.
            if let Some(rest) = sample.text.get(bytes..).filter(|rest| !rest.is_empty()) {
                let token = TokenScoreView { text: rest.to_owned(), score: None };
                listener(LiveEvent::Token { of, token, coefficient: current });
            }
            let end = match sample.end {
                SampleEnd::Stopped => "stopped",
                end => end_name(end),
            };
            let rate = if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 };
            listener(LiveEvent::Ended { of, end: end.to_owned(), rate });
        }
        match refused.into_inner() {
            Ok(Some(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// The direction of the plan's file, where it has one, else the probe's.
    fn along(&self, snapshot: &Snapshot) -> Result<Along, EngineError> {
        let state = self.session.steering_state()?;
        let layer = self.request.layer;
        let plan = SteeringPlanView { layer, layers: Vec::new(), ..self.session.steering_plan()? };
        let chosen = || Ok(self.session.layer_sweep(&snapshot.model.id)?.chosen_layer);
        let file = state.direction.as_ref();
        Ok(course(snapshot, self.session.store(), &plan, file, chosen)?.scored)
    }
}
