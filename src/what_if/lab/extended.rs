//! What `CREATE STATISTICS` objects of the snapshot hold, written into those of the lab.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::error::while_doing;
use super::numbers::{array, numbers};
use super::remap::{self, Columns, Dimension};
use super::schema::dropped;
use super::{LabError, Missing, Relation};
use crate::ident::{QualifiedName, literal};
use crate::snapshot::{
    Column, ColumnStatistics, ExtendedData, ExtendedStatistics, Snapshot, StatisticsSlot, TypeDefinition,
};

/// In the lab alone the binary forms are taken as they are; and only while they are loaded.
const OPEN: &str = "CREATE CAST (bytea AS pg_ndistinct) WITHOUT FUNCTION; \
    CREATE CAST (bytea AS pg_dependencies) WITHOUT FUNCTION; CREATE CAST (bytea AS pg_mcv_list) WITHOUT FUNCTION";
const CLOSE: &str = "DROP CAST (bytea AS pg_ndistinct); DROP CAST (bytea AS pg_dependencies); \
    DROP CAST (bytea AS pg_mcv_list)";

/// A type of the lab.
#[derive(Debug, Clone, Default, Deserialize)]
struct Kind {
    oid: u32,
    /// Of a domain the type that its values have, else itself.
    base: u32,
    schema: String,
    name: String,
    length: i16,
    by_value: bool,
    labels: BTreeMap<String, u32>,
}

/// A statistics object of the lab.
#[derive(Debug, Deserialize)]
struct Object {
    schema: String,
    name: String,
    oid: u32,
    /// Types of its columns, in the order of their numbers.
    types: Vec<u32>,
}

/// Writes them; those that could not be.
pub async fn write(
    superuser: &mut PgConnection,
    snapshot: &Snapshot,
    relations: &BTreeMap<u32, Relation>,
    major: u32,
) -> Result<Vec<Missing>, LabError> {
    let doing = while_doing("load the extended statistics");
    let gathered = snapshot.extended_statistics.iter().filter(|object| !object.data.is_empty());
    let gathered: Vec<&ExtendedStatistics> = gathered.filter(|one| relations.contains_key(&one.table_oid)).collect();
    if gathered.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: Vec<Kind> = read(superuser, include_str!("kinds.sql")).await.map_err(&doing)?;
    let objects: Vec<Object> = read(superuser, include_str!("objects.sql")).await.map_err(&doing)?;
    superuser.execute(sqlx::raw_sql(OPEN)).await.map_err(&doing)?;
    let mut missing = Vec::new();
    for of in gathered {
        let found = objects.iter().find(|made| made.schema == of.schema && made.name == of.name);
        for (object, data) in found.into_iter().flat_map(|object| of.data.iter().map(move |data| (object, data))) {
            let written = Written::of(snapshot, of, data, object, &kinds);
            let sent = superuser.execute(sqlx::raw_sql(AssertSqlSafe(written.sql(object.oid, data, major)))).await;
            let refused = sent.err().map(|error| error.to_string());
            let left_out = written.left_out.then(|| "some of it is not of a form that a lab loads".to_owned());
            if let Some(why) = refused.or(left_out) {
                let what = format!("statistics {}", QualifiedName::new(&of.schema, &of.name));
                missing.push(Missing { what, why, tables: vec![of.table_oid] });
            }
        }
    }
    superuser.execute(sqlx::raw_sql(CLOSE)).await.map_err(&doing)?;
    Ok(missing)
}

async fn read<T: serde::de::DeserializeOwned>(
    connection: &mut PgConnection,
    sql: &'static str,
) -> Result<Vec<T>, sqlx::Error> {
    let rows = connection.fetch_all(sql).await?;
    let decoded = |row: &sqlx::postgres::PgRow| {
        let json: String = row.try_get(0)?;
        serde_json::from_str(&json).map_err(|error| sqlx::Error::Decode(error.into()))
    };
    rows.iter().map(decoded).collect()
}

/// One row, in the numbers of the lab.
#[derive(Default)]
struct Written {
    ndistinct: Option<Vec<u8>>,
    dependencies: Option<Vec<u8>>,
    mcv: Option<Vec<u8>>,
    expressions: usize,
    left_out: bool,
}

impl Written {
    fn of(snapshot: &Snapshot, of: &ExtendedStatistics, data: &ExtendedData, made: &Object, kinds: &[Kind]) -> Self {
        let columns = numbers_of(snapshot, of.table_oid);
        let ndistinct = data.ndistinct.as_ref().map(|hex| remap::ndistinct(hex, &columns));
        let dependencies = data.dependencies.as_ref().map(|hex| remap::dependencies(hex, &columns));
        let mcv = data.mcv.as_ref().map(|hex| remap::mcv(hex, &dimensions(snapshot, hex, made, kinds)?));
        let left_out = [&ndistinct, &dependencies, &mcv].iter().any(|part| matches!(part, Some(None)));
        Self {
            ndistinct: ndistinct.flatten(),
            dependencies: dependencies.flatten(),
            mcv: mcv.flatten(),
            expressions: of.expressions.len(),
            left_out,
        }
    }

