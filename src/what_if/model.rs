//! Our own estimate of a statement's cost, with and without an index: docs/model.md.
//!
//! The planner's formulas in a simpler form, fed with what a snapshot holds. Good
//! enough to decide whether an index is worth it; never shown as the planner's.

use std::collections::BTreeSet;

use super::access::{Way, ways};
use super::costs::Costs;
use super::{Answer, Basis, Design, Parameters, Path, Plan as Planned, Question, Scan, scans};
use crate::snapshot::Snapshot;
use crate::workload::{Query, Workload};

/// The cost of a statement with the designs of a question. Existing indexes are not thought away.
pub fn answer(snapshot: &Snapshot, workload: &Workload, question: &Question) -> Answer {
    let query = &workload.queries[question.query];
    let planner = Planner { costs: Costs::read(snapshot), query, scans: scans(snapshot, query) };
    let tables: BTreeSet<u32> = planner.scans.iter().map(|scan| scan.facts.table.oid).collect();
    let mut paths: Vec<Path> = tables.iter().flat_map(|table| Path::existing(snapshot, *table)).collect();
    let before = planner.plan(&paths);
    paths.extend(question.designs.iter().enumerate().map(|(position, design)| Path::designed(position, design)));
    let after = planner.plan(&paths);
    // what is never narrowed was measured: it cannot be cheaper than the blocks that it really read
    let floor =
        if before.narrowed || query.tables.len() != 1 { 0.0 } else { blocks_per_call(query) * planner.costs.seq_page };
    let floor = before.cost.max(floor);
    let better = after.cost < floor && !after.used.is_empty();
    let plan = Planned {
        parameters: Parameters::Generic,
        cost: if better { after.cost } else { floor },
        used: if better { after.used.into_iter().collect() } else { Vec::new() },
        ..Planned::default()
    };
    Answer::one(Basis::Model, plan)
}

/// Whether the model would use this one index for a statement.
pub fn would_use(snapshot: &Snapshot, workload: &Workload, query: usize, design: &Design) -> bool {
    let question = Question { query, designs: vec![design.clone()], without: Vec::new() };
    answer(snapshot, workload, &question).plans.iter().any(|plan| !plan.used.is_empty())
}

fn blocks_per_call(query: &Query) -> f64 {
    let blocks = query.counters.shared_hit + query.counters.shared_read;
    if query.counters.calls == 0 { 0.0 } else { blocks as f64 / query.counters.calls as f64 }
}

struct Planner<'a> {
    costs: Costs,
    query: &'a Query,
    scans: Vec<Scan<'a>>,
}

/// A plan for the whole statement or for the tables joined so far.
#[derive(Debug, Clone, Default)]
struct Plan {
    cost: f64,
    startup: f64,
    rows: f64,
    ordered: bool,
    narrowed: bool,
    used: BTreeSet<usize>,
    joined: Vec<usize>,
}

impl Plan {
    fn begin(way: &Way, table_use: usize) -> Self {
        Self {
            cost: way.cost,
            startup: way.startup,
            rows: way.rows,
            ordered: way.ordered,
            narrowed: way.narrowed,
            used: way.designs.iter().copied().collect(),
            joined: vec![table_use],
        }
    }
}

