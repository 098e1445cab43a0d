//! The name of a loop's pattern: each has its own remedy.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::shape::{Body, Key};
use crate::workload::{Kind, Operand, Query};

static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^\s*select\s+count\s*\(").ok());
static EXISTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*select\s+(\(?\$\d+\)?(\s+as\b|\s+from\b)|1\b|exists\b)").ok());

/// `lazy-many-to-one`, `count-per-row`, `insert-loop`, ….
pub fn name(child: &Query, body: &Body) -> &'static str {
    match child.kind {
        Kind::Insert => "insert-loop",
        Kind::Update => "update-loop",
        Kind::Delete => "delete-loop",
        Kind::Select | Kind::Merge => read(child, body),
    }
}

fn read(child: &Query, body: &Body) -> &'static str {
    let begins = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(&child.text));
    match body.key {
        _ if begins(&EXISTS) => "exists-per-row",
        _ if is_polymorphic(body) && !child.aggregates => "polymorphic",
        // a value shared by rows, such as an address, is looked up, whatever is made of what is found
        Key::Leading => "lookup-loop",
        _ if child.single_row_aggregate && begins(&COUNT) => "count-per-row",
        _ if child.single_row_aggregate => "aggregate-per-row",
        Key::Unique => "lazy-many-to-one",
        _ if reads_through(child, body) => "many-to-many-per-row",
        _ if child.limit.is_some() && child.sorts.iter().any(|sort| sort.clause == 0) => "latest-per-row",
        _ => "lazy-one-to-many",
    }
}

/// Whether the key is a kind of row with its identity: `commentable_type` and `commentable_id`.
fn is_polymorphic(body: &Body) -> bool {
    let pairs = [("_type", "_id"), ("Type", "Id"), ("_TYPE", "_ID")];
    let identity =
        |kind: &String| pairs.iter().find_map(|(ending, id)| Some(format!("{}{id}", kind.strip_suffix(ending)?)));
    body.columns.iter().filter_map(identity).any(|id| body.columns.contains(&id))
}

/// Whether the key is on a join table, of which nothing is wanted but the way to the rows of another one.
fn reads_through(child: &Query, body: &Body) -> bool {
    let sides = child.joins.iter().flat_map(|pair| [(&pair.left, &pair.right), (&pair.right, &pair.left)]);
    let leads_on = |mine: &Operand, other: &Operand| {
        mine.table_oid == body.table
            && other.table_oid != body.table
            && mine.expression.is_none()
            // else the rows behind it belong to those of the table, which is an ordinary one
            && !mine.column.eq_ignore_ascii_case("id")
            && !body.columns.contains(&mine.column)
    };
    let joined: BTreeSet<&str> =
        sides.filter(|(mine, other)| leads_on(mine, other)).map(|(mine, _)| mine.column.as_str()).collect();
    let only_the_way = |reads: &BTreeSet<String>| {
        reads.iter().all(|column| body.columns.contains(column) || joined.contains(column.as_str()))
    };
    let mut uses = child.tables.iter().filter(|used| used.table_oid == Some(body.table));
    joined.len() == 1 && uses.all(|used| used.reads.as_ref().is_some_and(only_the_way))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{JoinPair, TableUse};

    fn names(columns: &[&str]) -> BTreeSet<String> {
        columns.iter().map(|column| (*column).to_owned()).collect()
    }

    fn of(key: Key, columns: &[&str], child: &Query) -> &'static str {
        name(child, &Body { query: 0, table: 1, columns: names(columns), key })
    }

    #[test]
    fn a_kind_with_an_identity_is_polymorphic_and_either_alone_is_not() {
        let child = Query { text: "SELECT body FROM comments …".to_owned(), ..Query::default() };
        for (columns, expected) in [
            (&["commentable_id", "commentable_type"][..], "polymorphic"),
            (&["ownerId", "ownerType"], "polymorphic"),
            (&["commentable_id", "content_type"], "lazy-one-to-many"),
            (&["commentable_type"], "lazy-one-to-many"),
        ] {
            assert_eq!(of(Key::Foreign, columns, &child), expected, "{columns:?}");
        }
    }

    #[test]
    fn a_join_table_is_only_the_way_to_other_rows() {
        let side = |table_oid, column: &str| Operand { table_oid, column: column.to_owned(), ..Operand::default() };
        for (mine, reads, expected) in [
            ("tag_id", &["book_id", "tag_id"][..], "many-to-many-per-row"),
            ("tag_id", &["book_id", "tag_id", "added_at"], "lazy-one-to-many"),
            ("id", &["book_id", "id"], "lazy-one-to-many"),
        ] {
            let used = TableUse { table_oid: Some(1), reads: Some(names(reads)), ..TableUse::default() };
            let pair = JoinPair { left: side(2, "id"), right: side(1, mine), ..JoinPair::default() };
            let text = "SELECT tags.name FROM tags JOIN book_tags …".to_owned();
            let child = Query { text, tables: vec![used], joins: vec![pair], ..Query::default() };
            assert_eq!(of(Key::Foreign, &["book_id"], &child), expected, "{mine} {reads:?}");
        }
    }
}
