//! The cost of reading one table in one way, after the planner's own formulas, simplified.

use super::costs::Costs;
use super::scan::Scan;
use super::serve::{Served, serve};
use super::{Disjunction, KeyText, Path, doubt};
use crate::workload::Comparison;

/// The height of a B-tree's tree, in comparisons paid for each descent: 50 operators a page.
const DESCENT_OPERATORS: f64 = 50.0;
/// Leaf pages and posting lists that a trigram or containment search reads before it knows its rows.
const GIN_KEYS: f64 = 8.0;

/// One way to read a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Cost of one execution.
    pub cost: f64,
    /// Of it, before the first row.
    pub startup: f64,
    /// Rows that come out, all conditions applied.
    pub rows: f64,
    /// They come in the order asked for.
    pub ordered: bool,
    /// Positions of the designs used.
    pub designs: Vec<usize>,
    /// Whether an index narrowed the scan.
    pub narrowed: bool,
}

/// All ways to read the table `loops` times, when rows of `outer` are at hand.
pub fn ways(costs: &Costs, scan: &Scan, paths: &[Path], outer: &[usize], loops: f64) -> Vec<Way> {
    let mut ways = vec![sequential(costs, scan, outer)];
    for path in paths {
        if let Some(served) = serve(path, scan, outer) {
            // what is not sure to be better is not the model's to say
            if path.design.is_some() && doubt(&served, scan).is_some() {
                continue;
            }
            ways.extend(by_index(costs, scan, path, &served, outer, loops));
        }
    }
    ways.extend(scan.disjunctions.iter().filter_map(|one| either(costs, scan, one, paths, outer, loops)));
    ways
}

/// An OR by one index for each alternative, their bitmaps united.
fn either(
    costs: &Costs,
    scan: &Scan,
    disjunction: &Disjunction,
    paths: &[Path],
    outer: &[usize],
    loops: f64,
) -> Option<Way> {
    let (mut index, mut found, mut designs) = (0.0, 0.0, Vec::new());
    for arm in &disjunction.arms {
        let alone = scan.only(arm);
        let (cost, tuples, design) = cheapest_bitmap(costs, &alone, arm, paths, outer)?;
        index += cost;
        found += tuples;
        designs.extend(design);
    }
    let quals = scan.conditions.len() as f64;
    let cost = index + bitmap(costs, scan, found, loops) + found * (costs.tuple + quals * costs.operator);
    designs.sort_unstable();
    designs.dedup();
    Some(Way { cost, startup: index, rows: rows_out(scan, outer), ordered: false, designs, narrowed: true })
}

/// The index that finds the rows of one alternative most cheaply: its cost, the rows, the design if it is one.
fn cheapest_bitmap(
    costs: &Costs,
    alone: &Scan,
    arm: &[usize],
    paths: &[Path],
    outer: &[usize],
) -> Option<(f64, f64, Option<usize>)> {
    let one = |path: &Path| {
        let served = serve(path, alone, outer)?;
        let of_arm = served.conditions.iter().chain(&served.implied).any(|position| arm.contains(position));
        let sure = path.design.is_none() || doubt(&served, alone).is_none();
        let tuples = tuples(alone, &served);
        (of_arm && sure).then(|| (index_cost(costs, alone, path, &served, tuples), tuples, path.design))
    };
    let all = paths.iter().filter_map(one);
    all.reduce(|best, next| if next.0 + next.1 < best.0 + best.1 { next } else { best })
}

fn sequential(costs: &Costs, scan: &Scan, outer: &[usize]) -> Way {
    let quals = (scan.conditions.len() + at_hand(scan, outer).count()) as f64;
    let cost = scan.facts.pages * costs.seq_page + scan.facts.rows * (costs.tuple + quals * costs.operator);
    Way { cost, startup: 0.0, rows: rows_out(scan, outer), ordered: false, designs: Vec::new(), narrowed: false }
}

/// Rows that pass the conditions and, of those, the joins with what is at hand.
fn rows_out(scan: &Scan, outer: &[usize]) -> f64 {
    let joined: f64 = at_hand(scan, outer).map(|join| 1.0 / join.distinct.max(1.0)).product();
    (scan.rows_out() * joined).max(if outer.is_empty() { 1.0 } else { 1e-3 })
}

fn at_hand<'a>(scan: &'a Scan, outer: &'a [usize]) -> impl Iterator<Item = &'a super::scan::Join> {
    scan.joins.iter().filter(|join| outer.contains(&join.other))
}

