//! Safetensors files of the caches: written whole and moved into place, read piece by piece.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo, TensorView};
use tempfile::NamedTempFile;

use crate::EngineError;

/// Bytes of a matrix that are read at a time.
const PIECE_BYTES: usize = 8 << 20;

/// A tensor to be written.
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// Little endian.
    pub(crate) bytes: Vec<u8>,
}

impl Tensor {
    pub(crate) fn of_f32(name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { name: name.to_owned(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    pub(crate) fn of_u32(name: &str, values: &[u32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { name: name.to_owned(), dtype: Dtype::U32, shape: vec![values.len()], bytes }
    }
}

/// Writes tensors and one entry about them under a temporary name and moves the file into place.
pub(crate) fn write(
    path: &Path,
    tensors: &[Tensor],
    about: (&str, String),
) -> Result<(), EngineError> {
    let views = tensors
        .iter()
        .map(|t| Ok((t.name.as_str(), TensorView::new(t.dtype, t.shape.clone(), &t.bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    // One entry only: the order of a hash map would change the bytes.
    let about = HashMap::from([(about.0.to_owned(), about.1)]);
    write_bytes(path, &safetensors::serialize(views, Some(about))?)
}

/// Writes a file under a temporary name and moves it into place.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let mut fresh = fresh(path)?;
    fresh.write_all(bytes).map_err(|e| EngineError::io(path, e))?;
    persist(fresh, path)
}

/// A file beside `path`, under a name that is taken away with it unless it is moved into place.
fn fresh(path: &Path) -> Result<NamedTempFile, EngineError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| EngineError::io(folder, e))?;
    NamedTempFile::new_in(folder).map_err(|e| EngineError::io(folder, e))
}

fn persist(fresh: NamedTempFile, path: &Path) -> Result<(), EngineError> {
    fresh.persist(path).map_err(|e| EngineError::io(path, e.error))?;
    Ok(())
}

/// A file with one matrix too large for memory, whose rows come in any order.
pub(crate) struct TensorWriter {
    path: PathBuf,
    file: NamedTempFile,
    /// Where the matrix starts.
    start: u64,
    width: usize,
}

impl TensorWriter {
    /// Begins a file with tensors that are there, one matrix (name, rows, width) whose rows are to
    /// come, and one entry about them.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn create(
        path: &Path,
        tensors: &[Tensor],
        matrix: (&str, usize, usize),
        about: (&str, &str),
    ) -> Result<Self, EngineError> {
        let (name, rows, width) = matrix;
        let mut entries = serde_json::Map::new();
        entries.insert("__metadata__".to_owned(), serde_json::json!({ about.0: about.1 }));
        let mut end = 0;
        let mut enter = |name: &str, dtype: Dtype, shape: &[usize], length: usize| {
            let offsets = [end, end + length];
            let entry =
                serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": offsets});
            entries.insert(name.to_owned(), entry);
            end += length;
        };
        for tensor in tensors {
            enter(&tensor.name, tensor.dtype, &tensor.shape, tensor.bytes.len());
        }
        enter(name, Dtype::F32, &[rows, width], rows * width * 4);
        let mut header = serde_json::to_vec(&entries)?;
        header.resize(header.len().next_multiple_of(8), b' ');

        let failed = |e| EngineError::io(path, e);
        let mut file = fresh(path)?;
        file.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed)?;
        file.write_all(&header).map_err(failed)?;
        for tensor in tensors {
            file.write_all(&tensor.bytes).map_err(failed)?;
        }
        let start = file.stream_position().map_err(failed)?;
        file.as_file().set_len(start + (rows * width * 4) as u64).map_err(failed)?;
        Ok(Self { path: path.to_path_buf(), file, start, width })
    }

    /// Puts rows where they belong.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn put_rows(&mut self, from: usize, values: &[f32]) -> Result<(), EngineError> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let start = SeekFrom::Start(self.start + (from * self.width * 4) as u64);
        let put = self.file.seek(start).and_then(|_| self.file.write_all(&bytes));
        put.map_err(|e| EngineError::io(&self.path, e))
    }

    /// Moves the file into place, once `content` has put all rows.
    ///
    /// # Errors
    /// What `content` returns, or when the file cannot be moved.
    pub(crate) fn fill(
        mut self,
        content: impl FnOnce(&mut Self) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        content(&mut self)?;
        persist(self.file, &self.path)
    }
}

/// The place in `folder` of what is known by a digest: `ab/cdef....safetensors`.
pub(crate) fn place(folder: &Path, name: &str) -> PathBuf {
    let (start, rest) = name.split_at_checked(2).unwrap_or(("", name));
    folder.join(start).join(format!("{rest}.safetensors"))
}

/// A file that is not what its name promises.
pub(crate) fn damaged(path: &Path) -> EngineError {
    let what = "stored activations are damaged; they are computed again at the next reading";
    EngineError::io(path, std::io::Error::new(std::io::ErrorKind::InvalidData, what))
}

/// A file whose header was read and held against its length.
#[derive(Debug)]
pub(crate) struct TensorFile {
    path: PathBuf,
    file: File,
    /// Where the data starts.
    start: usize,
    metadata: Metadata,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When it is not there, or not as long as its header says.
    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        let mut file = File::open(path).map_err(|e| EngineError::io(path, e))?;
        let length = file.metadata().map_err(|e| EngineError::io(path, e))?.len();
        let mut prefix = [0; 8];
        file.read_exact(&mut prefix).map_err(|_| damaged(path))?;
        let header = u64::from_le_bytes(prefix);
        if header > length.saturating_sub(8) {
            return Err(damaged(path));
        }
        let mut bytes = Vec::new();
        (&mut file).take(header).read_to_end(&mut bytes).map_err(|e| EngineError::io(path, e))?;
        let metadata: Metadata = serde_json::from_slice(&bytes).map_err(|_| damaged(path))?;
        let start = 8 + bytes.len();
        if (start + metadata.data_len()) as u64 != length {
            return Err(damaged(path));
        }
        Ok(Self { path: path.to_path_buf(), file, start, metadata })
    }

    /// That this file is not what its name promises.
    pub(crate) fn damaged(&self) -> EngineError {
        damaged(&self.path)
    }

    /// The entry about the tensors.
    pub(crate) fn about(&self, name: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(name).map(String::as_str)
    }

    /// Shape and numbers of an f32 tensor.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be read.
    pub(crate) fn f32s(&mut self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EngineError> {
        let info = self.info(name, Dtype::F32)?;
        let bytes = self.bytes(info.data_offsets.0, info.data_offsets.1)?;
        Ok((info.shape, bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()))
    }

    /// Numbers of a u32 tensor.
    ///
    /// # Errors
    /// As [`Self::f32s`].
    pub(crate) fn u32s(&mut self, name: &str) -> Result<Vec<u32>, EngineError> {
        let info = self.info(name, Dtype::U32)?;
        let bytes = self.bytes(info.data_offsets.0, info.data_offsets.1)?;
        Ok(bytes.as_chunks().0.iter().map(|&b| u32::from_le_bytes(b)).collect())
    }

    /// Rows and columns of an f32 matrix.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(crate) fn shape(&self, name: &str) -> Result<(usize, usize), EngineError> {
        match self.info(name, Dtype::F32)?.shape.as_slice() {
            &[rows, width] => Ok((rows, width)),
            _ => Err(damaged(&self.path)),
        }
    }

    /// Puts rows `from..from + count` of an f32 matrix behind what `into` holds.
    ///
    /// # Errors
    /// When there are no such rows, or they cannot be read.
    pub(crate) fn rows(
        &mut self,
        name: &str,
        from: usize,
        count: usize,
        into: &mut Vec<f32>,
    ) -> Result<(), EngineError> {
        let info = self.info(name, Dtype::F32)?;
        let &[rows, width] = info.shape.as_slice() else { return Err(damaged(&self.path)) };
        if from.checked_add(count).is_none_or(|end| end > rows) {
            return Err(damaged(&self.path));
        }
        // A piece at a time, so that the rows are not in memory twice.
        let step = (PIECE_BYTES / (width * 4).max(1)).max(1);
        for first in (from..from + count).step_by(step) {
            let start = info.data_offsets.0 + first * width * 4;
            let rows = step.min(from + count - first);
            let bytes = self.bytes(start, start + rows * width * 4)?;
            into.extend(bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)));
        }
        Ok(())
    }

    fn info(&self, name: &str, dtype: Dtype) -> Result<TensorInfo, EngineError> {
        let info = self.metadata.info(name).filter(|info| info.dtype == dtype);
        info.cloned().ok_or_else(|| damaged(&self.path))
    }

    fn bytes(&mut self, from: usize, to: usize) -> Result<Vec<u8>, EngineError> {
        let mut bytes = vec![0; to - from];
        let start = SeekFrom::Start((self.start + from) as u64);
        self.file.seek(start).map_err(|e| EngineError::io(&self.path, e))?;
        self.file.read_exact(&mut bytes).map_err(|e| EngineError::io(&self.path, e))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_put_in_any_order_come_back_in_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.safetensors");
        let numbers = [7, 8, 9];
        let about = ("words", "[\"é\"]");
        TensorWriter::create(&path, &[Tensor::of_u32("text", &numbers)], ("rows", 3, 2), about)
            .unwrap()
            .fill(|file| {
                file.put_rows(2, &[5., 6.])?;
                file.put_rows(0, &[1., 2., 3., 4.])
            })
            .unwrap();
        let mut file = TensorFile::open(&path).unwrap();
        assert_eq!(file.shape("rows").unwrap(), (3, 2));
        assert_eq!(file.about("words"), Some("[\"é\"]"));
        assert_eq!(file.u32s("text").unwrap(), numbers);
        let mut rows = Vec::new();
        file.rows("rows", 1, 2, &mut rows).unwrap();
        assert_eq!(rows, [3., 4., 5., 6.]);
        assert!(file.rows("rows", 2, 2, &mut rows).is_err() && file.u32s("rows").is_err());
        // What others make of it.
        let bytes = fs::read(&path).unwrap();
        let others = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(others.tensor("rows").unwrap().shape(), [3, 2]);
    }

    #[test]
    fn a_file_that_was_not_filled_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let file = TensorWriter::create(&path, &[], ("rows", 1, 1), ("a", "")).unwrap();
        assert!(file.fill(|_| Err(EngineError::Cancelled)).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
