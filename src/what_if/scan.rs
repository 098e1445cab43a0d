//! What a statement asks of each table it reads: conditions with their selectivity, joins, order.

use std::collections::BTreeSet;

use super::{KeyText, TableFacts, sorting};
use crate::snapshot::{Snapshot, TableKind};
use crate::workload::{Access, Alternative, Comparison, Kind, Operand, Predicate, Query};

/// `DEFAULT_EQ_SEL`, `DEFAULT_INEQ_SEL`, `DEFAULT_RANGE_INEQ_SEL`, `DEFAULT_MATCH_SEL` of the planner, its
/// constant for containment, and its guess at the length of an array that it does not see.
const UNKNOWN_EQUAL: f64 = 0.005;
const ONE_BOUND: f64 = 1.0 / 3.0;
const TWO_BOUNDS: f64 = 0.005;
const MATCH: f64 = 0.005;
const CONTAINS: f64 = 0.005;
const OTHER: f64 = 0.5;
const UNSEEN_ELEMENTS: f64 = 10.0;

/// A condition of one statement on one table use.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Position in `Query::predicates`; `None` for a join.
    pub predicate: Option<usize>,
    /// Over what.
    pub key: KeyText,
    /// How.
    pub comparison: Comparison,
    /// The operator as written, or the function.
    pub operator: String,
    /// With what.
    pub access: Access,
    /// Share of the rows that it leaves, 0 to 1; of an alternative of an OR, which takes nothing away by itself, 1.
    pub selectivity: f64,
    /// Share of the rows that pass it by itself, wherever it stands.
    pub alone: f64,
    /// Values looked up one by one: the length of an IN list, else 1.
    pub values: f64,
    /// Whether every row of the statement must pass it.
    pub conjunct: bool,
    /// The OR that it stands in, and in which of its alternatives, where every row must pass that OR.
    pub alternative: Option<(usize, Alternative)>,
    /// A pattern's beginning; see `Predicate::leading_wildcard`.
    pub leading_wildcard: Option<bool>,
    /// SQL of it, for partial indexes.
    pub sql: String,
}

/// A join of this table use with another.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// This side.
    pub key: KeyText,
    /// Index into `Query::tables` of the other side.
    pub other: usize,
    /// Distinct values on this side.
    pub distinct: f64,
}

/// One ORDER BY key on this table use.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Over what.
    pub key: KeyText,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
    /// The column whose distance from a value this is.
    pub near: Option<KeyText>,
}

/// An OR over one table use, all of whose alternatives narrow by conditions on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Disjunction {
    /// Of each alternative, positions in [`Scan::conditions`].
    pub arms: Vec<Vec<usize>>,
    /// Share of the rows that pass one of them.
    pub selectivity: f64,
}

/// One use of a table in a statement.
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    /// Index into `Query::tables`.
    pub table_use: usize,
    /// The table.
    pub facts: TableFacts<'a>,
    /// Conditions on it.
    pub conditions: Vec<Condition>,
    /// Joins with it.
    pub joins: Vec<Join>,
    /// The outermost ORDER BY, where all of it is on this table use; of `min()` and `max()` of one column, that column.
    pub order: Vec<Order>,
    /// The ORDER BY of a subquery with LIMIT that reads this table use.
    pub inner_order: Vec<Order>,
    /// GROUP BY or DISTINCT, where all of it is on this table use.
    pub groups: Vec<KeyText>,
    /// ORs over it.
    pub disjunctions: Vec<Disjunction>,
    /// Columns that the statement reads of it; `None`: all, or the row itself.
    pub reads: Option<BTreeSet<String>>,
}

impl Scan<'_> {
    /// Rows that pass all conditions.
    pub fn rows_out(&self) -> f64 {
        let all: f64 = self.conditions.iter().map(|condition| condition.selectivity).product();
        let either: f64 = self.disjunctions.iter().map(|one| one.selectivity).product();
        (self.facts.rows * all * either).max(1.0)
    }

    /// The same scan if only one alternative of an OR could hold.
    #[must_use]
    pub fn only(&self, arm: &[usize]) -> Self {
        let mut scan = self.clone();
        scan.disjunctions.clear();
        for position in arm {
            let condition = &mut scan.conditions[*position];
            condition.conjunct = true;
            condition.selectivity = condition.alone;
        }
        scan
    }
}

