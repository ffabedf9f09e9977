//! Figures for papers: SVG, PNG and PDF in millimetres, with provenance inside.
//!
//! Data go in, a [`Figure`] comes out; the same data give the same bytes. Each kind of figure is a
//! module with its data and a `draw`: start with [`scatter::draw`] and [`layer_sweep::draw`], then
//! [`Figure::to_png`] and [`Figure::to_pdf`]. [`report`] sets what was found as text. The window and
//! the command line export through here, so their files are the same.
//!
//! Deliberately absent: reading data, computing numbers, writing files.

mod axes;
pub mod calibration;
mod colours;
mod contours;
pub mod dose_response;
mod error;
mod estimate;
mod figure;
mod font;
mod grid;
pub mod heat_map;
pub mod layer_sweep;
mod legend;
mod marker;
pub mod matrix;
pub mod multiples;
mod names;
mod pdf;
mod picture;
mod ramp;
pub mod regression_scatter;
pub mod report;
pub mod roc;
pub mod scatter;
pub mod score_distribution;
mod sheet;
mod style;
mod svg;
mod ticks;
pub mod transfer_bars;

pub use error::FigureError;
pub use estimate::Estimate;
pub use figure::Figure;
pub use style::{Preset, Style, Theme};
pub use ticks::Range;
