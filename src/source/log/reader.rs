//! The files: opened, unpacked, put in order, and read in big blocks. The only place of the log reader that does I/O.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::detect::{Unrecognised, detected, is_crlf};
use super::out::Out;
use super::parser::Parser;
use super::stderr::Stage;
use super::tally::{Source, Tally, reason};
use super::{Event, LONGEST_MESSAGE, LogError, Settings};

/// Bytes read at once.
const BLOCK: usize = 1 << 20;

/// Bytes from which the form of a file is recognised.
const SAMPLE: usize = 256 << 10;

/// A file that begins longer after the end of the one before does not go on with its last message: microseconds.
const GAP: i64 = 3_600_000_000;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file of which the beginning was looked at.
struct Opened {
    path: PathBuf,
    /// Kept for what cannot be opened twice.
    stream: Option<Box<dyn Read>>,
    sample: Vec<u8>,
    parser: Option<Parser>,
    first_at: Option<i64>,
}

/// Reads logs, in the order of their first times.
///
/// Memory is bounded by the longest message that is held (4 MB) and by what other modules hold, never by the size of a log. `progress` is told the
/// bytes read of all bytes, both as they are on disk.
pub fn read(
    paths: &[PathBuf],
    settings: &Settings,
    progress: &mut dyn FnMut(u64, u64),
    sink: &mut dyn FnMut(&Event<'_>),
) -> Result<Tally, LogError> {
    let done = Rc::new(Cell::new(0));
    let total = paths.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|metadata| metadata.len()).sum();
    let mut files = vec![];
    let mut prefix = settings.log_line_prefix.clone();
    for path in paths {
        let file = opened(path, prefix.as_deref(), paths.len() > 1, &done)?;
        // a file of a few lines is read as those before it
        if let Some(Parser::Stderr(stderr)) = &file.parser {
            prefix = Some(stderr.prefix.written.clone());
        }
        files.push(file);
    }
    files.sort_by_key(|file| (file.first_at.is_none(), file.first_at));
    done.set(0);
    let mut run =
        Run { buffer: vec![0; BLOCK], len: 0, parser: None, out: Out::new(sink, settings.log_timezone.clone()) };
    for file in files {
        run.file(file, &done, &mut |at| progress(at, total))?;
    }
    run.end();
    progress(total, total);
    Ok(run.out.finish())
}

fn opened(path: &Path, prefix: Option<&str>, several: bool, done: &Rc<Cell<u64>>) -> Result<Opened, LogError> {
    let mut stream = stream(path, done)?;
    let (sample, failed) = beginning(&mut stream);
    let stream: Box<dyn Read> = match failed {
        Some(source) if sample.is_empty() => return Err(LogError::Read { path: path.to_owned(), source }),
        Some(source) => Box::new(Failed(Some(source))),
        None => stream,
    };
    let mut file = Opened { path: path.to_owned(), stream: None, sample, parser: None, first_at: None };
    if !file.sample.trim_ascii().is_empty() {
        let found = detected(&file.sample, prefix).map_err(|why| match why {
            Unrecognised::Unknown => LogError::NotALog { path: path.to_owned() },
            Unrecognised::Language(language) => LogError::Language { path: path.to_owned(), language },
        })?;
        file.first_at = found.first_at;
        file.parser = Some(found.parser);
        if let Some(Parser::Stderr(stderr)) = &mut file.parser {
            stderr.crlf = is_crlf(&file.sample);
        }
    }
    let again = several && std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if again {
        file.sample.truncate(BLOCK / 16);
    } else {
        file.stream = Some(stream);
    }
    Ok(file)
}

/// The bytes from which the form is recognised, and what kept it from being read on.
fn beginning(stream: &mut dyn Read) -> (Vec<u8>, Option<std::io::Error>) {
    let mut sample = vec![];
    let failed = stream.take(SAMPLE as u64).read_to_end(&mut sample).err();
    (sample, failed)
}

/// What is left of a stream after an error: to ask it again might give an end that is none.
struct Failed(Option<std::io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The file's bytes, unpacked.
fn stream(path: &Path, done: &Rc<Cell<u64>>) -> Result<Box<dyn Read>, LogError> {
    let open = |source| LogError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(open)?;
    let mut magic = vec![];
    file.by_ref().take(6).read_to_end(&mut magic).map_err(open)?;
    let packed = match magic.as_slice() {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd -d"),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Some("xz -d"),
        [b'B', b'Z', b'h', ..] => Some("bzip2 -d"),
        [b'P', b'K', 3, 4, ..] => Some("unzip"),
        _ => None,
    };
    if let Some(program) = packed {
        return Err(LogError::Packed { path: path.to_owned(), program });
    }
    let is_gzip = magic.starts_with(&[0x1f, 0x8b]);
    let counted = Counted { inner: Cursor::new(magic).chain(file), done: Rc::clone(done) };
    if is_gzip {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(BLOCK / 4, counted))));
    }
    Ok(Box::new(counted))
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    done: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done.set(self.done.get() + read as u64);
        Ok(read)
    }
}