/// The uses of tables that an index could serve, in order of appearance.
pub fn scans<'a>(snapshot: &'a Snapshot, query: &Query) -> Vec<Scan<'a>> {
    let mut scans: Vec<Scan<'a>> = Vec::new();
    for (table_use, used) in query.tables.iter().enumerate() {
        let Some(facts) = used.table_oid.and_then(|oid| TableFacts::read(snapshot, oid)) else { continue };
        if facts.table.kind == TableKind::Foreign {
            continue;
        }
        let conditions = conditions(query, table_use, &facts);
        scans.push(Scan {
            table_use,
            disjunctions: disjunctions(&conditions),
            conditions,
            joins: joins(query, table_use, &facts),
            order: sorting::order(query, table_use, &facts),
            inner_order: sorting::inner_order(query, table_use, &facts),
            groups: sorting::groups(query, table_use, &facts),
            reads: used.reads.clone().filter(|_| query.lock.is_none()),
            facts,
        });
    }
    measured(query, &mut scans);
    scans
}

fn conditions(query: &Query, table_use: usize, facts: &TableFacts) -> Vec<Condition> {
    let own = query.predicates.iter().enumerate().filter(|(_, one)| one.operand.table_use == table_use);
    let mut conditions: Vec<Condition> = own
        .filter(|(_, one)| !matches!(one.access, Access::Column | Access::Subquery))
        .map(|(position, one)| condition(query, position, one, facts))
        .collect();
    pair_bounds(&mut conditions);
    conditions
}

fn condition(query: &Query, position: usize, predicate: &Predicate, facts: &TableFacts) -> Condition {
    let values = if predicate.comparison == Comparison::In { elements(query, predicate) } else { 1.0 };
    let selectivity = selectivity(predicate, facts, values);
    Condition {
        predicate: Some(position),
        key: KeyText::of(&predicate.operand, facts),
        comparison: predicate.comparison,
        operator: predicate.operator.clone(),
        access: predicate.access,
        selectivity: if predicate.conjunct { selectivity } else { 1.0 },
        alone: selectivity,
        values,
        conjunct: predicate.conjunct,
        alternative: predicate.disjunction.zip(predicate.alternative),
        leading_wildcard: predicate.leading_wildcard,
        sql: predicate.sql.clone(),
    }
}

/// The ORs whose every alternative has a condition here.
fn disjunctions(conditions: &[Condition]) -> Vec<Disjunction> {
    let numbers: BTreeSet<(usize, usize)> =
        conditions.iter().filter_map(|one| one.alternative.map(|(number, of)| (number, of.arms))).collect();
    let arm = |number: usize, arm: usize| -> Vec<usize> {
        let here = |one: &Condition| one.alternative.is_some_and(|(of, which)| of == number && which.arm == arm);
        (0..conditions.len()).filter(|position| here(&conditions[*position])).collect()
    };
    let one = |(number, arms): (usize, usize)| {
        let arms: Vec<Vec<usize>> = (0..arms).map(|which| arm(number, which)).collect();
        let misses = |arm: &Vec<usize>| 1.0 - arm.iter().map(|position| conditions[*position].alone).product::<f64>();
        let selectivity = 1.0 - arms.iter().map(misses).product::<f64>();
        arms.iter().all(|arm| !arm.is_empty()).then_some(Disjunction { arms, selectivity })
    };
    numbers.into_iter().filter_map(one).collect()
}

fn elements(query: &Query, predicate: &Predicate) -> f64 {
    let text = predicate.span.and_then(|span| query.text.get(span.start..span.end)).unwrap_or_default();
    let listed = text.rsplit_once('(').map_or(0, |(_, list)| list.matches(',').count() + 1);
    let folded = text.contains("/*");
    if listed > 1 && !folded { listed as f64 } else { UNSEEN_ELEMENTS }
}

fn selectivity(predicate: &Predicate, facts: &TableFacts, values: f64) -> f64 {
    let column = predicate.operand.column.as_str();
    let statistics = facts.statistics(column);
    let nulls = statistics.map_or(0.0, |one| one.null_frac);
    let bare = predicate.operand.expression.is_none();
    match predicate.comparison {
        Comparison::Equal => {
            stated(predicate, facts).unwrap_or_else(|| equal(&predicate.operand, facts) * (1.0 - nulls))
        }
        Comparison::In => (equal(&predicate.operand, facts) * values * (1.0 - nulls)).min(1.0),
        Comparison::IsNull if bare => statistics.map_or(UNKNOWN_EQUAL, |one| one.null_frac),
        Comparison::IsNotNull if bare => 1.0 - nulls,
        // where the statistics do not tell which of the two values is the common one, assume the worse
        Comparison::IsTrue | Comparison::IsFalse => {
            let common = || statistics.and_then(|one| one.most_common_freqs.first().copied());
            let known = facts.truth(column, predicate.comparison == Comparison::IsTrue).filter(|_| bare);
            known.or_else(common).unwrap_or(OTHER)
        }
        Comparison::Range if predicate.operator.to_uppercase().contains("BETWEEN") => TWO_BOUNDS,
        Comparison::Range => ONE_BOUND,
        Comparison::Like | Comparison::ILike | Comparison::Regex => MATCH,
        Comparison::Json | Comparison::Array | Comparison::FullText | Comparison::Overlap => CONTAINS,
        Comparison::NotEqual => 1.0 - equal(&predicate.operand, facts),
        Comparison::Other if predicate.operator == "IS NOT DISTINCT FROM" => equal(&predicate.operand, facts),
        _ => OTHER,
    }
}

