//! What can go wrong on a device.

/// Why a device could not be used. The processor can always take over: see [`crate::cpu`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// No adapter answers.
    #[error(
        "no graphics adapter was found (on Linux install the Vulkan driver of your card: \
         mesa-vulkan-drivers for AMD and Intel)"
    )]
    NoAdapter,
    /// The adapter gives no device.
    #[error("the graphics adapter {name} could not be opened: {reason}")]
    NotOpened {
        /// Adapter's name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// The adapter is too small for the shaders.
    #[error("the graphics adapter {name} is too small ({what}: {found}, needed: {needed})")]
    TooSmall {
        /// Adapter's name.
        name: String,
        /// Which limit.
        what: &'static str,
        /// What it is.
        found: u64,
        /// What the shaders need.
        needed: u64,
    },
    /// The device went away: pulled out, reset by the system, or destroyed.
    #[error("the graphics device {name} was lost: {reason}")]
    Lost {
        /// Adapter's name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// The device has no memory left for this.
    #[error("the graphics device {name} refused {bytes} bytes of memory")]
    NoMemory {
        /// Adapter's name.
        name: String,
        /// Bytes that were asked for.
        bytes: u64,
    },
    /// The device failed at work: a refused command, or one that did not end.
    #[error("the graphics device {name} failed: {reason}")]
    Failed {
        /// Adapter's name.
        name: String,
        /// What the driver says.
        reason: String,
    },
    /// What has to be in one binding is more than one holds.
    #[error("{bytes} bytes are more than the graphics device takes at once ({most_bytes})")]
    TooLarge {
        /// Bytes needed in one binding.
        bytes: u64,
        /// Bytes that a binding holds.
        most_bytes: u64,
    },
    /// Values that are not whole rows.
    #[error("{values} {what} values are not whole rows of {width}")]
    Shape {
        /// What they are: `row`, `direction`, `score`.
        what: &'static str,
        /// Values given.
        values: usize,
        /// Width of a row.
        width: usize,
    },
    /// More rows, or fewer, than room was made for.
    #[error("{rows} rows are not the {room} that room was made for")]
    Room {
        /// Rows there are, or would be.
        rows: usize,
        /// Rows that room was made for.
        room: usize,
    },
    /// Neighbours that cannot be listed.
    #[error("{found} neighbours cannot be listed: between 1 and {most} can")]
    NeighbourCount {
        /// Neighbours asked for.
        found: usize,
        /// Most that can be listed.
        most: usize,
    },
    /// All rows are on one side.
    #[error("sides cannot be told apart where one of them has no rows")]
    OneSide,
}

impl GpuError {
    /// Whether the question was wrong, so that the processor has no answer either.
    #[must_use]
    pub const fn is_of_input(&self) -> bool {
        matches!(
            self,
            Self::Shape { .. } | Self::Room { .. } | Self::NeighbourCount { .. } | Self::OneSide
        )
    }
}
