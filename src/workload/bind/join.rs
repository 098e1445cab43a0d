//! Joins: USING, NATURAL, ON, and which side may be missing.

use std::ops::Range;

use sqlparser::ast::{Join, JoinConstraint, JoinOperator, ObjectName, Spanned};

use crate::workload::{JoinPair, Operand, Span};

use super::condition::Context;
use super::relation::object_parts;
use super::scope::Source;
use super::{Binder, span};

/// Which sides of a join are kept whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Neither,
    Left,
    Right,
    Both,
}

impl Binder<'_> {
    /// Binds one JOIN; `from` is where the sources and table uses of its left side begin.
    pub fn join_clause(&mut self, join: &Join, sources_from: usize, uses_from: usize) {
        let (sources, uses) = (self.frame_len(), self.out.tables.len());
        self.relation(&join.relation);
        let (keeps, constraint) = operator(&join.join_operator);
        let (left, right) = (uses_from..uses, uses..self.out.tables.len());
        let nullable = match keeps {
            Keeps::Neither => 0..0,
            Keeps::Left => right.clone(),
            Keeps::Right => left.clone(),
            Keeps::Both => uses_from..self.out.tables.len(),
        };
        for table in &mut self.out.tables[nullable] {
            table.nullable = true;
        }
        let context = match keeps {
            Keeps::Neither => Context::filter(),
            Keeps::Left => Context::filters(right),
            Keeps::Right => Context::filters(left),
            Keeps::Both => Context::filters(0..0),
        };
        match constraint {
            Some(JoinConstraint::On(condition)) => {
                self.reads(condition);
                self.condition_traits(condition);
                self.condition(condition, &context);
            }
            Some(JoinConstraint::Using(names)) => self.using(names, sources_from..sources, sources),
            Some(JoinConstraint::Natural) => self.natural(sources_from..sources, sources),
            Some(JoinConstraint::None) | None => {}
        }
    }

    fn using(&mut self, names: &[ObjectName], left: Range<usize>, right: usize) {
        for name in names {
            let Some(column) = object_parts(name).pop() else { continue };
            let span = if self.views.is_empty() { span::whole(self.tokens, name.span()) } else { None };
            self.same_name(&column, left.clone(), right, span);
        }
    }

    fn natural(&mut self, left: Range<usize>, right: usize) {
        let catalog = self.catalog;
        let columns = self.sources(right..self.frame_len()).iter().flat_map(|source| source.outputs(catalog));
        let names: Vec<String> = columns.map(|output| output.name).collect();
        for name in names {
            self.same_name(&name, left.clone(), right, None);
        }
    }

    fn same_name(&mut self, column: &str, left: Range<usize>, right: usize, span: Option<Span>) {
        let find = |sources: &[Source]| sources.iter().find_map(|source| source.column(self.catalog, column));
        let (one, two) = (find(self.sources(left)), find(self.sources(right..self.frame_len())));
        let place = |operands: Option<Vec<Operand>>| -> Vec<Operand> {
            operands.unwrap_or_default().into_iter().map(|operand| Operand { span, ..operand }).collect()
        };
        let (one, two) = (place(one), place(two));
        self.note_read(&one);
        self.note_read(&two);
        self.join(&one, &two, span);
    }

    fn sources(&self, range: Range<usize>) -> &[Source] {
        self.frames.last().and_then(|frame| frame.sources.get(range)).unwrap_or_default()
    }

    /// How many items the FROM being bound has so far.
    pub fn frame_len(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.sources.len())
    }

    /// Adds the equality of two columns of different table uses, each pair once.
    pub fn join(&mut self, left: &[Operand], right: &[Operand], span: Option<Span>) {
        for one in left {
            for two in right {
                if one.table_use != two.table_use {
                    self.out.joins.push(JoinPair { left: one.clone(), right: two.clone(), span });
                }
            }
        }
    }
}

fn operator(operator: &JoinOperator) -> (Keeps, Option<&JoinConstraint>) {
    match operator {
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (Keeps::Left, Some(constraint)),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (Keeps::Right, Some(constraint)),
        JoinOperator::FullOuter(constraint) => (Keeps::Both, Some(constraint)),
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) | JoinOperator::CrossJoin(constraint) => {
            (Keeps::Neither, Some(constraint))
        }
        _ => (Keeps::Neither, None),
    }
}
