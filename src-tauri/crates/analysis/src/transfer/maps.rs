//! The maps, on principal axes. Each takes a direction of the first model to one of the second.
//!
//! A direction is meant as what scores texts, `s = h d`. Carried, it is the direction of the second
//! model whose scores are those of the first as far as the map knows: a rotation takes it along like
//! any vector; a regression of the first model's rows on the second's (`x ~ y W`) gives
//! `x d ~ y (W d)`, so the direction is pulled back through `W`.

use faer::{Mat, MatRef};
use serde::{Deserialize, Serialize};

use super::aligned::Aligned;
use crate::AnalysisError;
use crate::linear::{product, singular};

/// A kind of map between two models' spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapKind {
    /// A rotation of the leading principal components of the one onto those of the other.
    Procrustes,
    /// A ridge regression of the first model's rows on the second's.
    Ridge,
    /// Canonical pairs of the leading principal components.
    Cca,
}

impl MapKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Procrustes, Self::Ridge, Self::Cca];

    /// `procrustes`, `ridge` or `cca`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Procrustes => "procrustes",
            Self::Ridge => "ridge",
            Self::Cca => "cca",
        }
    }
}

/// What is chosen by cross-validation for a map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "map", rename_all = "kebab-case")]
pub enum MapSettings {
    /// See [`MapKind::Procrustes`].
    Procrustes {
        /// Principal components of either model.
        rank: usize,
    },
    /// See [`MapKind::Ridge`].
    Ridge {
        /// Penalty as a share of the mean eigenvalue of the second model's scatter matrix.
        penalty: f64,
    },
    /// See [`MapKind::Cca`].
    Cca {
        /// Principal components of either model.
        rank: usize,
        /// Canonical pairs that are kept.
        pairs: usize,
    },
}

impl MapSettings {
    /// The kind of map.
    #[must_use]
    pub const fn kind(&self) -> MapKind {
        match self {
            Self::Procrustes { .. } => MapKind::Procrustes,
            Self::Ridge { .. } => MapKind::Ridge,
            Self::Cca { .. } => MapKind::Cca,
        }
    }
}

/// The same texts in both models.
pub(super) struct Pairing {
    pub(super) from: Aligned,
    pub(super) to: Aligned,
}

impl Pairing {
    /// The first model's fitted texts, in the order given.
    fn sent_unit(&self, order: Option<&[usize]>) -> Mat<f64> {
        let unit = &self.from.unit;
        match order {
            Some(order) => {
                Mat::from_fn(unit.nrows(), unit.ncols(), |i, axis| unit[(order[i], axis)])
            }
            None => unit.clone(),
        }
    }

    /// Products of the leading left singular vectors of both models.
    pub(super) fn crossed(&self, rank: usize, order: Option<&[usize]>) -> Mat<f64> {
        let from = self.sent_unit(order);
        product(from.subcols(0, rank).transpose(), self.to.unit.subcols(0, rank))
    }
}

/// A fitted map.
pub(super) enum Map {
    /// `[rank, rank]`: from leading coordinates of the first model to those of the second.
    Leading(Mat<f64>),
    /// The fitted texts of the first model, and what each coordinate of the second is shrunk by.
    Ridge { from_unit: Mat<f64>, shrunk: Vec<f64> },
}

impl Map {
    /// Fits a map, with the texts of the first model in another order where one is given.
    pub(super) fn fit(
        settings: &MapSettings,
        pairing: &Pairing,
        order: Option<&[usize]>,
    ) -> Result<Self, AnalysisError> {
        let (from, to) = (&pairing.from.singular, &pairing.to.singular);
        Ok(match *settings {
            MapSettings::Procrustes { rank } => {
                let crossed = pairing.crossed(rank, order);
                let Rotation { rotation, .. } = Rotation::of(crossed.as_ref(), from, to)?;
                Self::Leading(rotation.transpose().to_owned())
            }
            MapSettings::Cca { rank, pairs } => {
                let crossed = pairing.crossed(rank, order);
                Self::Leading(Canonical::of(crossed.as_ref(), from, to)?.matrix(pairs))
            }
            MapSettings::Ridge { penalty } => {
                Self::Ridge { from_unit: pairing.sent_unit(order), shrunk: shrunk(to, penalty) }
            }
        })
    }

