//! All scenarios of a model put together.

use lens_steering::{Scenario, Share, asymmetry, slope};

use super::cells::{Condition, KeptCell};
use super::view::{Judged, Sampled, dose, share_view, slope_view};
use crate::contract::{DoseCellView, PooledDoseView, ShareView, SteeringSuccessView};

impl Sampled<'_> {
    /// The samples of all scenarios, at the conditions that every one of them has been sampled under.
    pub(super) fn pooled(&self) -> PooledDoseView {
        let cell = |condition| -> Option<DoseCellView> {
            let kept = self.scenarios.iter().enumerate();
            let kept = kept.map(|(at, scenario)| Some((scenario, self.kept(at, condition, None)?)));
            let kept: Vec<(&Scenario, &KeptCell)> = kept.collect::<Option<_>>()?;
            (!kept.is_empty()).then(|| self.cell_view(&kept, condition))
        };
        let coefficients = self.plan.coefficients.iter();
        PooledDoseView {
            cells: coefficients.filter_map(|&a| cell(Condition::Coefficient(a))).collect(),
            projected_out: cell(Condition::ProjectedOut),
            random: self.band(0..self.scenarios.len()),
        }
    }
}

/// All scenarios together: counts of coefficients are added up scenario by scenario, so that a
/// ceiling in one does not hide behind another; the slopes are over all samples.
pub(super) fn success(
    own: &[Judged],
    scenarios: &[&SteeringSuccessView],
) -> Option<SteeringSuccessView> {
    let all: Judged = own.iter().flatten().cloned().collect();
    let of_all = dose(&all)?;
    let total = |each: fn(&SteeringSuccessView) -> &ShareView| {
        let hits =
            |share: &ShareView| (share.value.unwrap_or_default() * f64::from(share.n)).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a sum of counts"
        )]
        let sum = scenarios.iter().map(|s| hits(each(s))).sum::<f64>() as usize;
        let n = scenarios.iter().map(|s| each(s).n as usize).sum();
        share_view(Share { hits: sum, n })
    };
    let bounded = scenarios.iter().filter(|s| s.bound.is_some()).count();
    let mut remarks = Vec::new();
    if bounded > 0 {
        remarks.push(format!(
            "In {bounded} of {} scenarios the rate at 0 has nowhere to go in one direction.",
            scenarios.len()
        ));
    }
    let incoherent = scenarios.iter().filter(|s| s.incoherent_unsteered).count();
    if incoherent > 0 {
        remarks.push(format!(
            "In {incoherent} of {} scenarios fewer than half of the responses at 0 are \
             coherent, so nothing can be claimed there.",
            scenarios.len()
        ));
    }
    let (slope, slope_note) = slope_view(&slope(&of_all));
    Some(SteeringSuccessView {
        as_published: total(|s| &s.as_published),
        strict: total(|s| &s.strict),
        bound: None,
        cannot_move: Vec::new(),
        incoherent_unsteered: of_all
            .baseline()
            .coherent_rate()
            .value()
            .is_none_or(|share| share < lens_steering::FEWEST_COHERENT),
        slope,
        slope_note,
        asymmetry: asymmetry(&of_all).value,
        anti_steerable: total(|s| &s.anti_steerable),
        remarks,
    })
}
