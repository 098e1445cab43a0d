//! FROM items that nothing joins: each row of one meets each row of the other.

use sqlparser::ast::{BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Select, TableFactor, TableWithJoins};

use crate::workload::Trait;

use super::{Binder, table};
use crate::workload::bind::condition::chain;
use crate::workload::bind::ingredients::constant;
use crate::workload::bind::scope::Columns;

/// Which items belong together, and which a condition of their own narrows.
struct Groups {
    of: Vec<usize>,
    narrowed: Vec<bool>,
}

impl Groups {
    fn unite(&mut self, items: impl IntoIterator<Item = usize>) {
        let mut items = items.into_iter();
        let Some(first) = items.next() else { return };
        for item in items {
            let (kept, gone) = (self.of[first], self.of[item]);
            self.of.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
        }
    }
}

impl Binder<'_> {
    /// Notes two tables of a FROM that no condition connects and no condition narrows. A CROSS JOIN is meant.
    pub fn product(&mut self, select: &Select) {
        let Some(frame) = self.frames.last().filter(|frame| frame.sources.len() > 1) else { return };
        let count = frame.sources.len();
        if frame.sources.iter().any(|source| matches!(source.columns, Columns::Unknown)) {
            return;
        }
        let mut groups = Groups { of: (0..count).collect(), narrowed: vec![false; count] };
        let mut conditions: Vec<&Expr> = select.selection.iter().collect();
        let mut next = 0;
        for item in &select.from {
            next = joined(item, next, &mut groups, &mut conditions);
        }
        if next != count || !self.connect(&conditions, &mut groups) {
            return;
        }
        self.note_product(&groups);
    }

    /// Whether every condition is understood.
    fn connect(&self, conditions: &[&Expr], groups: &mut Groups) -> bool {
        for conjunct in conditions.iter().flat_map(|condition| chain(condition, &BinaryOperator::And)) {
            let mention = self.mention(conjunct);
            if mention.unknown {
                return false;
            }
            if let (1, Some(only)) = (mention.sources.len(), mention.sources.first()) {
                groups.narrowed[*only] = true;
            }
            groups.unite(mention.sources);
        }
        true
    }

    fn note_product(&mut self, groups: &Groups) {
        let Some(frame) = self.frames.last() else { return };
        let whole = |group: usize| {
            let mut members = (0..groups.of.len()).filter(|item| groups.of[*item] == group);
            members.all(|item| !groups.narrowed[item] && table(&frame.sources[item]).is_some())
        };
        let mut seen = Vec::new();
        let mut tables = Vec::new();
        for (item, group) in groups.of.iter().enumerate() {
            if !seen.contains(group) && whole(*group) {
                seen.push(*group);
                tables.push(table(&frame.sources[item]));
            }
        }
        if let [one, two, ..] = tables[..] {
            self.note(Trait::of("unjoined").table(one).other_table(two));
        }
    }
}

/// Puts together what joins put together; returns where the next item of FROM begins.
fn joined<'e>(item: &'e TableWithJoins, first: usize, groups: &mut Groups, conditions: &mut Vec<&'e Expr>) -> usize {
    let mut next = factor(&item.relation, first, groups);
    for Join { relation, join_operator, .. } in &item.joins {
        let right = next;
        next = factor(relation, next, groups);
        match constraint(join_operator) {
            // ON true is meant, as CROSS JOIN is
            Some(JoinConstraint::On(condition)) if constant(condition).is_none() => conditions.push(condition),
            _ => groups.unite(first..next.min(groups.of.len())),
        }
        if matches!(relation, TableFactor::Derived { lateral: true, .. }) {
            groups.unite([first, right]);
        }
    }
    if matches!(item.relation, TableFactor::Derived { lateral: true, .. }) {
        groups.unite(0..next.min(groups.of.len()));
    }
    next
}

/// Items that one part of FROM adds; those of a join in parentheses belong together.
fn factor(relation: &TableFactor, first: usize, groups: &mut Groups) -> usize {
    let next = first + width(relation);
    groups.unite(first..next.min(groups.of.len()));
    next
}

fn width(relation: &TableFactor) -> usize {
    match relation {
        TableFactor::NestedJoin { table_with_joins, alias: None } => {
            width(&table_with_joins.relation)
                + table_with_joins.joins.iter().map(|join| width(&join.relation)).sum::<usize>()
        }
        _ => 1,
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}