/// The state from one file to the next: a message may go on in it.
struct Run<'s> {
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read and not yet taken.
    len: usize,
    parser: Option<Parser>,
    out: Out<'s>,
}

impl Run<'_> {
    fn file(&mut self, file: Opened, done: &Rc<Cell<u64>>, progress: &mut dyn FnMut(u64)) -> Result<(), LogError> {
        self.out.tally.files += 1;
        let Some(parser) = file.parser else { return Ok(()) };
        self.out.tally.sources.push(Source {
            path: file.path.clone(),
            form: parser.name(),
            prefix: parser.prefix().map(str::to_owned),
            first_at_us: file.first_at,
        });
        if !self.goes_on(&parser, &file.sample, file.first_at) {
            self.end();
        }
        let parser = match self.parser.take() {
            Some(same) => same,
            None => parser,
        };
        self.parser = Some(parser);
        let mut stream = match file.stream {
            Some(stream) => Box::new(Cursor::new(file.sample).chain(stream)),
            None => stream(&file.path, done)?,
        };
        let mut mark = Some(self.len);
        loop {
            let more = self.fill(&mut stream, &file.path, &mut mark)?;
            self.take();
            progress(done.get());
            if !more {
                return Ok(());
            }
        }
    }

    /// What is left of the last file may go on in this one.
    fn goes_on(&mut self, parser: &Parser, sample: &[u8], first_at: Option<i64>) -> bool {
        let Some(last) = &self.parser else { return true };
        let same = last.name() == parser.name() && last.prefix() == parser.prefix();
        let gap = first_at.zip(self.out.tally.last_at_us).map_or(0, |(first, last)| first - last);
        let ended = self.len > 0 && self.buffer[self.len - 1] != b'\n';
        let sample = sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(sample);
        same && gap < GAP && !(ended && parser.begins(sample, &mut self.out))
    }

    /// Reads until the buffer is full; whether there is more.
    fn fill(&mut self, stream: &mut dyn Read, path: &Path, mark: &mut Option<usize>) -> Result<bool, LogError> {
        let mut more = true;
        while self.len < self.buffer.len() {
            match stream.read(&mut self.buffer[self.len..]) {
                Ok(0) => {
                    more = false;
                    break;
                }
                Ok(read) => {
                    self.len += read;
                    self.out.tally.bytes += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
                    ) =>
                {
                    self.out.tally.skip(reason::GZIP, 1);
                    more = false;
                    break;
                }
                Err(source) => return Err(LogError::Read { path: path.to_owned(), source }),
            }
        }
        if let Some(at) = mark.take()
            && self.buffer[at..self.len].starts_with(BYTE_ORDER_MARK)
        {
            self.buffer.copy_within(at + BYTE_ORDER_MARK.len()..self.len, at);
            self.len -= BYTE_ORDER_MARK.len();
        }
        Ok(more)
    }

    /// Hands over what is there; makes room for what is not whole.
    fn take(&mut self) {
        let Some(parser) = &mut self.parser else { return };
        let mut taken = parser.take(&self.buffer[..self.len], Stage::More, &mut self.out);
        if taken == 0 && self.len == self.buffer.len() {
            if self.len < LONGEST_MESSAGE {
                self.buffer.resize(self.len * 2, 0);
            } else {
                taken = parser.take(&self.buffer[..self.len], Stage::Full, &mut self.out);
            }
        }
        self.buffer.copy_within(taken..self.len, 0);
        self.len -= taken;
    }

    /// Nothing goes on.
    fn end(&mut self) {
        if let Some(mut parser) = self.parser.take() {
            parser.take(&self.buffer[..self.len], Stage::Last, &mut self.out);
        }
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a text, then an error once, then an end.
    struct Torn(Cursor<&'static [u8]>, Failed);

    impl Read for Torn {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => self.1.read(buffer),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn an_error_that_comes_while_the_form_is_recognised_comes_again_after_what_was_read() {
        let error = || std::io::Error::other("a bad sector");
        let mut torn = Torn(Cursor::new(b"some text"), Failed(Some(error())));
        let (sample, failed) = beginning(&mut torn);
        assert_eq!(sample, b"some text");
        let mut rest = Cursor::new(sample).chain(Failed(failed));
        let mut read = vec![];
        let failed = rest.read_to_end(&mut read).map_err(|error| error.to_string());
        assert_eq!((read.as_slice(), failed), (&b"some text"[..], Err("a bad sector".to_owned())));
        let (sample, failed) = beginning(&mut Cursor::new(b"whole"));
        assert_eq!((sample.as_slice(), failed.is_none()), (&b"whole"[..], true));
    }
}
