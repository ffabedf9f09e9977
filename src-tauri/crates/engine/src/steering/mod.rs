//! Steering: a plan of coefficients and scenarios, its samples, and what they show; texts read token
//! by token; text generated live; directions in and out of files (METHODS, sections 6 and 7).
//!
//! [`plan`] says what is wanted, [`cells`] which samples that takes and under which key a study keeps
//! them, [`sampling`] makes them with a model, [`keep`] has a place for them, [`view`] counts them and
//! [`together`] all scenarios. [`run`] does it all for one model, [`job`] for all in the window, whose
//! room asks [`room`].

mod along;
mod cells;
mod course;
mod direction_in;
mod elsewhere;
mod heat;
mod job;
mod keep;
mod live;
mod marked;
mod measures;
mod plan;
mod prompt;
mod room;
mod run;
mod sampling;
mod scenarios;
mod together;
mod view;
mod written;

pub use along::check_writes;
pub use direction_in::{read_direction, read_directions};
pub use elsewhere::score_samples;
pub use heat::{read_text, token_heat};
pub use job::run_steering;
pub use keep::SampleStore;
pub use live::live;
pub use plan::{FileDirection, LayerDirection, SteeringState, starting_plan};
pub use run::{SteeringRun, steer};
pub use scenarios::{read_scenario_file, shipped_sets};
pub use written::{WrittenDirection, check_direction_file, write_direction};

pub use lens_steering::direction_file::Format;
pub use lens_steering::{Bound, Cell, ModelSamples, ScenarioSamples, Share, Slope, SuccessStrict};

pub(crate) use course::layer_list;
pub(crate) use live::LiveCoefficient;
