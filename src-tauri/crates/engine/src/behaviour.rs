//! A model's scores against human scores of the same pairs.

use lens_analysis::{calibration, correlate, regression_band};
use lens_core::Split;

use crate::EngineError;
use crate::contract::{BehaviourView, CalibrationBinView, ConfusionView, FitPointView};
use crate::probe::{estimate, layer_scores, small};
use crate::snapshot::Snapshot;
use crate::store::ActivationStore;
