//! What can go wrong on a device.

/// Why a device could not be used. The processor can always take over: see [`crate::cpu`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// No adapter answers.
    #[error(
        "no graphics adapter was found; on Linux install the Vulkan driver of your card \
         (mesa-vulkan-drivers for AMD and Intel), or compute on the processor"
    )]
    NoAdapter,
    /// The adapter gives no device.
    #[error("the graphics adapter {name} could not be opened: {reason}; compute on the processor")]
    NotOpened {
        /// Adapter's name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// The device failed at work: out of memory, lost, or a refused command.
    #[error("the graphics device {name} failed: {reason}; compute on the processor")]
    Failed {
        /// Adapter's name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// One row, or all the directions, are more than one binding of the device holds.
    #[error(
        "{directions} directions of {width} components are more than the graphics device takes at \
         once ({most_bytes} bytes); project on fewer at a time, or compute on the processor"
    )]
    TooLarge {
        /// Directions.
        directions: usize,
        /// Components of each.
        width: usize,
        /// Bytes that a binding holds.
        most_bytes: u64,
    },
    /// Values that are not whole rows.
    #[error("{values} {what} values are not whole rows of {width}")]
    Shape {
        /// `row` or `direction`.
        what: &'static str,
        /// Values given.
        values: usize,
        /// Width of a row.
        width: usize,
    },
}
