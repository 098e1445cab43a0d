//! Which items of the innermost FROM an expression mentions.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Visit, Visitor};

use super::Binder;
use crate::workload::bind::scope::{Source, folded};

/// What an expression mentions.
#[derive(Debug, Default)]
pub(super) struct Mention {
    /// Items of the innermost FROM, by position; with a subquery in the expression, those that it may mention too.
    pub sources: BTreeSet<usize>,
    /// A column of none of them.
    pub unknown: bool,
    /// Holds a subquery.
    pub subquery: bool,
}

impl Binder<'_> {
    pub(super) fn mention(&self, expr: &Expr) -> Mention {
        let mut names = Names::default();
        let _ = expr.visit(&mut names);
        let mut mention = Mention { subquery: names.subquery, ..Mention::default() };
        for (parts, inside) in &names.columns {
            let found = self.sources_of(parts, *inside);
            mention.unknown |= found.is_empty() && !*inside;
            mention.sources.extend(found);
        }
        mention
    }

    /// The item that a column is of; of a name in a subquery, every one that it could be of.
    fn sources_of(&self, parts: &[Ident], inside: bool) -> Vec<usize> {
        let mut names: Vec<String> = parts.iter().map(folded).collect();
        let (Some(column), Some(frame)) = (names.pop(), self.frames.last()) else { return Vec::new() };
        let is = |source: &Source| match names.last() {
            Some(qualifier) => source.alias == *qualifier,
            None => source.column(self.catalog, &column).is_some(),
        };
        let found = frame.sources.iter().enumerate().filter(|(_, source)| is(source)).map(|(position, _)| position);
        if inside { found.collect() } else { found.take(1).collect() }
    }
}

#[derive(Default)]
struct Names {
    columns: Vec<(Vec<Ident>, bool)>,
    subquery: bool,
    depth: usize,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.subquery = true;
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.columns.push((vec![ident.clone()], self.depth > 0)),
            Expr::CompoundIdentifier(parts) => self.columns.push((parts.clone(), self.depth > 0)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
