//! Runs the statements of the schema: many in one round trip, each for itself.
//!
//! Statements made of names alone go in batches through a function of the lab that takes the failures down; those
//! that hold SQL of the snapshot go one by one by the extended protocol. What failed is tried again while that gets
//! anywhere, so that order matters only where it is told.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::while_doing;
use super::schema::Step;
use super::{LabError, Missing};

/// Statements in one round trip and transaction.
const BATCH: usize = 250;

/// Of a retry that gets somewhere; views upon views upon views.
const ROUNDS: usize = 12;

/// Runs the batches; runs as its caller.
pub const FUNCTION: &str = "
CREATE FUNCTION pgassay_lab.build(statements text[]) RETURNS TABLE (place int, message text) LANGUAGE plpgsql AS $$
DECLARE at int;
BEGIN
  FOR at IN 1 .. pg_catalog.cardinality(statements) LOOP
    BEGIN
      EXECUTE statements[at];
    EXCEPTION WHEN OTHERS THEN
      place := at;
      message := SQLERRM;
      RETURN NEXT;
    END;
  END LOOP;
END $$";

/// A statement that failed, and PostgreSQL's words.
struct Failed {
    step: Step,
    why: String,
}

/// Runs the phases; what could not be made.
pub async fn run(connection: &mut PgConnection, phases: Vec<Vec<Step>>) -> Result<Vec<Missing>, LabError> {
    let mut waiting: Vec<Failed> = Vec::new();
    for phase in phases {
        let failed = once(connection, phase).await?;
        let new = !failed.is_empty() || !waiting.is_empty();
        waiting.extend(failed);
        if new {
            waiting = again(connection, waiting).await?;
        }
    }
    let missing = |failed: Failed| Missing { what: failed.step.what, why: failed.why, tables: failed.step.tables };
    Ok(waiting.into_iter().map(missing).collect())
}

async fn again(connection: &mut PgConnection, mut waiting: Vec<Failed>) -> Result<Vec<Failed>, LabError> {
    for _ in 0..ROUNDS {
        let before = waiting.len();
        waiting = once(connection, waiting.into_iter().map(|failed| failed.step).collect()).await?;
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    Ok(waiting)
}

async fn once(connection: &mut PgConnection, steps: Vec<Step>) -> Result<Vec<Failed>, LabError> {
    let mut failed = Vec::new();
    let mut batch = Vec::new();
    for step in steps {
        if step.alone {
            flush(connection, &mut batch, &mut failed).await?;
            alone(connection, step, &mut failed).await?;
            continue;
        }
        batch.push(step);
        if batch.len() == BATCH {
            flush(connection, &mut batch, &mut failed).await?;
        }
    }
    flush(connection, &mut batch, &mut failed).await?;
    Ok(failed)
}

async fn flush(connection: &mut PgConnection, batch: &mut Vec<Step>, failed: &mut Vec<Failed>) -> Result<(), LabError> {
    if batch.is_empty() {
        return Ok(());
    }
    let statements: Vec<&str> = batch.iter().map(|step| step.sql.as_str()).collect();
    // how texts are stored changes meanwhile, and with it the type of what a kept plan returns
    let query = sqlx::query("SELECT place, message FROM pgassay_lab.build($1)").bind(statements).persistent(false);
    let rows = query.fetch_all(&mut *connection).await.map_err(while_doing("rebuild the schema"))?;
    let mut words: Vec<Option<String>> = vec![None; batch.len()];
    for row in rows {
        let place: i32 = row.try_get(0).map_err(while_doing("rebuild the schema"))?;
        let why: String = row.try_get(1).map_err(while_doing("rebuild the schema"))?;
        if let Some(slot) = words.get_mut((place - 1) as usize) {
            *slot = Some(why);
        }
    }
    let with_words = batch.drain(..).zip(words);
    failed.extend(with_words.filter_map(|(step, why)| Some(Failed { step, why: why? })));
    Ok(())
}

async fn alone(connection: &mut PgConnection, step: Step, failed: &mut Vec<Failed>) -> Result<(), LabError> {
    let statement = sqlx::query(AssertSqlSafe(step.sql.clone())).persistent(false);
    match connection.execute(statement).await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_database_error().map(|error| error.message().to_owned()) {
            Some(why) => {
                failed.push(Failed { step, why });
                Ok(())
            }
            None => Err(while_doing("rebuild the schema")(error)),
        },
    }
}
