//! How densely points lie, estimated with a Gaussian kernel that has the shape of their own spread.

/// Points that a density is estimated from, at least.
const FEWEST: usize = 10;

/// Steps of the grid in a kernel's width.
const STEPS: f64 = 4.0;

/// Steps along a side of the grid, at most.
const MOST: f64 = 400.0;

/// How far the kernel reaches, and the grid beyond the points, in kernel's widths.
const REACH: f64 = 4.0;

/// Density of points over the plane. The kernel's covariance is the points' own times n^(-1/3)
/// (Scott 1992, as `scipy.stats.gaussian_kde` has it), so the estimate turns and stretches with them.
/// It lies on a grid of the coordinates in which that covariance is round, where points are shared
/// out among the four places around them and the kernel goes over rows, then columns.
pub(super) struct Density {
    /// Places along the two sides of the grid.
    pub(super) size: (usize, usize),
    /// Share of the mass at each place, row by row; they sum to 1.
    pub(super) values: Vec<f64>,
    /// Place (0, 0) in round coordinates.
    corner: (f64, f64),
    step: f64,
    frame: RoundFrame,
}

/// Coordinates in which the points' covariance is that of the unit circle.
struct RoundFrame {
    low: (f64, f64),
    span: (f64, f64),
    mean: (f64, f64),
    /// Lower triangle of Cholesky's factor of the covariance.
    factor: (f64, f64, f64),
}

impl RoundFrame {
    /// None of points on one line or in one place.
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let ends = points.iter().fold(
            [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY],
            |[left, right, low, high], &(x, y)| {
                [left.min(x), right.max(x), low.min(y), high.max(y)]
            },
        );
        let [left, right, low, high] = ends;
        let mut frame = Self {
            low: (left, low),
            // halves, because the span of the largest numbers would overflow
            span: (right / 2.0 - left / 2.0, high / 2.0 - low / 2.0),
            mean: (0.0, 0.0),
            factor: (1.0, 0.0, 1.0),
        };
        if !(frame.span.0 > 0.0 && frame.span.1 > 0.0) {
            return None;
        }
        let count = points.len() as f64;
        let shares = || points.iter().map(|&point| frame.share(point));
        let (x, y) = shares().fold((0.0, 0.0), |(x, y), share| (x + share.0, y + share.1));
        let mean = (x / count, y / count);
        let (xx, xy, yy) = shares().fold((0.0, 0.0, 0.0), |(xx, xy, yy), (x, y)| {
            let (x, y) = (x - mean.0, y - mean.1);
            (xx + x * x, xy + x * y, yy + y * y)
        });
        let (xx, xy, yy) = (xx / (count - 1.0), xy / (count - 1.0), yy / (count - 1.0));
        let across = xx.sqrt();
        let slant = xy / across;
        let left = yy - slant * slant;
        if !(across > 0.0 && left > yy * 1e-9) {
            return None;
        }
        frame.mean = mean;
        frame.factor = (across, slant, left.sqrt());
        Some(frame)
    }

    /// A point in half spans from the lowest.
    fn share(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let half = |value: f64, low: f64, span: f64| (value / 2.0 - low / 2.0) / span * 2.0;
        (half(x, self.low.0, self.span.0), half(y, self.low.1, self.span.1))
    }

    fn round(&self, point: (f64, f64)) -> (f64, f64) {
        let ((x, y), (across, slant, up)) = (self.share(point), self.factor);
        let u = (x - self.mean.0) / across;
        (u, (y - self.mean.1 - slant * u) / up)
    }

    fn back(&self, (u, v): (f64, f64)) -> (f64, f64) {
        let (across, slant, up) = self.factor;
        let (x, y) = (self.mean.0 + across * u, self.mean.1 + slant * u + up * v);
        (self.low.0 + x * self.span.0, self.low.1 + y * self.span.1)
    }
}

impl Density {
    /// None of fewer than ten points, or of points on one line. All must be finite.
    pub(super) fn of(points: &[(f64, f64)]) -> Option<Self> {
        if points.len() < FEWEST {
            return None;
        }
        let frame = RoundFrame::of(points)?;
        let round: Vec<(f64, f64)> = points.iter().map(|&point| frame.round(point)).collect();
        let width = (points.len() as f64).powf(-1.0 / 6.0);
        let ends = |of: fn(&(f64, f64)) -> f64| {
            round
                .iter()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
        };
        let ((left, right), (low, high)) = (ends(|p| p.0), ends(|p| p.1));
        let longest = (right - left).max(high - low) + 2.0 * REACH * width;
        let step = (width / STEPS).max(longest / MOST);
        // a few points far out make the grid coarse: a kernel finer than it would show its steps
        let width = width.max(step);
        let margin = REACH * width + step;
        let corner = (left - margin, low - margin);
        let places = |from: f64, to: f64| ((to + margin - from) / step).ceil() as usize + 1;
        let size = (places(corner.0, right), places(corner.1, high));
        let mut values = share_out(&round, corner, step, size);
        let kernel = kernel(width / step);
        values = along_rows(&values, size, &kernel);
        values = turned(
            &along_rows(&turned(&values, size), (size.1, size.0), &kernel),
            (size.1, size.0),
        );
        let total: f64 = values.iter().sum();
        for value in &mut values {
            *value /= total;
        }
        Some(Self { size, values, corner, step, frame })
    }

    /// A place of the grid, between places too, in the points' own coordinates.
    pub(super) fn at(&self, (column, row): (f64, f64)) -> (f64, f64) {
        self.frame.back((self.corner.0 + column * self.step, self.corner.1 + row * self.step))
    }

