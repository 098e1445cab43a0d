//! One guarded session on the audited server: reads, in short transactions, and changes nothing.
//!
//! Only the simple protocol is used and nothing is kept on the server between two
//! transactions, so that a pooler in transaction mode may serve each by another backend.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row, ValueRef};

use super::connect::{self, Connected};
use super::error::ServerError;
use super::target::{SessionAttributes, Target};
use super::wire::Encryption;

/// Stands in every statement that pgassay sends, so that its own are told from the workload's.
pub const MARKER: &str = "/*pgassay*/";

/// Versions that pgassay knows.
const OLDEST: u32 = 13;
const NEWEST: u32 = 18;

/// How much later than the server's own limit pgassay stops waiting for a server that went silent.
const GRACE: Duration = Duration::from_secs(15);

/// A session on the audited server.
#[derive(Debug)]
pub struct Session {
    connection: PgConnection,
    at: String,
    database: String,
    user: String,
    encryption: Encryption,
    version_num: u32,
    statement_timeout: Duration,
    notes: Vec<String>,
    lost: bool,
}

/// What decides whether a server will do.
#[derive(Debug, Deserialize)]
struct Kind {
    version_num: u32,
    in_recovery: bool,
    read_only: bool,
}

const KIND: &str = "SELECT current_setting('server_version_num')::int AS version_num, \
                    pg_is_in_recovery() AS in_recovery, \
                    current_setting('default_transaction_read_only') = 'on' AS read_only";

impl Session {
    /// Connects to the first server of the target that will do.
    pub async fn open(target: &Target) -> Result<Self, ServerError> {
        let mut causes = Vec::new();
        for (host, wanted) in connect::candidates(target).await? {
            let opened = match connect::connect(target, &host).await {
                Ok(connected) => Self::of(connected, target).examined(wanted).await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(session) => return Ok(session),
                Err(error) if error.leaves_other_hosts() => causes.push(error),
                Err(error) => return Err(error),
            }
        }
        Err(if causes.len() == 1 { causes.remove(0) } else { ServerError::NoneOfSeveral { causes } })
    }

    fn of(connected: Connected, target: &Target) -> Self {
        Self {
            connection: connected.connection,
            at: connected.at,
            database: target.database.clone(),
            user: target.user.clone(),
            encryption: connected.encryption,
            version_num: 0,
            statement_timeout: target.statement_timeout,
            notes: target.notes.clone(),
            lost: false,
        }
    }

    async fn examined(mut self, wanted: SessionAttributes) -> Result<Self, ServerError> {
        let kind = self.read_one::<Kind>(KIND).await?;
        self.version_num = kind.version_num;
        self.notes.extend(supported(&self.at, self.major())?);
        if !wanted.met(kind.in_recovery, kind.read_only) {
            return Err(ServerError::WrongKind { at: self.at, wanted: wanted.words() });
        }
        Ok(self)
    }

    /// Rows of a query, each read from its JSON. One short read-only transaction.
    pub async fn read<T: DeserializeOwned>(&mut self, sql: &str) -> Result<Vec<T>, ServerError> {
        self.read_within(sql, self.statement_timeout).await
    }

    /// The same with a time limit of its own for the query.
    pub async fn read_within<T: DeserializeOwned>(
        &mut self,
        sql: &str,
        limit: Duration,
    ) -> Result<Vec<T>, ServerError> {
        let (opening, forms) = (opening(limit), forms());
        let before = format!("{opening}; {forms}; SELECT {MARKER} row_to_json(pgassay_row)::text FROM (\n");
        let whole = format!("{before}{sql}\n) pgassay_row; COMMIT {MARKER}");
        let rows = self.run(whole, before.chars().count()).await;
        let rows = self.or_roll_back(rows).await?;
        rows.iter().map(|row| serde_json::from_str(row).map_err(|source| ServerError::Answer { source })).collect()
    }

    /// The only row of a query.
    pub async fn read_one<T: DeserializeOwned>(&mut self, sql: &str) -> Result<T, ServerError> {
        use serde::de::Error;
        let rows = self.read(sql).await?;
        let count = rows.len();
        let mut rows = rows.into_iter();
        rows.next().filter(|_| count == 1).ok_or_else(|| ServerError::Answer {
            source: serde_json::Error::custom(format!("one row was expected and {count} came")),
        })
    }

    /// Runs statements in one read-only transaction. What they set locally ends with it; it is committed, since a
    /// rollback would show in the server's counters as one of the application's. For each, the text of the first column
    /// of its rows; a NULL is an empty text.
    pub async fn transaction(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        let opening = opening(self.statement_timeout);
        let outcome = self.each(opening, statements).await;
        let answers = self.or_roll_back(outcome).await?;
        self.run(format!("COMMIT {MARKER}"), 0).await?;
        Ok(answers)
    }

    /// `host:port/database as user`; never a password.
    pub fn describe(&self) -> String {
        format!("{}/{} as {}", self.at, self.database, self.user)
    }

    /// How far the way to the server can be trusted.
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// `server_version_num`, e.g. 150020.
    pub fn version_num(&self) -> u32 {
        self.version_num
    }

