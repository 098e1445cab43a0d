//! The documentation of the fact tables, read from the comments of tables.sql.

use std::fmt::Write as _;

use super::TABLES;

/// A fact table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactTable {
    /// As SQL names it.
    pub name: String,
    /// What one row is.
    pub meaning: String,
    /// Its columns in order.
    pub columns: Vec<FactColumn>,
}

/// A column of a fact table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactColumn {
    /// As SQL names it.
    pub name: String,
    /// INTEGER, REAL or TEXT.
    pub kind: String,
    /// Whether it may be NULL, which means "not known".
    pub nullable: bool,
    /// What it says, unit and source.
    pub meaning: String,
}

/// Every fact table, in the order of tables.sql.
pub fn tables() -> Vec<FactTable> {
    let mut tables: Vec<FactTable> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in TABLES.lines() {
        if let Some(text) = line.strip_prefix("--") {
            comment.push(text.trim());
        } else if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            let name = name.trim_end_matches(" (").to_owned();
            tables.push(FactTable { name, meaning: comment.join(" "), columns: Vec::new() });
        } else if line.is_empty() {
            comment.clear();
        } else if let (Some(table), Some(column)) = (tables.last_mut(), column(line)) {
            table.columns.push(column);
        }
    }
    tables
}

/// `  name TYPE [NOT NULL],  -- meaning`
fn column(line: &str) -> Option<FactColumn> {
    let (definition, meaning) = line.split_once("--").unwrap_or((line, ""));
    let mut words = definition.trim().trim_end_matches(',').split_whitespace();
    let (name, kind) = (words.next()?, words.next()?);
    let known_kind = ["INTEGER", "REAL", "TEXT"].contains(&kind);
    let nullable = !definition.contains("NOT NULL") && !definition.contains("PRIMARY KEY");
    known_kind.then(|| FactColumn {
        name: name.to_owned(),
        kind: kind.to_owned(),
        nullable,
        meaning: meaning.trim().to_owned(),
    })
}

/// The text of docs/facts.md.
pub fn documentation() -> String {
    let mut page = String::from(INTRODUCTION);
    let all = tables();
    for table in &all {
        let _ = writeln!(page, "- [`{0}`](#{0}): {1}", table.name, table.meaning);
    }
    for table in &all {
        let _ =
            write!(page, "\n## {}\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n", table.name, table.meaning);
        for column in &table.columns {
            let kind = if column.nullable { format!("{}, NULL: not known", column.kind) } else { column.kind.clone() };
            let _ = writeln!(page, "| `{}` | {kind} | {} |", column.name, column.meaning.replace('|', "\\|"));
        }
    }
    page
}

const INTRODUCTION: &str = "\
# The fact tables

<!-- Written from src/facts/tables.sql: change that file, then run the tests with PGASSAY_UPDATE_DOCS=1. -->

An audit puts everything it knows into these tables, an SQLite database in memory. Every rule is a SELECT over them,
and `pgassay query` asks them directly:

```sh
pgassay query 'SELECT index_name, scans, bytes FROM index_ WHERE scans = 0 ORDER BY bytes DESC'
```

Times are milliseconds, sizes bytes, ages seconds at the time of the snapshot, shares 0 to 1, booleans 0 or 1. NULL
always means \"not known\", never zero. Names that SQL reserves end with an underscore.

What is asked must be one SELECT (or WITH, or VALUES): the tables cannot be changed, no file can be attached, and a query
that runs away is stopped.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_and_column_says_what_it_means() {
        let tables = tables();
        assert_eq!(tables.len(), TABLES.matches("CREATE TABLE").count());
        for table in &tables {
            assert!(!table.meaning.is_empty() && !table.columns.is_empty(), "{}", table.name);
            for column in &table.columns {
                assert!(!column.meaning.is_empty(), "{}.{}", table.name, column.name);
            }
        }
    }
}
