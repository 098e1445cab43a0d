//! What a framework calls the way from one table to another, unless the program says otherwise.
//!
//! A column `author_id` becomes the relation `author`, the rows behind `price_id` of a table `vote` become `votes`.

use std::collections::BTreeSet;

use super::lookup::Lookup;
use super::subject::text;
use crate::rule::Row;
use crate::snapshot::{ConstraintKind, Table};
use crate::workload::Query;

/// Names for the advice; `None` where the catalog leaves it open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// From the parent to the child: `author`, `votes`.
    pub(super) relation: Option<String>,
    /// The child in the singular of its table, without the prefix of its application: `vote`.
    pub(super) model: Option<String>,
}

/// Frameworks whose properties are written `orderItem`.
const CAMEL: [&str; 7] = ["typeorm", "prisma", "sequelize", "drizzle", "mikroorm", "hibernate", "eloquent"];

/// Of the loop that a row tells of.
pub(super) fn names(row: &Row, lookup: &Lookup<'_>) -> Names {
    let Some(child) = row.table_id.and_then(|oid| lookup.table(oid)) else { return Names::default() };
    let orm = text(row, &["orm"]).unwrap_or_default();
    let parent = text(row, &["parent_statement_id"]).and_then(|statement| lookup.query(&statement));
    let own = row.statement_id.as_deref().and_then(|statement| lookup.query(statement));
    let relation = match text(row, &["pattern"]).as_deref() {
        Some("lazy-many-to-one") => parent.and_then(|parent| to_one(parent, child, lookup)),
        Some("many-to-many-per-row") => own.and_then(|own| other_side(own, lookup)).map(|table| plural(&table.name)),
        _ if !belongs(child, &text(row, &["key"]).unwrap_or_default(), parent, lookup) => None,
        _ if orm == "django" => Some(format!("{}_set", bare(&child.name, parent, &orm, lookup))),
        _ => Some(plural(&child.name)),
    };
    let model = relation.is_some().then(|| bare(&child.name, parent, &orm, lookup).to_owned());
    Names { relation: relation.map(|name| styled(&name, &orm)), model }
}

/// Whether the key of the child points at the rows of the list themselves, and not at what these point at, too.
fn belongs(child: &Table, key: &str, parent: Option<&Query>, lookup: &Lookup<'_>) -> bool {
    let list = parent.and_then(|parent| lookup.table(parent.tables.first()?.table_oid?));
    let Some(list) = list else { return false };
    let key = key.trim_matches('"');
    let mut declared = lookup.material.snapshot.constraints.iter().filter(|constraint| {
        constraint.kind == ConstraintKind::ForeignKey
            && constraint.table_oid == child.oid
            && constraint.columns == [key]
    });
    match declared.next() {
        Some(constraint) => constraint.referenced_table_oid == Some(list.oid),
        None => names_table(key, &list.name),
    }
}

/// The column of the list that points at the child, without its ending; `None` where several do.
fn to_one(parent: &Query, child: &Table, lookup: &Lookup<'_>) -> Option<String> {
    let snapshot = lookup.material.snapshot;
    let tables: BTreeSet<u32> = parent.tables.iter().filter_map(|used| used.table_oid).collect();
    let keys = snapshot.constraints.iter().filter(|constraint| {
        constraint.kind == ConstraintKind::ForeignKey
            && tables.contains(&constraint.table_oid)
            && constraint.referenced_table_oid == Some(child.oid)
    });
    let declared: BTreeSet<&String> = keys.filter_map(|key| key.columns.first()).collect();
    let mut found = declared.clone();
    if declared.is_empty() {
        let columns = snapshot.columns.iter().filter(|column| tables.contains(&column.table_oid));
        found.extend(columns.map(|column| &column.name).filter(|name| names_table(name, &child.name)));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(column), None) => base(column).map(str::to_owned),
        _ => None,
    }
}

/// The table behind the join table.
fn other_side<'a>(own: &Query, lookup: &Lookup<'a>) -> Option<&'a Table> {
    let outermost = |oid: &u32| own.tables.iter().any(|used| used.depth == 0 && used.table_oid == Some(*oid));
    let keyed: BTreeSet<u32> = own.predicates.iter().map(|predicate| predicate.operand.table_oid).collect();
    let sides = own.joins.iter().flat_map(|pair| [pair.left.table_oid, pair.right.table_oid]);
    let others: BTreeSet<u32> = sides.filter(|oid| !keyed.contains(oid)).filter(outermost).collect();
    let mut others = others.into_iter();
    match (others.next(), others.next()) {
        (Some(oid), None) => lookup.table(oid),
        _ => None,
    }
}

/// `author` of `author_id`, `authorId`.
fn base(column: &str) -> Option<&str> {
    let base = ["_id", "Id", "_ID", "_uuid", "_fk"].iter().find_map(|ending| column.strip_suffix(ending))?;
    Some(base).filter(|base| !base.is_empty())
}

fn names_table(column: &str, table: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace('_', "");
    let Some(base) = base(column) else { return false };
    plain(table) == plain(base) || plain(table) == plain(&plural(base))
}

/// Django names a table after its application, too: what it shares with the parent's.
fn bare<'a>(child: &'a str, parent: Option<&Query>, orm: &str, lookup: &Lookup<'_>) -> &'a str {
    let mut tables = parent.into_iter().flat_map(|parent| &parent.tables).filter_map(|used| used.table_oid);
    let Some(parent) = tables.next().and_then(|oid| lookup.table(oid)).filter(|_| orm == "django") else {
        return child;
    };
    let ends = child.match_indices('_').map(|(at, _)| at + 1);
    let shared = ends.filter(|end| parent.name.starts_with(&child[..*end]) && child.len() > *end).max();
    &child[shared.unwrap_or(0)..]
}

fn plural(name: &str) -> String {
    let lower = name.to_lowercase();
    let consonant_y = lower.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|ending| lower.ends_with(ending));
    if lower.ends_with('s') {
        name.to_owned()
    } else if consonant_y {
        format!("{}ies", &name[..name.len() - 1])
    } else if ["x", "ch", "sh", "z"].iter().any(|ending| lower.ends_with(ending)) {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}

/// As the framework's language writes a property.
fn styled(name: &str, orm: &str) -> String {
    let camel = |name: &str| {
        let mut words = name.split('_').filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| name + &capital(word))
    };
    match orm {
        "gorm" => capital(&camel(name)),
        _ if CAMEL.contains(&orm) => small(&camel(name)),
        _ => name.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn small(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_named_as_its_framework_would() {
        for (name, orm, expected) in [
            ("order_item", "prisma", "orderItem"),
            ("order_item", "gorm", "OrderItem"),
            ("order_item", "rails", "order_item"),
            ("Books", "sequelize", "books"),
            ("author", "hibernate", "author"),
        ] {
            assert_eq!(styled(name, orm), expected, "{name} {orm}");
        }
    }

    #[test]
    fn a_column_names_its_relation_and_several_rows_are_many() {
        for (column, expected) in [("author_id", Some("author")), ("authorId", Some("author")), ("id", None)] {
            assert_eq!(base(column), expected, "{column}");
        }
        for (one, many) in
            [("vote", "votes"), ("books", "books"), ("category", "categories"), ("box", "boxes"), ("day", "days")]
        {
            assert_eq!(plural(one), many);
        }
        assert!(names_table("authorId", "authors") && names_table("category_id", "categories"));
        assert!(!names_table("author_id", "books"));
    }
}
