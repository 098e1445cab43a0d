//! Inverted indexes: documents, arrays, text search.

use super::site::Site;
use crate::what_if::{Condition, Design, DesignKey};
use crate::workload::Comparison;

/// Indexes for what is inside a value.
pub fn designs(site: &Site) -> Vec<Design> {
    let mut keys: Vec<DesignKey> = site.usable().filter_map(|one| key(site, one)).collect();
    let mut designs: Vec<Design> = keys.iter().map(|key| site.index("gin", vec![key.clone()])).collect();
    // one index for two conditions on two columns
    keys.dedup_by(|one, two| one.column == two.column && one.expression == two.expression);
    if keys.len() > 1 {
        designs.push(site.index("gin", keys));
    }
    designs
}

/// The key that serves a condition. Of a document the smaller class where it can: the other one serves the same and more, so
/// where a statement needs that, it is asked about for all.
fn key(site: &Site, condition: &Condition) -> Option<DesignKey> {
    let key = site.key(&condition.key);
    let (base, operator) =
        (site.bare_column(condition).map(|column| column.base_type.as_str()), condition.operator.as_str());
    match condition.comparison {
        Comparison::Json if base == Some("jsonb") => {
            let by_path = matches!(operator, "@>" | "@?" | "@@");
            Some(if by_path { site.key_of_class(&condition.key, "jsonb_path_ops") } else { key })
        }
        Comparison::Json if base == Some("hstore") => Some(key),
        Comparison::Array if matches!(operator, "@>" | "<@" | "&&") => {
            site.bare_column(condition).filter(|column| column.type_category == "A")?;
            Some(key)
        }
        Comparison::FullText if base == Some("tsvector") => Some(key),
        Comparison::FullText if site.operand(condition)?.expression.is_some() => Some(key),
        _ => None,
    }
}

/// `$1 = ANY(column)`, which no index serves.
pub fn refusals(site: &Site) -> Vec<(Design, String)> {
    let asked = |one: &&Condition| one.comparison == Comparison::Array && one.operator.as_str().ends_with("ANY");
    let refused = site.usable().filter(asked).filter(|one| site.bare_column(one).is_some());
    let one = |one: &Condition| {
        let key = site.key(&one.key);
        let name = crate::ident::quoted(key.column.as_deref().unwrap_or_default());
        let why =
            format!("no index serves a value compared with ANY of an array column; ask for {name} @> ARRAY[value]");
        (site.index("gin", vec![key]), why)
    };
    refused.map(one).collect()
}
