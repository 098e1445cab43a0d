//! What happened between an earlier snapshot of the same server and a later one.
//!
//! Counters of the later less those of the earlier. Times, rows and sums of squares subtract exactly; the longest
//! execution of the period is known only where none before it was longer. An entry that began in between is taken
//! as it is.

mod counters;

use std::collections::BTreeMap;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::snapshot::{Change, Gap, Interval, Samples, Snapshot, Statement, StatementsState};
use crate::units::Count;
use counters::{by_key, difference, goes_on, key, order};

/// Times of the server's clock that are nearer to each other than this are one: they went through a float.
const SAME_TIME_S: f64 = 1e-6;

/// An earlier snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub snapshot: Snapshot,
}

/// Why two snapshots cannot be compared.
#[derive(Debug, Error, Diagnostic)]
pub enum SinceError {
    /// One of them has no counters.
    #[error("{whose} holds no statements to compare")]
    #[diagnostic(
        code(since::statements),
        help(
            "both have to be taken by a role that reads pg_stat_statements, without --schema-only: see `pgassay doctor`"
        )
    )]
    NoStatements {
        /// `FILE`, or what is audited.
        whose: String,
    },
    /// Not the same server and database.
    #[error("{} is of another server or database: {why}", path.display())]
    #[diagnostic(
        code(since::other),
        help("--since takes an earlier snapshot of the server and database that is audited")
    )]
    Other {
        /// The earlier one.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// The wrong way round.
    #[error("{} was not taken before what it is compared with", path.display())]
    #[diagnostic(
        code(since::order),
        help("--since takes the earlier one, --snapshot the later; several --since each their own")
    )]
    NotEarlier {
        /// The one that should be earlier.
        path: PathBuf,
    },
    /// The counters began anew.
    #[error("the counters of pg_stat_statements were reset after {} was taken", path.display())]
    #[diagnostic(
        code(since::reset),
        help("what happened before the reset is not known any more: audit without --since, or from a later snapshot")
    )]
    Reset {
        /// The earlier one.
        path: PathBuf,
    },
}

/// `later` with the counters of the time since the earliest of `earlier`, and an interval for each of them.
pub fn since(later: Snapshot, mut earlier: Vec<Earlier>) -> Result<Snapshot, SinceError> {
    earlier.sort_by(|one, other| one.snapshot.taken_at.total_cmp(&other.snapshot.taken_at));
    let mut intervals = Vec::new();
    for (position, before) in earlier.iter().enumerate() {
        let after = earlier.get(position + 1).map_or(&later, |next| &next.snapshot);
        comparable(before, after)?;
        intervals.push(interval(&before.snapshot, after));
    }
    let Some(base) = earlier.first() else { return Ok(later) };
    comparable(base, &later)?;
    let mut period = later;
    subtract(&mut period, &base.snapshot);
    if period.samples.is_none() {
        period.samples = Some(Samples { began_at: base.snapshot.taken_at, intervals, ..Samples::default() });
    }
    Ok(period)
}

fn comparable(before: &Earlier, after: &Snapshot) -> Result<(), SinceError> {
    let path = || before.path.clone();
    let earlier = &before.snapshot;
    if let Some(why) = difference_of_servers(earlier, after) {
        return Err(SinceError::Other { path: path(), why });
    }
    if earlier.taken_at >= after.taken_at {
        return Err(SinceError::NotEarlier { path: path() });
    }
    for (whose, snapshot) in [(before.path.display().to_string(), earlier), ("what is audited".to_owned(), after)] {
        if snapshot.statements.state != StatementsState::Read {
            return Err(SinceError::NoStatements { whose });
        }
    }
    if was_reset(earlier, after) { Err(SinceError::Reset { path: path() }) } else { Ok(()) }
}

/// In words, what one server or database cannot have had at both times.
fn difference_of_servers(earlier: &Snapshot, later: &Snapshot) -> Option<String> {
    let (one, other) = (&earlier.server, &later.server);
    let reset = |snapshot: &Snapshot| snapshot.statements.stats_reset;
    if one.database != other.database {
        return Some(format!("it is of database \"{}\", not \"{}\"", one.database, other.database));
    }
    if one.major() != other.major() {
        return Some(format!("it is of PostgreSQL {}, not {}", one.major(), other.major()));
    }
    if same_beginning(earlier, later) {
        return None;
    }
    if (&one.encoding, &one.collate, one.in_recovery) != (&other.encoding, &other.collate, other.in_recovery) {
        return Some("encoding, collation or role in replication differ".to_owned());
    }
    // a reset in between would be later than that
    if reset(earlier).is_some() && reset(later).is_some_and(|reset| reset < earlier.taken_at) {
        return Some("its counters began at another time".to_owned());
    }
    mostly_other_tables(earlier, later).then(|| "most tables of one name are not the same table".to_owned())
}

/// Counters of two servers do not begin in the same microsecond, nor do the servers themselves.
fn same_beginning(earlier: &Snapshot, later: &Snapshot) -> bool {
    let same = |(one, other): (f64, f64)| (one - other).abs() <= SAME_TIME_S;
    same((earlier.server.started_at, later.server.started_at))
        || earlier.statements.stats_reset.zip(later.statements.stats_reset).is_some_and(same)
}

