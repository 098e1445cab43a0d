//! Indexes that need an operator class or another method than a B-tree.

use crate::snapshot::{Column, Snapshot};
use crate::what_if::{Condition, Design, DesignKey, KeyText, Scan};
use crate::workload::{Comparison, Operand, Query};

use super::immutable::{self, Verdict};

/// Below it a scan for a pattern takes a few milliseconds, and such an index costs several times a B-tree to keep.
const MIN_PATTERN_ROWS: f64 = 5_000.0;

/// Whether values of the column's type have a B-tree order that is worth indexing.
pub fn has_order(column: &Column) -> bool {
    let without =
        ["json", "jsonb", "xml", "point", "box", "polygon", "circle", "line", "lseg", "path", "tsvector", "tsquery"];
    column.type_category != "A" && !without.contains(&column.base_type.as_str())
}

/// Designs for patterns, documents, arrays, texts and ranges; with a reason where there can be none.
pub fn designs(snapshot: &Snapshot, query: &Query, scan: &Scan) -> Vec<(Design, Option<String>)> {
    let with_operand = |condition: &Condition| {
        let predicate = &query.predicates[condition.predicate?];
        design(snapshot, scan, condition, &predicate.operand, &predicate.operator)
    };
    scan.conditions.iter().filter(|one| one.conjunct).filter_map(with_operand).collect()
}

fn design(
    snapshot: &Snapshot,
    scan: &Scan,
    condition: &Condition,
    operand: &Operand,
    operator: &str,
) -> Option<(Design, Option<String>)> {
    let column = scan.facts.column(&operand.column)?;
    let plain = operand.expression.is_none();
    let base = column.base_type.as_str();
    match condition.comparison {
        Comparison::Like | Comparison::ILike | Comparison::Regex => pattern(snapshot, scan, condition, operand, column),
        Comparison::Json if plain && base == "jsonb" => {
            let by_path = matches!(operator, "@>" | "@?" | "@@");
            Some((made(scan, "gin", operand, by_path.then_some("jsonb_path_ops")), None))
        }
        Comparison::Array if plain && column.type_category == "A" => {
            let served = matches!(operator, "@>" | "&&");
            let why = "no index serves a value compared with ANY of an array column; ask for column @> ARRAY[value]";
            Some((made(scan, "gin", operand, None), (!served).then(|| why.to_owned())))
        }
        Comparison::FullText => full_text(scan, operand, base),
        Comparison::Overlap if plain && (base.ends_with("range") || is_shape(base)) => {
            Some((made(scan, "gist", operand, None), None))
        }
        Comparison::Overlap if plain && matches!(base, "inet" | "cidr") => {
            Some((made(scan, "gist", operand, Some("inet_ops")), None))
        }
        _ => None,
    }
}

fn is_shape(base: &str) -> bool {
    matches!(base, "point" | "box" | "polygon" | "circle")
}

/// A known beginning is a range of a B-tree in byte order; anything else needs trigrams of the very expression.
fn pattern(
    snapshot: &Snapshot,
    scan: &Scan,
    condition: &Condition,
    operand: &Operand,
    column: &Column,
) -> Option<(Design, Option<String>)> {
    let usable = immutable::judge(operand, &scan.facts) == Verdict::Usable;
    if !usable || !matches!(column.base_type.as_str(), "text" | "varchar") {
        return None;
    }
    if condition.comparison == Comparison::Like && condition.leading_wildcard == Some(false) {
        let opclass = match (&condition.key, column.base_type.as_str()) {
            (KeyText::Column(_), _) if column.collation_is_c => None,
            (KeyText::Column(_), "varchar") => Some("varchar_pattern_ops"),
            _ => Some("text_pattern_ops"),
        };
        return Some((made(scan, "btree", operand, opclass), None));
    }
    if scan.facts.rows < MIN_PATTERN_ROWS {
        return None;
    }
    let mut design = made(scan, "gin", operand, Some(&trigram_class(snapshot)));
    design.needs_extension = (!snapshot.has_extension("pg_trgm")).then(|| "pg_trgm".to_owned());
    Some((design, None))
}

/// The operator class, with its schema where that is not on the usual path.
fn trigram_class(snapshot: &Snapshot) -> String {
    let schema =
        snapshot.extensions.iter().find(|extension| extension.name == "pg_trgm").map(|one| one.schema.as_str());
    match schema {
        None | Some("public" | "pg_catalog") => "gin_trgm_ops".to_owned(),
        Some(schema) => format!("{}.gin_trgm_ops", crate::ident::quoted(schema)),
    }
}

fn full_text(scan: &Scan, operand: &Operand, base: &str) -> Option<(Design, Option<String>)> {
    let design = made(scan, "gin", operand, None);
    let Some(expression) = &operand.expression else { return (base == "tsvector").then_some((design, None)) };
    if expression.sql.contains('$') {
        return None;
    }
    // to_tsvector(text) alone reads default_text_search_config
    let configured = expression.function == "to_tsvector" && expression.sql.contains(',');
    let why = "to_tsvector without a configuration is not immutable; name one, as in to_tsvector('english', …)";
    Some((design, (!configured).then(|| why.to_owned())))
}

fn made(scan: &Scan, method: &str, operand: &Operand, opclass: Option<&str>) -> Design {
    let key = match (KeyText::of(operand, &scan.facts), &operand.expression) {
        (KeyText::Expression(_), Some(expression)) => DesignKey::expression(&expression.sql),
        _ => DesignKey::column(&operand.column),
    };
    Design {
        table_oid: scan.facts.table.oid,
        method: method.to_owned(),
        keys: vec![DesignKey { opclass: opclass.map(str::to_owned), ..key }],
        ..Design::default()
    }
}
