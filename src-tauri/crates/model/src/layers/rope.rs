//! Rotary positions.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::ModelError;
use crate::config::{RopeScaling, RopeSettings};

/// Rotates pairs of head dimensions `(i, i + rotated / 2)` by an angle that grows with the position
/// (Su et al. 2021, in the layout of Hugging Face checkpoints). Dimensions from `rotated` on stay
/// as they are.
#[derive(Debug)]
pub(crate) struct Rope {
    near: Table,
    /// What texts of more positions than this are rotated by, from their first token on.
    far: Option<(usize, Table)>,
}

/// Cosines and sines of positions from 0 on.
#[derive(Debug)]
pub(crate) struct Angles {
    /// `[positions, half]`, as `sin` is.
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

#[derive(Debug)]
struct Table {
    frequencies: Vec<f32>,
    /// Cosines and sines are multiplied by this.
    factor: f32,
    /// Made as needed, because models state far more positions than texts have.
    angles: Mutex<Arc<Angles>>,
}

impl Rope {
    /// Dimensions that no head comes near.
    const MAX_DIMENSIONS: usize = 65_536;

    /// # Errors
    /// A part of the head that cannot be rotated in pairs, or scaling factors for another number
    /// of pairs.
    pub(crate) fn new(settings: &RopeSettings, head_dim: usize) -> Result<Self, ModelError> {
        let rotated = (head_dim as f64 * settings.partial) as usize;
        if rotated == 0 || !rotated.is_multiple_of(2) || rotated > Self::MAX_DIMENSIONS {
            return Err(ModelError::Config(format!(
                "{rotated} of a head's {head_dim} dimensions cannot be rotated in pairs"
            )));
        }
        let frequencies = |divisors: Option<&[f64]>| {
            let frequency = |i: usize| {
                let frequency = settings.theta.powf(-((2 * i) as f64) / rotated as f64);
                match divisors {
                    Some(divisors) => frequency / divisors.get(i).copied().unwrap_or(1.0),
                    None => scale(frequency, &settings.scaling),
                }
            };
            (0..rotated / 2).map(|i| frequency(i) as f32).collect::<Vec<_>>()
        };
        let RopeScaling::LongRope { short, long, original, attention } = &settings.scaling else {
            return Ok(Self { near: Table::new(frequencies(None), 1.0), far: None });
        };
        if [short.len(), long.len()] != [rotated / 2; 2] {
            return Err(ModelError::Config(format!(
                "longrope needs {} factors for short and for long texts, not {} and {}",
                rotated / 2,
                short.len(),
                long.len()
            )));
        }
        let table = |divisors| Table::new(frequencies(Some(divisors)), *attention as f32);
        Ok(Self { near: table(short), far: Some((*original, table(long))) })
    }

    /// Rotates nothing: for layers without rotary positions.
    pub(crate) fn none() -> Self {
        Self { near: Table::new(Vec::new(), 1.0), far: None }
    }

    /// Whether a text of `known` positions is rotated by other angles than one of `length`.
    pub(crate) fn turns_between(&self, known: usize, length: usize) -> bool {
        self.far.as_ref().is_some_and(|(original, _)| known <= *original && length > *original)
    }

    /// What each row of a batch is rotated by; the choice depends on that row's own length alone.
    pub(crate) fn angles(&self, rows: &[Range<usize>]) -> Vec<Arc<Angles>> {
        rows.iter()
            .map(|row| match &self.far {
                Some((original, far)) if row.end > *original => far.angles(row.end),
                _ => self.near.angles(row.end),
            })
            .collect()
    }
}

impl Table {
    fn new(frequencies: Vec<f32>, factor: f32) -> Self {
        let none = Angles::new(&[], frequencies.len(), factor);
        Self { frequencies, factor, angles: Mutex::new(Arc::new(none)) }
    }

    /// Of `positions` or more.
    fn angles(&self, positions: usize) -> Arc<Angles> {
        // a poisoned lock still guards a whole table
        let mut angles = self.angles.lock().unwrap_or_else(PoisonError::into_inner);
        if !angles.reach(positions) {
            let positions = positions.next_power_of_two().max(512);
            // f32 throughout, as the checkpoints were trained
            let turns: Vec<f32> = (0..positions)
                .flat_map(|p| self.frequencies.iter().map(move |f| p as f32 * f))
                .collect();
            *angles = Arc::new(Angles::new(&turns, self.frequencies.len(), self.factor));
        }
        angles.clone()
    }
}

impl Angles {
    /// `turns` is `[positions, half]`, in radians; `half` pairs of dimensions are rotated.
    pub(crate) fn new(turns: &[f32], half: usize, factor: f32) -> Self {
        let cos = turns.iter().map(|turn| turn.cos() * factor).collect();
        let sin = turns.iter().map(|turn| turn.sin() * factor).collect();
        Self { cos, sin, half }
    }

    /// Pairs of dimensions that are rotated.
    pub(crate) const fn half(&self) -> usize {
        self.half
    }

    /// Whether the positions below `end` are there.
    pub(crate) fn reach(&self, end: usize) -> bool {
        self.cos.len() >= end * self.half
    }

    /// Cosines and sines of a position that is there.
    #[inline(always)]
    pub(crate) fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let start = position * self.half;
        (&self.cos[start..][..self.half], &self.sin[start..][..self.half])
    }
}

fn scale(frequency: f64, scaling: &RopeScaling) -> f64 {
    match scaling {
        RopeScaling::None | RopeScaling::LongRope { .. } => frequency,
        RopeScaling::Linear { factor } => frequency / factor,
        RopeScaling::Llama3 { factor, low, high, original } => {
            let wavelength = std::f64::consts::TAU / frequency;
            if wavelength < original / high {
                frequency
            } else if wavelength > original / low {
                frequency / factor
            } else {
                let smooth = (original / wavelength - low) / (high - low);
                (1.0 - smooth) * frequency / factor + smooth * frequency
            }
        }
    }
}
