//! What a log tells of statements beside their executions: waits, temporary files, cancelled runs, plans.

use std::collections::BTreeMap;

use super::planned::Plans;

/// By statement, with what could not be told whose it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// By fingerprint.
    pub statements: BTreeMap<String, Told>,
    /// Plans that were read.
    pub plans: u64,
    /// Plans that could not be read.
    pub unread_plans: u64,
    /// Lock waits whose statement is not known: several in one text, or none in the log.
    pub waits_of_nobody: u64,
}

/// What is told of one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// For locks.
    pub waits: Waits,
    /// Temporary files.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Runs that the server stopped, by reason: `statement timeout`, `lock timeout`, `user request`, ….
    pub cancelled: BTreeMap<String, u64>,
    /// Its plans.
    pub plans: Plans,
}

/// Waits for locks of one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waits {
    /// How many.
    pub count: u64,
    /// Their time, ms; of those whose end is not in the log so far as it tells.
    pub total_ms: f64,
    /// The longest, ms.
    pub longest_ms: f64,
    /// Waits whose end is not in the log: cancelled, or the log ended.
    pub without_end: u64,
    /// What was locked: `a row that another transaction changed`, `public.orders`, ….
    pub objects: BTreeMap<String, u64>,
}
