//! What a user wants of index advice: on the command line, or in `[advice]` of `pgassay.toml`.

use std::str::FromStr;

use miette::Diagnostic;
use serde::Deserialize;
use thiserror::Error;

/// Who says what an index would change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum WhatIf {
    /// A lab of the same major version found on this machine, else HypoPG on the server, else a lab of another
    /// major version, else the model; statement by statement
    #[default]
    Auto,
    /// A throwaway PostgreSQL rebuilt from the snapshot without any row, or an error
    Lab,
    /// HypoPG on the audited server, or an error
    Hypopg,
    /// pgassay's own estimate, never the planner's
    Model,
}

/// What counts for more, reads or writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Writes hardly count
    Read,
    /// Time saved on reads against time added on writes
    #[default]
    Balanced,
    /// Writes count several times
    Write,
}

/// The most that new indexes may take together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Storage {
    /// So many bytes.
    Bytes(u64),
    /// A share of the heaps of all tables, 0.25 for a quarter.
    HeapShare(f64),
}

/// Neither a share nor a size.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("\"{0}\" is neither a share nor a size: write 25% (of all tables) or 500MB")]
pub struct StorageError(String);

/// Units as PostgreSQL reads them: a kB is 1,024 bytes.
const UNITS: [(&str, f64); 8] = [
    ("kb", 1024.0),
    ("kib", 1024.0),
    ("mb", 1_048_576.0),
    ("mib", 1_048_576.0),
    ("gb", 1_073_741_824.0),
    ("gib", 1_073_741_824.0),
    ("tb", 1_099_511_627_776.0),
    ("tib", 1_099_511_627_776.0),
];

impl FromStr for Storage {
    type Err = StorageError;

    fn from_str(written: &str) -> Result<Self, StorageError> {
        let text = written.trim().to_ascii_lowercase();
        let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number.parse::<f64>().ok().filter(|number| *number > 0.0);
        let times = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, times)| *times);
        match (number, unit.trim(), times) {
            (Some(percent), "%", _) => Ok(Self::HeapShare(percent / 100.0)),
            (Some(number), _, Some(times)) => Ok(Self::Bytes((number * times) as u64)),
            _ => Err(StorageError(written.to_owned())),
        }
    }
}

/// `[advice]`; a flag of the same name comes first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdviceConfig {
    /// `budget`: `"25%"` or `"500MB"`.
    pub budget: Option<Storage>,
    /// `max-indexes`.
    pub max_indexes: Option<usize>,
    /// `profile`.
    pub profile: Option<Profile>,
    /// `what-if`.
    pub what_if: Option<WhatIf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_share_or_a_size_with_its_unit() {
        for (written, expected) in [
            ("25%", Some(Storage::HeapShare(0.25))),
            (" 150 % ", Some(Storage::HeapShare(1.5))),
            ("500MB", Some(Storage::Bytes(524_288_000))),
            ("1.5 gb", Some(Storage::Bytes(1_610_612_736))),
            ("2TiB", Some(Storage::Bytes(2_199_023_255_552))),
            ("8kB", Some(Storage::Bytes(8_192))),
            ("500", None),
            ("0%", None),
            ("-5%", None),
            ("MB", None),
            ("1.2.3MB", None),
            ("12 parsecs", None),
            ("", None),
        ] {
            assert_eq!(written.parse::<Storage>().ok(), expected, "{written}");
        }
    }
}
