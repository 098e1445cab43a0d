//! A snapshot as a file: JSON, packed with gzip when its name ends in `.gz`.
//!
//! Reading goes by the content, so a renamed file is read all the same. A file may come
//! from anywhere: it is checked to be a snapshot of a known format, and its size is capped.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::SourceError;
use crate::snapshot::Snapshot;

/// What every format of ours begins with; the version follows.
const FAMILY: &str = "pgassay/snapshot/v";

/// Newest version that is read.
const NEWEST: u32 = 1;

/// Bytes unpacked. A snapshot of 100,000 tables is below 1 GB; a file made to exhaust the memory is not.
const LIMIT: u64 = 4_000_000_000;

/// First bytes of gzip data.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads a snapshot of this or an earlier format.
pub fn read(path: impl AsRef<Path>) -> Result<Snapshot, SourceError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    let text = if bytes.starts_with(&GZIP) { unpacked(path, &bytes, LIMIT)? } else { bytes };
    check_format(path, &text)?;
    serde_json::from_slice(&text).map_err(|source| SourceError::Broken { path: path.to_owned(), source })
}

/// Writes it whole or not at all; only the owner may read it.
pub fn write(path: impl AsRef<Path>, snapshot: &Snapshot) -> Result<(), SourceError> {
    let path = path.as_ref();
    write_file(path, snapshot).map_err(|source| SourceError::Write { path: path.to_owned(), source })
}

fn write_file(path: &Path, snapshot: &Snapshot) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // made with mode 0600
    let file = NamedTempFile::new_in(directory)?;
    let mut out = BufWriter::new(file.as_file());
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        let mut packed = GzEncoder::new(&mut out, Compression::default());
        serde_json::to_writer(&mut packed, snapshot)?;
        packed.finish()?;
    } else {
        serde_json::to_writer(&mut out, snapshot)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map(|_: File| ()).map_err(|error| error.error)
}

fn unpacked(path: &Path, bytes: &[u8], limit: u64) -> Result<Vec<u8>, SourceError> {
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(limit + 1)
        .read_to_end(&mut text)
        .map_err(|source| SourceError::Damaged { path: path.to_owned(), source })?;
    if text.len() as u64 > limit { Err(SourceError::TooLarge { path: path.to_owned(), limit }) } else { Ok(text) }
}

#[derive(Deserialize)]
struct Header {
    format: Option<serde_json::Value>,
}

fn check_format(path: &Path, text: &[u8]) -> Result<(), SourceError> {
    // an array is JSON, but has no format to look for
    if text.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(SourceError::NotASnapshot { path: path.to_owned() });
    }
    let header: Header =
        serde_json::from_slice(text).map_err(|source| SourceError::Broken { path: path.to_owned(), source })?;
    let header = header.format.unwrap_or_default();
    let found = header.as_str().unwrap_or_default();
    match found.strip_prefix(FAMILY).map(str::parse::<u32>) {
        Some(Ok(version)) if (1..=NEWEST).contains(&version) => Ok(()),
        Some(Ok(version)) if version > NEWEST => {
            Err(SourceError::Newer { path: path.to_owned(), found: found.to_owned() })
        }
        _ => Err(SourceError::NotASnapshot { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_to_more_than_the_limit_is_refused() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&[b' '; 100]).expect("in memory");
        let packed = packed.finish().expect("in memory");
        assert_eq!(unpacked(Path::new("a"), &packed, 100).expect("just within").len(), 100);
        assert!(matches!(unpacked(Path::new("a"), &packed, 99), Err(SourceError::TooLarge { .. })));
    }
}
