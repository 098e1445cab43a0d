//! Types as the catalog names them, as `format_type` prints them, and which casts keep an index usable.

use sqlparser::ast::DataType;

use crate::snapshot::Column;

/// `pg_type.typname`, what `format_type` prints, other ways to write it.
#[rustfmt::skip]
const TYPES: &[(&str, &str, &[&str])] = &[
    ("int2", "smallint", &[]), ("int4", "integer", &["int"]), ("int8", "bigint", &[]),
    ("numeric", "numeric", &["decimal", "dec"]), ("float4", "real", &[]),
    ("float8", "double precision", &["double", "float"]),
    ("varchar", "character varying", &["char varying", "nvarchar"]), ("bpchar", "character", &["char"]), ("text", "text", &[]),
    ("bool", "boolean", &[]), ("timestamp", "timestamp without time zone", &["timestamp"]),
    ("timestamptz", "timestamp with time zone", &[]), ("time", "time without time zone", &["time"]),
    ("timetz", "time with time zone", &[]), ("date", "date", &[]), ("interval", "interval", &[]),
    ("uuid", "uuid", &[]), ("json", "json", &[]), ("jsonb", "jsonb", &[]), ("bytea", "bytea", &[]),
    ("varbit", "bit varying", &[]), ("bit", "bit", &[]), ("inet", "inet", &[]), ("cidr", "cidr", &[]),
    ("citext", "citext", &[]), ("name", "name", &[]), ("tsvector", "tsvector", &[]), ("tsquery", "tsquery", &[]),
    ("oid", "oid", &[]), ("regclass", "regclass", &[]), ("money", "money", &[]), ("xml", "xml", &[]), ("macaddr", "macaddr", &[]),
];

/// A type that an expression is cast to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `pg_type.typname`, else the name as written.
    pub base: String,
    /// As `format_type` prints it, with its modifier.
    pub shown: String,
    /// `(200)` and the like.
    pub modified: bool,
}

/// The type of a cast.
pub fn target(data_type: &DataType) -> Target {
    let written = data_type.to_string();
    let lower = if written.contains('"') { written } else { written.to_ascii_lowercase() };
    let (name, modifier) = without_modifier(&lower);
    let (element, array) = match name.strip_suffix("[]") {
        Some(element) => (element.trim(), "[]"),
        None => (name.as_str(), ""),
    };
    let element = element.strip_prefix("pg_catalog.").unwrap_or(element);
    let known =
        TYPES.iter().find(|(base, shown, others)| *base == element || *shown == element || others.contains(&element));
    let (base, shown) = known.map_or((element, element), |(base, shown, _)| (*base, *shown));
    Target {
        base: if array.is_empty() { base.to_owned() } else { format!("_{base}") },
        shown: format!("{}{array}", with_modifier(shown, &modifier)),
        modified: !modifier.is_empty(),
    }
}

fn without_modifier(name: &str) -> (String, String) {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let rest = format!("{}{}", name[..open].trim_end(), &name[close + 1..]);
            (rest, name[open..=close].replace(' ', ""))
        }
        _ => (name.to_owned(), String::new()),
    }
}

/// `timestamp(3) with time zone`: the modifier stands behind the first word of those.
fn with_modifier(shown: &str, modifier: &str) -> String {
    match shown.split_once(' ') {
        Some((first, rest)) if shown.starts_with("time") => format!("{first}{modifier} {rest}"),
        _ => format!("{shown}{modifier}"),
    }
}

/// A type without modifier as `format_type` prints it.
pub fn shown(base: &str) -> &str {
    TYPES.iter().find(|(name, _, _)| *name == base).map_or(base, |(_, shown, _)| shown)
}

/// Whether the column's type is a domain over its base type.
pub fn is_domain(column: &Column) -> bool {
    let (name, _) = without_modifier(&column.type_name);
    TYPES.iter().any(|(base, shown, _)| *base == column.base_type && *shown != name)
}

/// Whether the cast changes nothing that an index on the column would notice: the same type, or
/// one of the relabellings that `PostgreSQL` looks through.
pub fn keeps_index(column: &Column, target: &Target) -> bool {
    if target.modified {
        return false;
    }
    let strings = ["text", "varchar"];
    column.base_type == target.base
        || strings.contains(&column.base_type.as_str()) && strings.contains(&target.base.as_str())
}

/// Whether the cast is known to be immutable, as an index expression has to be.
pub fn is_immutable_cast(from: &str, to: &str) -> bool {
    const STRINGS: [&str; 4] = ["text", "varchar", "bpchar", "citext"];
    const NUMBERS: [&str; 6] = ["int2", "int4", "int8", "numeric", "float4", "float8"];
    const PLAIN: [&str; 4] = ["uuid", "bool", "json", "jsonb"];
    let string = |name| STRINGS.contains(&name);
    let number = |name| NUMBERS.contains(&name);
    let plain = |name| PLAIN.contains(&name);
    let integer = |name: &str| name.starts_with("int");
    from == to
        || string(from) && (string(to) || number(to) || to == "uuid" || to == "bool")
        || number(from) && (number(to) || string(to) && (integer(from) || from == "numeric"))
        || plain(from) && string(to)
        || matches!((from, to), ("timestamp", "date") | ("date", "timestamp") | ("json" | "jsonb", "json" | "jsonb"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::PostgreSqlDialect;
    use sqlparser::parser::Parser;

    #[test]
    fn types_are_shown_as_the_server_shows_them() {
        for (written, base, shown) in [
            ("int", "int4", "integer"),
            ("VARCHAR(20)", "varchar", "character varying(20)"),
            ("character varying", "varchar", "character varying"),
            ("timestamp", "timestamp", "timestamp without time zone"),
            ("timestamptz", "timestamptz", "timestamp with time zone"),
            ("timestamp(3) with time zone", "timestamptz", "timestamp(3) with time zone"),
            ("numeric(10, 2)", "numeric", "numeric(10,2)"),
            ("bigint[]", "_int8", "bigint[]"),
            ("bool", "bool", "boolean"),
            ("float8", "float8", "double precision"),
            ("order_status", "order_status", "order_status"),
        ] {
            let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(written).expect("tokens");
            let found = target(&parser.parse_data_type().expect("a type"));
            assert_eq!((found.base.as_str(), found.shown.as_str()), (base, shown), "{written}");
        }
    }

    #[test]
    fn only_relabelling_casts_keep_an_index() {
        for (base, to, expected) in [
            ("varchar", "text", true),
            ("text", "varchar", true),
            ("int8", "int8", true),
            ("int4", "int8", false),
            ("bpchar", "text", false),
            ("citext", "text", false),
            ("timestamptz", "date", false),
        ] {
            let column = Column { base_type: base.to_owned(), ..Column::default() };
            let target = Target { base: to.to_owned(), shown: to.to_owned(), modified: false };
            assert_eq!(keeps_index(&column, &target), expected, "{base} to {to}");
        }
    }
}
