//! `pg_stat_statements`: whether it is there, where, in which version, and what it holds.

use serde::Deserialize;

use super::live::Reader;
use super::{SourceError, mask};
use crate::ident;
use crate::server::ServerError;
use crate::snapshot::{Statement, Statements, StatementsState};

/// What to do so that the library is loaded.
pub(super) const PRELOAD: &str = "add pg_stat_statements to shared_preload_libraries and restart the server \
                       (a managed service: in its parameter group or flags)";

/// Reads the entries of the database, or why there are none.
pub(super) async fn read(reader: &mut Reader<'_>, database: &str) -> Result<Statements, SourceError> {
    let rows = reader.part::<Setup>("statements", include_str!("sql/statements_setup.sql")).await?;
    let Some(setup) = rows.into_iter().next() else {
        return Ok(Statements { state: StatementsState::Failed, ..Statements::default() });
    };
    let mut statements = setup.statements();
    if let Some((state, why, remedy)) = setup.obstacle(database) {
        statements.state = state;
        reader.gap("statements", why, Some(remedy));
        return Ok(statements);
    }
    match entries(reader, &setup, &mut statements).await? {
        Ok(()) => judge(reader, &mut statements),
        Err(error) => refused(reader, &setup, &mut statements, &error),
    }
    Ok(statements)
}