    /// 13 to 18, or newer.
    pub fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// What the user should hear: of the connection parameters, of the server's version.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Says goodbye, so that the server's log does not speak of a lost connection.
    pub async fn close(self) {
        if !self.lost {
            // it is gone one way or the other
            let _ = self.connection.close().await;
        }
    }

    async fn each(&mut self, opening: String, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        self.run(opening, 0).await?;
        let mut answers = Vec::with_capacity(statements.len());
        for statement in statements {
            let at = first_word(statement);
            let marked = format!("{} {MARKER}{}", &statement[..at], &statement[at..]);
            // the marker stands before whatever the server may complain about
            answers.push(self.run(marked, MARKER.len() + 1).await?);
        }
        Ok(answers)
    }

    async fn or_roll_back<T>(&mut self, outcome: Result<T, ServerError>) -> Result<T, ServerError> {
        if outcome.is_err() && !self.lost {
            // if this fails too, the first error is the one to tell, and the next statement says that it is lost
            let _ = self.run(format!("ROLLBACK {MARKER}"), 0).await;
        }
        outcome
    }

    /// Sends SQL by the simple protocol; the first column of all rows. `before`: see [`ServerError::of_statement`].
    async fn run(&mut self, sql: String, before: usize) -> Result<Vec<String>, ServerError> {
        if self.lost {
            return Err(self.lost_error("it was lost before"));
        }
        let seconds = self.statement_timeout.as_secs();
        let work = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection);
        let finished = if self.statement_timeout.is_zero() {
            Ok(work.await)
        } else {
            tokio::time::timeout(self.statement_timeout + GRACE, work).await
        };
        let Ok(answer) = finished else {
            self.lost = true;
            return Err(self.lost_error("no answer came"));
        };
        let error = match answer {
            Ok(rows) => return Ok(rows.iter().map(first_column).collect()),
            Err(error) => ServerError::of_statement(&error, &self.at, seconds, before),
        };
        self.lost |= matches!(error, ServerError::Lost { .. });
        Err(error)
    }

    fn lost_error(&self, message: &str) -> ServerError {
        ServerError::Lost { at: self.at.clone(), message: message.to_owned() }
    }
}

/// Guards of a transaction. They are local to it: a pooler hands the backend on afterwards.
/// Temporary tables of somebody else's earlier session in it come last in the search path, not first.
fn opening(statement_timeout: Duration) -> String {
    let settings = [
        ("statement_timeout", statement_timeout.as_millis().to_string()),
        ("lock_timeout", "1000".to_owned()),
        ("idle_in_transaction_session_timeout", "60000".to_owned()),
        ("search_path", "pg_catalog, pg_temp".to_owned()),
        // catalog queries look expensive to the planner and gain nothing by it
        ("jit", "off".to_owned()),
    ];
    let set = settings.map(|(name, value)| format!("SET {MARKER} LOCAL {name} = {value}"));
    format!("BEGIN {MARKER} TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY; {}", set.join("; "))
}

/// Values, and the constants in what the catalog words, in the one form that every server reads alike.
fn forms() -> String {
    let settings = [
        ("datestyle", "iso"),
        ("intervalstyle", "postgres"),
        ("timezone", "'UTC'"),
        ("extra_float_digits", "1"),
        ("bytea_output", "hex"),
    ];
    settings.map(|(name, value)| format!("SET {MARKER} LOCAL {name} = {value}")).join("; ")
}

/// What to say about a version: an error for one that is too old, a note for one that is too new.
fn supported(at: &str, major: u32) -> Result<Option<String>, ServerError> {
    if major < OLDEST {
        return Err(ServerError::TooOld { at: at.to_owned(), version: major });
    }
    let note = || format!("{at} runs PostgreSQL {major}, newer than the {NEWEST} that pgassay knows");
    Ok((major > NEWEST).then(note))
}

/// End of the first word: `pg_stat_statements` drops a comment before it.
fn first_word(statement: &str) -> usize {
    let start = statement.len() - statement.trim_start().len();
    let length = statement[start..].find(|c: char| !c.is_ascii_alphabetic());
    length.map_or(statement.len(), |length| start + length)
}

fn first_column(row: &PgRow) -> String {
    let value = row.try_get_raw(0).ok().filter(|value| !value.is_null());
    value.and_then(|value| value.as_str().ok().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_from_13_to_18_are_read_without_a_word_a_newer_one_with_a_note_and_an_older_one_not_at_all() {
        for (major, expected) in [(12, "error"), (13, "quiet"), (18, "quiet"), (19, "note")] {
            let found = match supported("db:5432", major) {
                Err(error) => {
                    assert!(error.to_string().ends_with("pgassay reads PostgreSQL 13 to 18"), "{error}");
                    "error"
                }
                Ok(None) => "quiet",
                Ok(Some(_)) => "note",
            };
            assert_eq!(found, expected, "{major}");
        }
    }

    #[test]
    fn the_marker_goes_behind_the_first_word() {
        for (statement, expected) in
            [("SELECT 1", 6), ("  EXPLAIN (FORMAT JSON) SELECT 1", 9), ("COMMIT", 6), ("(SELECT 1)", 0)]
        {
            assert_eq!(first_word(statement), expected, "{statement}");
        }
    }
}
