//! What is inside of indexes, from the server's own planner.
//!
//! No function of a plain server tells how high a B-tree is or how many keys a GIN index has, and the size of one
//! does not say it. The planner reads both, and its costs give them away: it is asked to plan a scan of the index
//! while one thing alone costs anything. Nothing runs.

mod gin;
mod height;

use serde::Deserialize;

use super::SourceError;
use super::live::{Reader, timed_out};
use crate::server::MARKER;
use crate::snapshot::{Index, Snapshot, Table};

/// Questions in one transaction, whose end gives the locks on their tables back.
const TOGETHER: usize = 40;
/// Indexes of a method that are asked about, the largest: each costs the server an EXPLAIN or a few.
const MOST: usize = 1_000;
/// After so many locks that were not to be had the rest is left alone.
const PATIENCE: usize = 3;

/// Notes what could be found out; what could not stays unknown.
pub(super) async fn read(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    let mut asking = Asking { reader, slow: 0 };
    height::read(&mut asking, snapshot).await?;
    gin::read(&mut asking, snapshot).await
}

/// Indexes of one method that the role may plan with, the largest first.
fn largest<'a>(snapshot: &'a Snapshot, method: &'a str, least: u64) -> impl Iterator<Item = (&'a Index, &'a Table)> {
    let readable = |table: &&Table| table.selectable && !table.row_security_active && table.extension.is_none();
    let mut found: Vec<(u64, &Index, &Table)> = snapshot
        .indexes
        .iter()
        .filter(|index| index.method == method && index.usable() && !index.partitioned)
        .filter_map(|index| Some((index.blocks.filter(|blocks| *blocks >= least)?, index)))
        .filter_map(|(blocks, index)| Some((blocks, index, snapshot.table(index.table_oid).filter(readable)?)))
        .collect();
    found.sort_by_key(|(blocks, index, _)| (std::cmp::Reverse(*blocks), index.oid));
    found.into_iter().map(|(_, index, table)| (index, table)).take(MOST)
}

/// Puts questions to the server.
struct Asking<'a, 'b> {
    reader: &'a mut Reader<'b>,
    slow: usize,
}

impl Asking<'_, '_> {
    /// The plan of each query under these settings; `None` where the server has none for this role.
    async fn plans(&mut self, settings: &str, queries: &[&str]) -> Result<Vec<Option<Node>>, SourceError> {
        let mut plans = Vec::with_capacity(queries.len());
        for together in queries.chunks(TOGETHER) {
            let answers = self.together(settings, together).await?;
            if answers.len() == together.len() {
                plans.extend(answers.iter().map(|answer| node(answer)));
                continue;
            }
            // one of them spoiled it for the others
            for query in together {
                let answers = self.together(settings, std::slice::from_ref(query)).await?;
                plans.push(answers.first().and_then(|answer| node(answer)));
            }
        }
        Ok(plans)
    }

    /// All of them in one message; nothing where one of them fails.
    async fn together(&mut self, settings: &str, queries: &[&str]) -> Result<Vec<String>, SourceError> {
        if self.slow >= PATIENCE {
            return Ok(Vec::new());
        }
        let explained: Vec<String> =
            queries.iter().map(|query| format!("EXPLAIN {MARKER} (FORMAT JSON) {query}")).collect();
        match self.reader.try_transaction(&[settings.to_owned(), explained.join("; ")]).await? {
            Ok(mut answers) => Ok(answers.pop().unwrap_or_default()),
            Err(error) => {
                self.slow += usize::from(timed_out(&error));
                Ok(Vec::new())
            }
        }
    }
}

/// `SET LOCAL a = 1; …`
fn settings(of: &[(&str, &str)]) -> String {
    let set: Vec<String> = of.iter().map(|(name, value)| format!("SET {MARKER} LOCAL {name} = {value}")).collect();
    set.join("; ")
}

#[derive(Debug, Deserialize)]
struct Explained {
    #[serde(rename = "Plan")]
    plan: Node,
}

/// A node of a plan.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Node {
    #[serde(rename = "Index Name")]
    index: Option<String>,
    #[serde(rename = "Startup Cost")]
    startup: f64,
    #[serde(rename = "Total Cost")]
    total: f64,
    #[serde(rename = "Plans", default)]
    below: Vec<Node>,
}

fn node(plan: &str) -> Option<Node> {
    let explained: Vec<Explained> = serde_json::from_str(plan).ok()?;
    explained.into_iter().next().map(|explained| explained.plan)
}
