//! Indexes worth trying, from what each statement asks of each table.
//!
//! Equality columns first, then one range or the sort keys; joins from both sides;
//! operator classes for patterns, documents, arrays, texts and ranges. Nothing on a
//! table that is small enough to scan, nothing that an index there already serves.

use std::collections::{BTreeMap, BTreeSet};

use super::immutable::{self, Verdict};
use super::{Rejection, special};
use crate::snapshot::{Snapshot, Table};
use crate::what_if::{Condition, Design, DesignKey, KeyText, Path, Scan, Served, scans, serve};
use crate::workload::{Comparison, Query, Workload};

/// Below either, a scan takes well under a millisecond, and the planner prefers it.
pub const MIN_ROWS: f64 = 1_000.0;
/// 512 kB.
pub const MIN_PAGES: f64 = 64.0;
/// Rows after which another key narrows nothing that is worth its bytes.
const FEW_ROWS: f64 = 10.0;
/// Above it the pages of a scan and of an index are much the same, whatever the planner's costs say of their order.
const WIDE: f64 = 0.2;
/// A condition that more rows pass is no key.
const UNSELECTIVE: f64 = 0.5;
/// Share of a table's pages that no scan of it gets by with, the table grown meanwhile or not.
const LITTLE: f64 = 0.25;
/// Equality keys of one index.
const MAX_EQUAL: usize = 3;

/// Fewer calls are somebody's look around.
const MIN_CALLS: u64 = 3;
/// A faster statement has what it needs, whatever a cost model thinks.
const MIN_MEAN_MS: f64 = 0.25;
/// Share of all time from which a statement matters.
const MIN_SHARE: f64 = 0.001;
/// Or somebody waits for it.
const WAITING_MS: f64 = 10.0;

/// The candidates of a workload.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Designs with the statements that they came from.
    pub designs: BTreeMap<Design, BTreeSet<usize>>,
    /// What was not even tried.
    pub rejected: BTreeSet<(Design, String)>,
}

/// Whether a statement takes enough time for an index to be worth it.
pub fn matters(query: &Query, total_ms: f64) -> bool {
    let (mean, counters) = (query.counters.mean_ms(), &query.counters);
    counters.calls >= MIN_CALLS
        && mean >= MIN_MEAN_MS
        && (counters.total_ms >= MIN_SHARE * total_ms || mean >= WAITING_MS)
}

/// Every index worth asking about.
pub fn candidates(snapshot: &Snapshot, workload: &Workload) -> Candidates {
    let total = workload.total_ms();
    let slow: Vec<usize> = (0..workload.queries.len()).filter(|one| matters(&workload.queries[*one], total)).collect();
    let scans: Vec<(usize, Vec<Scan>)> =
        slow.iter().map(|one| (*one, scans(snapshot, &workload.queries[*one]))).collect();
    let sharing = sharing(&scans);
    let mut found = Candidates::default();
    for (query, scans) in &scans {
        for scan in scans.iter().filter(|scan| worth_an_index(scan.facts.table, scan)) {
            let proposal = Proposal { snapshot, query: &workload.queries[*query], scan, sharing: &sharing };
            proposal.add_to(&mut found, *query);
        }
    }
    found
}

impl Candidates {
    /// Rejections that need no answer: what exists already, what cannot be built.
    pub fn rejections(&self) -> Vec<Rejection> {
        let one = |(design, why): &(Design, String)| Rejection { design: design.clone(), why: why.clone() };
        self.rejected.iter().map(one).collect()
    }
}

fn worth_an_index(table: &Table, scan: &Scan) -> bool {
    let system = ["pg_catalog", "information_schema", "pg_toast"].contains(&table.schema.as_str());
    let own = table.persistence != "t" && table.extension.is_none();
    !system && own && scan.facts.rows >= MIN_ROWS && scan.facts.pages >= MIN_PAGES
}

/// How many statements compare a column of a table for equality: shared ones come first, so that one index serves many.
type Sharing = BTreeMap<(u32, KeyText), usize>;

