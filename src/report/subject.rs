//! What a finding is about, from the ids of its row and the catalog behind them.

use super::Subject;
use super::lookup::Lookup;
use crate::rule::Row;

/// The subject of a row.
pub(super) fn subject(row: &Row, lookup: &Lookup<'_>) -> Subject {
    let index = row.index_id.and_then(|oid| lookup.index(oid));
    let table = row.table_id.or(index.map(|index| index.table_oid)).and_then(|oid| lookup.table(oid));
    Subject {
        key: row.subject.clone(),
        kind: kind(row).to_owned(),
        schema: table.map(|table| table.schema.clone()).or_else(|| text(row, &["schema_name"])),
        table: table.map(|table| table.name.clone()),
        columns: columns(row, index.map(|index| index.keys.as_slice())),
        index: index.map(|index| index.name.clone()),
        constraint: text(row, &["constraint_name", "constraint"]),
        statement: row.statement_id.clone(),
    }
}

/// A row about a table may name the statement that shows it best: then its subject is not that statement.
fn kind(row: &Row) -> &'static str {
    let about = |names: &[&str]| names.iter().any(|name| row.evidence.contains_key(*name));
    let statement = row.statement_id.as_deref();
    if statement.is_some_and(|statement| row.subject.contains(statement)) {
        "statement"
    } else if row.index_id.is_some() {
        "index"
    } else if about(&["sequence_id", "sequence_name", "sequence"]) && row.table_id.is_none() {
        "sequence"
    } else if about(&["constraint_id", "constraint_name", "constraint"]) {
        "constraint"
    } else if row.table_id.is_some() {
        "table"
    } else if statement.is_some() {
        "statement"
    } else if about(&["pid"]) {
        "session"
    } else if about(&["setting", "setting_name"]) {
        "setting"
    } else {
        "server"
    }
}

fn columns(row: &Row, keys: Option<&[crate::snapshot::IndexKey]>) -> Vec<String> {
    if let Some(keys) = keys {
        return keys.iter().filter_map(|key| key.column.clone()).collect();
    }
    if let Some(column) = text(row, &["column_name"]) {
        return vec![column];
    }
    text(row, &["columns", "key_columns"]).map(|list| names(&list)).unwrap_or_default()
}

/// The unquoted names of a list such as `a, "Quoted, C"`.
pub(super) fn names(list: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut inside = false;
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside && characters.peek() == Some(&'"') => {
                characters.next();
                push(&mut names, '"');
            }
            '"' => inside = !inside,
            ',' if !inside => names.push(String::new()),
            ' ' if !inside => {}
            other => push(&mut names, other),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn push(names: &mut [String], character: char) {
    if let Some(last) = names.last_mut() {
        last.push(character);
    }
}

/// The first of these columns that the row has as text.
pub(super) fn text(row: &Row, columns: &[&str]) -> Option<String> {
    columns.iter().find_map(|column| row.evidence.get(*column)?.as_str().map(str::to_owned))
}

/// The first of these columns that the row has as a whole number.
pub(super) fn number(row: &Row, columns: &[&str]) -> Option<u64> {
    columns.iter().find_map(|column| row.evidence.get(*column)?.as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_is_read_with_its_quotes() {
        for (list, expected) in [
            ("a", &["a"][..]),
            ("a, b", &["a", "b"]),
            (r#""Quoted, C", d"#, &["Quoted, C", "d"]),
            (r#""a ""b""""#, &[r#"a "b""#]),
            ("", &[]),
        ] {
            assert_eq!(names(list), expected, "{list}");
        }
    }
}