    /// Before 15 the row is there already; 13 knows no expressions.
    fn sql(&self, oid: u32, data: &ExtendedData, major: u32) -> String {
        let bytes = |part: &Option<Vec<u8>>, kind: &str| {
            part.as_ref().map_or("NULL".to_owned(), |part| format!("decode('{}', 'hex')::{kind}", hex(part)))
        };
        let mut values = vec![
            ("stxdndistinct", bytes(&self.ndistinct, "pg_ndistinct")),
            ("stxddependencies", bytes(&self.dependencies, "pg_dependencies")),
            ("stxdmcv", bytes(&self.mcv, "pg_mcv_list")),
        ];
        if major >= 14 && !data.expressions.is_empty() {
            values.push(("stxdexpr", expressions(&data.expressions, self.expressions)));
        }
        if major < 15 {
            let set: Vec<String> = values.iter().map(|(column, value)| format!("{column} = {value}")).collect();
            return format!("UPDATE pg_statistic_ext_data SET {} WHERE stxoid = {oid}", set.join(", "));
        }
        let (columns, values): (Vec<&str>, Vec<String>) = values.into_iter().unzip();
        format!(
            "INSERT INTO pg_statistic_ext_data (stxoid, stxdinherit, {}) VALUES ({oid}, {}, {})",
            columns.join(", "),
            data.inherited,
            values.join(", ")
        )
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The lab's tables have the same gaps where columns were dropped, if those make sense.
fn numbers_of(snapshot: &Snapshot, table: u32) -> Columns {
    let mut columns: Vec<&Column> = snapshot.columns.iter().filter(|column| column.table_oid == table).collect();
    columns.sort_unstable_by_key(|column| column.position);
    let gaps = dropped(&columns);
    let mut positions: Vec<i16> = columns.into_iter().map(|column| column.position).chain(gaps).collect();
    positions.sort_unstable();
    positions.into_iter().zip(1..).collect()
}

/// Columns first, by number, then expressions: of those only types that are the same everywhere, or users'.
fn dimensions(snapshot: &Snapshot, hex: &str, made: &Object, kinds: &[Kind]) -> Option<Vec<Dimension>> {
    let there = remap::types(hex)?;
    let dimension = |(place, oid): (usize, &u32)| {
        let user = snapshot.types.iter().find(|known| known.oid == *oid);
        let here = made.types.get(place).copied();
        let of_user = || kinds.iter().find(|kind| user.is_some_and(|u| u.schema == kind.schema && u.name == kind.name));
        let here = here.or_else(|| if *oid < 16_384 { Some(*oid) } else { of_user().map(|kind| kind.oid) })?;
        let kind = kinds.iter().find(|kind| kind.oid == here)?;
        let labels = match user.map(|user| &user.definition) {
            Some(TypeDefinition::Enum { labels }) => {
                Some(labels.iter().filter_map(|one| Some((one.oid, *kind.labels.get(&one.label)?))).collect())
            }
            // of the same bytes as its base type, which is the same everywhere
            Some(TypeDefinition::Domain { base, .. }) if !base.contains(['.', '"']) => None,
            // such a value may be anything
            Some(_) => return None,
            None => None,
        };
        Some(Dimension { oid: kind.base, length: kind.length, by_value: kind.by_value, labels })
    };
    there.iter().enumerate().map(dimension).collect()
}

/// `ARRAY[…]::pg_statistic[]`, one row for each expression; NULL for one without statistics.
fn expressions(statistics: &[ColumnStatistics], count: usize) -> String {
    let of = |place: usize| statistics.iter().find(|one| one.column == place.to_string());
    let rows: Vec<String> = (1..=count).map(|place| of(place).map_or("NULL".to_owned(), expression)).collect();
    format!("ARRAY[{}]::pg_statistic[]", rows.join(", "))
}

fn expression(one: &ColumnStatistics) -> String {
    let empty = StatisticsSlot::default();
    let slots: Vec<&StatisticsSlot> = (0..5).map(|place| one.slots.get(place).unwrap_or(&empty)).collect();
    let mut parts = vec![format!("0, 0, false, {}, {}, {}", one.null_frac, one.avg_width, one.n_distinct)];
    let text = |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| literal(text));
    parts.extend(slots.iter().map(|slot| slot.kind.to_string()));
    parts.extend(slots.iter().map(|slot| format!("coalesce({}::text::regoperator::oid, 0)", text(&slot.operator))));
    parts.extend(slots.iter().map(|slot| format!("coalesce({}::text::regcollation::oid, 0)", text(&slot.collation))));
    parts.extend(
        slots.iter().map(|slot| {
            slot.numbers.as_ref().map_or("NULL".to_owned(), |found| format!("'{}'::real[]", numbers(found)))
        }),
    );
    parts.extend(slots.iter().map(|slot| match slot.values.as_ref().zip(slot.value_type.as_ref()) {
        Some((values, kind)) => {
            format!("array_in({}::cstring, {}::text::regtype, -1)", literal(&array(values, kind)), literal(kind))
        }
        None => "NULL".to_owned(),
    }));
    format!("ROW({})::pg_statistic", parts.join(", "))
}
