//! The UPDATE that does for many rows what a loop does for each: its values come as arrays, an element for a row.
//!
//! Only of the plainest form, `SET column = $1, … WHERE key = $2 AND …`: whatever else a text says stays as it is, and
//! there is no rewriting.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::rewrite::{BEYOND, condition, parameters};
use crate::snapshot::{Column, Snapshot};
use crate::workload::Query;

static UPDATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?is)^\s*update\s+(?<target>(?:only\s+)?[\w."]+)(?:\s+(?:as\s+)?(?<alias>[\w"]+))?\s+set\s+(?<set>.+?)\s+where\s+(?<keys>.+?)(?:\s+returning\s+(?<returning>.+))?$"#,
    )
    .ok()
});
static GIVEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^(?<column>\w+|"[^"]+")\s*=\s*\$(?<parameter>\d+)(::\w+)?$"#).ok());
/// The same for every row.
static SAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)^(\w+|"[^"]+")\s*=\s*(now\(\)|current_timestamp|default|null|true|false)$"#).ok()
});
static AND: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\s+and\s+").ok());
static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"^([\w."]+|\*)$"#).ok());

/// What the rows are called that the arrays make.
const NEW: &str = "new";

/// A column and the array that gives it.
struct Given {
    /// As written in the text, without its table.
    column: String,
    array: String,
}

/// `None` where the text is not of the form.
pub(super) fn together(query: &Query, keys: &[String], snapshot: &Snapshot) -> Option<String> {
    let text = query.text.trim_end().trim_end_matches(';');
    let mut numbers = parameters(text);
    numbers.sort_unstable();
    let once = numbers.iter().copied().eq(1..=numbers.len() as u64);
    if BEYOND.as_ref()?.is_match(text) || query.tables.len() != 1 || !once {
        return None;
    }
    let parts = UPDATE.as_ref()?.captures(text)?;
    let conditions = conditions(&parts["keys"])?;
    let by_key = |key: &String| conditions.iter().any(|one| bare(&one["column"]) == *key);
    if keys.is_empty() || !keys.iter().all(by_key) {
        return None;
    }
    let set: Vec<&str> = parts["set"].split(',').map(str::trim).collect();
    let given: Option<Vec<Option<Captures<'_>>>> = set.iter().map(|one| assigned(one)).collect();
    let given = given?;
    if given.iter().all(Option::is_none)
        && let [one] = conditions.as_slice()
    {
        let (column, front) = (&one["column"], &text[..parts.name("keys")?.start()]);
        let returning = parts.name("returning").map_or(String::new(), |list| format!(" RETURNING {}", list.as_str()));
        return Some(format!("{front}{column} = ANY(${}){returning}", &one["parameter"]));
    }
    from_arrays(&parts, &given, &conditions, &set, &Columns { snapshot, table: query.target? })
}

fn from_arrays(
    parts: &Captures<'_>,
    given: &[Option<Captures<'_>>],
    conditions: &[Captures<'_>],
    set: &[&str],
    columns: &Columns<'_>,
) -> Option<String> {
    let all = given.iter().flatten().chain(conditions);
    let arrays: Vec<Given> =
        (1..).zip(all).map(|(number, one)| columns.given(&one["column"], number)).collect::<Option<_>>()?;
    let mut names: Vec<String> = arrays.iter().map(|one| bare(&one.column)).collect();
    names.sort_unstable();
    names.dedup();
    let alias = parts.name("alias").map(|alias| alias.as_str());
    let table = alias.unwrap_or_else(|| without_only(&parts["target"]));
    if names.len() != arrays.len() || bare(table) == NEW {
        return None;
    }
    let set = set.iter().zip(given).map(|(text, given)| match given {
        Some(one) => format!("{0} = {NEW}.{0}", &one["column"]),
        None => (*text).to_owned(),
    });
    let keys = conditions.iter().map(|one| {
        let column = last(&one["column"]);
        format!("{table}.{column} = {NEW}.{column}")
    });
    let returning = match parts.name("returning") {
        Some(list) => format!(" RETURNING {}", returned(list.as_str(), table)?),
        None => String::new(),
    };
    Some(format!(
        "UPDATE {}{} SET {} FROM unnest({}) AS {NEW} ({}) WHERE {}{returning}",
        &parts["target"],
        alias.map_or(String::new(), |alias| format!(" AS {alias}")),
        set.collect::<Vec<_>>().join(", "),
        arrays.iter().map(|one| one.array.as_str()).collect::<Vec<_>>().join(", "),
        arrays.iter().map(|one| one.column.as_str()).collect::<Vec<_>>().join(", "),
        keys.collect::<Vec<_>>().join(" AND "),
    ))
}

/// Equalities with a parameter each, and nothing else.
fn conditions(text: &str) -> Option<Vec<Captures<'_>>> {
    let text = text.trim();
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    AND.as_ref()?.split(inside).map(condition).collect()
}

/// `Some(None)` for what is the same for every row.
#[allow(clippy::option_option, reason = "not of the form, of no row, of each row")]
fn assigned(text: &str) -> Option<Option<Captures<'_>>> {
    match GIVEN.as_ref()?.captures(text) {
        Some(given) => Some(Some(given)),
        None => SAME.as_ref()?.is_match(text).then_some(None),
    }
}

