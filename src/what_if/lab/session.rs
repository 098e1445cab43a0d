//! One backend of a lab, as the role that owns its objects and nothing else.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Either, Row, ValueRef};

use super::LabError;
use super::error::while_doing;
use super::fragment::is_one_statement;
use crate::server::ServerError;

/// What a lab is called in errors.
const AT: &str = "the lab";

/// A backend of a lab.
#[derive(Debug)]
pub struct LabSession {
    connection: PgConnection,
    options: PgConnectOptions,
    seconds: u64,
}

impl LabSession {
    pub(super) async fn open(options: PgConnectOptions, seconds: u64) -> Result<Self, LabError> {
        let connection = connect(&options).await.map_err(while_doing("let a session in"))?;
        Ok(Self { connection, options, seconds })
    }

    /// Runs statements in one message and one transaction, which is rolled back. For each, the text of the first
    /// column of its rows; a NULL is an empty text. A session that the lab has ended to build indexes begins anew.
    pub async fn run(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        if let Some(text) = statements.iter().find(|text| !is_one_statement(text)) {
            return Err(several(text));
        }
        match self.attempt(statements).await {
            Err(ServerError::Lost { .. }) => {
                let lost = |error: sqlx::Error| ServerError::of_statement(&error, AT, self.seconds, 0);
                self.connection = connect(&self.options).await.map_err(lost)?;
                self.attempt(statements).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        let mut message = "BEGIN".to_owned();
        let mut starts = Vec::with_capacity(statements.len());
        for statement in statements {
            message += "\n;\n";
            starts.push(message.chars().count());
            message += statement.trim_end().trim_end_matches(';');
        }
        message += "\n;\nROLLBACK";
        let mut answers: Vec<Vec<String>> = vec![Vec::new()];
        if let Err(error) = answer(&mut self.connection, message, &mut answers).await {
            // what came before it has answered, BEGIN too
            let before = answers.len().checked_sub(2).and_then(|place| starts.get(place)).copied().unwrap_or(0);
            let error = ServerError::of_statement(&error, AT, self.seconds, before);
            if !matches!(error, ServerError::Lost { .. }) {
                // prepared statements outlive a rollback; if this fails, the next statement says so
                let _ = answer(&mut self.connection, "ROLLBACK; DEALLOCATE ALL".to_owned(), &mut Vec::new()).await;
            }
            return Err(error);
        }
        answers.truncate(statements.len() + 1);
        answers.remove(0);
        Ok(answers)
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(options).await
}

/// Rows of the statement that is under way belong to the last list; its end opens the next.
async fn answer(
    connection: &mut PgConnection,
    message: String,
    answers: &mut Vec<Vec<String>>,
) -> Result<(), sqlx::Error> {
    let mut stream = sqlx::raw_sql(AssertSqlSafe(message)).fetch_many(connection);
    while let Some(part) = stream.try_next().await? {
        match part {
            Either::Left(_) => answers.push(Vec::new()),
            Either::Right(row) => {
                if let Some(answer) = answers.last_mut() {
                    answer.push(first_column(&row));
                }
            }
        }
    }
    Ok(())
}

fn first_column(row: &PgRow) -> String {
    let value = row.try_get_raw(0).ok().filter(|value| !value.is_null());
    value.and_then(|value| value.as_str().ok().map(str::to_owned)).unwrap_or_default()
}

fn several(text: &str) -> ServerError {
    let start: String = text.chars().take(40).collect();
    ServerError::Statement {
        sqlstate: "42601".to_owned(),
        message: format!("not one statement: {start}"),
        position: None,
    }
}
