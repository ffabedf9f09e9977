//! The two rungs that steering decides: whether the direction moves behaviour, and whether behaviour
//! needs it.

use super::ladder::{passed_if, rung, signed};
use crate::contract::{ModelSteeringView, RungPartView, RungStatus, RungView};
use crate::steering::layer_list;

/// Share of coherent responses below which nothing can be claimed.
const FEWEST_COHERENT: f64 = 0.5;

/// What steering along the probe's own direction showed, or why there is nothing, in a sentence.
pub(super) type Steered<'a> = Result<&'a ModelSteeringView, &'a str>;

/// Rung 6.
pub(super) fn moves_behaviour(steered: Steered<'_>) -> RungView {
    let parts = match steered {
        Err(why) => vec![untested("Effect", why)],
        Ok(view) => vec![effect(view), beyond_random(view), coherent(view)],
    };
    rung(
        6,
        "moves-behaviour",
        "Moves behaviour when steered",
        "Does adding the direction change what the model does, more than random directions do, while \
         its text stays coherent?",
        parts,
    )
}

/// Rung 7.
pub(super) fn necessary(steered: Steered<'_>) -> RungView {
    let name = "Projected out";
    let part = match steered {
        Err(why) => untested(name, why),
        Ok(view) => match &view.project_out_change {
            None => untested(name, "The direction has not been projected out."),
            Some(change) => RungPartView {
                name: name.to_owned(),
                status: passed_if(change.low > 0.0 || change.high < 0.0),
                sentence: format!(
                    "Without the direction the outcome's rate changes by {}, each response against \
                     that of the same seed.",
                    signed(change)
                ),
            },
        },
    };
    rung(
        7,
        "necessary",
        "Necessary for behaviour",
        "Does taking the direction away change what the model does?",
        vec![part],
    )
}

fn effect(view: &ModelSteeringView) -> RungPartView {
    let name = "Effect";
    let Some(effect) = &view.effect else { return untested(name, no_effect(view)) };
    let strict = view.overall.as_ref().map(|overall| &overall.strict);
    let strict = strict.and_then(|s| Some((s.value?, s.n)));
    let strict = strict.map_or_else(String::new, |(value, n)| {
        format!(" {:.0} of {n} coefficients that could move it did as asked.", value * f64::from(n))
    });
    RungPartView {
        name: name.to_owned(),
        status: passed_if(effect.low > 0.0),
        sentence: format!(
            "At layer{} {}, in {} scenarios, the outcome's rate at positive coefficients minus that at \
             negative ones is {}.{strict}",
            if view.steered.len() > 1 { "s" } else { "" },
            layer_list(view.steered.iter().map(|at| at.layer as usize)),
            view.scenarios.len(),
            signed(effect)
        ),
    }
}

fn beyond_random(view: &ModelSteeringView) -> RungPartView {
    let name = "Random directions";
    let Some(effect) = &view.effect else { return untested(name, no_effect(view)) };
    let largest = view.random_effects.iter().map(|e| e.abs()).reduce(f64::max);
    let Some(largest) = largest else {
        return untested(name, "No random directions were steered along.");
    };
    RungPartView {
        name: name.to_owned(),
        status: passed_if(effect.low > largest),
        sentence: format!(
            "Along {} random directions of the same length the largest difference is {largest:.3}; the \
             lower bound of the effect is {:+.3}.",
            view.random_effects.len(),
            effect.low
        ),
    }
}

/// By the published rules; perplexity under the unsteered model, which has no agreed bound, is told
/// beside it.
fn coherent(view: &ModelSteeringView) -> RungPartView {
    let name = "Coherence";
    let Some(overall) = &view.overall else { return untested(name, UNFINISHED) };
    let cells = || view.scenarios.iter().flat_map(|scenario| &scenario.cells);
    let steered = || cells().filter(|cell| cell.coefficient != Some(0.0));
    let (coherent, n) = steered().fold((0.0, 0.0), |(hits, n), cell| {
        let of = f64::from(cell.coherent.n);
        (hits + cell.coherent.value.unwrap_or_default() * of, n + of)
    });
    let share = if n > 0.0 { coherent / n } else { 0.0 };
    let largest = steered().filter_map(|cell| cell.perplexity).reduce(f64::max);
    let unsteered = cells().filter(|cell| cell.coefficient == Some(0.0));
    let unsteered = unsteered.filter_map(|cell| cell.perplexity).reduce(f64::max);
    let perplexity = largest.zip(unsteered).map_or_else(String::new, |(largest, unsteered)| {
        format!(
            " The median perplexity of a scenario's responses is {unsteered:.1} at most at 0, and \
             {largest:.1} at most elsewhere."
        )
    });
    RungPartView {
        name: name.to_owned(),
        status: passed_if(!overall.incoherent_unsteered && share >= FEWEST_COHERENT),
        sentence: format!(
            "{:.0} % of the steered responses are coherent by the published rules{}.{perplexity}",
            100.0 * share,
            if overall.incoherent_unsteered { ", and fewer than half of those at 0" } else { "" },
        ),
    }
}

/// Why there is no effect.
const fn no_effect(view: &ModelSteeringView) -> &'static str {
    if view.cells_done < view.cells_total {
        return UNFINISHED;
    }
    "No two responses of one seed are coherent at a positive and at a negative coefficient."
}

const UNFINISHED: &str = "The plan of the Steering room has not been sampled to its end.";

fn untested(name: &str, why: &str) -> RungPartView {
    RungPartView { name: name.to_owned(), status: RungStatus::NotTested, sentence: why.to_owned() }
}
