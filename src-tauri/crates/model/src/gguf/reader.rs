//! Bytes of a header, in order. Nothing is allocated, and no length is believed before it is held
//! against what is left of the file.

/// Why a header cannot be read; the file's name is added later.
pub(super) type Problem = String;

/// Reads from front to back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Problem> {
        let end = usize::try_from(count).ok().and_then(|count| self.position.checked_add(count));
        let taken = end.and_then(|end| Some((end, self.bytes.get(self.position..end)?)));
        let Some((end, bytes)) = taken else {
            let left = self.bytes.len().saturating_sub(self.position);
            return Err(format!(
                "its header asks for {count} bytes at byte {} where {left} are left; the download \
                 is incomplete or the file is damaged, get it again",
                self.position
            ));
        };
        self.position = end;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Problem> {
        let bytes = self.take(4)?;
        Ok(bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b)))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Problem> {
        let bytes = self.take(8)?;
        Ok(bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b)))
    }

    /// A text behind its length, as bytes: not every file has valid UTF-8 everywhere.
    pub(super) fn text(&mut self) -> Result<&'a [u8], Problem> {
        let length = self.u64()?;
        self.take(length)
    }

    /// A name, of at most `most` bytes.
    pub(super) fn name(&mut self, most: u64) -> Result<&'a str, Problem> {
        let start = self.position;
        let length = self.u64()?;
        if length > most {
            return Err(format!(
                "a name at byte {start} is {length} bytes long; {most} are allowed"
            ));
        }
        str::from_utf8(self.take(length)?)
            .map_err(|_| format!("the name at byte {start} is not valid UTF-8"))
    }
}
