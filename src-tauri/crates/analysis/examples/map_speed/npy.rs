//! Arrays in NumPy's format.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use lens_core::ActivationMatrix;

/// A two-dimensional f32 array in C order.
pub(crate) fn read(file: &Path) -> Result<ActivationMatrix, Box<dyn Error>> {
    let mut file = BufReader::new(File::open(file)?);
    let mut start = [0; 10];
    file.read_exact(&mut start)?;
    let mut header = vec![0; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    file.read_exact(&mut header)?;
    let header = String::from_utf8(header)?;
    let shape = header.split('(').nth(1).and_then(|s| s.split(')').next()).ok_or("no shape")?;
    let shape: Vec<usize> = shape.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>()?;
    let [rows, width] = shape[..] else { return Err("not two dimensions".into()) };
    if !header.contains("<f4") || header.contains("True") {
        return Err("not f32 in C order".into());
    }
    let mut values = Vec::with_capacity(rows * width);
    let mut value = [0; 4];
    for _ in 0..rows * width {
        file.read_exact(&mut value)?;
        values.push(f32::from_le_bytes(value));
    }
    Ok(ActivationMatrix::new(rows, width, values)?)
}

/// `[rows, columns]`, row-major.
pub(crate) fn write(file: &Path, rows: usize, values: &[f32]) -> std::io::Result<()> {
    let shape = format!("({rows}, {})", values.len() / rows.max(1));
    let values = values.iter().flat_map(|value| value.to_le_bytes());
    std::fs::write(file, array("<f4", &shape, values))
}

/// One label after the other.
pub(crate) fn write_labels(file: &Path, labels: &[i32]) -> std::io::Result<()> {
    let values = labels.iter().flat_map(|value| value.to_le_bytes());
    std::fs::write(file, array("<i4", &format!("({},)", labels.len()), values))
}

fn array(kind: &str, shape: &str, values: impl Iterator<Item = u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{header:117}\n").bytes());
    bytes.extend(values);
    bytes
}