async fn entries(
    reader: &mut Reader<'_>,
    setup: &Setup,
    statements: &mut Statements,
) -> Result<Result<(), ServerError>, SourceError> {
    let totals: Vec<Totals> = match reader.try_part(&setup.sql(include_str!("sql/statements_totals.sql"))).await? {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    let entries: Vec<Statement> = match reader.try_part(&setup.sql(include_str!("sql/statements.sql"))).await? {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(totals) = totals.first() {
        totals.fill(statements);
    }
    if setup.version_at_least((1, 9)) {
        let info: Vec<Info> =
            reader.part("statement-evictions", &setup.sql(include_str!("sql/statements_info.sql"))).await?;
        statements.dealloc = info.first().and_then(|info| info.dealloc);
        statements.stats_reset = info.first().and_then(|info| info.stats_reset);
    }
    statements.entries = entries.into_iter().map(masked).collect();
    Ok(Ok(()))
}

fn masked(statement: Statement) -> Statement {
    Statement { text: statement.text.map(|text| mask::masked(&text)), ..statement }
}

/// Read; but with nothing tracked there is nothing to judge by, or only what is left of earlier.
fn judge(reader: &mut Reader<'_>, statements: &mut Statements) {
    statements.state = StatementsState::Read;
    if statements.track.as_deref() != Some("none") {
        return;
    }
    let remedy = Some("ALTER SYSTEM SET pg_stat_statements.track = 'top'; SELECT pg_reload_conf()".to_owned());
    if statements.entries.is_empty() && statements.hidden == 0 {
        statements.state = StatementsState::TrackNone;
        reader.gap("statements", "pg_stat_statements.track is none, so no statement is recorded", remedy);
    } else {
        let why = "pg_stat_statements.track is none, so only statements of an earlier time are recorded";
        reader.gap("statement-tracking", why, remedy);
    }
}

fn refused(reader: &mut Reader<'_>, setup: &Setup, statements: &mut Statements, error: &ServerError) {
    let schema = setup.quoted_schema();
    let role = reader.role();
    let (state, why, remedy) = match error.sqlstate() {
        Some("42501") => (
            StatementsState::Denied,
            format!("role {role} may not read {schema}.pg_stat_statements"),
            Some(format!(
                "GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {schema}.pg_stat_statements TO {role}; \
                 GRANT pg_read_all_stats TO {role}"
            )),
        ),
        Some("55000") => (
            StatementsState::NotPreloaded,
            "pg_stat_statements is created, but the server did not load it when it started".to_owned(),
            Some(PRELOAD.to_owned()),
        ),
        _ => (StatementsState::Failed, format!("pg_stat_statements could not be read: {error}"), None),
    };
    statements.state = state;
    reader.gap("statements", why, remedy);
}

/// What `pg_stat_statements` is here, before it is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Setup {
    version: Option<String>,
    schema: Option<String>,
    track: Option<String>,
    track_planning: Option<bool>,
    max: Option<u64>,
}

impl Setup {
    /// Whether statements are recorded, as far as the setting tells.
    pub(super) fn tracks(&self) -> bool {
        self.track.as_deref() != Some("none")
    }

    fn statements(&self) -> Statements {
        Statements {
            version: self.version.clone(),
            track: self.track.clone(),
            track_planning: self.track_planning,
            max: self.max,
            ..Statements::default()
        }
    }

    /// What is in the way before anything is tried: the state, why, and what to do.
    pub(super) fn obstacle(&self, database: &str) -> Option<(StatementsState, String, String)> {
        let create = "CREATE EXTENSION pg_stat_statements";
        let Some(version) = &self.version else {
            let why = format!("pg_stat_statements is not installed in database {}", ident::always_quoted(database));
            let remedy = if self.track.is_some() { create.to_owned() } else { format!("{PRELOAD}, then {create}") };
            return Some((StatementsState::NotInstalled, why, remedy));
        };
        if self.track.is_none() {
            let why = "pg_stat_statements is created, but the server did not load it when it started".to_owned();
            return Some((StatementsState::NotPreloaded, why, PRELOAD.to_owned()));
        }
        if !self.version_at_least((1, 8)) {
            let why = format!("version {version} of pg_stat_statements is older than the oldest supported, 1.8");
            return Some((StatementsState::Failed, why, "ALTER EXTENSION pg_stat_statements UPDATE".to_owned()));
        }
        None
    }

    /// Whether the extension is of this version or later.
    pub(super) fn version_at_least(&self, wanted: (u32, u32)) -> bool {
        let parsed = self.version.as_deref().and_then(|version| {
            let (major, minor) = version.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        });
        parsed.is_some_and(|version: (u32, u32)| version >= wanted)
    }

    /// The extension's schema, as SQL.
    pub(super) fn quoted_schema(&self) -> String {
        self.schema.as_deref().map(ident::always_quoted).unwrap_or_default()
    }

    /// A query with that schema in its place.
    pub(super) fn sql(&self, template: &str) -> String {
        template.replace("{schema}", &self.quoted_schema())
    }
}

#[derive(Debug, Deserialize)]
struct Totals {
    hidden: u64,
    hidden_ms: f64,
    own: u64,
    other_databases: u64,
    other_databases_ms: f64,
}

impl Totals {
    fn fill(&self, statements: &mut Statements) {
        statements.hidden = self.hidden;
        statements.hidden_ms = self.hidden_ms;
        statements.own = self.own;
        statements.other_databases = self.other_databases;
        statements.other_databases_ms = self.other_databases_ms;
    }
}

#[derive(Debug, Deserialize)]
struct Info {
    dealloc: Option<u64>,
    stats_reset: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_obstacle_has_its_own_state_and_its_own_remedy() {
        for (version, track, expected, remedy) in [
            (None, Some("top"), Some(StatementsState::NotInstalled), "CREATE EXTENSION pg_stat_statements"),
            (None, None, Some(StatementsState::NotInstalled), "add pg_stat_statements"),
            (Some("1.10"), None, Some(StatementsState::NotPreloaded), "add pg_stat_statements"),
            (Some("1.7"), Some("top"), Some(StatementsState::Failed), "ALTER EXTENSION pg_stat_statements UPDATE"),
            (Some("1.10"), Some("top"), None, ""),
            (Some("2.0"), Some("none"), None, ""),
        ] {
            let (version, track) = (version.map(str::to_owned), track.map(str::to_owned));
            let setup = Setup { version, track, ..Setup::default() };
            let obstacle = setup.obstacle("shop");
            assert_eq!(obstacle.as_ref().map(|found| found.0), expected, "{setup:?}");
            assert!(obstacle.is_none_or(|found| found.2.starts_with(remedy)), "{setup:?}");
        }
    }

    #[test]
    fn the_schema_of_the_extension_cannot_break_out_of_the_query() {
        let setup = Setup { schema: Some("a\"; DROP".to_owned()), ..Setup::default() };
        assert_eq!(setup.sql("FROM {schema}.x"), "FROM \"a\"\"; DROP\".x");
    }
}
