//! What an index costs on writes.
//!
//! Each row inserted takes an entry in every index, or many in an inverted one; so does an
//! update that cannot be HOT. An index on a column that statements update makes such
//! updates of them, and then every index of the table gets an entry. How many rows were
//! written is told by the statements; where those saw little of it (COPY, cascades, an
//! evicted entry), by the table's counters.

use super::{Profile, wal};
use crate::snapshot::{Snapshot, Table};
use crate::what_if::{Design, Path, Size, TableFacts};
use crate::workload::{Kind, Query, Workload};

/// Time to add one entry to a B-tree in memory and to make its WAL, ms. Measured by `examples/entry_cost`: under 1 µs where keys
/// rise or are few, 5 µs where they come in no order; 4 stands for both.
const ENTRY_MS: f64 = 0.004;
/// Work of VACUUM for one dead entry, in entries added: it reads each index in its physical order.
const REMOVED: f64 = 0.2;
/// Share of the updates that is HOT where no counter tells.
const USUALLY_HOT: f64 = 0.5;
/// Counters and statements that are younger tell nothing of the usual rate of writes, s.
const YOUNG_S: f64 = 3_600.0;
/// Share of a table's writes that the statements must show to be believed.
const SEEN: f64 = 0.5;
/// Rows written for each row read from which a table is called write-heavy.
const WRITE_HEAVY: f64 = 1.0;

/// What the workload's writes would take longer for one index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Upkeep {
    /// Entries in the window, those of other indexes that lose HOT with it included.
    pub entries: f64,
    /// Rows whose update would no longer be HOT, in the window.
    pub hot_lost: f64,
    /// Time, ms of the window, what becomes of the WAL included.
    pub ms: f64,
    /// Bytes of WAL in the window.
    pub wal_bytes: f64,
    /// Statements that get dearer: position in `Workload::queries`, and ms that it adds in the window.
    pub slows: Vec<(usize, f64)>,
}

/// What counts: rows written to a table in the window.
#[derive(Debug, Clone, Copy, Default)]
struct Writes {
    inserted: f64,
    updated: f64,
    deleted: f64,
}

impl Profile {
    /// What a millisecond on writes counts for in milliseconds on reads. Writes also cost VACUUM
    /// and cache, which no figure here holds: for whom they matter four times is near what an entry in memory
    /// and one that must be read differ by.
    pub fn write_weight(self) -> f64 {
        match self {
            Self::Read => 0.25,
            Self::Balanced => 1.0,
            Self::Write => 4.0,
        }
    }
}

/// What keeping a design up to date takes.
pub fn upkeep(snapshot: &Snapshot, workload: &Workload, design: &Design, size: Option<Size>) -> Upkeep {
    let Some(facts) = TableFacts::read(snapshot, design.table_oid) else { return Upkeep::default() };
    let share = size.filter(|_| facts.rows > 0.0).map_or(1.0, |size| (size.entries / facts.rows).clamp(0.0, 1.0));
    let share = if design.predicate.is_some() { share } else { 1.0 };
    let entry_ms = ENTRY_MS * super::entries::entries_per_row(snapshot, &facts, design);
    let entry_wal = wal::bytes_per_row(snapshot, &facts, design);
    let others = neighbours(snapshot, design.table_oid);
    let hot = hot_share(facts.table);
    let mut upkeep = Upkeep::default();
    for (position, query) in workload.queries.iter().enumerate() {
        if query.target != Some(design.table_oid) {
            continue;
        }
        let (own, lost) = written(query, design, hot, breaks_hot_already(snapshot, query));
        let logged = own * share * entry_wal + lost * others * wal::USUAL;
        let ms = own * share * entry_ms + lost * others * ENTRY_MS + wal::ms(logged);
        upkeep.wal_bytes += logged;
        upkeep.entries += own * share + lost * others;
        upkeep.hot_lost += lost;
        upkeep.ms += ms;
        upkeep.slows.extend((ms > 0.0).then_some((position, ms)));
    }
    let unseen = unseen(snapshot, workload, facts.table);
    let own = unseen.inserted + unseen.updated * (1.0 - hot) + unseen.deleted * REMOVED;
    upkeep.entries += own * share;
    upkeep.ms += own * share * (entry_ms + wal::ms(entry_wal));
    upkeep.wal_bytes += own * share * entry_wal;
    upkeep
}

/// Entries of the index itself, and rows that stop being HOT for it.
fn written(query: &Query, design: &Design, hot: f64, broken: bool) -> (f64, f64) {
    let rows = query.counters.rows_or_calls();
    let hot = if broken { 0.0 } else { hot };
    match query.kind {
        Kind::Insert | Kind::Merge => (rows, 0.0),
        Kind::Update if query.set_columns.iter().any(|column| holds(design, column)) => (rows, rows * hot),
        Kind::Update => (rows * (1.0 - hot), 0.0),
        Kind::Delete => (rows * REMOVED, 0.0),
        Kind::Select => (0.0, 0.0),
    }
}

