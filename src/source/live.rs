//! A snapshot of a live server, part by part.
//!
//! Each part is a query of its own in `sql/`, so that one which is denied or fails
//! costs only itself: it becomes a gap with what would show it. Only the parts of
//! the schema without which advice would be false end the reading.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::held::{self, Held};
use super::{SourceError, cluster, end_points, functions, gaps, insides, statements, statistics, tokens};
use crate::ident;
use crate::server::{ServerError, Session};
use crate::snapshot::{DatabaseUsage, Evidence, FORMAT, Gap, Server, Snapshot, Statements, StatementsState, Values};

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    /// Leave `pg_stat_statements` alone.
    pub schema_only: bool,
    /// What to keep of the sample values in the statistics; tokens unless asked for more or less.
    pub values: Values,
    /// Read the least and the greatest value of the columns that lead a B-tree, one short query each.
    pub end_points: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { schema_only: false, values: Values::Tokens, end_points: false }
    }
}

/// Reads everything that the role may see.
pub async fn read(session: &mut Session, options: &ReadOptions) -> Result<Snapshot, SourceError> {
    let head: Head = one(session.read(include_str!("sql/server.sql")).await?)?;
    let mut snapshot = Snapshot {
        format: FORMAT.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: head.taken_at,
        server: head.server,
        ..Snapshot::default()
    };
    let mut reader = Reader { session, role: snapshot.server.role.clone(), gaps: Vec::new(), held: BTreeSet::new() };
    // Statements first: what the other parts run is not in them then.
    snapshot.statements = if options.schema_only {
        Statements { state: StatementsState::LeftOut, ..Statements::default() }
    } else {
        statements::read(&mut reader, &snapshot.server.database).await?
    };
    schema(&mut reader, &mut snapshot).await?;
    let nothing_hidden = planning(&mut reader, &mut snapshot).await?;
    if options.end_points && options.values != Values::LeftOut {
        snapshot.end_points = end_points::read(&mut reader, &snapshot).await?;
    }
    insides::read(&mut reader, &mut snapshot).await?;
    moment(&mut reader, &mut snapshot).await?;
    held::prune(&mut snapshot, &reader.held);
    reader.gaps.extend(tokens::replace(&mut snapshot, options.values));
    reader.gaps.extend(held::gap(&reader.held));
    let sees_all_settings = evidence(&mut reader, &mut snapshot).await?;
    let read_gaps = std::mem::take(&mut reader.gaps);
    let shown = gaps::Shown { settings: sees_all_settings, column_statistics: nothing_hidden };
    snapshot.gaps = gaps::of(&snapshot, &shown, &read_gaps);
    Ok(snapshot)
}

async fn schema(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    snapshot.tables = reader.needed("tables", include_str!("sql/tables.sql")).await?;
    snapshot.columns = reader.needed("columns", include_str!("sql/columns.sql")).await?;
    snapshot.constraints = reader.needed("constraints", include_str!("sql/constraints.sql")).await?;
    snapshot.indexes = reader.needed("indexes", include_str!("sql/indexes.sql")).await?;
    snapshot.views = reader.part("views", include_str!("sql/views.sql")).await?;
    snapshot.sequences = reader.part("sequences", include_str!("sql/sequences.sql")).await?;
    snapshot.triggers = Some(reader.part("triggers", include_str!("sql/triggers.sql")).await?);
    snapshot.collation_drifts = Some(reader.part("collations", &collations(snapshot.server.major())).await?);
    snapshot.extensions = reader.part("extensions", include_str!("sql/extensions.sql")).await?;
    snapshot.types = reader.part("types", include_str!("sql/types.sql")).await?;
    let sizes = reader.part("sizes", include_str!("sql/sizes.sql")).await?;
    fill_sizes(snapshot, sizes);
    Ok(())
}

/// A database notes the version of its collation from 15 on.
fn collations(major: u32) -> String {
    let of_database = "pg_catalog.pg_database_collation_actual_version(d.oid)";
    include_str!("sql/collations.sql").replace("{default_version}", if major >= 15 { of_database } else { "NULL" })
}

