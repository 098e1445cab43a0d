//! What needs no asking: a design that nothing here would use, and one whose work an index there already does.

use super::super::Caution;
use super::equality::FEW_ROWS;
use super::site::Site;
use super::window;
use crate::snapshot::Snapshot;
use crate::what_if::{Design, Path, Scan, Served, doubt, nearest, serve};
use crate::workload::Kind;

/// Share of a table's pages that no scan of it gets by with, the table grown meanwhile or not.
const LITTLE: f64 = 0.25;
/// Why a design is not even tried for a use of a table.
pub fn refusal(site: &Site, design: &Design, caution: Caution) -> Option<String> {
    let (scan, outer) = (site.scan, outer(site.scan));
    let Some(wanted) = serve(&Path::designed(0, design), scan, &outer) else {
        return (!orders(site, design)).then(|| "no condition of the statement is served by it".to_owned());
    };
    if caution == Caution::None {
        return None;
    }
    if let Some(why) = reads_little(site).or_else(|| touches_all(site, design, &wanted)) {
        return Some(why);
    }
    let existing = Path::existing(site.snapshot, design.table_oid);
    let does_all = |path: &&Path| serve(path, scan, &outer).is_some_and(|served| covers(&served, &wanted));
    if let Some(path) = existing.iter().find(does_all).filter(|_| !orders(site, design)) {
        return Some(already(site, &path.name));
    }
    let broken = Path::unusable(site.snapshot, design.table_oid);
    if let Some(path) = broken.iter().find(does_all) {
        return Some(format!("index {} would serve these conditions but is invalid: rebuild it", path.name));
    }
    let path = existing.iter().find(|path| leaves_few(site, path, &wanted))?;
    Some(format!("index {} already leaves about {FEW_ROWS:.0} rows or fewer", path.name))
}

/// A large part of the table is read as fast whole, and an index that is read whole in its place saves some pages at
/// most: whatever the planner's costs say, nobody would notice.
fn touches_all(site: &Site, design: &Design, wanted: &Served) -> Option<String> {
    if site.query.limit.is_some() || orders(site, design) {
        return None;
    }
    let whole = wanted.index_only && !wanted.ordered && wanted.conditions.is_empty() && wanted.joins.is_empty();
    let why = "no condition narrows it: the index would be read whole in place of the table";
    doubt(wanted, site.scan).or_else(|| whole.then(|| why.to_owned()))
}

/// A condition that an index serves, and a statement that reads the whole table all the same.
fn already(site: &Site, name: &str) -> String {
    let (blocks, counters) = (blocks(site), &site.query.counters);
    let lookup = site.query.tables.len() == 1 && site.scan.joins.is_empty() && counters.rows_per_call() <= FEW_ROWS;
    let whole = blocks >= site.scan.facts.pages * 0.9 && site.query.limit.is_none() && !site.query.aggregates;
    if lookup && whole && site.query.kind == Kind::Select {
        return format!(
            "index {name} would serve these conditions, yet each call read {blocks:.0} blocks: it is newer than these \
             counters, or the parameter is of another type than the column (numeric against bigint); then fix that type"
        );
    }
    format!("index {name} already serves these conditions")
}

/// Whether an existing index leaves so few rows that another key narrows nothing.
fn leaves_few(site: &Site, path: &Path, wanted: &Served) -> bool {
    let scan = site.scan;
    if wanted.ordered && site.query.limit.is_some() || blocks(site) > FEW_ROWS * FEW_ROWS {
        return false;
    }
    let outer: Vec<usize> = wanted.joins.iter().map(|position| scan.joins[*position].other).collect();
    serve(path, scan, &outer).is_some_and(|served| {
        let finds = !served.conditions.is_empty() || !served.joins.is_empty();
        finds && served.joins.len() >= wanted.joins.len() && scan.facts.rows * served.found(scan) <= FEW_ROWS
    })
}

/// Whether it gives an order that only the planner weighs: of groups, of a subquery, of distances.
fn orders(site: &Site, design: &Design) -> bool {
    let scan = site.scan;
    let texts = Path::designed(0, design).keys.into_iter().map(|key| key.text);
    let inner = scan.inner_order.iter().map(|order| &order.key);
    let near = scan.order.iter().chain(&scan.inner_order).filter_map(nearest);
    let extremes = site.query.extremes.iter().map(|one| crate::what_if::KeyText::of(one, &scan.facts));
    // windows in order need no sort; groups in order spare a sort of what is read anyway; with a LIMIT they end early
    let groups = scan.groups.iter().filter(|_| site.query.limit.is_some());
    let wanted: Vec<_> = inner.chain(near).chain(groups).cloned().chain(extremes).chain(window::keys(site)).collect();
    texts.into_iter().any(|text| wanted.contains(&text))
}

/// Whether a design narrows anything here.
pub fn narrows(site: &Site, design: &Design) -> bool {
    serve(&Path::designed(0, design), site.scan, &outer(site.scan)).is_some_and(|served| served.narrows())
}

/// Whether an existing index serves one of these conditions.
pub fn exists(snapshot: &Snapshot, scan: &Scan, conditions: &[usize]) -> bool {
    Path::existing(snapshot, scan.facts.table.oid).iter().any(|path| path_serves(path, scan, conditions))
}

/// Whether a design serves one of these conditions.
pub fn serves_any(design: &Design, scan: &Scan, conditions: &[usize]) -> bool {
    path_serves(&Path::designed(0, design), scan, conditions)
}

fn path_serves(path: &Path, scan: &Scan, conditions: &[usize]) -> bool {
    serve(path, scan, &outer(scan))
        .is_some_and(|served| served.conditions.iter().chain(&served.implied).any(|one| conditions.contains(one)))
}

fn outer(scan: &Scan) -> Vec<usize> {
    scan.joins.iter().map(|join| join.other).collect()
}

/// Blocks that one call touches, as counted.
fn blocks(site: &Site) -> f64 {
    let counters = &site.query.counters;
    (counters.shared_hit + counters.shared_read) as f64 / counters.calls.max(1) as f64
}

/// A statement that reads a small part of its table, by no index that its text lets us see: a partial index whose
/// condition is a parameter by now, or partitions left out.
fn reads_little(site: &Site) -> Option<String> {
    let (scan, blocks) = (site.scan, blocks(site));
    let whole = site.query.tables.len() == 1 && site.query.limit.is_none();
    let little = blocks > 0.0 && blocks < LITTLE * scan.facts.pages;
    let narrows = |path: &Path| serve(path, scan, &[]).is_some_and(|served| served.narrows());
    let unexplained = whole && little && !Path::existing(site.snapshot, scan.facts.table.oid).iter().any(narrows);
    unexplained.then(|| {
        let pages = scan.facts.pages;
        format!("each call reads {blocks:.0} blocks of a table of {pages:.0}: it does not scan it as it is")
    })
}

fn covers(existing: &Served, wanted: &Served) -> bool {
    let all = |one: &[usize], two: &[usize]| two.iter().all(|position| one.contains(position));
    let with = |served: &Served| [served.conditions.as_slice(), &served.implied].concat();
    // one row for each row of one table is no way to find those of another, or the first ones
    existing.one_row && all(&wanted.joins, &existing.joins)
        || all(&with(existing), &with(wanted))
            && all(&existing.joins, &wanted.joins)
            && (existing.ordered || !wanted.ordered)
            && (existing.index_only || !wanted.index_only)
}
