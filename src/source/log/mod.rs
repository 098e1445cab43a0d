//! PostgreSQL's log as a stream of events: what was run, when, by which session, for how long.
//!
//! Every form that servers and clouds write is read: stderr under any `log_line_prefix`, csvlog, jsonlog, and what
//! wraps them. Memory does not grow with the log. What cannot be read is counted under a reason, never guessed.
//!
//! ```text
//! reader: files ─> blocks ─> parser: stderr | csv | json | cloud | wrapped ─> message ─> out: event, tally
//! ```

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

pub use event::{Event, Execution, LockWait, Plan, PlanFormat, Step};
pub use reader::read;
pub use tally::{Source, Tally};

mod clock;
mod cloud;
mod csv;
mod detect;
mod event;
mod feed;
mod held;
mod json;
mod label;
mod language;
mod message;
mod out;
mod parser;
mod prefix;
mod reader;
mod recognise;
mod session;
mod stderr;
mod tally;
mod wrapped;

/// Longest message that is held, bytes. `tally::reason::LONG` says it in words.
const LONGEST_MESSAGE: usize = 4 << 20;

/// What is known of the log beforehand.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The server's `log_line_prefix`: believed where it fits the lines, else recognised from them.
    pub log_line_prefix: Option<String>,
    /// The server's `log_timezone`: says which zone an abbreviation means that several have.
    pub log_timezone: Option<String>,
}

/// What keeps a log from being read.
#[derive(Debug, Error, Diagnostic)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("{} cannot be read", path.display())]
    #[diagnostic(
        code(log::open),
        help("logs often belong to the user postgres: copy the file, or ask for the group adm")
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Reading failed on the way.
    #[error("{} cannot be read to its end", path.display())]
    #[diagnostic(code(log::read), help("copy the file again"))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system or the decompression said.
        #[source]
        source: std::io::Error,
    },
    /// Packed otherwise than with gzip.
    #[error("{} is packed", path.display())]
    #[diagnostic(code(log::packed), help("only gzip is unpacked here; unpack it first: `{program}`"))]
    Packed {
        /// The file.
        path: PathBuf,
        /// What unpacks it.
        program: &'static str,
    },
    /// None of the forms.
    #[error("{} is not a log of PostgreSQL in a form that pgassay knows", path.display())]
    #[diagnostic(
        code(log::not_a_log),
        help(
            "stderr, csvlog, jsonlog, syslog and the forms of the clouds are; for an unusual prefix say what `SHOW log_line_prefix` says"
        )
    )]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// Words are translated.
    #[error("{} is written in {language}", path.display())]
    #[diagnostic(
        code(log::language),
        help("only English messages are understood: set `lc_messages = 'C'`, reload, and log again")
    )]
    Language {
        /// The file.
        path: PathBuf,
        /// Which language, by its words.
        language: &'static str,
    },
}
