//! The statements of the workload, as they can be executed on the clone: with constants in place of parameters.

use std::collections::{BTreeMap, BTreeSet};

use crate::server::CloneSession;
use crate::snapshot::Snapshot;
use crate::what_if::ask::{Calibration, Explain, Text, explained, opening, search_path};
use crate::workload::{Kind, Query, Workload};

/// Most statements timed on one table, the busiest first; those that the index should help always are.
const STATEMENTS: usize = 20;

/// A statement that can be executed.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its fingerprint.
    pub statement: String,
    /// Its calls.
    pub calls: u64,
    /// It writes.
    pub writes: bool,
    /// What goes before it in its transaction.
    pub before: Vec<String>,
    /// With constants.
    pub sql: String,
}

/// The trials so far, found out once for each statement; `None`: it cannot be executed.
#[derive(Debug, Default)]
pub struct Trials {
    known: BTreeMap<String, Option<Trial>>,
}

impl Trials {
    /// Those of the statements on a table and its partitions that can be executed; `wanted` first.
    pub async fn on_table(
        &mut self,
        clone: &mut CloneSession,
        bench: &Bench<'_>,
        tables: &BTreeSet<u32>,
        wanted: &[String],
    ) -> Vec<Trial> {
        let touches = |query: &&Query| {
            let used = query.tables.iter().filter_map(|used| used.table_oid);
            query.target.into_iter().chain(used).any(|oid| tables.contains(&oid))
        };
        let mut queries: Vec<&Query> = bench.workload.queries.iter().filter(touches).collect();
        let ahead = |query: &Query| wanted.contains(&query.fingerprint);
        queries.sort_by(|one, two| {
            ahead(two).cmp(&ahead(one)).then(two.counters.total_ms.total_cmp(&one.counters.total_ms))
        });
        let mut trials = Vec::new();
        for query in queries.into_iter().take(STATEMENTS.max(wanted.len())) {
            trials.extend(self.of(clone, bench, query).await);
        }
        trials
    }

    async fn of(&mut self, clone: &mut CloneSession, bench: &Bench<'_>, query: &Query) -> Option<Trial> {
        if let Some(known) = self.known.get(&query.fingerprint) {
            return known.clone();
        }
        let found = trial(clone, bench, query).await;
        self.known.insert(query.fingerprint.clone(), found.clone());
        found
    }
}

/// The clone as it is, with the statements of the audited server.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// Schema and statistics of the clone.
    pub snapshot: &'a Snapshot,
    /// The statements, over the clone's tables.
    pub workload: &'a Workload,
}

async fn trial(clone: &mut CloneSession, bench: &Bench<'_>, query: &Query) -> Option<Trial> {
    let before = opening(&search_path(bench.snapshot, query));
    let mut explain = Explain::of(bench.snapshot.server.major());
    let text = Text::single(&query.text, false).ok()?;
    let accepted = explained(clone, &mut explain, &before, text).await.ok()?;
    let calibration = Calibration { snapshot: bench.snapshot, query, own_statistics: true };
    let sql = if accepted.text.parameters().is_empty() {
        accepted.text.generic()
    } else {
        let calibrated = calibration.constants(clone, &mut explain, &before, &accepted).await;
        let values = calibrated.map(|constants| constants.values).or_else(|| calibration.any(&accepted))?;
        accepted.text.with(&values)?
    };
    let writes = query.kind != Kind::Select;
    Some(Trial { statement: query.fingerprint.clone(), calls: query.counters.calls, writes, before, sql })
}
