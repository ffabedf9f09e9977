//! Rotary positions.

use std::sync::{Mutex, PoisonError};

use candle_core::{Device, Tensor};

use crate::ModelError;
use crate::config::RopeScaling;

/// Rotates pairs of head dimensions `(i, i + head_dim / 2)` by an angle that grows with the
/// position (Su et al. 2021, in the layout of Hugging Face checkpoints).
#[derive(Debug)]
pub(crate) struct Rope {
    frequencies: Vec<f32>,
    /// Cosines and sines for the positions met so far, `[positions, head_dim / 2]` each. Made as
    /// needed, because models state far more positions than texts have.
    tables: Mutex<Option<(Tensor, Tensor)>>,
    device: Device,
}

impl Rope {
    pub(crate) fn new(theta: f64, scaling: RopeScaling, head_dim: usize, device: &Device) -> Self {
        let frequencies = (0..head_dim / 2)
            .map(|i| {
                let frequency = theta.powf(-((2 * i) as f64) / head_dim as f64);
                scale(frequency, scaling) as f32
            })
            .collect();
        Self { frequencies, tables: Mutex::new(None), device: device.clone() }
    }

    /// Cosines and sines of positions `0..positions`, each `[positions, head_dim / 2]`.
    pub(crate) fn tables(&self, positions: usize) -> Result<(Tensor, Tensor), ModelError> {
        // a poisoned lock still guards a whole pair of tables
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let (cos, sin) = match tables.as_ref() {
            Some((cos, sin)) if cos.dim(0)? >= positions => (cos.clone(), sin.clone()),
            _ => {
                let fresh = self.compute(positions.next_power_of_two().max(512))?;
                tables.insert(fresh).clone()
            }
        };
        Ok((cos.narrow(0, 0, positions)?, sin.narrow(0, 0, positions)?))
    }

    fn compute(&self, positions: usize) -> candle_core::Result<(Tensor, Tensor)> {
        let half = self.frequencies.len();
        // f32 throughout, as the checkpoints were trained
        let angles: Vec<f32> = (0..positions)
            .flat_map(|p| self.frequencies.iter().map(move |f| p as f32 * f))
            .collect();
        let angles = Tensor::from_vec(angles, (positions, half), &self.device)?;
        Ok((angles.cos()?, angles.sin()?))
    }
}

fn scale(frequency: f64, scaling: RopeScaling) -> f64 {
    match scaling {
        RopeScaling::None => frequency,
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
