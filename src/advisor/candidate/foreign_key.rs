//! The referencing side of foreign keys.
//!
//! A DELETE of a parent, or an UPDATE of its key, looks for children in a trigger: no plan shows it, and no planner can be
//! asked. The catalog tells where that reads a whole table.

use super::{Candidates, is_own, small};
use crate::snapshot::{Constraint, ConstraintKind, Snapshot};
use crate::what_if::{Basis, Design, DesignKey, KeyText, Path, Question, TableFacts, model};
use crate::workload::{Kind, Query, Workload};

/// Rows and pages in the planner's units: `cpu_tuple_cost` and `cpu_operator_cost` of each row, `seq_page_cost` of each page.
const ROW_COST: f64 = 0.0125;
/// No index takes all of a statement's time.
const MOST: f64 = 0.95;
/// Share of a child's pages that a call which looks for children reads at least.
const SEEN: f64 = 0.5;

/// What an index behind a foreign key does for a statement, by our own estimate: [`Basis::Model`].
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// Index into `Workload::queries`: the statement that deletes or re-keys parents.
    pub query: usize,
    /// The foreign key.
    pub constraint: String,
    /// Cost of the statement with its look for children, in the planner's units.
    pub before: f64,
    /// The same when the index finds them.
    pub after: f64,
}

impl Unseen {
    /// Share of the statement's time that goes, 0 to 1.
    pub fn gain(&self) -> f64 {
        if self.before > 0.0 { (1.0 - self.after / self.before).clamp(0.0, MOST) } else { 0.0 }
    }

    /// Nobody but us can say so.
    pub fn basis(&self) -> Basis {
        Basis::Model
    }
}

/// The indexes that the foreign keys behind a write lack.
pub fn add(found: &mut Candidates, snapshot: &Snapshot, workload: &Workload, position: usize) {
    let query = &workload.queries[position];
    for constraint in snapshot.constraints.iter().filter(|one| is_looked_for(one, query)) {
        let Some(facts) = TableFacts::read(snapshot, constraint.table_oid).filter(|facts| is_own(facts.table)) else {
            continue;
        };
        let design = Design {
            table_oid: facts.table.oid,
            method: "btree".to_owned(),
            keys: constraint.columns.iter().map(|column| DesignKey::column(column)).collect(),
            ..Design::default()
        };
        if let Some(why) = refusal(snapshot, constraint, query, &facts) {
            found.rejected.insert((design, why));
            continue;
        }
        let unseen = estimate(snapshot, workload, position, constraint, &facts);
        found.unseen.entry(design).or_default().push(unseen);
    }
}

fn is_looked_for(constraint: &Constraint, query: &Query) -> bool {
    let parent = query.target.is_some() && constraint.referenced_table_oid == query.target;
    let writes = match query.kind {
        Kind::Delete => true,
        Kind::Update => query.set_columns.iter().any(|column| constraint.referenced_columns.contains(column)),
        _ => false,
    };
    constraint.kind == ConstraintKind::ForeignKey && constraint.parent_oid.is_none() && parent && writes
}

fn refusal(snapshot: &Snapshot, constraint: &Constraint, query: &Query, facts: &TableFacts) -> Option<String> {
    if let Some(path) =
        Path::existing(snapshot, facts.table.oid).into_iter().find(|path| begins_with(path, &constraint.columns))
    {
        return Some(format!("index {} already serves foreign key {}", path.name, constraint.name));
    }
    if let Some(why) = small(facts) {
        return Some(why);
    }
    if query.counters.times_only {
        let key = &constraint.name;
        return Some(format!(
            "only a log tells of it: whether it deletes parents of {key} shows in the blocks that it reads"
        ));
    }
    let blocks = (query.counters.shared_hit + query.counters.shared_read) as f64 / query.counters.calls.max(1) as f64;
    (blocks < SEEN * facts.pages).then(|| {
        format!(
            "each call reads {blocks:.0} blocks, and looking for children by {} would read {:.0}: it deletes no parents",
            constraint.name, facts.pages
        )
    })
}

/// Whether the columns of the key, in any order, are the first of an index that can be looked up.
fn begins_with(path: &Path, columns: &[String]) -> bool {
    let first: Vec<&String> = path
        .keys
        .iter()
        .take(columns.len())
        .filter_map(|key| match &key.text {
            KeyText::Column(column) => Some(column),
            KeyText::Expression(_) => None,
        })
        .collect();
    let whole = path.predicate.as_deref().is_none_or(|predicate| {
        predicate.trim_matches(['(', ')']).strip_suffix(" IS NOT NULL").is_some_and(|column| columns == [column])
    });
    let method = path.method == "btree" || path.method == "hash" && columns.len() == 1;
    method && whole && first.len() == columns.len() && columns.iter().all(|column| first.contains(&column))
}

fn estimate(
    snapshot: &Snapshot,
    workload: &Workload,
    position: usize,
    constraint: &Constraint,
    facts: &TableFacts,
) -> Unseen {
    let question = Question { query: position, ..Question::default() };
    let own = model::answer(snapshot, workload, &question).plans.first().map_or(0.0, |plan| plan.cost);
    let parents = workload.queries[position].counters.rows_per_call().max(1.0);
    let scan = facts.pages + facts.rows * ROW_COST;
    let distinct = constraint.columns.iter().map(|column| facts.distinct(column)).fold(1.0, f64::max);
    // a descent, and a page for each child found
    let lookup = (8.0 + facts.rows / distinct * 4.0).min(scan);
    Unseen {
        query: position,
        constraint: constraint.name.clone(),
        before: own + parents * scan,
        after: own + parents * lookup,
    }
}