/// What a planner knows of the data; whether none of it was hidden.
async fn planning(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<bool, SourceError> {
    snapshot.functions = functions::read(reader, snapshot).await?;
    snapshot.extended_statistics = statistics::extended(reader, snapshot.server.major()).await?;
    let (columns, nothing_hidden) = statistics::read(reader, snapshot.server.major()).await?;
    snapshot.column_statistics = columns;
    Ok(nothing_hidden)
}

async fn moment(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<(), SourceError> {
    snapshot.settings = reader.part("settings", include_str!("sql/settings.sql")).await?;
    snapshot.role_settings = reader.part("role-settings", include_str!("sql/role_settings.sql")).await?;
    cluster::moment(reader, snapshot).await?;
    cluster::access(reader, snapshot).await
}

/// Fills `evidence` and `database`; whether the role sees every setting.
async fn evidence(reader: &mut Reader<'_>, snapshot: &mut Snapshot) -> Result<bool, SourceError> {
    let counters: DatabaseUsage = one(reader.needed("database", include_str!("sql/database.sql")).await?)?;
    let size: Vec<DatabaseSize> = reader.part("sizes", include_str!("sql/database_size.sql")).await?;
    snapshot.database = DatabaseUsage { bytes: size.first().and_then(|size| size.bytes), ..counters };
    let read: EvidenceRow = one(reader.needed("evidence", include_str!("sql/evidence.sql")).await?)?;
    let directory_age_s = match read.reset_age_s {
        Some(_) => None,
        None => reader.directory_age().await?,
    };
    snapshot.evidence = Evidence {
        database_stats_reset: read.database_stats_reset,
        database_stats_age_s: read.stats_age(directory_age_s),
        track_counts: read.track_counts,
        track_io_timing: read.track_io_timing,
        sees_all_statements: read.sees_all_statements,
        sees_all_column_statistics: read.sees_all_column_statistics,
        tables_without_select: snapshot.tables.iter().filter(|table| !table.selectable).count() as u64,
        tables: snapshot.tables.len() as u64,
        sequences_unreadable: snapshot.sequences.iter().filter(|sequence| !sequence.readable).count() as u64,
        standbys: read.standbys,
    };
    Ok(read.sees_all_settings)
}

fn fill_sizes(snapshot: &mut Snapshot, sizes: Vec<Size>) {
    let sizes: BTreeMap<u32, Size> = sizes.into_iter().map(|size| (size.oid, size)).collect();
    for table in &mut snapshot.tables {
        let size = sizes.get(&table.oid);
        table.heap_bytes = size.and_then(|size| size.bytes);
        table.index_bytes = size.and_then(|size| size.index_bytes);
        table.total_bytes = size.and_then(|size| size.total_bytes);
    }
    for index in &mut snapshot.indexes {
        let size = sizes.get(&index.oid);
        index.bytes = size.and_then(|size| size.bytes);
        index.blocks = size.and_then(|size| size.blocks);
    }
}

/// A session that turns the failure of a part into a gap.
pub(super) struct Reader<'a> {
    session: &'a mut Session,
    role: String,
    gaps: Vec<Gap>,
    held: BTreeSet<Held>,
}

impl Reader<'_> {
    /// How often a part that must be read is tried: a lock is usually held for less than the lock timeout.
    const ATTEMPTS: u32 = 3;

    /// The reading role, as SQL.
    pub(super) fn role(&self) -> String {
        ident::quoted(&self.role)
    }

    /// Notes something that could not be read.
    pub(super) fn gap(&mut self, what: &str, why: impl Into<String>, remedy: Option<String>) {
        self.gaps.push(Gap { what: what.to_owned(), why: why.into(), remedy });
    }

    /// The same within a time of its own.
    pub(super) async fn try_within<T: DeserializeOwned>(
        &mut self,
        sql: &str,
        limit: Duration,
    ) -> Result<Result<Vec<T>, ServerError>, SourceError> {
        match self.session.read_within(sql, limit).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) if self.alive().await => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// What statements of one transaction that is rolled back say, or what the server said against them.
    pub(super) async fn try_transaction(
        &mut self,
        statements: &[String],
    ) -> Result<Result<Vec<Vec<String>>, ServerError>, SourceError> {
        match self.session.transaction(statements).await {
            Ok(answers) => Ok(Ok(answers)),
            Err(error) if self.alive().await => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// The rows, or what the server said against it; an error only if the connection is gone.
    pub(super) async fn try_part<T: DeserializeOwned>(
        &mut self,
        sql: &str,
    ) -> Result<Result<Vec<T>, ServerError>, SourceError> {
        match self.session.read(sql).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) if self.alive().await => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// The rows, or a gap and none.
    pub(super) async fn part<T: DeserializeOwned>(&mut self, what: &str, sql: &str) -> Result<Vec<T>, SourceError> {
        match self.try_part(&held::without(sql, &self.held)).await? {
            Ok(rows) => Ok(rows),
            Err(error) => {
                let remedy = self.remedy(&error);
                self.gap(what, format!("{} could not be read: {error}", what.replace('-', " ")), remedy);
                Ok(Vec::new())
            }
        }
    }

    /// The rows of a part without which advice would be false; tables that stand in the way are left out.
    async fn needed<T: DeserializeOwned>(&mut self, what: &'static str, sql: &str) -> Result<Vec<T>, SourceError> {
        let mut attempt = 1;
        loop {
            match self.try_part(&held::without(sql, &self.held)).await? {
                Ok(rows) => return Ok(rows),
                Err(error) if attempt < Self::ATTEMPTS && timed_out(&error) => attempt += 1,
                Err(source) => return Err(SourceError::Catalog { what, source }),
            }
            let held: Vec<Held> = self.session.read(include_str!("sql/held.sql")).await?;
            self.held.extend(held);
        }
    }

    /// Seconds since the database was made; `None` where the role may not ask.
    async fn directory_age(&mut self) -> Result<Option<f64>, SourceError> {
        let age = self.try_part::<DirectoryAge>(include_str!("sql/database_age.sql")).await?;
        Ok(age.ok().and_then(|rows| rows.first().map(|row| row.age_s)))
    }

    /// The grant that shows what ANALYZE gathered; `pg_read_all_data` came with 14.
    pub(super) fn reading_statistics(&self, major: u32) -> String {
        if major >= 14 {
            format!("GRANT pg_read_all_data TO {}", self.role())
        } else {
            format!("GRANT SELECT ON pg_statistic, pg_statistic_ext_data TO {}", self.role())
        }
    }

    async fn alive(&mut self) -> bool {
        self.session.read::<serde_json::Value>("SELECT 1 AS alive").await.is_ok()
    }

    fn remedy(&self, error: &ServerError) -> Option<String> {
        match error.sqlstate()? {
            "42501" => Some(format!("GRANT pg_monitor TO {}", self.role())),
            _ if timed_out(error) => Some("try again when the server is less busy".to_owned()),
            _ => None,
        }
    }
}

/// A lock that was not to be had (55P03), or a statement that took too long (57014).
pub(super) fn timed_out(error: &ServerError) -> bool {
    matches!(error.sqlstate(), Some("55P03" | "57014"))
}

fn one<T: DeserializeOwned>(rows: Vec<T>) -> Result<T, SourceError> {
    rows.into_iter().next().ok_or(SourceError::NoRow)
}

#[derive(Debug, Deserialize)]
struct Head {
    taken_at: f64,
    #[serde(flatten)]
    server: Server,
}

#[derive(Debug, Deserialize)]
struct Size {
    oid: u32,
    bytes: Option<u64>,
    blocks: Option<u64>,
    index_bytes: Option<u64>,
    total_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct DatabaseSize {
    bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct DirectoryAge {
    age_s: f64,
}

#[derive(Debug, Deserialize)]
struct EvidenceRow {
    database_stats_reset: Option<f64>,
    reset_age_s: Option<f64>,
    uptime_s: f64,
    shared_reset_age_s: Option<f64>,
    track_counts: bool,
    track_io_timing: bool,
    sees_all_statements: bool,
    sees_all_settings: bool,
    sees_all_column_statistics: bool,
    standbys: u64,
}

impl EvidenceRow {
    /// The longest that can be claimed. From 15, counters that were never reset survive a clean restart but not a
    /// crash, which resets the shared counters too; so they are as old as the younger of those and the database.
    /// Where the role may not see when the database was made, the start of the server stands in for it.
    fn stats_age(&self, directory_age_s: Option<f64>) -> f64 {
        self.reset_age_s.unwrap_or_else(|| {
            let claim = directory_age_s.unwrap_or(self.uptime_s);
            self.shared_reset_age_s.map_or(claim, |age| age.min(claim)).max(0.0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_are_never_claimed_to_be_older_than_they_are() {
        for (reset, shared, directory, expected) in [
            (Some(5.0), Some(100.0), Some(90.0), 5.0),
            (None, Some(100.0), Some(90.0), 90.0),
            (None, Some(100.0), Some(900.0), 100.0),
            (None, Some(100.0), None, 50.0),
            (None, Some(10.0), None, 10.0),
            (None, None, None, 50.0),
        ] {
            let row = EvidenceRow { reset_age_s: reset, shared_reset_age_s: shared, ..row() };
            let age = row.stats_age(directory);
            assert!((age - expected).abs() < 1e-9, "{reset:?} {shared:?} {directory:?}: {age}");
        }
    }

    fn row() -> EvidenceRow {
        EvidenceRow {
            database_stats_reset: None,
            reset_age_s: None,
            uptime_s: 50.0,
            shared_reset_age_s: None,
            track_counts: true,
            track_io_timing: false,
            sees_all_statements: true,
            sees_all_settings: true,
            sees_all_column_statistics: true,
            standbys: 0,
        }
    }
}
