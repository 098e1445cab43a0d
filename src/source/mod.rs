//! Where a snapshot comes from: a live server or a file. Nothing after this module knows which it was.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::server::ServerError;

pub use graft::{Grafted, graft};

pub mod file;
pub mod live;
pub mod log;
pub mod replica;
pub mod since;
pub mod window;

mod array;
mod cluster;
mod end_points;
mod functions;
mod gaps;
mod graft;
mod held;
mod insides;
mod mask;
mod statements;
mod statistics;
mod tokens;

/// What keeps a snapshot from being read or written.
#[derive(Debug, Error, Diagnostic)]
pub enum SourceError {
    /// The connection, or the first query on it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] ServerError),
    /// A part of the catalog without which any advice would be false.
    #[error("the {what} could not be read from the catalog")]
    #[diagnostic(
        code(source::catalog),
        help(
            "every role may read the catalog, so somebody probably holds a table exclusively: try again a little later"
        )
    )]
    Catalog {
        /// `tables`, `indexes`, …
        what: &'static str,
        /// What the server said.
        #[source]
        source: ServerError,
    },
    /// A query that always has one row had none.
    #[error("the server does not list its own database")]
    #[diagnostic(code(source::no_row), help("was the database dropped while it was read?"))]
    NoRow,
    /// The file cannot be opened.
    #[error("{} cannot be read", path.display())]
    #[diagnostic(code(source::open), help("`pgassay snapshot URL -o FILE` makes one"))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("{} cannot be written", path.display())]
    #[diagnostic(code(source::write), help("name a file in a directory that may be written"))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The gzip data ends early or is damaged.
    #[error("{} ends early or is damaged", path.display())]
    #[diagnostic(code(source::damaged), help("copy the file again, or make a new one: `pgassay snapshot URL -o FILE`"))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decompression said.
        #[source]
        source: std::io::Error,
    },
    /// The file unpacks to more than any real snapshot.
    #[error("{} is larger than {} MB unpacked", path.display(), limit / 1_000_000)]
    #[diagnostic(code(source::too_large), help("no snapshot is that large: is it the right file?"))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes.
        limit: u64,
    },
    /// Not JSON, or not of the shape that its format promises.
    #[error("{} is broken", path.display())]
    #[diagnostic(
        code(source::broken),
        help("it was cut off or edited; make a new one: `pgassay snapshot URL -o FILE`")
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// JSON, but of something else.
    #[error("{} is not a pgassay snapshot", path.display())]
    #[diagnostic(
        code(source::not_a_snapshot),
        help("a snapshot begins with {{\"format\":\"pgassay/snapshot/v1\"; `pgassay snapshot URL -o FILE` makes one")
    )]
    NotASnapshot {
        /// The file.
        path: PathBuf,
    },
    /// A format that this version does not know.
    #[error("{} was written by a newer pgassay ({found})", path.display())]
    #[diagnostic(code(source::newer), help("upgrade pgassay: this one reads snapshots up to pgassay/snapshot/v1"))]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
    },
}
