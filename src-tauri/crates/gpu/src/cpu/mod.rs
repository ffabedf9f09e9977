//! The shaders' twins on the processor: same names, same arguments, the same numbers but for the
//! order of sums.

mod auroc;
mod combine;
mod nearest;
mod project;

pub use self::auroc::{PairedRows, SidedRows, auroc, auroc_along, wins_along};
pub(crate) use self::auroc::{area, check_sides, in_sides, words};
pub use self::combine::{combine, image};
pub use self::nearest::{MOST_NEIGHBOURS, Metric, Nearest, NearestTo, nearest};
pub(crate) use self::nearest::{Prepared, prepared};
pub use self::project::project;