/// Whether an existing index holds a column that the statement sets.
fn breaks_hot_already(snapshot: &Snapshot, query: &Query) -> bool {
    let mut indexes = snapshot.indexes.iter().filter(|index| Some(index.table_oid) == query.target);
    indexes.any(|index| {
        let keys = index.keys.iter().map(|key| key.column.as_deref().or(key.expression.as_deref()));
        let texts = keys.flatten().chain(index.include.iter().map(String::as_str)).chain(index.predicate.as_deref());
        let texts: Vec<&str> = texts.collect();
        query.set_columns.iter().any(|column| texts.iter().any(|text| mentions(text, column)))
    })
}

fn hot_share(table: &Table) -> f64 {
    let updates = table.usage.n_tup_upd;
    if updates == 0 { USUALLY_HOT } else { table.usage.n_tup_hot_upd as f64 / updates as f64 }
}

fn neighbours(snapshot: &Snapshot, table: u32) -> f64 {
    snapshot.indexes.iter().filter(|index| index.table_oid == table && index.ready).count() as f64
}

/// Writes that the counters saw and the statements did not, in the window of the statements.
fn unseen(snapshot: &Snapshot, workload: &Workload, table: &Table) -> Writes {
    let Some(window) = window_s(snapshot).filter(|window| *window >= YOUNG_S) else { return Writes::default() };
    let age = snapshot.evidence.database_stats_age_s;
    if age < YOUNG_S || !snapshot.evidence.track_counts {
        return Writes::default();
    }
    let scale = (window / age).min(1.0);
    let seen = |kinds: &[Kind]| -> f64 {
        let written = workload.queries.iter().filter(|one| one.target == Some(table.oid) && kinds.contains(&one.kind));
        written.map(|one| one.counters.rows_or_calls()).sum()
    };
    let missing = |counted: u64, seen: f64| {
        let counted = counted as f64 * scale;
        if seen >= counted * SEEN { 0.0 } else { counted - seen }
    };
    Writes {
        inserted: missing(table.usage.n_tup_ins, seen(&[Kind::Insert, Kind::Merge])),
        updated: missing(table.usage.n_tup_upd, seen(&[Kind::Update, Kind::Merge])),
        deleted: missing(table.usage.n_tup_del, seen(&[Kind::Delete, Kind::Merge])),
    }
}

/// Seconds that the statements' counters cover, where the server says.
pub fn window_s(snapshot: &Snapshot) -> Option<f64> {
    snapshot.statements.stats_reset.map(|reset| snapshot.taken_at - reset).filter(|window| *window > 0.0)
}

/// Columns of the index that statements update: such updates can no longer be HOT.
pub fn updated_columns(workload: &Workload, design: &Design) -> Vec<String> {
    let updates =
        workload.queries.iter().filter(|query| query.kind == Kind::Update && query.target == Some(design.table_oid));
    let mut columns: Vec<String> =
        updates.flat_map(|query| &query.set_columns).filter(|column| holds(design, column)).cloned().collect();
    columns.sort();
    columns.dedup();
    columns
}

/// Whether more rows were written to the table than read from it.
pub fn is_write_heavy(snapshot: &Snapshot, design: &Design) -> bool {
    let Some(table) = snapshot.table(design.table_oid) else { return false };
    let usage = &table.usage;
    let written = (usage.n_tup_ins + usage.n_tup_upd + usage.n_tup_del) as f64;
    let read = (usage.idx_tup_fetch + usage.seq_tup_read) as f64;
    written > 0.0 && written >= read * WRITE_HEAVY
}

/// Bytes of index written for each byte of row written; `None` for what no width tells.
pub fn overhead(facts: &TableFacts, design: &Design, size: Option<Size>) -> Option<f64> {
    let share = size.filter(|_| design.predicate.is_some() && facts.rows > 0.0);
    let share = share.map_or(1.0, |size| (size.entries / facts.rows).clamp(0.0, 1.0));
    (design.method == "btree").then(|| share * Path::designed(0, design).entry_width(facts) / facts.row_width())
}

fn holds(design: &Design, column: &str) -> bool {
    let of_key = |key: &crate::what_if::DesignKey| match (&key.column, &key.expression) {
        (Some(name), _) => name == column,
        (None, expression) => expression.as_deref().is_some_and(|sql| mentions(sql, column)),
    };
    design.keys.iter().any(of_key)
        || design.include.iter().any(|included| included == column)
        || design.predicate.as_deref().is_some_and(|sql| mentions(sql, column))
}

/// Whether SQL names a column.
fn mentions(sql: &str, column: &str) -> bool {
    sql == column || sql.split(|one: char| !one.is_alphanumeric() && one != '_').any(|word| word == column)
}
