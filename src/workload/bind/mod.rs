//! Names of a syntax tree, bound to the tables and columns of a snapshot.
//!
//! A statement is walked once, in the order of its text. Each SELECT adds its table
//! uses, conditions and joins to one `Query`; what a subquery, CTE or view lets
//! through of its base columns is handed up as its output, so that a condition
//! outside reaches the column inside. Where `PostgreSQL` does not push a condition in
//! (LIMIT, window functions, DISTINCT ON, CTEs that are materialized), nothing is
//! handed up: an index there would not be used.

use std::collections::BTreeSet;

use sqlparser::ast::{Spanned, Statement};

use super::tokens::Tokens;
use super::{Expr as IndexExpr, Kind, Query, Span};

mod aggregate;
mod catalog;
mod condition;
mod expression;
mod ingredients;
mod join;
mod operator;
mod outermost;
#[cfg(test)]
mod outline_tests;
mod predicate;
mod reads;
mod relation;
mod scope;
mod select;
mod sort;
mod span;
#[cfg(test)]
mod tests;
mod traits;
mod types;
mod view;
mod window;
mod with;
mod write;

pub use catalog::{Catalog, Relation};
#[cfg(test)]
pub use types::shown;

use scope::Frame;
use with::CommonTable;

/// A bound statement.
#[derive(Debug, Default)]
pub struct Bound {
    /// What it says; counters and names of entries are the caller's to add.
    pub query: Query,
    /// Names of tables that the snapshot does not have.
    pub unknown: BTreeSet<String>,
}

/// Binds a parsed statement; `path` is the search path of the role that ran it.
pub fn bind(statement: &Statement, tokens: &Tokens, catalog: &Catalog, path: &[String]) -> Bound {
    let mut binder = Binder::new(tokens, catalog, path);
    match statement {
        Statement::Query(query) => {
            binder.query(query, true);
        }
        write => {
            binder.write(write, true);
        }
    }
    binder.count_joined();
    binder.statement_traits(statement);
    if binder.out.kind != Kind::Select {
        // a row that is written, or copied, is read whole
        binder.out.tables.iter_mut().for_each(|table| table.reads = None);
    }
    Bound { query: binder.out, unknown: binder.unknown }
}

/// The walk through one statement.
pub(super) struct Binder<'a> {
    catalog: &'a Catalog<'a>,
    path: &'a [String],
    tokens: &'a Tokens,
    out: Query,
    unknown: BTreeSet<String>,
    /// Scopes, outermost first.
    frames: Vec<Frame>,
    /// CTEs in scope, innermost last.
    ctes: Vec<CommonTable>,
    /// Nesting of the SELECT being bound.
    depth: usize,
    /// Views being expanded: no spans, and none twice.
    views: Vec<usize>,
    /// ORs met so far.
    disjunctions: usize,
    /// ORDER BYs of limited subqueries met so far.
    clauses: usize,
    /// Sources of the FROM that each table use stands in.
    joined: Vec<usize>,
}

impl<'a> Binder<'a> {
    fn new(tokens: &'a Tokens, catalog: &'a Catalog<'a>, path: &'a [String]) -> Self {
        Self {
            catalog,
            path,
            tokens,
            out: Query { select_columns: Some(0), ..Query::default() },
            unknown: BTreeSet::new(),
            frames: Vec::new(),
            ctes: Vec::new(),
            depth: 0,
            views: Vec::new(),
            disjunctions: 0,
            clauses: 0,
            joined: Vec::new(),
        }
    }

    /// The bytes of a node, to its last bracket; `None` inside a view.
    fn span(&self, node: &impl Spanned) -> Option<Span> {
        if self.views.is_empty() { span::whole(self.tokens, node.span()) } else { None }
    }

    fn count_joined(&mut self) {
        for (table, sources) in self.out.tables.iter_mut().zip(&self.joined) {
            table.joined = *sources > 1;
        }
    }

    /// The statement's own write says what it does; without one, the first of its CTEs.
    fn note_write(&mut self, kind: Kind, target: Option<u32>, outermost: bool) {
        if outermost || self.out.kind == Kind::Select {
            self.out.kind = kind;
            self.out.target = target;
        }
    }
}
