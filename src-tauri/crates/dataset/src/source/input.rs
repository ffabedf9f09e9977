//! The bytes of a text file as UTF-8, counted for progress.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

/// A text file without its byte order mark; UTF-16 (only with a mark) is turned into UTF-8. Text
/// that claims to be UTF-8 is passed on as it is: the reader of rows knows the line to blame.
pub(crate) struct Input {
    reader: Box<dyn BufRead>,
    done: Rc<Cell<u64>>,
}

impl Input {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let done = Rc::new(Cell::new(0));
        let counted = Counted { file: File::open(path)?, done: Rc::clone(&done) };
        Ok(Self { reader: decode(BufReader::with_capacity(1 << 16, counted))?, done })
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes_done(&self) -> u64 {
        self.done.get()
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buf)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

struct Counted {
    file: File,
    done: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.done.set(self.done.get() + n as u64);
        Ok(n)
    }
}

/// Takes the byte order mark away and decodes what it announces.
fn decode(mut reader: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let head = reader.fill_buf()?;
    let (mark, encoding) = if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
        (3, None)
    } else if head.starts_with(&[0xFF, 0xFE]) {
        (2, Some(UTF_16LE))
    } else if head.starts_with(&[0xFE, 0xFF]) {
        (2, Some(UTF_16BE))
    } else {
        (0, None)
    };
    reader.consume(mark);
    Ok(match encoding {
        None => Box::new(reader),
        Some(encoding) => Box::new(Utf16 {
            reader,
            decoder: encoding.new_decoder_without_bom_handling(),
            out: vec![0; 1 << 16],
            from: 0,
            to: 0,
            ended: false,
        }),
    })
}

/// UTF-16 as UTF-8. A malformed unit becomes the byte FF, which is never UTF-8, so that the row it
/// is in is reported like any other that is not text.
struct Utf16<R> {
    reader: R,
    decoder: Decoder,
    out: Vec<u8>,
    from: usize,
    to: usize,
    ended: bool,
}

impl<R: BufRead> Utf16<R> {
    fn refill(&mut self) -> io::Result<()> {
        (self.from, self.to) = (0, 0);
        while self.to == 0 && !self.ended {
            let source = self.reader.fill_buf()?;
            let last = source.is_empty();
            // one byte is kept back for the mark of a malformed unit
            let room = self.out.len().saturating_sub(1);
            let target = self.out.get_mut(..room).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(source, target, last);
            self.reader.consume(read);
            self.to = written;
            match result {
                DecoderResult::Malformed(..) => {
                    if let Some(slot) = self.out.get_mut(self.to) {
                        *slot = 0xFF;
                        self.to += 1;
                    }
                }
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let n = available.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Utf16<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from >= self.to {
            self.refill()?;
        }
        Ok(self.out.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.from = self.from.saturating_add(amount).min(self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: Vec<u8>) -> Vec<u8> {
        let mut out = Vec::new();
        decode(io::Cursor::new(bytes)).unwrap().read_to_end(&mut out).unwrap();
        out
    }

    fn utf16(text: &str, mark: [u8; 2]) -> Vec<u8> {
        let little = mark == [0xFF, 0xFE];
        let units = text.encode_utf16();
        let bytes = units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() });
        mark.into_iter().chain(bytes).collect()
    }

    #[test]
    fn marks_are_taken_away_and_utf16_becomes_utf8() {
        let text = "Zürich 🙂\n".repeat(20_000);
        assert_eq!(decoded(format!("\u{feff}{text}").into_bytes()), text.as_bytes());
        assert_eq!(decoded(utf16(&text, [0xFF, 0xFE])), text.as_bytes());
        assert_eq!(decoded(utf16(&text, [0xFE, 0xFF])), text.as_bytes());
    }

    #[test]
    fn half_a_surrogate_pair_or_a_missing_byte_is_not_text() {
        let mut bytes = utf16("ab", [0xFF, 0xFE]);
        bytes.extend(0xD83D_u16.to_le_bytes());
        bytes.extend(utf16("c", [0xFF, 0xFE]).split_off(2));
        assert_eq!(decoded(bytes), b"ab\xFFc");
        let mut odd = utf16("ab", [0xFF, 0xFE]);
        odd.push(0x63);
        assert_eq!(decoded(odd), b"ab\xFF");
    }
}