fn by_index(costs: &Costs, scan: &Scan, path: &Path, served: &Served, outer: &[usize], loops: f64) -> Vec<Way> {
    let tuples = tuples(scan, served);
    let left = scan.conditions.len().saturating_sub(served.conditions.len() + served.implied.len()) as f64;
    let rows_cpu = tuples * (costs.tuple + left * costs.operator);
    let index = index_cost(costs, scan, path, served, tuples);
    let way = |startup: f64, cost: f64, ordered: bool| Way {
        cost,
        startup,
        rows: rows_out(scan, outer),
        ordered,
        designs: path.design.into_iter().collect(),
        narrowed: served.narrows(),
    };
    let mut ways = vec![way(index, index + bitmap(costs, scan, tuples, loops) + rows_cpu, false)];
    if path.method == "btree" || served.ordered {
        let unseen = if served.index_only { 1.0 - scan.facts.visible } else { 1.0 };
        let heap = heap(costs, scan, path, tuples, loops) * unseen;
        ways.push(way(0.0, index + heap + rows_cpu, served.ordered));
    }
    ways
}

fn tuples(scan: &Scan, served: &Served) -> f64 {
    let tuples = (scan.facts.rows * served.found(scan)).max(1.0);
    if served.one_row { tuples.min(values(scan, served)) } else { tuples }
}

/// Descents: one for each value of a list.
fn values(scan: &Scan, served: &Served) -> f64 {
    served.conditions.iter().map(|position| scan.conditions[*position].values).product()
}

fn index_cost(costs: &Costs, scan: &Scan, path: &Path, served: &Served, tuples: f64) -> f64 {
    let entries = served.entries(scan);
    let pages = path.pages(&scan.facts, entries).max(1.0);
    let share = (tuples / (scan.facts.rows * entries).max(1.0)).min(1.0);
    let reading = (pages * share).ceil().max(1.0);
    match path.method.as_str() {
        "gin" => {
            // hashed paths are fewer and more selective than keys and values apart
            let by_path = path.keys.iter().all(|key| key.opclass.ends_with("jsonb_path_ops"));
            let keys = if by_path { GIN_KEYS / 2.0 } else { GIN_KEYS };
            (keys + reading) * costs.random_page + tuples * keys * costs.operator
        }
        "gist" | "spgist" => (reading * 2.0).min(pages) * costs.random_page + tuples * costs.index_tuple * 2.0,
        "brin" => pages * costs.seq_page,
        _ => {
            let descents = values(scan, served);
            let height = (pages.ln() / 200.0_f64.ln()).ceil().max(0.0);
            let operators = (height + 1.0) * DESCENT_OPERATORS * costs.operator;
            let cpu = tuples * (costs.index_tuple + served.conditions.len() as f64 * costs.operator);
            reading.max(descents.min(pages)) * costs.random_page + descents * operators + cpu
        }
    }
}

/// Heap pages of a plain index scan: in index order, so between scattered and sequential by correlation.
fn heap(costs: &Costs, scan: &Scan, path: &Path, tuples: f64, loops: f64) -> f64 {
    let pages = scan.facts.pages.max(1.0);
    let scattered = costs.pages_fetched(tuples * loops, pages) / loops * costs.random_page;
    let dense = (pages * tuples / scan.facts.rows.max(1.0)).ceil().max(1.0);
    let in_order = costs.random_page + (dense - 1.0) * costs.seq_page;
    let correlation = match path.keys.as_slice() {
        [first, rest @ ..] => {
            let of_first = match &first.text {
                KeyText::Column(column) => scan.facts.statistics(column).and_then(|one| one.correlation),
                KeyText::Expression(_) => None,
            };
            of_first.unwrap_or(0.0) * if rest.is_empty() { 1.0 } else { 0.75 }
        }
        [] => 0.0,
    };
    scattered + (in_order.min(scattered) - scattered) * correlation.powi(2)
}

/// Heap pages of a bitmap scan: in heap order, dearer the sparser they are.
fn bitmap(costs: &Costs, scan: &Scan, tuples: f64, loops: f64) -> f64 {
    let pages = scan.facts.pages.max(1.0);
    let fetched = (costs.pages_fetched(tuples * loops, pages) / loops).max(1.0);
    let dear = costs.random_page - (costs.random_page - costs.seq_page) * (fetched / pages).min(1.0).sqrt();
    let lossy = scan.conditions.iter().any(|one| matches!(one.comparison, Comparison::Like | Comparison::ILike));
    fetched * dear + if lossy { tuples * costs.operator * 2.0 } else { tuples * costs.operator * 0.1 }
}
