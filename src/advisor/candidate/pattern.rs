//! LIKE, ILIKE and regular expressions: a known beginning is a range of a B-tree in byte order, anything else needs
//! trigrams of the very expression that the statement searches.

use super::equality::{heads, keys_of};
use super::site::Site;
use crate::what_if::{Condition, Design, DesignKey, KeyText};
use crate::workload::Comparison;

/// Below it a scan for a pattern takes a few milliseconds, and trigrams cost several times a B-tree to keep.
const MIN_ROWS: f64 = 5_000.0;

/// Indexes for patterns.
pub fn designs(site: &Site) -> Vec<Design> {
    let searched = |comparison| matches!(comparison, Comparison::Like | Comparison::ILike | Comparison::Regex);
    let patterns = site.comparing(searched);
    let texts: Vec<&Condition> = patterns.into_iter().filter(|one| is_text(site, one)).collect();
    let mut designs: Vec<Design> = texts.iter().filter(|one| begins(one)).flat_map(|one| prefix(site, one)).collect();
    let anywhere: Vec<&Condition> = texts.into_iter().filter(|one| !begins(one)).collect();
    if site.scan.facts.rows < MIN_ROWS {
        return designs;
    }
    designs.extend(anywhere.iter().map(|one| trigrams(site, &[one])));
    if anywhere.len() > 1 {
        designs.push(trigrams(site, &anywhere.iter().collect::<Vec<_>>()));
    }
    designs
}

fn is_text(site: &Site, condition: &Condition) -> bool {
    site.column(condition).is_some_and(|column| matches!(column.base_type.as_str(), "text" | "varchar"))
}

fn begins(condition: &Condition) -> bool {
    condition.comparison == Comparison::Like && condition.leading_wildcard == Some(false)
}

/// Alone and behind each head of equality columns.
fn prefix(site: &Site, condition: &Condition) -> Vec<Design> {
    let key = match (&condition.key, site.column(condition)) {
        (KeyText::Column(_), Some(column)) if column.collation_is_c => site.key(&condition.key),
        (KeyText::Column(_), Some(column)) if column.base_type == "varchar" => {
            site.key_of_class(&condition.key, "varchar_pattern_ops")
        }
        _ => site.key_of_class(&condition.key, "text_pattern_ops"),
    };
    let heads = heads(site).into_iter().take(3);
    let behind = heads.map(|head| [keys_of(site, &head), vec![key.clone()]].concat());
    site.trees(std::iter::once(vec![key.clone()]).chain(behind))
}

/// One index over the trigrams of each.
fn trigrams(site: &Site, conditions: &[&&Condition]) -> Design {
    let (class, extension) = site.class_of("pg_trgm", "gin_trgm_ops");
    let mut keys: Vec<DesignKey> = conditions.iter().map(|one| site.key_of_class(&one.key, &class)).collect();
    keys.dedup();
    Design { needs_extension: extension, ..site.index("gin", keys) }
}
