//! Which statements have the shape of a loop's body, and which that of the list it runs over.

use std::collections::BTreeSet;

use super::keys::Keys;
use crate::workload::{Access, Comparison, Kind, Operand, Predicate, Query};

/// A statement that could be the body of a loop.
#[derive(Debug)]
pub struct Body {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Table that its key is on.
    pub table: u32,
    /// Columns compared for equality, sorted; of an INSERT the columns that point at other tables.
    pub columns: BTreeSet<String>,
    /// What the key is.
    pub key: Key,
}

/// What the equality is on, the strongest that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A single-row INSERT has none.
    Inserted,
    /// A column that leads an index.
    Leading,
    /// A column that points at another table.
    Foreign,
    /// All columns of a primary or unique key.
    Unique,
}

/// The bodies that a statement could be: one for each table that it finds rows of by a key.
pub fn bodies(query: usize, statement: &Query, keys: &Keys) -> Vec<Body> {
    match statement.kind {
        Kind::Insert => inserted(query, statement, keys).into_iter().collect(),
        Kind::Select | Kind::Update | Kind::Delete => keyed(query, statement, keys),
        Kind::Merge => Vec::new(),
    }
}

/// Whether the statement reads several rows at a time of a list that an application could walk.
pub fn is_list(statement: &Query, min_rows: f64) -> bool {
    statement.kind == Kind::Select
        && statement.lock.is_none()
        && !statement.single_row_aggregate
        // the choices of a form: distinct values, which identify no row
        && !(statement.distinct && statement.select_columns == Some(1))
        && statement.counters.rows_per_call() >= min_rows
}

/// Whether the statement reads one row of `table` by its identity.
pub fn reads_one_row(statement: &Query, table: u32, keys: &Keys) -> bool {
    statement.kind == Kind::Select
        && !statement.aggregates
        && statement.counters.rows_per_call() <= 1.05
        && reads(statement, table)
        && keys.identifies(table, &equalities(statement, table))
}

/// Whether the outermost FROM holds the table.
fn reads(statement: &Query, table: u32) -> bool {
    statement.tables.iter().any(|used| used.depth == 0 && used.table_oid == Some(table))
}

/// Columns that the statement compares with one value each, of one table: also through a join with such a column.
pub fn equalities(statement: &Query, table: u32) -> BTreeSet<String> {
    let bound: Vec<&Operand> =
        statement.predicates.iter().filter(|one| is_equality(one)).map(|one| &one.operand).collect();
    let same = |one: &Operand, two: &Operand| (one.table_use, &one.column) == (two.table_use, &two.column);
    let is_bound = |operand: &Operand| bound.iter().any(|one| same(one, operand));
    let sides = statement.joins.iter().flat_map(|pair| [(&pair.left, &pair.right), (&pair.right, &pair.left)]);
    let joined = sides.filter(|(mine, other)| mine.expression.is_none() && is_bound(other)).map(|(mine, _)| mine);
    let all = bound.iter().copied().chain(joined).filter(|operand| operand.table_oid == table);
    all.map(|operand| operand.column.clone()).collect()
}

/// Columns of one table that the statement compares with a value or with a list of them.
pub fn looked_up_by(statement: &Query, table: u32) -> BTreeSet<String> {
    let fits = |predicate: &&Predicate| {
        let lookup = matches!(predicate.comparison, Comparison::Equal | Comparison::In);
        lookup && predicate.conjunct && predicate.operand.table_oid == table && predicate.operand.expression.is_none()
    };
    statement.predicates.iter().filter(fits).map(|predicate| predicate.operand.column.clone()).collect()
}

fn is_equality(predicate: &Predicate) -> bool {
    predicate.comparison == Comparison::Equal
        && matches!(predicate.access, Access::Parameter | Access::Constant)
        && predicate.operand.expression.is_none()
        && predicate.conjunct
}

/// Columns of one table that the statement compares with a value after a function: `lower(email) = lower($1)`.
fn computed(statement: &Query, table: u32) -> BTreeSet<String> {
    let fits = |predicate: &&Predicate| {
        predicate.comparison == Comparison::Equal
            && matches!(predicate.access, Access::Parameter | Access::Constant)
            && predicate.conjunct
            && predicate.operand.expression.is_some()
            && predicate.operand.table_oid == table
    };
    statement.predicates.iter().filter(fits).map(|predicate| predicate.operand.column.clone()).collect()
}

fn inserted(query: usize, statement: &Query, keys: &Keys) -> Option<Body> {
    let table = statement.target.filter(|_| statement.single_row_insert)?;
    let points = |column: &&String| keys.target(table, column).is_some();
    let columns = statement.set_columns.iter().filter(points).cloned().collect();
    Some(Body { query, table, columns, key: Key::Inserted })
}

fn keyed(query: usize, statement: &Query, keys: &Keys) -> Vec<Body> {
    // a lock is a claim, or the check of a foreign key
    if statement.lock.is_some() || statement.predicates.iter().any(reaches_further) {
        return Vec::new();
    }
    let tables: BTreeSet<u32> = statement.tables.iter().filter_map(|used| used.table_oid).collect();
    let body = |table| {
        let columns = equalities(statement, table);
        let key = strongest(table, &columns, keys);
        let computed = || {
            let columns = computed(statement, table);
            columns.iter().any(|column| keys.leads(table, column)).then_some((columns, Key::Leading))
        };
        let (columns, key) = key.map(|key| (columns, key)).or_else(computed)?;
        Some(Body { query, table, columns, key })
    };
    tables.into_iter().filter_map(body).collect()
}

/// A condition that no row-by-row lookup has.
pub fn reaches_further(predicate: &Predicate) -> bool {
    matches!(
        predicate.comparison,
        Comparison::In | Comparison::Range | Comparison::Like | Comparison::ILike | Comparison::Regex
    ) && predicate.access != Access::Subquery
}

fn strongest(table: u32, columns: &BTreeSet<String>, keys: &Keys) -> Option<Key> {
    if keys.identifies(table, columns) {
        return Some(Key::Unique);
    }
    if columns.iter().any(|column| keys.target(table, column).is_some()) {
        return Some(Key::Foreign);
    }
    columns.iter().any(|column| keys.leads(table, column)).then_some(Key::Leading)
}