/// A server gives a table its number; most tables of one name and another number are those of another server.
fn mostly_other_tables(earlier: &Snapshot, later: &Snapshot) -> bool {
    let names = earlier.tables.iter().map(|table| ((&table.schema, &table.name), table.oid));
    let names: BTreeMap<_, _> = names.collect();
    let pairs = later.tables.iter().filter_map(|table| Some((table.oid, *names.get(&(&table.schema, &table.name))?)));
    let (same, other): (Vec<_>, Vec<_>) = pairs.partition(|(one, other)| one == other);
    other.len() > same.len()
}

/// Before 14 the server does not say: there a reset shows in most entries being gone or beginning anew, although the
/// view was not full.
fn was_reset(earlier: &Snapshot, later: &Snapshot) -> bool {
    if let (Some(then), Some(now)) = (earlier.statements.stats_reset, later.statements.stats_reset) {
        return (now - then).abs() > SAME_TIME_S;
    }
    let entries = by_key(&later.statements.entries);
    let goes_on = |entry: &&Statement| entries.get(&key(entry)).is_some_and(|now| goes_on(entry, now));
    let going_on = earlier.statements.entries.iter().filter(goes_on).count();
    2 * going_on < earlier.statements.entries.len() && !is_full(later)
}

/// Whether entries may have been thrown out to make place: that leaves at least 95 of 100.
fn is_full(snapshot: &Snapshot) -> bool {
    let statements = &snapshot.statements;
    let others = [statements.hidden, statements.own, statements.other_databases];
    let entries = others.into_iter().fold(statements.entries.len() as u64, u64::saturating_add);
    statements.max.is_some_and(|max| entries.saturating_mul(10) >= max.saturating_mul(9))
}

fn subtract(period: &mut Snapshot, base: &Snapshot) {
    let before = by_key(&base.statements.entries);
    let statements = &mut period.statements;
    let began = base.taken_at;
    let all = std::mem::take(&mut statements.entries);
    let known = all.len();
    let mut left_out = 0;
    for entry in all {
        match before.get(&key(&entry)) {
            Some(then) if goes_on(then, &entry) => statements.entries.push(difference(&entry, then, began)),
            None if !began_since(&entry, base, statements.hidden) => left_out += 1,
            _ => statements.entries.push(entry),
        }
    }
    statements.entries.retain(|entry| entry.calls > 0);
    statements.entries.sort_by(order);
    statements.hidden_ms = (statements.hidden_ms - base.statements.hidden_ms).max(0.0);
    statements.other_databases_ms = (statements.other_databases_ms - base.statements.other_databases_ms).max(0.0);
    statements.stats_reset = Some(began);
    let evicted = statements.dealloc.zip(base.statements.dealloc).map(|(now, then)| now.saturating_sub(then));
    statements.dealloc = evicted;
    period.gaps.extend(gaps(evicted.unwrap_or(0), left_out, known));
}

fn gaps(evicted: u64, left_out: usize, known: usize) -> Vec<Gap> {
    let gap =
        |why: String, remedy: Option<&str>| Gap { what: "period".to_owned(), why, remedy: remedy.map(str::to_owned) };
    let evicted = (evicted > 0).then(|| {
        let why = format!(
            "pg_stat_statements was full and threw its rarest statements out {} times since the earlier snapshot, so \
             some counts are too low",
            Count(evicted as f64)
        );
        gap(why, Some("raise pg_stat_statements.max and restart the server"))
    });
    let left_out = (left_out > 0).then(|| {
        let why = format!("{left_out} of {known} statements were hidden when the earlier snapshot was taken");
        gap(why, None)
    });
    evicted.into_iter().chain(left_out).collect()
}

/// What statements that clients ran did in between, by `queryid`.
fn interval(before: &Snapshot, after: &Snapshot) -> Interval {
    let then = by_key(&before.statements.entries);
    let mut changes: BTreeMap<i64, Change> = BTreeMap::new();
    for entry in after.statements.entries.iter().filter(|entry| entry.toplevel) {
        let Some(queryid) = entry.queryid else { continue };
        let earlier = then.get(&key(entry)).filter(|then| goes_on(then, entry));
        if earlier.is_none() && !began_since(entry, before, after.statements.hidden) {
            continue;
        }
        let (calls, rows, time) = earlier.map_or((0, 0, 0.0), |then| (then.calls, then.rows, then.total_exec_time));
        let change = changes.entry(queryid).or_insert(Change { queryid, ..Change::default() });
        // a file may hold anything
        change.calls = change.calls.saturating_add(entry.calls - calls);
        change.rows = change.rows.saturating_add(entry.rows - rows);
        change.total_exec_time += (entry.total_exec_time - time).max(0.0);
    }
    let changes = changes.into_values().filter(|change| change.calls > 0).collect();
    Interval { seconds: after.taken_at - before.taken_at, changes }
}

/// Whether an entry that the earlier snapshot lacks began after it. Only one that was hidden then did not.
fn began_since(entry: &Statement, earlier: &Snapshot, hidden: u64) -> bool {
    match entry.stats_since {
        Some(since) => since >= earlier.taken_at - SAME_TIME_S,
        None => earlier.statements.hidden <= hidden,
    }
}

#[cfg(test)]
mod tests;
