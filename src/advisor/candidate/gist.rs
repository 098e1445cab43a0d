//! Generalised trees: ranges, shapes, networks, label paths, and what lies nearest.

use super::equality;
use super::site::Site;
use crate::snapshot::Column;
use crate::what_if::{Condition, Design, DesignKey, KeyText};
use crate::workload::Comparison;

/// Indexes for what overlaps or contains.
pub fn designs(site: &Site) -> Vec<Design> {
    let spans: Vec<&Condition> = site.usable().filter(|one| is_span(site, one)).collect();
    spans.into_iter().flat_map(|one| alone_and_behind(site, one)).collect()
}

fn alone_and_behind(site: &Site, condition: &Condition) -> Vec<Design> {
    let Some(column) = site.bare_column(condition) else { return Vec::new() };
    let key = key(site, &condition.key, column);
    let mut designs = vec![site.index("gist", vec![key.clone()])];
    // `room = $1 AND during && $2`: equality inside the tree needs btree_gist
    if let Some((equal, _)) = equality::keys(site).into_iter().find(|(key, _)| matches!(key, KeyText::Column(_))) {
        let (_, extension) = site.class_of("btree_gist", "");
        let design = site.index("gist", vec![site.key(&equal), key]);
        designs.push(Design { needs_extension: extension, ..design });
    }
    designs
}

fn key(site: &Site, text: &KeyText, column: &Column) -> DesignKey {
    if matches!(column.base_type.as_str(), "inet" | "cidr") {
        site.key_of_class(text, "inet_ops")
    } else {
        site.key(text)
    }
}

fn is_span(site: &Site, condition: &Condition) -> bool {
    let Some(column) = site.bare_column(condition) else { return false };
    let (base, operator) = (column.base_type.as_str(), condition.operator.as_str());
    match condition.comparison {
        Comparison::Overlap => is_shape(base) || base.ends_with("range") || matches!(base, "inet" | "cidr"),
        // functions of PostGIS that look into an index
        Comparison::Other if matches!(base, "geometry" | "geography") => operator.starts_with("st_"),
        Comparison::Other | Comparison::Regex if base == "ltree" => matches!(operator, "@>" | "<@" | "~"),
        _ => false,
    }
}

fn is_shape(base: &str) -> bool {
    matches!(base, "point" | "box" | "polygon" | "circle" | "geometry" | "geography")
}

/// `ORDER BY place <-> $1 LIMIT 10`: the tree gives the nearest first.
pub fn nearest(site: &Site) -> Vec<Design> {
    let orders = site.scan.order.iter().chain(&site.scan.inner_order);
    let near = orders.filter_map(crate::what_if::nearest).find_map(|text| {
        let KeyText::Column(name) = text else { return None };
        site.scan.facts.column(name).map(|column| (text, column))
    });
    match near {
        Some((text, column)) if is_shape(&column.base_type) => vec![site.index("gist", vec![site.key(text)])],
        Some((text, column)) if matches!(column.base_type.as_str(), "text" | "varchar") => {
            let (class, extension) = site.class_of("pg_trgm", "gist_trgm_ops");
            let design = site.index("gist", vec![site.key_of_class(text, &class)]);
            vec![Design { needs_extension: extension, ..design }]
        }
        _ => Vec::new(),
    }
}