/// Names that the new rows have too belong to the table.
fn returned(list: &str, table: &str) -> Option<String> {
    let one = |name: &str| -> Option<String> {
        let name = name.trim();
        let plain = PLAIN.as_ref()?.is_match(name);
        plain.then(|| if name.contains('.') { name.to_owned() } else { format!("{table}.{name}") })
    };
    list.split(',').map(one).collect::<Option<Vec<_>>>().map(|names| names.join(", "))
}

/// Of the table that is written.
struct Columns<'a> {
    snapshot: &'a Snapshot,
    table: u32,
}

impl Columns<'_> {
    fn given(&self, written: &str, number: usize) -> Option<Given> {
        let name = bare(written);
        let is_it = |column: &&Column| column.table_oid == self.table && column.name == name;
        let column = self.snapshot.columns.iter().find(is_it)?;
        // an array of arrays cannot be taken apart into rows
        let array = (column.type_category != "A").then(|| format!("${number}::{}[]", type_of(column)))?;
        Some(Given { column: last(written).to_owned(), array })
    }
}

/// Without a length, to which a cast would cut the value silently.
fn type_of(column: &Column) -> &str {
    let builtin = ["N", "S", "D", "B", "T", "I"].contains(&column.type_category.as_str());
    if builtin { &column.base_type } else { &column.type_name }
}

fn without_only(target: &str) -> &str {
    let rest = target.get(..5).filter(|word| word.eq_ignore_ascii_case("only ")).map(|_| &target[5..]);
    rest.unwrap_or(target).trim()
}

/// The column of `t.column`, as written.
fn last(written: &str) -> &str {
    written.rsplit('.').next().unwrap_or(written)
}

/// Its name.
fn bare(written: &str) -> String {
    let name = last(written);
    name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).map_or_else(|| name.to_lowercase(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::TableUse;

    fn rewritten(text: &str) -> Option<String> {
        let column = |name: &str, base_type: &str, category: &str| Column {
            table_oid: 7,
            name: name.to_owned(),
            base_type: base_type.to_owned(),
            type_name: "character varying(20)".to_owned(),
            type_category: category.to_owned(),
            ..Column::default()
        };
        let columns = vec![
            column("id", "int8", "N"),
            column("name", "varchar", "S"),
            column("tags", "_text", "A"),
            column("lockVersion", "int4", "N"),
        ];
        let snapshot = Snapshot { columns, ..Snapshot::default() };
        let tables = vec![TableUse { table_oid: Some(7), ..TableUse::default() }];
        let query = Query { text: text.to_owned(), target: Some(7), tables, ..Query::default() };
        together(&query, &["id".to_owned()], &snapshot)
    }

    #[test]
    fn values_of_each_row_become_arrays_and_what_is_the_same_for_all_stays() {
        for (text, expected) in [
            (
                "UPDATE book SET name = $1 WHERE id = $2",
                "UPDATE book SET name = new.name FROM unnest($1::varchar[], $2::int8[]) AS new (name, id) WHERE book.id = new.id",
            ),
            (
                r#"UPDATE "book" SET "name" = $1 WHERE "book"."id" = $2"#,
                r#"UPDATE "book" SET "name" = new."name" FROM unnest($1::varchar[], $2::int8[]) AS new ("name", "id") WHERE "book"."id" = new."id""#,
            ),
            (
                r#"update book b set name = $1, tags = default where (b.id = $2 and b."lockVersion" = $3) returning id, b.name"#,
                r#"UPDATE book AS b SET name = new.name, tags = default FROM unnest($1::varchar[], $2::int8[], $3::int4[]) AS new (name, id, "lockVersion") WHERE b.id = new.id AND b."lockVersion" = new."lockVersion" RETURNING b.id, b.name"#,
            ),
            ("UPDATE book SET name = NULL WHERE id = $1", "UPDATE book SET name = NULL WHERE id = ANY($1)"),
        ] {
            assert_eq!(rewritten(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        for text in [
            "UPDATE book SET name = name || $1 WHERE id = $2",
            "UPDATE book SET name = $1 WHERE id = $2 OR id = $3",
            "UPDATE book SET name = $1 WHERE name = $2",
            "UPDATE book SET name = $1 WHERE id = $2 AND name <> $3",
            "UPDATE book SET name = $1 WHERE id = $2 AND name = $3",
            "UPDATE book SET tags = $1 WHERE id = $2",
            "UPDATE book SET name = $1 FROM author a WHERE id = $2",
            "UPDATE book SET name = $1, id = $2 WHERE id = $2",
            "UPDATE book SET name = $1 WHERE id = $2 RETURNING name || 'x'",
            "UPDATE book SET name = $1 -- why\nWHERE id = $2",
            "UPDATE book SET unheard_of = $1 WHERE id = $2",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
