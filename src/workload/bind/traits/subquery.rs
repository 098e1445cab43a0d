//! Traits of subqueries: run once for each row, or negated.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Expr, ObjectName, Query, Select, TableFactor, Visit, Visitor};

use crate::workload::Trait;

use super::Binder;
use super::condition::about;
use crate::workload::bind::catalog::Relation;
use crate::workload::bind::outermost;
use crate::workload::bind::relation::object_parts;
use crate::workload::bind::scope::{Output, folded};

impl Binder<'_> {
    /// Notes the subqueries of a select list that depend on the row.
    pub fn select_subqueries(&mut self, select: &Select) {
        self.dependent(&scalars(&select.projection), "row-subquery");
    }

    /// Notes the scalar subqueries of a condition that depend on the row.
    pub fn condition_subqueries(&mut self, condition: &Expr) {
        self.dependent(&scalars(condition), "condition-subquery");
    }

    fn dependent(&mut self, queries: &[Query], name: &'static str) {
        for query in queries {
            let mut names = Names::default();
            let _ = query.visit(&mut names);
            let outer = self.frames.last().map_or(&[][..], |frame| &frame.sources);
            let depends =
                outer.iter().any(|source| names.used.contains(&source.alias) && !names.own.contains(&source.alias));
            if depends {
                let table = self.first_relation(query, "");
                self.note(Trait::of(name).table(table));
            }
        }
    }

    /// The first table that a node names, one name left out.
    pub(super) fn first_relation<N: Visit>(&self, node: &N, except: &str) -> Option<u32> {
        let mut names = Names::default();
        let _ = node.visit(&mut names);
        names.relations.iter().find_map(|parts| {
            let (name, schema) = (parts.last()?, parts.len().checked_sub(2).and_then(|at| parts.get(at)));
            match self.catalog.relation(schema.map(String::as_str), name, self.path) {
                Relation::Table(oid) if name != except => Some(oid),
                _ => None,
            }
        })
    }

    /// Notes a NOT IN over the columns that a subquery returns.
    pub fn negated_subquery(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output.operands.as_slice() {
                [operand] if operand.expression.is_none() => self.note(about("not-in-subquery", operand)),
                _ => self.note(Trait::of("not-in-subquery")),
            }
        }
    }
}

/// Scalar subqueries, those inside of subqueries left out.
fn scalars<N: Visit>(node: &N) -> Vec<Query> {
    let mut queries = Vec::new();
    outermost::expressions(node, |expr| {
        if let Expr::Subquery(query) = expr {
            queries.push((**query).clone());
        }
    });
    queries
}

/// The qualifiers that a query uses, and the names that its own FROM gives.
#[derive(Default)]
struct Names {
    used: BTreeSet<String>,
    own: BTreeSet<String>,
    relations: Vec<Vec<String>>,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(object_parts(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
                self.own.insert(folded(&alias.name));
            }
            TableFactor::Table { name, .. } => self.own.extend(object_parts(name).pop()),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [.., qualifier, _] = parts.as_slice()
        {
            self.used.insert(folded(qualifier));
        }
        ControlFlow::Continue(())
    }
}
