//! The shaders' texts, and what is compiled of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wgpu::ComputePipeline;

/// How many threads a tile has along directions and rows, in project_tiled.wgsl, and how deep it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    x: u32,
    y: u32,
    depth: u32,
}

/// For up to 32 directions.
const NARROW: Tile = Tile { x: 4, y: 64, depth: 1 };
/// For up to 64, and where the last of several tiles would be half empty.
const MIDDLE: Tile = Tile { x: 8, y: 32, depth: 2 };
/// For more.
const WIDE: Tile = Tile { x: 16, y: 16, depth: 2 };

/// For up to 16 columns of weights in combine.wgsl, whose tiles are as many threads along components
/// and along columns, and as many rows deep.
const SLIM_SUMS: Tile = Tile { x: 64, y: 4, depth: 4 };
/// For up to 32.
const MIDDLE_SUMS: Tile = Tile { x: 32, y: 8, depth: 8 };
/// For more.
const BROAD_SUMS: Tile = Tile { x: 16, y: 16, depth: 8 };

/// Most directions of project_few.wgsl.
const FEW: usize = 8;
/// Rows of a workgroup of project_few.wgsl.
const FEW_ROWS: usize = 32;

/// Threads of every workgroup.
pub(crate) const THREADS: u32 = 256;
/// Bytes of workgroup memory of the largest tile, and of the list of neighbours before sorting.
pub(crate) const WORKGROUP_BYTES: u32 = 10 << 10;
/// Components that rows are padded to a multiple of: two parts of four.
pub(crate) const PADDING: usize = 8;
/// Places in a list of nearest.wgsl.
pub(crate) const LIST: usize = 64;
/// Negative scores that auroc.wgsl sorts together, and positive ones that one workgroup looks up.
pub(crate) const AUROC_CHUNK: usize = 2048;
pub(crate) const AUROC_STRETCH: usize = 1 << 18;
/// Rows that combine.wgsl sums before it adds them to others.
pub(crate) const INNER_SUM: usize = 64;

/// How rows are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    F32,
    F16,
}

/// What can be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    Few(Format, usize),
    Tiled(Format, Tile),
    Combine(Format, Tile),
    Nearest,
    Auroc,
    /// The same for pairs with sides swapped, within a margin.
    AurocSwapped,
    Ceiling,
}

impl Kernel {
    /// The shader for this many directions.
    pub(crate) fn project(format: Format, directions: usize) -> Self {
        match directions {
            0..=FEW => Self::Few(format, directions.next_power_of_two()),
            9..=32 => Self::Tiled(format, NARROW),
            _ if directions.div_ceil(64) % 2 == 1 => Self::Tiled(format, MIDDLE),
            _ => Self::Tiled(format, WIDE),
        }
    }

    /// The shader for this many columns of weights.
    pub(crate) const fn combine(format: Format, columns: usize) -> Self {
        match columns {
            0..=16 => Self::Combine(format, SLIM_SUMS),
            17..=32 => Self::Combine(format, MIDDLE_SUMS),
            _ => Self::Combine(format, BROAD_SUMS),
        }
    }

    /// Rows and directions of one workgroup; components and columns of one that combines rows.
    pub(crate) const fn block(self) -> (usize, usize) {
        match self {
            Self::Few(..) => (FEW_ROWS, FEW),
            Self::Tiled(_, tile) => (8 * tile.y as usize, 8 * tile.x as usize),
            Self::Combine(_, tile) => (8 * tile.x as usize, 4 * tile.y as usize),
            Self::Nearest | Self::Auroc | Self::AurocSwapped | Self::Ceiling => (1, 1),
        }
    }

    const fn entry(self) -> &'static str {
        match self {
            Self::Few(..) | Self::Tiled(..) => "project",
            Self::Combine(..) => "combine",
            Self::Nearest => "nearest",
            Self::Auroc | Self::AurocSwapped => "auroc",
            Self::Ceiling => "ceiling",
        }
    }

    fn source(self) -> String {
        let rows = |format| match format {
            Format::F32 => include_str!("shaders/rows_f32.wgsl"),
            Format::F16 => include_str!("shaders/rows_f16.wgsl"),
        };
        let tile = |Tile { x, y, depth }| {
            format!("const X: u32 = {x}u;\nconst Y: u32 = {y}u;\nconst DEPTH: u32 = {depth}u;\n")
        };
        let project = include_str!("shaders/project.wgsl");
        let auroc = include_str!("shaders/auroc.wgsl");
        let sort = include_str!("shaders/sort.wgsl");
        match self {
            Self::Few(format, directions) => {
                let constants = format!("const DIRECTIONS: u32 = {directions}u;\n");
                let few = include_str!("shaders/project_few.wgsl");
                [&constants, rows(format), project, few].concat()
            }
            Self::Tiled(format, size) => {
                let tiled = include_str!("shaders/project_tiled.wgsl");
                [&tile(size), rows(format), project, tiled].concat()
            }
            Self::Combine(format, size) => {
                [&tile(size), rows(format), include_str!("shaders/combine.wgsl")].concat()
            }
            Self::Nearest => [include_str!("shaders/nearest.wgsl"), sort].concat(),
            Self::Auroc => [include_str!("shaders/auroc_labelled.wgsl"), auroc, sort].concat(),
            Self::AurocSwapped => {
                [include_str!("shaders/auroc_swapped.wgsl"), auroc, sort].concat()
            }
            Self::Ceiling => include_str!("shaders/ceiling.wgsl").to_owned(),
        }
    }
}

/// The shaders that were needed so far.
#[derive(Debug, Default)]
pub(crate) struct Shaders(Mutex<HashMap<Kernel, ComputePipeline>>);

impl Shaders {
    /// Compiles a shader at its first use.
    pub(crate) fn get(&self, device: &wgpu::Device, kernel: Kernel) -> ComputePipeline {
        let mut compiled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(kernel.entry()),
                source: wgpu::ShaderSource::Wgsl(kernel.source().into()),
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(kernel.entry()),
                layout: None,
                module: &module,
                entry_point: Some(kernel.entry()),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        compiled.entry(kernel).or_insert_with(compile).clone()
    }
}
