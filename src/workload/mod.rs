//! Statements, parsed and bound to the columns of their catalog.
//!
//! A statement is one normalised text. Entries of `pg_stat_statements` that are the
//! same statement (other role, other IN-list length, other layout) are one here,
//! with their counters summed. What cannot be parsed stays, counted and named.
//!
//! Relations of `pg_catalog` and `information_schema` are no table uses: a statement
//! over nothing else has no tables, no predicates and no unknown names.

use std::collections::BTreeMap;

use crate::snapshot::Snapshot;

mod bind;
mod brief;
mod command;
pub mod constants;
mod counters;
mod entries;
#[cfg(test)]
mod entries_tests;
mod fingerprint;
#[cfg(test)]
mod fixture;
mod fold;
mod json_key;
pub mod outline;
mod parse;
mod query;
mod repair;
mod tokens;

pub use brief::brief;
pub use command::Command;
pub use counters::Counters;
pub use entries::{Binder, identify};
pub use query::{
    Access, Alternative, Comparison, Expr, JoinPair, Kind, Limit, Lock, Operand, Predicate, Query, SortKey, Span,
    TableUse, Trait,
};
pub use repair::NOT_A_TYPE;

/// Address space, of which only what is touched is used: enough for `parse::MAX_TOKENS` in a debug build.
const STACK_BYTES: usize = 256 << 20;

/// The parsed workload of one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Workload {
    /// By falling total time, then fingerprint: a stable order.
    pub queries: Vec<Query>,
    /// Statements that sqlparser could not parse after the repairs, in the same order.
    pub unparsed: Vec<Unparsed>,
    /// How many entries were utility commands (BEGIN, SET, VACUUM, …), left out on purpose.
    pub utility: Counters,
    /// Those commands by what they do, to what; by falling calls, then name.
    pub commands: Vec<Command>,
    /// Names that no table or view of the snapshot bears, and how many statements use each.
    pub unknown_tables: BTreeMap<String, u64>,
}

/// A statement that could not be parsed.
#[derive(Debug, Clone, Default)]
pub struct Unparsed {
    /// Fingerprint of the text itself, with white space folded.
    pub fingerprint: String,
    /// The text.
    pub text: String,
    /// What the parser said.
    pub why: String,
    /// Whether any entry was run by a client rather than inside a function.
    pub toplevel: bool,
    /// Its counters.
    pub counters: Counters,
}

/// Runs what parses the texts of others, on a thread whose stack is deep enough for any of them.
pub fn on_a_deep_stack<T: Send>(work: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK_BYTES);
        match worker.spawn_scoped(scope, &work) {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => work(),
        }
    })
}

impl Workload {
    /// Parses and binds every statement of a snapshot.
    ///
    /// Done on a thread with a stack of its own, because a syntax tree is as deep as the
    /// longest chain of operators that somebody's program wrote.
    pub fn build(snapshot: &Snapshot) -> Self {
        on_a_deep_stack(|| entries::build(snapshot))
    }

    /// Time of everything that ran, parsed or not, ms.
    pub fn total_ms(&self) -> f64 {
        let parsed: f64 = self.queries.iter().map(|query| query.counters.total_ms).sum();
        let unparsed: f64 = self.unparsed.iter().map(|query| query.counters.total_ms).sum();
        parsed + unparsed + self.utility.total_ms
    }
}
