//! What was read and what was not: enough to say honestly what a log cannot show.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Why a line was left out. Every reason is a word of the report.
pub(super) mod reason {
    pub const FOREIGN: &str = "not in the form of the rest of the log";
    pub const ORPHAN: &str = "continues a message that is not in the log";
    pub const BINARY: &str = "binary data";
    pub const ENCODING: &str = "not UTF-8";
    pub const CUT: &str = "cut off in the middle";
    pub const LONG: &str = "longer than 4 MB";
    pub const BROKEN_CSV: &str = "broken CSV";
    pub const BROKEN_JSON: &str = "broken JSON";
    pub const NO_MESSAGE: &str = "JSON without a message of the server";
    pub const LANGUAGE: &str = "in another language than English";
    pub const BARE: &str = "a duration without its statement";
    pub const GRAMMAR: &str = "a duration in an unknown form";
    pub const PLAN: &str = "a plan in XML or YAML";
    pub const GZIP: &str = "damaged gzip data: the rest of the file";
}

/// A file, and as what it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// `stderr`, `csvlog`, `jsonlog`, `syslog`, …
    pub form: &'static str,
    /// The `log_line_prefix` that its lines were read by, where the form has one. `%?` stands for a word that the reader
    /// could not name.
    pub prefix: Option<String>,
    /// The first time in the file, microseconds since the epoch.
    pub first_at_us: Option<i64>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Files read.
    pub files: u64,
    /// The files in the order in which they were read. Files of several forms may be the same log twice.
    pub sources: Vec<Source>,
    /// Bytes, unpacked.
    pub bytes: u64,
    /// Lines: those that were understood and those that were skipped. In JSON forms that carry a text of several lines,
    /// the lines of that text.
    pub lines: u64,
    /// Events that the log told.
    pub events: u64,
    /// Of them executions: steps of every kind.
    pub executions: u64,
    /// Executions whose duration is known.
    pub timed: u64,
    /// Executions with their parameters.
    pub with_parameters: u64,
    /// Lines that were left out, by the reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Bytes of messages that were too long to be held.
    pub cut_bytes: u64,
    /// The earliest time of a line.
    pub first_at_us: Option<i64>,
    /// The latest time of a line.
    pub last_at_us: Option<i64>,
    /// The times have no milliseconds (`%t`): distances between statements mean nothing.
    pub whole_seconds: bool,
    /// Lines that are more than a second older than the one before them: interleaved writers, or a log that was exported
    /// newest first.
    pub backwards: u64,
    /// A time zone that is not known here; its times were taken for UTC.
    pub unknown_zone: Option<String>,
    /// A time zone whose abbreviation several zones have, where `log_timezone` is not known; taken for the most usual one.
    pub ambiguous_zone: Option<String>,
    /// The shortest duration. Far above zero, it is the threshold of `log_min_duration_statement`: what is faster is not
    /// in the log.
    pub shortest_us: Option<u64>,
    /// The longest duration.
    pub longest_us: Option<u64>,
    /// Settings of logging that were changed while the log was written, and the last value: the server tells.
    pub settings: BTreeMap<String, String>,
}

impl Tally {
    pub(super) fn understood(&mut self, lines: u64) {
        self.lines += lines;
    }

    pub(super) fn skip(&mut self, reason: &'static str, lines: u64) {
        if lines > 0 {
            self.lines += lines;
            *self.skipped.entry(reason).or_default() += lines;
        }
    }

    /// Notes the time of a line; `previous` is that of the one before.
    pub(super) fn time(&mut self, at: i64, whole: bool, previous: i64) {
        self.whole_seconds |= whole;
        if self.first_at_us.is_none_or(|first| at < first) {
            self.first_at_us = Some(at);
        }
        if self.last_at_us.is_none_or(|last| at > last) {
            self.last_at_us = Some(at);
        }
        self.backwards += u64::from(at < previous - 1_000_000);
    }

    pub(super) fn duration(&mut self, us: u64) {
        self.timed += 1;
        self.shortest_us = Some(self.shortest_us.map_or(us, |shortest| shortest.min(us)));
        self.longest_us = Some(self.longest_us.map_or(us, |longest| longest.max(us)));
    }
}
