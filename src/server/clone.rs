//! A server that the user offers for trials: unlike the audited one it may be written to.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Row, ValueRef};

use super::connect;
use super::error::ServerError;
use super::session::MARKER;
use super::target::Target;

/// How much later than the server's own limit pgassay stops waiting.
const GRACE: Duration = Duration::from_secs(15);

/// A session that may write.
#[derive(Debug)]
pub struct CloneSession {
    connection: PgConnection,
    at: String,
    limit: Duration,
}

impl CloneSession {
    /// Connects to the first server of the target that answers; a statement may take as long as `limit`.
    pub async fn open(target: &Target, limit: Duration) -> Result<Self, ServerError> {
        let mut causes = Vec::new();
        for (host, _) in connect::candidates(target).await? {
            match connect::connect(target, &host).await {
                Ok(connected) => {
                    let mut session = Self { connection: connected.connection, at: connected.at, limit };
                    session.run("SET jit = off").await?;
                    return Ok(session);
                }
                Err(error) => causes.push(error),
            }
        }
        Err(if causes.len() == 1 { causes.remove(0) } else { ServerError::NoneOfSeveral { causes } })
    }

    /// Runs one statement by itself; the first column of its rows.
    pub async fn run(&mut self, sql: &str) -> Result<Vec<String>, ServerError> {
        let sql = format!("{sql} {MARKER}");
        let work = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection);
        let Ok(answer) = tokio::time::timeout(self.limit + GRACE, work).await else {
            return Err(ServerError::Lost { at: self.at.clone(), message: "no answer came".to_owned() });
        };
        match answer {
            Ok(rows) => Ok(rows.iter().map(first_column).collect()),
            Err(error) => Err(ServerError::of_statement(&error, &self.at, self.limit.as_secs(), 0)),
        }
    }

    /// Runs statements in one transaction that may write, and rolls it back; for each, the first column of its rows.
    pub async fn rolled_back(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        self.run("BEGIN").await?;
        let outcome = self.each(statements).await;
        let ended = self.run("ROLLBACK").await;
        let answers = outcome?;
        ended.map(|_| answers)
    }

    async fn each(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        self.run(&format!("SET LOCAL statement_timeout = {}", self.limit.as_millis())).await?;
        let mut answers = Vec::with_capacity(statements.len());
        for statement in statements {
            answers.push(self.run(statement).await?);
        }
        Ok(answers)
    }

    /// Says goodbye.
    pub async fn close(self) {
        // it is gone one way or the other
        let _ = self.connection.close().await;
    }
}

fn first_column(row: &PgRow) -> String {
    let value = row.try_get_raw(0).ok().filter(|value| !value.is_null());
    value.and_then(|value| value.as_str().ok().map(str::to_owned)).unwrap_or_default()
}
