//! A direction from a file, to steer along.

use std::path::Path;

use lens_steering::direction_file::{Convention, DirectionFile, StoredDirection, Told, read};

use super::course::layer_list;
use super::plan::{FileDirection, LayerDirection, bad};
use crate::EngineError;
use crate::contract::DirectionFileView;
use crate::probe::small;

/// Reads a direction from a file.
///
/// # Errors
/// A file that cannot be used, or from which it cannot be told what layer is meant.
pub fn read_direction(
    path: &Path,
    convention: Option<&str>,
    layer: Option<u32>,
) -> Result<FileDirection, EngineError> {
    let file = opened(path, convention, layer)?;
    let found = match (layer, file.directions.as_slice()) {
        (None, [only]) => only,
        (None, all) => {
            let list = layer_list(all.iter().map(|d| d.layer));
            return Err(bad(
                format!("This file has directions for the layers {list}."),
                "Say which to steer along.",
            ));
        }
        (Some(wanted), _) => at(&file, wanted)?,
    };
    Ok(of(path, &file, found))
}

/// Reads the directions of several layers from a file.
///
/// # Errors
/// As [`read_direction`], and where it has none for one of the layers.
pub fn read_directions(
    path: &Path,
    convention: Option<&str>,
    layers: &[u32],
) -> Result<FileDirection, EngineError> {
    let file = opened(path, convention, None)?;
    let found = layers.iter().map(|layer| at(&file, *layer)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = found.first() else {
        return Err(bad("No layer was named.".into(), "Name the layers to steer at."));
    };
    let several = found.iter().map(|d| LayerDirection { layer: d.layer, vector: d.vector.clone() });
    Ok(FileDirection { several: several.collect(), ..of(path, &file, first) })
}

fn opened(
    path: &Path,
    convention: Option<&str>,
    layer: Option<u32>,
) -> Result<DirectionFile, EngineError> {
    let convention = convention
        .map(str::parse::<Convention>)
        .transpose()
        .map_err(|sentence| bad(format!("The convention {sentence}."), "Choose one of them."))?;
    Ok(read(path, Told { convention, layer: layer.map(|layer| layer as usize) })?)
}

fn at(file: &DirectionFile, wanted: u32) -> Result<&StoredDirection, EngineError> {
    file.directions.iter().find(|d| d.layer == wanted as usize).ok_or_else(|| {
        bad(
            format!("This file has no direction for layer {wanted}."),
            &format!("It has them for {}.", layer_list(file.directions.iter().map(|d| d.layer))),
        )
    })
}

fn of(path: &Path, file: &DirectionFile, found: &StoredDirection) -> FileDirection {
    FileDirection {
        layer: found.layer,
        vector: found.vector.clone(),
        midpoint: file.own.as_ref().map(|own| own.midpoint),
        because: file.because.to_owned(),
        file: DirectionFileView {
            path: path.to_string_lossy().into_owned(),
            convention: Some(file.convention.name().to_owned()),
            layer: Some(small(found.layer)),
        },
        several: Vec::new(),
    }
}
