//! The server's log of an example's traffic, for rules that rest on a log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::ExampleError;
use crate::analysis::trace::Trace;
use crate::command::log;
use crate::command::progress::Progress;
use crate::server::scratch::Scratch;
use crate::snapshot::Snapshot;

/// From where in the log the example's own part begins.
pub(super) struct Tail {
    file: PathBuf,
    from: u64,
}

impl Tail {
    /// From here on.
    pub(super) fn of(server: &Scratch) -> Result<Self, ExampleError> {
        let file = server.socket_directory().join("log");
        let from = std::fs::metadata(&file).map_err(|source| unread(&file, source))?.len();
        Ok(Self { file, from })
    }

    /// What was written since.
    pub(super) fn read(&self, snapshot: &mut Snapshot) -> Result<Trace, ExampleError> {
        let copy = self.copy().map_err(|source| unread(&self.file, source))?;
        let (log, _) = log::taken(&[copy.path().to_owned()], snapshot, &Progress::new())?;
        Ok(log.trace)
    }

    fn copy(&self) -> std::io::Result<tempfile::NamedTempFile> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.from))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let mut copy = tempfile::NamedTempFile::new()?;
        copy.write_all(&text)?;
        copy.flush()?;
        Ok(copy)
    }
}

fn unread(file: &Path, source: std::io::Error) -> ExampleError {
    log::LogError::Open { path: file.to_owned(), source }.into()
}
