//! The time and the blocks of a statement, executed on the clone and rolled back.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::server::{CloneSession, ServerError};

/// Executions after the one that warms the caches; the fastest counts.
const RUNS: usize = 3;

/// One execution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// Without planning, ms.
    pub ms: f64,
    /// Read, or found in shared buffers.
    pub blocks: u64,
    /// Names of the indexes in its plan.
    pub indexes: BTreeSet<String>,
}

impl Execution {
    /// The lesser of two in both.
    pub fn least(self, other: &Self) -> Self {
        Self {
            ms: self.ms.min(other.ms),
            blocks: self.blocks.min(other.blocks),
            indexes: &self.indexes | &other.indexes,
        }
    }

    /// The greater of two in both.
    pub fn most(self, other: &Self) -> Self {
        Self {
            ms: self.ms.max(other.ms),
            blocks: self.blocks.max(other.blocks),
            indexes: &self.indexes | &other.indexes,
        }
    }
}

/// The least of several executions; `before` goes before each.
pub async fn measure(clone: &mut CloneSession, before: &[String], sql: &str) -> Result<Execution, ServerError> {
    execute(clone, before, sql).await?;
    let mut least = execute(clone, before, sql).await?;
    for _ in 1..RUNS {
        least = least.least(&execute(clone, before, sql).await?);
    }
    Ok(least)
}

async fn execute(clone: &mut CloneSession, before: &[String], sql: &str) -> Result<Execution, ServerError> {
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}");
    let mut statements = before.to_vec();
    statements.push(explain);
    let answers = clone.rolled_back(&statements).await?;
    let text = answers.last().and_then(|rows| rows.first()).map(String::as_str).unwrap_or_default();
    read(text).map_err(|source| ServerError::Answer { source })
}

fn read(text: &str) -> Result<Execution, serde_json::Error> {
    let plan: Value = serde_json::from_str(text)?;
    let blocks = |name: &str| plan[0]["Plan"][name].as_u64().unwrap_or(0);
    let ms = plan[0]["Execution Time"].as_f64();
    let missing = || serde::de::Error::custom("a plan without its execution time");
    let blocks = blocks("Shared Hit Blocks") + blocks("Shared Read Blocks");
    let mut indexes = BTreeSet::new();
    collect(&plan[0]["Plan"], &mut indexes);
    Ok(Execution { ms: ms.ok_or_else(missing)?, blocks, indexes })
}

/// The indexes of a node and of those below it.
fn collect(node: &Value, indexes: &mut BTreeSet<String>) {
    indexes.extend(node["Index Name"].as_str().map(str::to_owned));
    for below in node["Plans"].as_array().into_iter().flatten() {
        collect(below, indexes);
    }
}
