//! Seconds for a layer sweep with all its controls: 33 layers, 4,096 wide, 100 pairs.
//!
//!     cargo bench -p lens-analysis --bench probe [-- METHOD..]

use std::time::Instant;

use lens_analysis::{AnalysisError, layer_sweep, probe_controls};
use lens_core::{ActivationMatrix, CancelToken, DirectionMethod, Seed, Silent, Split};
use rand::Rng;

const LAYERS: usize = 33;
const WIDTH: usize = 4096;
const PAIRS: usize = 100;

fn main() -> Result<(), AnalysisError> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let layers: Vec<(usize, ActivationMatrix)> = (0..LAYERS).filter_map(layer).collect();
    let splits: Vec<Split> =
        (0..PAIRS).map(|i| if i % 10 < 7 { Split::Train } else { Split::Test }).collect();
    let scenarios = vec![None; PAIRS];
    let (seed, cancel) = (Seed(0), CancelToken::default());
    println!("{LAYERS} layers x {WIDTH} x {PAIRS} pairs, {} threads", rayon::current_num_threads());
    for method in DirectionMethod::ALL {
        if !asked.is_empty() && !asked.iter().any(|name| name == method.name()) {
            continue;
        }
        let start = Instant::now();
        let sweep = layer_sweep(&layers, &splits, &scenarios, method, seed, &Silent, &cancel)?;
        let swept = start.elapsed().as_secs_f64();
        let controls =
            probe_controls(&layers, &splits, &scenarios, &sweep, seed, &Silent, &cancel)?;
        let all = start.elapsed().as_secs_f64();
        println!(
            "{:20} sweep {swept:6.2} s, controls {:6.2} s, together {all:6.2} s ({} permutations)",
            method.name(),
            all - swept,
            controls.permutation.draws
        );
    }
    Ok(())
}

/// Noise with a part that a pair shares and a concept that grows with the layer.
fn layer(layer: usize) -> Option<(usize, ActivationMatrix)> {
    let mut random = Seed(1).stream(&format!("layer/{layer}"));
    let mut values = Vec::with_capacity(2 * PAIRS * WIDTH);
    for _ in 0..PAIRS {
        let shared: Vec<f32> = (0..WIDTH).map(|_| random.random_range(-1.0..1.0)).collect();
        for side in [0.5, -0.5] {
            let concept = side * 0.02 * layer as f32;
            let noise = shared.iter().map(|s| s + concept + random.random_range(-1.0..1.0_f32));
            values.extend(noise);
        }
    }
    ActivationMatrix::new(2 * PAIRS, WIDTH, values).ok().map(|rows| (layer, rows))
}