    /// The density beyond which `share` of the mass lies.
    pub(super) fn level(&self, share: f64) -> f64 {
        let mut falling = self.values.clone();
        falling.sort_by(|a, b| b.total_cmp(a));
        let mut sum = 0.0;
        falling
            .into_iter()
            .find(|value| {
                sum += value;
                sum >= share
            })
            .unwrap_or(0.0)
    }
}

/// Each point's weight on the four places around it.
fn share_out(
    points: &[(f64, f64)],
    corner: (f64, f64),
    step: f64,
    (columns, rows): (usize, usize),
) -> Vec<f64> {
    let mut values = vec![0.0; columns * rows];
    for &(u, v) in points {
        let (x, y) = ((u - corner.0) / step, (v - corner.1) / step);
        let (column, row) = (x.floor(), y.floor());
        let (right, up) = (x - column, y - row);
        let first = row as usize * columns + column as usize;
        for (place, weight) in [
            (first, (1.0 - right) * (1.0 - up)),
            (first + 1, right * (1.0 - up)),
            (first + columns, (1.0 - right) * up),
            (first + columns + 1, right * up),
        ] {
            if let Some(value) = values.get_mut(place) {
                *value += weight;
            }
        }
    }
    values
}

/// One half of a Gaussian of that width in steps, from its middle outwards.
fn kernel(width: f64) -> Vec<f64> {
    let reach = (REACH * width).ceil() as usize;
    (0..=reach).map(|step| (-0.5 * (step as f64 / width).powi(2)).exp()).collect()
}

fn along_rows(values: &[f64], (columns, _): (usize, usize), kernel: &[f64]) -> Vec<f64> {
    let mut smooth = vec![0.0; values.len()];
    for (row, into) in values.chunks_exact(columns).zip(smooth.chunks_exact_mut(columns)) {
        for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            for (step, weight) in kernel.iter().enumerate() {
                if let Some(right) = into.get_mut(column + step) {
                    *right += value * weight;
                }
                let left = column.checked_sub(step).filter(|_| step > 0);
                if let Some(left) = left.and_then(|left| into.get_mut(left)) {
                    *left += value * weight;
                }
            }
        }
    }
    smooth
}

/// Columns as rows.
fn turned(values: &[f64], (columns, _): (usize, usize)) -> Vec<f64> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the kernels itself, without a grid.
    fn direct(points: &[(f64, f64)], at: (f64, f64)) -> f64 {
        let n = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
        let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
        let sum = |f: &dyn Fn(f64, f64) -> f64| {
            points.iter().map(|p| f(p.0 - mx, p.1 - my)).sum::<f64>() / (n - 1.0)
        };
        let factor = n.powf(-1.0 / 3.0);
        let (a, b, d) =
            (sum(&|x, _| x * x) * factor, sum(&|x, y| x * y) * factor, sum(&|_, y| y * y) * factor);
        let det = a * d - b * b;
        let at = |p: &(f64, f64)| {
            let (x, y) = (at.0 - p.0, at.1 - p.1);
            (-0.5 * (d * x * x - 2.0 * b * x * y + a * y * y) / det).exp()
        };
        points.iter().map(at).sum::<f64>() / (n * std::f64::consts::TAU * det.sqrt())
    }

    fn cloud(count: usize) -> Vec<(f64, f64)> {
        let mut state = 9_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut bell = || (0..6).map(|_| uniform() - 0.5).sum::<f64>();
        (0..count)
            .map(|index| {
                let (x, y) = (bell(), bell());
                let apart = if index % 3 == 0 { 4.0 } else { 0.0 };
                (100.0 + 30.0 * x + apart * 20.0, x * 2.0 + 0.5 * y + apart)
            })
            .collect()
    }

    #[test]
    fn the_grid_has_the_density_of_the_sum_of_kernels() {
        for count in [12, 400, 3_000] {
            let points = cloud(count);
            let density = Density::of(&points).unwrap();
            let (columns, rows) = density.size;
            // a cell's size in the points' own coordinates
            let (o, x, y) =
                (density.at((0.0, 0.0)), density.at((1.0, 0.0)), density.at((0.0, 1.0)));
            let cell = ((x.0 - o.0) * (y.1 - o.1) - (x.1 - o.1) * (y.0 - o.0)).abs();
            let top = density.values.iter().copied().fold(0.0, f64::max) / cell;
            for row in (0..rows).step_by(rows / 11) {
                for column in (0..columns).step_by(columns / 11) {
                    let place = density.at((column as f64, row as f64));
                    let found = density.values[row * columns + column] / cell;
                    let wanted = direct(&points, place);
                    assert!((found - wanted).abs() < 0.02 * top, "{count}: {found} {wanted} {top}");
                }
            }
        }
    }

    #[test]
    fn levels_hold_their_share_and_what_has_no_extent_has_no_density() {
        let density = Density::of(&cloud(500)).unwrap();
        assert!((density.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for share in [0.5, 0.9] {
            let level = density.level(share);
            let held: f64 = density.values.iter().filter(|value| **value >= level).sum();
            assert!((share..share + 0.01).contains(&held), "{share}: {held}");
        }
        assert!(Density::of(&cloud(9)).is_none());
        assert!(Density::of(&[(1.0, 2.0); 40]).is_none());
        let line: Vec<(f64, f64)> = (0..40).map(|i| (f64::from(i), 3.0 * f64::from(i))).collect();
        assert!(Density::of(&line).is_none());
        let huge: Vec<(f64, f64)> = cloud(50).iter().map(|p| (p.0 * 1e300, p.1 * 1e-300)).collect();
        assert!(Density::of(&huge).unwrap().values.iter().all(|value| value.is_finite()));
        let mut stray = cloud(2_000);
        stray.push((1e9, 0.0));
        let density = Density::of(&stray).unwrap();
        assert!(density.size.0 * density.size.1 < 200_000, "{:?}", density.size);
    }
}