    /// Directions of the first model, in columns of coordinates, as such of the second.
    pub(super) fn carry(&self, pairing: &Pairing, directions: MatRef<'_, f64>) -> Mat<f64> {
        match self {
            Self::Leading(matrix) => {
                let arrived = product(matrix.as_ref(), directions.subrows(0, matrix.ncols()));
                let mut whole = Mat::zeros(pairing.to.rank(), directions.ncols());
                whole.subrows_mut(0, arrived.nrows()).copy_from(&arrived);
                whole
            }
            Self::Ridge { from_unit, shrunk } => {
                let singular = &pairing.from.singular;
                let scaled =
                    Mat::from_fn(directions.nrows(), directions.ncols(), |axis, column| {
                        singular[axis] * directions[(axis, column)]
                    });
                let scores = product(from_unit.as_ref(), scaled.as_ref());
                let along = product(pairing.to.unit.transpose(), scores.as_ref());
                Mat::from_fn(along.nrows(), along.ncols(), |axis, column| {
                    shrunk[axis] * along[(axis, column)]
                })
            }
        }
    }
}

/// The rotation of leading coordinates of the first model that comes closest to those of the second
/// (Schoenemann 1966), with the best scale.
pub(super) struct Rotation {
    /// `p R` are coordinates in the second model, of coordinates `p` in the first.
    pub(super) rotation: Mat<f64>,
    pub(super) scale: f64,
}

impl Rotation {
    /// From the products of the left singular vectors, and the singular values.
    pub(super) fn of(
        crossed: MatRef<'_, f64>,
        from: &[f64],
        to: &[f64],
    ) -> Result<Self, AnalysisError> {
        let rank = crossed.nrows();
        let products = Mat::from_fn(rank, rank, |i, j| from[i] * crossed[(i, j)] * to[j]);
        let found = singular(products.as_ref())?;
        let squares: f64 = from.iter().take(rank).map(|s| s * s).sum();
        Ok(Self {
            rotation: product(found.u.as_ref(), found.v.transpose()),
            scale: found.values.iter().sum::<f64>() / squares,
        })
    }
}

/// Canonical correlation analysis of leading coordinates (Hotelling 1936).
pub(super) struct Canonical {
    /// `[rank, pairs]`: the first model's canonical variates, back to coordinates.
    pub(super) from: Mat<f64>,
    /// Canonical correlations, falling.
    pub(super) correlations: Vec<f64>,
    /// `[rank, pairs]`: coordinates of the second model to canonical variates.
    pub(super) to: Mat<f64>,
}

impl Canonical {
    /// From the products of the left singular vectors, which are the whitened texts, and the
    /// singular values.
    pub(super) fn of(
        crossed: MatRef<'_, f64>,
        from: &[f64],
        to: &[f64],
    ) -> Result<Self, AnalysisError> {
        let rank = crossed.nrows();
        let found = singular(crossed)?;
        Ok(Self {
            from: Mat::from_fn(rank, rank, |axis, pair| from[axis] * found.u[(axis, pair)]),
            to: Mat::from_fn(rank, rank, |axis, pair| found.v[(axis, pair)] / to[axis]),
            correlations: found.values,
        })
    }

    /// From coordinates of a direction in the first model to the second: what the variates of the
    /// second say of those of the first, which is each one's canonical correlation.
    fn matrix(&self, pairs: usize) -> Mat<f64> {
        let rank = self.to.nrows();
        let weighted =
            Mat::from_fn(rank, pairs, |axis, pair| self.to[(axis, pair)] * self.correlations[pair]);
        product(weighted.as_ref(), self.from.subcols(0, pairs).transpose())
    }
}

/// What ridge regression multiplies the products of left singular vectors with.
pub(super) fn shrunk(singular: &[f64], penalty: f64) -> Vec<f64> {
    let mean = singular.iter().map(|s| s * s).sum::<f64>() / singular.len().max(1) as f64;
    singular.iter().map(|s| s / (s * s + penalty * mean)).collect()
}
