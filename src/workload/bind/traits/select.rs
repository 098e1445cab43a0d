//! Traits of a SELECT and of what surrounds it: counting, DISTINCT, windows, order, UNION.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetOperator, SetQuantifier,
};

use crate::workload::Trait;

use super::Binder;
use crate::workload::bind::aggregate::{self, Calls};
use crate::workload::bind::ingredients::{constant, unwrapped};
use crate::workload::bind::relation::object_parts;
use crate::workload::bind::scope::Columns;

impl Binder<'_> {
    /// Notes the traits of one SELECT, whose FROM is in scope.
    pub fn select_traits(&mut self, select: &Select, outermost: bool) {
        let first = self.first_table();
        if outermost && counts_all(select) {
            self.note(Trait::of("count-all").table(first));
        }
        if outermost && is_ping(select) {
            self.note(Trait::of("ping"));
        }
        let mut calls = Calls::default();
        calls.look(&select.projection);
        if calls.window {
            let place = if outermost { "outermost" } else { "subquery" };
            self.note(Trait::of("window").table(first).detail(place));
        }
        self.distinct_join(select);
        self.product(select);
        self.select_subqueries(select);
        if let Some(condition) = &select.selection {
            self.condition_traits(condition);
        }
    }

    /// DISTINCT over a join of which one table alone is shown.
    fn distinct_join(&mut self, select: &Select) {
        if !matches!(select.distinct, Some(Distinct::Distinct)) {
            return;
        }
        let Some(shown) = self.shown(select) else { return };
        let sources: Vec<(usize, u32)> = self.frames.last().map_or_else(Vec::new, |frame| {
            let used = frame.sources.iter().filter_map(|source| match source.columns {
                Columns::Table { oid, table_use } => Some((table_use, oid)),
                _ => None,
            });
            used.collect()
        });
        let Some((_, oid)) = sources.iter().find(|(table_use, _)| *table_use == shown) else { return };
        for (_, other) in sources.iter().filter(|(table_use, _)| *table_use != shown) {
            self.note(Trait::of("distinct-join").table(Some(*oid)).other_table(Some(*other)));
        }
    }

    /// The one table use that the select list shows columns of.
    fn shown(&self, select: &Select) -> Option<usize> {
        let mut uses = BTreeSet::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    let operands = self.trace(expr);
                    operands.first()?;
                    uses.extend(operands.iter().map(|operand| operand.table_use));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let alias = object_parts(name).pop()?;
                    let source = self.frames.last()?.sources.iter().find(|source| source.alias == alias)?;
                    let Columns::Table { table_use, .. } = source.columns else { return None };
                    uses.insert(table_use);
                }
                _ => return None,
            }
        }
        if uses.len() == 1 { uses.pop_first() } else { None }
    }

    /// Notes an order by chance, and pages without an order.
    pub fn order_traits(&mut self, query: &Query, outermost: bool) {
        let first = self.first_table();
        match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(items)) if items.iter().any(|item| is_random(&item.expr)) => {
                self.note(Trait::of("random-order").table(first));
            }
            None if outermost && self.out.offset.is_some() => self.note(Trait::of("unordered-page").table(first)),
            _ => {}
        }
    }

    /// Notes a UNION that removes duplicates.
    pub fn union_trait(&mut self, op: SetOperator, quantifier: SetQuantifier) {
        let keeps_all = matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName);
        if op == SetOperator::Union && !keeps_all {
            self.note(Trait::of("union-distinct"));
        }
    }
}

/// `SELECT count(*) FROM one_table` and nothing else.
fn counts_all(select: &Select) -> bool {
    let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
    let [item] = select.from.as_slice() else { return false };
    let [SelectItem::UnnamedExpr(shown) | SelectItem::ExprWithAlias { expr: shown, .. }] = select.projection.as_slice()
    else {
        return false;
    };
    let Expr::Function(function) = unwrapped(shown) else { return false };
    let plain = select.selection.is_none() && select.having.is_none() && ungrouped && item.joins.is_empty();
    plain && counts_rows(function)
}

fn counts_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let [FunctionArg::Unnamed(argument)] = list.args.as_slice() else { return false };
    let everything = match argument {
        FunctionArgExpr::Wildcard => true,
        FunctionArgExpr::Expr(expr) => constant(expr).is_some(),
        _ => false,
    };
    let bare = function.filter.is_none() && function.over.is_none() && list.duplicate_treatment.is_none();
    aggregate::name(&function.name) == "count" && everything && bare
}

/// `SELECT 1`: nothing is asked but whether the server answers.
fn is_ping(select: &Select) -> bool {
    let value = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => constant(expr).is_some(),
        _ => false,
    };
    select.from.is_empty()
        && select.selection.is_none()
        && select.projection.len() == 1
        && select.projection.iter().all(value)
}

fn is_random(expr: &Expr) -> bool {
    matches!(unwrapped(expr), Expr::Function(function)
        if ["random", "gen_random_uuid", "uuid_generate_v4"].contains(&aggregate::name(&function.name).as_str()))
}
