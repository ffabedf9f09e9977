//! How near on the map counts as how much of a neighbour.

/// Points at which the curve is fitted, from 0 to three times the spread.
const POINTS: usize = 300;
/// Most steps of the fit; it takes about ten.
const STEPS: usize = 200;

/// `1 / (1 + a d^(2 b))`: membership of two points at distance `d` on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Curve {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl Curve {
    /// The curve nearest, by least squares, to one that is 1 up to `min_dist` and falls off as
    /// `exp(-(d - min_dist) / spread)` beyond (McInnes et al. 2018, section 3.2). `spread` is above
    /// zero. By Levenberg and Marquardt's method from `a = b = 1`.
    pub(super) fn fit(min_dist: f64, spread: f64) -> Self {
        let step = 3.0 * spread / (POINTS - 1) as f64;
        let points: Vec<(f64, f64)> = (0..POINTS)
            .map(|i| i as f64 * step)
            .map(|d| (d, if d < min_dist { 1.0 } else { (-(d - min_dist) / spread).exp() }))
            .collect();
        let mut curve = Self { a: 1.0, b: 1.0 };
        let mut error = curve.error(&points);
        let mut damping = 1e-3;
        for _ in 0..STEPS {
            let next = curve.step(&points, damping);
            let next_error = next.error(&points);
            if next.a > 0.0 && next.b > 0.0 && next_error <= error {
                let moved = (next.a / curve.a - 1.0).abs() + (next.b / curve.b - 1.0).abs();
                (curve, error) = (next, next_error);
                damping *= 0.1;
                if moved < 1e-12 {
                    break;
                }
            } else {
                damping *= 10.0;
            }
        }
        curve
    }

    fn at(self, distance: f64) -> f64 {
        1.0 / (1.0 + self.a * distance.powf(2.0 * self.b))
    }

    fn error(self, points: &[(f64, f64)]) -> f64 {
        points.iter().map(|&(d, y)| (self.at(d) - y).powi(2)).sum()
    }

    /// One damped step of Gauss and Newton.
    fn step(self, points: &[(f64, f64)], damping: f64) -> Self {
        let (mut aa, mut ab, mut bb, mut ra, mut rb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        // At distance 0 the curve is 1 whatever a and b are.
        for &(d, y) in points.iter().filter(|(d, _)| *d > 0.0) {
            let value = self.at(d);
            let power = d.powf(2.0 * self.b);
            let by_a = -value * value * power;
            let by_b = by_a * self.a * 2.0 * d.ln();
            let left = y - value;
            aa += by_a * by_a;
            ab += by_a * by_b;
            bb += by_b * by_b;
            ra += by_a * left;
            rb += by_b * left;
        }
        let (aa, bb) = (aa * (1.0 + damping), bb * (1.0 + damping));
        let determinant = aa * bb - ab * ab;
        if determinant <= 0.0 {
            return self;
        }
        Self {
            a: self.a + (ra * bb - rb * ab) / determinant,
            b: self.b + (rb * aa - ra * ab) / determinant,
        }
    }
}