impl Planner<'_> {
    /// The cheapest plan: joined tables together, unrelated ones (subqueries) added up.
    fn plan(&self, paths: &[Path]) -> Plan {
        let mut whole = Plan::default();
        let mut left: Vec<usize> = (0..self.scans.len()).collect();
        while let Some(first) = left.first().copied() {
            let group = self.connected(first, &left);
            left.retain(|position| !group.contains(position));
            let best = self.best_of(&group, paths);
            whole.cost += best.cost;
            whole.narrowed |= best.narrowed;
            whole.used.extend(best.used);
        }
        whole
    }

    fn connected(&self, first: usize, left: &[usize]) -> Vec<usize> {
        let mut group = vec![first];
        let mut next = 0;
        while next < group.len() {
            let uses: Vec<usize> = self.scans[group[next]].joins.iter().map(|join| join.other).collect();
            let table_use = self.scans[group[next]].table_use;
            for position in left {
                let scan = &self.scans[*position];
                let linked = uses.contains(&scan.table_use) || scan.joins.iter().any(|join| join.other == table_use);
                if linked && !group.contains(position) {
                    group.push(*position);
                }
            }
            next += 1;
        }
        group
    }

    fn best_of(&self, group: &[usize], paths: &[Path]) -> Plan {
        let plans = group.iter().flat_map(|driver| self.driven_by(*driver, group, paths));
        plans.reduce(|best, next| if next.cost < best.cost { next } else { best }).unwrap_or_default()
    }

    /// A plan for each way to read the first table, the others joined one by one, the cheapest next.
    fn driven_by(&self, driver: usize, group: &[usize], paths: &[Path]) -> Vec<Plan> {
        let scan = &self.scans[driver];
        let begin = ways(&self.costs, scan, paths, &[], 1.0);
        let finish = |way: Way| {
            let mut plan = Plan::begin(&way, scan.table_use);
            let mut left: Vec<usize> = group.iter().copied().filter(|position| *position != driver).collect();
            while let Some((place, next)) = self.cheapest(&plan, &left, paths) {
                plan = next;
                left.swap_remove(place);
                left.sort_unstable();
            }
            self.finished(plan, !scan.order.is_empty())
        };
        begin.into_iter().map(finish).collect()
    }

    fn cheapest(&self, plan: &Plan, left: &[usize], paths: &[Path]) -> Option<(usize, Plan)> {
        let linked = |position: usize| self.scans[position].joins.iter().any(|join| plan.joined.contains(&join.other));
        let open: Vec<usize> = (0..left.len()).filter(|place| linked(left[*place])).collect();
        let open = if open.is_empty() { (0..left.len()).collect() } else { open };
        let joins = open.into_iter().map(|place| (place, self.join(plan, &self.scans[left[place]], paths)));
        joins.reduce(|best, next| if next.1.cost < best.1.cost { next } else { best })
    }

    /// The cheaper of reading the inner table once (hash) and looking it up for each outer row.
    fn join(&self, plan: &Plan, inner: &Scan, paths: &[Path]) -> Plan {
        let once = cheapest_way(ways(&self.costs, inner, paths, &[], 1.0));
        let loops = plan.rows.max(1.0);
        let each = cheapest_way(ways(&self.costs, inner, paths, &plan.joined, loops));
        let rows = (plan.rows * each.rows).max(1.0);
        let hashing =
            once.cost + once.rows * (self.costs.operator + self.costs.tuple) + plan.rows * self.costs.operator;
        let looking = loops * each.cost;
        let hash = hashing <= looking;
        let (added, startup, way) = if hash { (hashing, once.cost, once) } else { (looking, 0.0, each) };
        let mut next = plan.clone();
        next.cost += added + rows * self.costs.tuple;
        next.startup += startup;
        next.rows = rows;
        next.ordered &= !hash;
        next.narrowed |= way.narrowed;
        next.used.extend(way.designs);
        next.joined.push(inner.table_use);
        next
    }

    /// Sorts what is not in order, and stops early at a LIMIT where it may.
    fn finished(&self, mut plan: Plan, sorted: bool) -> Plan {
        if self.query.single_row_aggregate && sorted {
            // min() and max(): the first row that has a value, each
            let wanted = self.query.extremes.len() as f64;
            let share = if plan.ordered { (wanted / plan.rows.max(1.0)).min(1.0) } else { 1.0 };
            plan.cost = plan.startup + (plan.cost - plan.startup) * share;
            return plan;
        }
        let outermost = self.query.sorts.iter().any(|sort| sort.clause == 0);
        if (sorted || outermost) && !plan.ordered && !self.query.single_row_aggregate {
            let rows = plan.rows.max(2.0);
            plan.cost += 2.0 * self.costs.operator * rows * rows.log2();
            return plan;
        }
        let early = !self.query.aggregates && !self.query.distinct;
        if let (Some(limit), true) = (self.query.limit, early) {
            let wanted = limit.rows.map_or_else(|| self.query.counters.rows_per_call().max(1.0), |rows| rows as f64);
            let share = (wanted / plan.rows.max(1.0)).min(1.0);
            plan.cost = plan.startup + (plan.cost - plan.startup) * share;
        }
        plan
    }
}

fn cheapest_way(ways: Vec<Way>) -> Way {
    let best = ways.into_iter().reduce(|best, next| if next.cost < best.cost { next } else { best });
    best.unwrap_or(Way { cost: 0.0, startup: 0.0, rows: 1.0, ordered: false, designs: Vec::new(), narrowed: false })
}