fn sharing(scans: &[(usize, Vec<Scan>)]) -> Sharing {
    let mut sharing = Sharing::new();
    for (_, scans) in scans {
        let keys: BTreeSet<(u32, KeyText)> = scans
            .iter()
            .flat_map(|scan| {
                let equal = scan.conditions.iter().filter(|one| is_lookup(one));
                equal.map(|one| (scan.facts.table.oid, one.key.clone()))
            })
            .collect();
        for key in keys {
            *sharing.entry(key).or_default() += 1;
        }
    }
    sharing
}

fn is_lookup(condition: &Condition) -> bool {
    condition.conjunct && matches!(condition.comparison, Comparison::Equal | Comparison::In)
}

fn is_equality(condition: &Condition) -> bool {
    is_lookup(condition)
        || condition.conjunct
            && matches!(condition.comparison, Comparison::IsNull | Comparison::IsTrue | Comparison::IsFalse)
}

struct Proposal<'a> {
    snapshot: &'a Snapshot,
    query: &'a Query,
    scan: &'a Scan<'a>,
    sharing: &'a Sharing,
}

impl Proposal<'_> {
    fn add_to(&self, found: &mut Candidates, query: usize) {
        let (usable, refused) = self.judged();
        for (design, why) in refused {
            found.rejected.insert((design, why));
        }
        let mut designs = self.trees(&usable);
        for (design, why) in special::designs(self.snapshot, self.query, self.scan) {
            match why {
                None => designs.push(design),
                Some(why) => drop(found.rejected.insert((design, why))),
            }
        }
        for design in designs {
            match self.served_already(&design) {
                Some(why) => drop(found.rejected.insert((design, why))),
                None => drop(found.designs.entry(design).or_default().insert(query)),
            }
        }
    }

    /// Conditions whose expression an index can hold, and refusals for those where it cannot.
    fn judged(&self) -> (Vec<&Condition>, Vec<(Design, String)>) {
        let (mut usable, mut refused) = (Vec::new(), Vec::new());
        for condition in self.scan.conditions.iter().filter(|one| one.conjunct) {
            let operand = condition.predicate.map(|position| &self.query.predicates[position].operand);
            match operand.map_or(Verdict::Usable, |operand| immutable::judge(operand, &self.scan.facts)) {
                Verdict::Usable => usable.push(condition),
                Verdict::Unknown => {}
                Verdict::Refused(why) => refused.push((self.tree(vec![self.key(&condition.key)]), why)),
            }
        }
        (usable, refused)
    }

    fn trees(&self, usable: &[&Condition]) -> Vec<Design> {
        let equal = self.equal_keys(usable);
        let ranges = ranges(usable);
        let joins: BTreeSet<&KeyText> = self.scan.joins.iter().map(|join| &join.key).collect();
        let mut keys: Vec<Vec<DesignKey>> = Vec::new();
        let head: Vec<DesignKey> = equal.iter().map(|key| self.key(key)).collect();
        keys.push(head.clone());
        keys.extend(head.first().map(|first| vec![first.clone()]));
        for range in ranges.iter().take(2) {
            keys.push([head.clone(), vec![self.key(range)]].concat());
            keys.push(vec![self.key(range)]);
        }
        keys.extend(self.ordered(&equal));
        for join in joins.into_iter().filter(|key| matches!(key, KeyText::Column(_))) {
            let rest = head.iter().filter(|key| **key != self.key(join)).take(1).cloned();
            keys.push(vec![self.key(join)]);
            keys.push(std::iter::once(self.key(join)).chain(rest).collect());
        }
        let mut designs: Vec<Design> = keys
            .into_iter()
            .filter(|keys| !keys.is_empty() && self.indexable(keys))
            .map(|keys| self.tree(keys))
            .collect();
        designs.sort();
        designs.dedup();
        designs
    }

    /// Equality keys: shared by statements first, then the most selective, while they narrow anything.
    fn equal_keys(&self, usable: &[&Condition]) -> Vec<KeyText> {
        let mut equal: Vec<&&Condition> =
            usable.iter().filter(|one| is_equality(one) && one.selectivity < UNSELECTIVE).collect();
        let shared = |one: &Condition| {
            let times = self.sharing.get(&(self.scan.facts.table.oid, one.key.clone())).copied().unwrap_or(0);
            if is_lookup(one) { times } else { 0 }
        };
        equal.sort_by(|one, two| {
            (shared(two).cmp(&shared(one)))
                .then(one.selectivity.total_cmp(&two.selectivity))
                .then(one.key.cmp(&two.key))
        });
        // one that finds its row alone needs no company
        if let Some(alone) = equal.iter().find(|one| self.scan.facts.rows * one.selectivity <= 1.5) {
            return vec![alone.key.clone()];
        }
        let (mut rows, mut keys) = (self.scan.facts.rows, Vec::new());
        for condition in equal {
            if rows <= FEW_ROWS || keys.len() == MAX_EQUAL || keys.contains(&condition.key) {
                continue;
            }
            rows *= condition.selectivity;
            keys.push(condition.key.clone());
        }
        keys
    }

    /// With ORDER BY and LIMIT: the equality keys and the order. The order alone only where nothing is compared: walking
    /// it until enough rows fit takes for ever when the value is rare.
    fn ordered(&self, equal: &[KeyText]) -> Vec<Vec<DesignKey>> {
        let wanted: Vec<_> = self.scan.order.iter().filter(|order| !equal.contains(&order.key)).collect();
        let Some(first) = wanted.first().filter(|_| self.query.limit.is_some()) else { return Vec::new() };
        // a B-tree reads backwards too: the first key ascends
        let turn = first.descending;
        let key = |order: &&crate::what_if::Order| DesignKey {
            descending: order.descending != turn,
            nulls_first: order.nulls_first != turn,
            ..self.key(&order.key)
        };
        let order: Vec<DesignKey> = wanted.iter().map(key).collect();
        let head: Vec<DesignKey> = equal.iter().map(|key| self.key(key)).collect();
        vec![[head, order].concat()]
    }

    fn key(&self, text: &KeyText) -> DesignKey {
        match text {
            KeyText::Column(column) => DesignKey::column(column),
            KeyText::Expression(_) => DesignKey::expression(&self.written(text)),
        }
    }

    /// The expression as the statement has it, rather than in its comparable form.
    fn written(&self, text: &KeyText) -> String {
        let operands = self.query.predicates.iter().map(|predicate| &predicate.operand);
        let operands = operands.chain(self.query.sorts.iter().map(|sort| &sort.operand));
        let operands = operands.chain(self.query.joins.iter().flat_map(|pair| [&pair.left, &pair.right]));
        let mut same =
            operands.filter(|one| one.table_use == self.scan.table_use && KeyText::of(one, &self.scan.facts) == *text);
        let expression = same.find_map(|operand| operand.expression.as_ref());
        expression.map(|expression| expression.sql.clone()).unwrap_or_default()
    }

    /// B-trees hold what can be ordered and what is not too long.
    fn indexable(&self, keys: &[DesignKey]) -> bool {
        keys.iter().all(|key| match (&key.column, &key.expression) {
            (Some(name), _) => self.scan.facts.column(name).is_some_and(special::has_order),
            (None, expression) => expression.as_ref().is_some_and(|sql| !sql.is_empty() && !sql.contains('$')),
        })
    }

    fn tree(&self, keys: Vec<DesignKey>) -> Design {
        Design { table_oid: self.scan.facts.table.oid, method: "btree".to_owned(), keys, ..Design::default() }
    }

    /// A statement that reads a small part of its table, by no index that its text lets us see: a partial index whose
    /// condition is a parameter by now, or partitions left out.
    fn reads_little(&self) -> Option<String> {
        let counters = &self.query.counters;
        let blocks = (counters.shared_hit + counters.shared_read) as f64 / counters.calls.max(1) as f64;
        let whole = self.query.tables.len() == 1 && self.query.limit.is_none();
        let little = blocks > 0.0 && blocks < LITTLE * self.scan.facts.pages;
        let narrows = |path: &Path| serve(path, self.scan, &[]).is_some_and(|served| served.narrows());
        let unexplained =
            whole && little && !Path::existing(self.snapshot, self.scan.facts.table.oid).iter().any(narrows);
        unexplained.then(|| {
            let pages = self.scan.facts.pages;
            format!("each call reads {blocks:.0} blocks of a table of {pages:.0}: it does not scan it as it is")
        })
    }

    /// The index that does all that the design would, if there is one.
    fn served_already(&self, design: &Design) -> Option<String> {
        let outer: Vec<usize> = self.scan.joins.iter().map(|join| join.other).collect();
        let Some(wanted) = serve(&Path::designed(0, design), self.scan, &outer) else {
            return Some("no condition of the statement is served by it".to_owned());
        };
        if let Some(share) = too_wide(&wanted, self.scan) {
            return Some(format!(
                "its conditions let {:.0} % of the rows pass: a scan reads those as fast",
                share * 100.0
            ));
        }
        if let Some(why) = self.reads_little() {
            return Some(why);
        }
        if pruned(&wanted, self.scan) {
            return Some("its conditions choose the partitions, and within those they are read whole".to_owned());
        }
        let existing = Path::existing(self.snapshot, design.table_oid);
        let does_all = |path: &&Path| serve(path, self.scan, &outer).is_some_and(|served| covers(&served, &wanted));
        if let Some(path) = existing.iter().find(does_all) {
            return Some(format!("index {} already serves these conditions", path.name));
        }
        let broken = Path::unusable(self.snapshot, design.table_oid);
        let path = broken.iter().find(does_all)?;
        Some(format!("index {} would serve these conditions but is invalid: rebuild it", path.name))
    }
}

