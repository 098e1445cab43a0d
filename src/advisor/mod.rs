//! Which indexes, together, help this workload.

mod candidate;
mod immutable;
mod matrix;
mod name;
mod questions;
mod recommend;
mod select;
mod special;
#[cfg(test)]
mod tests;
mod writes;

use crate::what_if::{Basis, Design};

pub use name::name;
pub use questions::questions;
pub use recommend::recommend;

/// An index to create.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advice {
    /// The index.
    pub design: Design,
    /// Name for it: new in its schema, at most 63 bytes.
    pub name: String,
    /// Where the costs come from; the weakest basis of its statements.
    pub basis: Basis,
    /// Estimated size, bytes; `None` where nothing estimates it (GIN without statistics).
    pub size_bytes: Option<u64>,
    /// Bytes of index written per byte of row written: 0.1 is a tenth more.
    pub write_overhead: Option<f64>,
    /// Statements that it helps, by falling gain.
    pub helps: Vec<Help>,
    /// Time of those statements that it would save, ms of the snapshot's window.
    pub saved_ms: f64,
    /// Remarks: what it needs, what it depends on.
    pub notes: Vec<String>,
}

/// What an index does for one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Help {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Cost without it.
    pub before: f64,
    /// Cost with it.
    pub after: f64,
    /// Share of the statement's time that goes, 0 to 1.
    pub gain: f64,
    /// Positions in `Query::predicates` that it serves, for the report to underline.
    pub predicates: Vec<usize>,
}

/// A candidate that was not recommended, and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rejection {
    /// The index.
    pub design: Design,
    /// Why, in a sentence without a full stop.
    pub why: String,
}

/// All that the advisor says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recommendations {
    /// Indexes to create, by falling `saved_ms`, then name.
    pub create: Vec<Advice>,
    /// Candidates that fell through, in a stable order.
    pub rejected: Vec<Rejection>,
}
