//! What is known of an expression before there is an index on it: statistics gathered for the same expression
//! elsewhere, else what its functions do to the column in it.

use crate::snapshot::{Column, ColumnStatistics, Snapshot, Table};
use crate::what_if::plain;

/// Distinct values of an expression that nothing is known of (`DEFAULT_NUM_DISTINCT`).
const DEFAULT_DISTINCT: f64 = 200.0;
/// Width of a field taken out of a document: a word.
const FIELD_WIDTH: f64 = 12.0;
/// Width of `md5(…)`.
const MD5_WIDTH: f64 = 33.0;

/// An expression's type and values.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression<'a> {
    /// `pg_type.typname`.
    pub type_name: &'static str,
    /// Bytes, or -1.
    pub length: i16,
    /// Statistics of the same expression, of an index or of CREATE STATISTICS.
    pub statistics: Option<&'a ColumnStatistics>,
    /// Average width, where there are none.
    pub width: f64,
    /// Distinct values where there are none; `None`: as many as its column has.
    pub distinct: Option<f64>,
    /// The column in it.
    pub column: Option<&'a Column>,
}

/// What is known of `sql` over a table.
pub fn expression<'a>(snapshot: &'a Snapshot, table: &Table, sql: &str) -> Expression<'a> {
    let column = column_in(snapshot, table, sql);
    let of_column = column.and_then(|column| width_of(snapshot, column));
    let (type_name, length, width, distinct) = outcome(&sql.to_lowercase(), column, of_column);
    Expression { type_name, length, statistics: gathered(snapshot, table, sql), width, distinct, column }
}

fn column_in<'a>(snapshot: &'a Snapshot, table: &Table, sql: &str) -> Option<&'a Column> {
    let mut words = sql.split(|one: char| !one.is_alphanumeric() && one != '_').filter(|word| !word.is_empty());
    let of_table = || snapshot.columns.iter().filter(|column| column.table_oid == table.oid);
    words.find_map(|word| of_table().find(|column| column.name == word))
}

fn width_of(snapshot: &Snapshot, column: &Column) -> Option<f64> {
    let mut all = snapshot.column_statistics.iter();
    let known = all.find(|one| one.table_oid == column.table_oid && one.column == column.name);
    known.map(|known| f64::from(known.avg_width))
}

/// Type, length, width and distinct values by what stands outermost.
fn outcome(sql: &str, column: Option<&Column>, of_column: Option<f64>) -> (&'static str, i16, f64, Option<f64>) {
    let plain = plain(sql);
    if let Some((type_name, length)) = cast_to(&plain) {
        return (type_name, length, f64::from(length), Some(DEFAULT_DISTINCT));
    }
    let begins = |names: &[&str]| names.iter().any(|name| plain.starts_with(&format!("{name}(")));
    if begins(&["date_trunc", "timezone"]) {
        return ("timestamptz", 8, 8.0, None);
    }
    if begins(&["date"]) {
        return ("date", 4, 4.0, Some(DEFAULT_DISTINCT));
    }
    if begins(&["length", "char_length", "hashtext", "mod"]) {
        return ("int4", 4, 4.0, Some(DEFAULT_DISTINCT));
    }
    if begins(&["extract", "date_part", "round"]) {
        return ("numeric", -1, 6.0, Some(DEFAULT_DISTINCT));
    }
    if begins(&["to_tsvector"]) {
        return ("tsvector", -1, of_column.unwrap_or(FIELD_WIDTH) * 1.5, None);
    }
    if begins(&["md5"]) {
        return ("text", -1, MD5_WIDTH, None);
    }
    if plain.contains("->>") || plain.contains("#>>") {
        return ("text", -1, FIELD_WIDTH, Some(DEFAULT_DISTINCT));
    }
    if plain.contains("->") || plain.contains("#>") {
        return ("jsonb", -1, of_column.unwrap_or(FIELD_WIDTH) / 2.0, None);
    }
    same_as_column(column, of_column)
}

/// The type of a cast to one of fixed length.
fn cast_to(plain: &str) -> Option<(&'static str, i16)> {
    let casts = [
        ("::date", "date", 4),
        ("::integer", "int4", 4),
        ("::int", "int4", 4),
        ("::bigint", "int8", 8),
        ("::uuid", "uuid", 16),
        ("::boolean", "bool", 1),
        ("::timestampwithouttimezone", "timestamp", 8),
        ("::timestampwithtimezone", "timestamptz", 8),
    ];
    casts.iter().find(|(sign, _, _)| plain.ends_with(sign)).map(|(_, type_name, length)| (*type_name, *length))
}

/// `lower(x)`, `x + 1`, `coalesce(x, 0)`: about as the column in it.
fn same_as_column(column: Option<&Column>, of_column: Option<f64>) -> (&'static str, i16, f64, Option<f64>) {
    match column.map(|column| column.type_length) {
        Some(1) => ("bool", 1, 1.0, None),
        Some(2) => ("int2", 2, 2.0, None),
        Some(4) => ("int4", 4, 4.0, None),
        Some(8) => ("int8", 8, 8.0, None),
        Some(16) => ("uuid", 16, 16.0, None),
        _ => ("text", -1, of_column.unwrap_or(FIELD_WIDTH), None),
    }
}

fn gathered<'a>(snapshot: &'a Snapshot, table: &Table, sql: &str) -> Option<&'a ColumnStatistics> {
    let wanted = plain(sql);
    of_an_index(snapshot, table, &wanted).or_else(|| of_an_object(snapshot, table, &wanted))
}

/// Of an index whose only expression it is: then all statistics of that index are about it.
fn of_an_index<'a>(snapshot: &'a Snapshot, table: &Table, wanted: &str) -> Option<&'a ColumnStatistics> {
    let same = snapshot.indexes.iter().filter(|index| index.table_oid == table.oid && index.predicate.is_none()).find(
        |index| {
            let mut expressions = index.keys.iter().filter_map(|key| key.expression.as_deref());
            expressions.next().is_some_and(|first| plain(first) == wanted) && expressions.next().is_none()
        },
    )?;
    snapshot.column_statistics.iter().find(|one| one.table_oid == same.oid)
}

fn of_an_object<'a>(snapshot: &'a Snapshot, table: &Table, wanted: &str) -> Option<&'a ColumnStatistics> {
    let of_table = snapshot.extended_statistics.iter().filter(|one| one.table_oid == table.oid);
    of_table.into_iter().find_map(|object| {
        let place = object.expressions.iter().position(|one| plain(one) == wanted)? + 1;
        let mut statistics = object.data.iter().flat_map(|data| &data.expressions);
        statistics.find(|one| one.column == place.to_string())
    })
}
