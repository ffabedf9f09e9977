//! Lines that enclose the densest part of a cloud of points.

mod density;
mod squares;

use density::Density;

/// Closed lines around the smallest region with a share of the estimated mass, in the points' own
/// coordinates.
pub(crate) struct Contour {
    /// 0 to 1.
    pub(crate) share: f64,
    /// Each ends where it began.
    pub(crate) rings: Vec<Vec<(f64, f64)>>,
}

/// One contour for each share; none where there are fewer than ten points or all lie on one line.
/// All points must be finite.
pub(crate) fn contours(points: &[(f64, f64)], shares: &[f64]) -> Option<Vec<Contour>> {
    let density = Density::of(points)?;
    let contour = |&share: &f64| {
        let rings = squares::rings(&density.values, density.size.0, density.level(share));
        let back = |ring: Vec<(f64, f64)>| ring.into_iter().map(|p| density.at(p)).collect();
        Contour { share, rings: rings.into_iter().map(back).collect() }
    };
    Some(shares.iter().map(contour).collect())
}
