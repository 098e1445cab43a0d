//! One connection of the application: runs requests step by step, each on the rows of the ones before.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Column, Row, ValueRef};

use crate::ident::literal;

use super::traffic::{Pick, Request, Step, Traffic};

/// A row by column name, as text; a name that occurs twice means its first column.
type Record = BTreeMap<String, Option<String>>;

/// What every request may draw from.
#[derive(Debug, Clone)]
pub struct World {
    /// Highest id of each table that a pick names.
    pub highest: BTreeMap<String, u64>,
    /// The server's clock at the start, and a day before, as literals.
    pub time: BTreeMap<String, String>,
}

impl World {
    /// Looks at the tables and the clock.
    pub async fn look(traffic: &Traffic, connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let mut highest = BTreeMap::new();
        for pick in traffic.pick.values() {
            if let Pick::Id { table, .. } = pick {
                let rows = send(connection, &format!("SELECT max(id) AS id FROM {table}")).await?;
                let id = rows.first().and_then(|row| row.get("id")?.as_ref()?.parse().ok());
                highest.insert(table.clone(), id.unwrap_or(1));
            }
        }
        let rows = send(connection, "SELECT now() AS now, now() - interval '1 day' AS day_ago").await?;
        let clock = rows.into_iter().next().unwrap_or_default();
        let time =
            clock.into_iter().map(|(name, at)| (name, format!("{}::timestamptz", constant(at.as_deref())))).collect();
        Ok(Self { highest, time })
    }
}

/// A request under way.
struct Run<'a> {
    traffic: &'a Traffic,
    connection: &'a mut PgConnection,
    picks: BTreeMap<String, String>,
    time: &'a BTreeMap<String, String>,
    kept: BTreeMap<String, Vec<Record>>,
    current: BTreeMap<String, Record>,
}

/// Runs one request; `number` decides what it draws, so that a second round asks for the same. Returns the statements sent.
pub async fn serve(
    traffic: &Traffic,
    world: &World,
    request: &Request,
    number: u64,
    connection: &mut PgConnection,
) -> Result<u64, sqlx::Error> {
    let mut random = fastrand::Rng::with_seed(number);
    let picks = traffic.pick.iter().map(|(name, pick)| (name.clone(), draw(pick, world, &mut random))).collect();
    let mut run =
        Run { traffic, connection, picks, time: &world.time, kept: BTreeMap::new(), current: BTreeMap::new() };
    run.steps(&request.steps).await
}

fn draw(pick: &Pick, world: &World, random: &mut fastrand::Rng) -> String {
    match pick {
        Pick::Id { table, skew } => {
            let highest = world.highest.get(table).copied().unwrap_or(1);
            (1 + ((highest.saturating_sub(1)) as f64 * random.f64().powf(*skew)) as u64).to_string()
        }
        Pick::Word { of } => random.choice(of).cloned().unwrap_or_default(),
    }
}

impl Run<'_> {
    fn steps<'b>(&'b mut self, steps: &'b [Step]) -> BoxFuture<'b, Result<u64, sqlx::Error>> {
        async move {
            let mut sent = 0;
            for step in steps {
                sent += self.step(step).await?;
            }
            Ok(sent)
        }
        .boxed()
    }

    async fn step(&mut self, step: &Step) -> Result<u64, sqlx::Error> {
        match step {
            Step::Send { sql, keep, unless_null } => self.send(sql, keep.as_deref(), unless_null.as_deref()).await,
            Step::Each { each, steps } => self.each(each, steps).await,
            Step::Use { block } => {
                let steps = &self.traffic.block[block];
                self.steps(steps).await
            }
        }
    }

    async fn each(&mut self, name: &str, steps: &[Step]) -> Result<u64, sqlx::Error> {
        let mut sent = 0;
        for row in self.kept.get(name).cloned().unwrap_or_default() {
            self.current.insert(name.to_owned(), row);
            sent += self.steps(steps).await?;
        }
        self.current.remove(name);
        Ok(sent)
    }

    async fn send(&mut self, sql: &str, keep: Option<&str>, unless_null: Option<&str>) -> Result<u64, sqlx::Error> {
        if unless_null.is_some_and(|value| self.value(value).is_none()) {
            return Ok(0);
        }
        let Some(sql) = self.fill(sql) else { return Ok(0) };
        let rows = send(self.connection, &sql).await?;
        if let Some(name) = keep {
            self.kept.insert(name.to_owned(), rows);
        }
        Ok(1)
    }

    /// Placeholders replaced; `None` when a list for IN is empty.
    fn fill(&self, sql: &str) -> Option<String> {
        let mut out = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some(start) = rest.find('{') {
            let end = start + rest[start..].find('}')?;
            out.push_str(&rest[..start]);
            out.push_str(&self.placeholder(&rest[start + 1..end])?);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Some(out)
    }

    fn placeholder(&self, name: &str) -> Option<String> {
        let (group, column) = name.split_once('.')?;
        match group {
            "pick" => self.picks.get(column).cloned(),
            "time" => self.time.get(column).cloned(),
            _ => match column.strip_suffix('*') {
                Some(column) => self.list(group, column),
                None => Some(constant(self.value(name))),
            },
        }
    }

    /// A column of the current row; outside a loop, of the first row.
    fn value(&self, name: &str) -> Option<&str> {
        let (group, column) = name.split_once('.')?;
        let row = self.current.get(group).or_else(|| self.kept.get(group)?.first())?;
        row.get(column)?.as_deref()
    }

    /// Every value of a column, once each, for IN.
    fn list(&self, group: &str, column: &str) -> Option<String> {
        let mut values: Vec<&str> =
            self.kept.get(group)?.iter().filter_map(|row| row.get(column)?.as_deref()).collect();
        values.sort_unstable();
        values.dedup();
        let constants: Vec<String> = values.into_iter().map(|value| constant(Some(value))).collect();
        (!constants.is_empty()).then(|| constants.join(", "))
    }
}

/// A number as it is, other text quoted, nothing as NULL.
fn constant(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(number) if number.parse::<f64>().is_ok() => number.to_owned(),
        Some(text) => literal(text),
    }
}

/// Sends one statement by the simple protocol, as psycopg2 does.
async fn send(connection: &mut PgConnection, sql: &str) -> Result<Vec<Record>, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch(connection).map_ok(|row| record(&row)).try_collect().await
}

fn record(row: &PgRow) -> Record {
    let mut record = Record::new();
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal()).ok().filter(|value| !value.is_null());
        let text = value.and_then(|value| value.as_str().ok().map(str::to_owned));
        record.entry(column.name().to_owned()).or_insert(text);
    }
    record
}
