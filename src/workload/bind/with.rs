//! WITH: what each CTE hands up, and which ones `PostgreSQL` keeps apart.

use std::ops::ControlFlow;

use sqlparser::ast::{Cte, CteAsMaterialized, ObjectName, Query, SetExpr, TableAlias, Visit, Visitor, With};

use super::Binder;
use super::scope::{Output, folded};

/// A CTE in scope.
#[derive(Debug)]
pub struct CommonTable {
    name: String,
    outputs: Vec<Output>,
}

impl Binder<'_> {
    /// The columns of a CTE, if one of this name is in scope.
    pub fn common_table(&self, name: &str) -> Option<Vec<Output>> {
        self.ctes.iter().rev().find(|table| table.name == name).map(|table| table.outputs.clone())
    }

    /// Binds the CTEs of a query; they stay in scope until the caller drops them.
    pub fn with(&mut self, with: &With, query: &Query) {
        for cte in &with.cte_tables {
            let name = folded(&cte.alias.name);
            let outputs = if with.recursive && is_recursive(cte, &name) {
                self.recursive(cte, &name)
            } else {
                self.plain(cte, &name, query)
            };
            self.fence_trait(cte, uses(query, &name));
            self.ctes.push(CommonTable { name, outputs: named(outputs, &cte.alias) });
        }
    }

    /// One that is used once is merged into its user; any other is computed apart, and no condition reaches it.
    fn plain(&mut self, cte: &Cte, name: &str, query: &Query) -> Vec<Output> {
        let outputs = self.hidden_subquery(&cte.query);
        let apart = match cte.materialized {
            Some(CteAsMaterialized::Materialized) => true,
            Some(CteAsMaterialized::NotMaterialized) => false,
            None => uses(query, name) > 1,
        };
        if apart { fenced(outputs) } else { outputs }
    }

    /// The first branch gives the columns that the second one sees.
    fn recursive(&mut self, cte: &Cte, name: &str) -> Vec<Output> {
        let outputs = match &*cte.query.body {
            SetExpr::SetOperation { left, right, set_quantifier, .. } => {
                self.recursion_trait(&cte.query, right, *set_quantifier, name);
                let frames = std::mem::take(&mut self.frames);
                self.depth += 1;
                let outputs = fenced(self.set_branch(left));
                self.ctes.push(CommonTable { name: name.to_owned(), outputs: named(outputs.clone(), &cte.alias) });
                self.set_branch(right);
                self.ctes.pop();
                self.depth -= 1;
                self.frames = frames;
                outputs
            }
            _ => self.hidden_subquery(&cte.query),
        };
        fenced(outputs)
    }

    /// A CTE sees no scope around it but other CTEs.
    fn hidden_subquery(&mut self, query: &Query) -> Vec<Output> {
        let frames = std::mem::take(&mut self.frames);
        let outputs = self.subquery_outputs(query);
        self.frames = frames;
        outputs
    }
}

/// The same columns, with no way in for a condition.
pub fn fenced(outputs: Vec<Output>) -> Vec<Output> {
    outputs.into_iter().map(|output| Output { operands: Vec::new(), ..output }).collect()
}

fn named(mut outputs: Vec<Output>, alias: &TableAlias) -> Vec<Output> {
    for (position, column) in alias.columns.iter().enumerate() {
        if position == outputs.len() {
            outputs.push(Output::default());
        }
        outputs[position].name = folded(&column.name);
    }
    outputs
}

fn is_recursive(cte: &Cte, name: &str) -> bool {
    uses(&cte.query, name) > 0
}

/// How often a query names a relation.
fn uses(query: &Query, name: &str) -> usize {
    let mut counter = Counter { name, found: 0 };
    let _ = query.visit(&mut counter);
    counter.found
}

struct Counter<'n> {
    name: &'n str,
    found: usize,
}

impl Visitor for Counter<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let parts = super::relation::object_parts(relation);
        if parts.len() == 1 && parts[0] == self.name {
            self.found += 1;
        }
        ControlFlow::Continue(())
    }
}