/// The share of the rows that pass what an index serves, where it is too large for the index to pay.
pub fn too_wide(served: &Served, scan: &Scan) -> Option<f64> {
    let share: f64 = served.conditions.iter().map(|position| scan.conditions[*position].selectivity).product();
    (!served.ordered && served.joins.is_empty() && share > WIDE).then_some(share)
}

/// Whether an index would serve only bounds on what the table is partitioned by: that reads few partitions as it is, and
/// how much of those a parameter leaves is not known.
fn pruned(served: &Served, scan: &Scan) -> bool {
    let Some(key) = scan.facts.table.partition_key.as_deref().and_then(|key| key.strip_prefix("RANGE (")) else {
        return false;
    };
    let by_key = |position: &usize| {
        let one = &scan.conditions[*position];
        let column = match &one.key {
            KeyText::Column(column) => crate::ident::quoted(column),
            KeyText::Expression(sql) => sql.clone(),
        };
        one.comparison == Comparison::Range && key.trim_end_matches(')').split(", ").next() == Some(column.as_str())
    };
    !served.ordered && served.joins.is_empty() && served.conditions.iter().all(by_key)
}

fn covers(existing: &Served, wanted: &Served) -> bool {
    let all = |one: &[usize], two: &[usize]| two.iter().all(|position| one.contains(position));
    // one row for each row at hand is no way to find the first ones
    existing.one_row && (existing.joins.is_empty() || !wanted.joins.is_empty())
        || all(&existing.conditions, &wanted.conditions)
            && all(&existing.joins, &wanted.joins)
            && (existing.ordered || !wanted.ordered)
}

/// Range keys, the narrowest first.
fn ranges(usable: &[&Condition]) -> Vec<KeyText> {
    let mut ranges: Vec<&&Condition> =
        usable.iter().filter(|one| one.comparison == Comparison::Range && one.selectivity < 1.0).collect();
    ranges.sort_by(|one, two| one.selectivity.total_cmp(&two.selectivity).then(one.key.cmp(&two.key)));
    let mut keys: Vec<KeyText> = Vec::new();
    for range in ranges {
        if !keys.contains(&range.key) {
            keys.push(range.key.clone());
        }
    }
    keys
}