/// Of a literal that is one of the column's common values.
fn stated(predicate: &Predicate, facts: &TableFacts) -> Option<f64> {
    let bare = predicate.access == Access::Constant && predicate.operand.expression.is_none();
    let (_, written) = predicate.sql.split_once(" = ").filter(|_| bare)?;
    let value = match written.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'').filter(|(_, after)| !after.starts_with('\''))?.0,
        None => written,
    };
    facts.frequency(&predicate.operand.column, value)
}

/// As for a value that the planner does not see.
fn equal(operand: &Operand, facts: &TableFacts) -> f64 {
    let keeps_distinct = |function: &str| matches!(function, "upper" | "lower" | "cast" | "md5" | "btrim" | "trim");
    match &operand.expression {
        Some(expression) if !keeps_distinct(&expression.function) => UNKNOWN_EQUAL,
        _ => 1.0 / facts.distinct(&operand.column),
    }
}

/// Two bounds on one column are one narrow range, not two wide ones.
fn pair_bounds(conditions: &mut [Condition]) {
    for second in 1..conditions.len() {
        let is_range = |one: &Condition| one.comparison == Comparison::Range && one.conjunct;
        let key = conditions[second].key.clone();
        let first = conditions[..second].iter().position(|one| is_range(one) && one.key == key);
        if let (Some(first), true) = (first, is_range(&conditions[second])) {
            (conditions[first].selectivity, conditions[first].alone) = (TWO_BOUNDS, TWO_BOUNDS);
            (conditions[second].selectivity, conditions[second].alone) = (1.0, 1.0);
        }
    }
}

fn joins(query: &Query, table_use: usize, facts: &TableFacts) -> Vec<Join> {
    let side = |mine: &Operand, other: usize| Join {
        key: KeyText::of(mine, facts),
        other,
        distinct: match mine.expression {
            None => facts.distinct(&mine.column),
            Some(_) => 1.0 / UNKNOWN_EQUAL,
        },
    };
    let pairs = query.joins.iter().filter_map(|pair| {
        let (left, right) = (&pair.left, &pair.right);
        if left.table_use == table_use && right.table_use != table_use {
            return Some(side(left, right.table_use));
        }
        (right.table_use == table_use && left.table_use != table_use).then(|| side(right, left.table_use))
    });
    let of_subquery = query.predicates.iter().filter_map(|predicate| {
        let looked_up = predicate.access == Access::Subquery && predicate.conjunct;
        let fits = looked_up && matches!(predicate.comparison, Comparison::Equal | Comparison::In);
        let inner = fits.then(|| subquery_of(query, predicate)).flatten()?;
        (predicate.operand.table_use == table_use).then(|| side(&predicate.operand, inner))
    });
    pairs.chain(of_subquery).collect()
}

/// The first table of the subquery that a predicate compares with.
fn subquery_of(query: &Query, predicate: &Predicate) -> Option<usize> {
    let depth = query.tables.get(predicate.operand.table_use)?.depth;
    let inside = |span: crate::workload::Span| {
        predicate.span.is_none_or(|whole| whole.start <= span.start && span.end <= whole.end)
    };
    query.tables.iter().position(|used| used.depth > depth && used.span.is_none_or(inside))
}

/// Rows per call are measured: where they are what one scan lets pass, they correct its estimate.
fn measured(query: &Query, scans: &mut [Scan]) {
    let counted = query.kind != Kind::Insert && query.kind != Kind::Merge;
    let Some(rows) = query.counters.measured_rows().filter(|_| counted) else { return };
    let whole = query.limit.is_none() && !query.aggregates && !query.distinct && query.groups.is_empty();
    let ([scan], true, 1) = (scans, whole, query.tables.len()) else { return };
    let every = scan.conditions.iter().all(|condition| condition.conjunct);
    let estimate: f64 = scan.conditions.iter().map(|condition| condition.selectivity).product();
    let share = (rows.max(0.5) / scan.facts.rows.max(1.0)).min(1.0);
    if !every || estimate >= 1.0 || estimate <= 0.0 || share >= 1.0 {
        return;
    }
    let power = share.ln() / estimate.ln();
    for condition in &mut scan.conditions {
        condition.selectivity = condition.selectivity.powf(power);
    }
}
