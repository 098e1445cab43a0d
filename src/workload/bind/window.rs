//! Windows: the sort that each of them needs, PARTITION BY first, then ORDER BY.

use sqlparser::ast::{
    Expr, Function, GroupByExpr, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, OrderBySort, Select, WindowSpec,
    WindowType,
};

use crate::workload::SortKey;

use super::aggregate::Calls;
use super::scope::folded;
use super::{Binder, outermost};

/// A window that builds on another that builds on another: nobody writes more.
const MAX_NAMES: usize = 8;

impl Binder<'_> {
    /// Notes the sorts of the windows of a SELECT; over groups there is nothing to read in order.
    pub fn note_windows(&mut self, select: &Select) {
        let mut calls = Calls::default();
        calls.look(&select.projection);
        let grouped =
            !matches!(&select.group_by, GroupByExpr::Expressions(list, more) if list.is_empty() && more.is_empty());
        if !calls.window || calls.aggregate || grouped {
            return;
        }
        let mut windows: Vec<WindowType> = Vec::new();
        outermost::expressions(&select.projection, |expr| {
            if let Expr::Function(Function { over: Some(window), .. }) = expr {
                windows.push(window.clone());
            }
        });
        for window in &windows {
            let sort = self.sort_of(&parts(window, &select.named_window));
            if !sort.is_empty() && !self.out.windows.contains(&sort) {
                self.out.windows.push(sort);
            }
        }
    }

    /// As far as its items are bound to one column each.
    fn sort_of(&self, (partition, order): &Parts<'_>) -> Vec<SortKey> {
        let ascending = partition.iter().map(|expr| (*expr, false, false));
        let ordered = order.iter().map_while(|item| {
            let descending = match item.options.sort {
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => return None,
                _ => false,
            };
            Some((&item.expr, descending, item.options.nulls_first.unwrap_or(descending)))
        });
        let keys = ascending.chain(ordered).map_while(|(expr, descending, nulls_first)| {
            let operands = self.trace(expr);
            let [operand] = operands.as_slice() else { return None };
            let operand = operand.clone();
            Some(SortKey { operand, descending, nulls_first, clause: 0, limited: false })
        });
        keys.collect()
    }
}

/// PARTITION BY and ORDER BY.
type Parts<'s> = (Vec<&'s Expr>, Vec<&'s OrderByExpr>);

fn parts<'s>(window: &'s WindowType, named: &'s [NamedWindowDefinition]) -> Parts<'s> {
    match window {
        WindowType::WindowSpec(spec) => of_spec(spec, named, MAX_NAMES),
        WindowType::NamedWindow(name) => of_name(&folded(name), named, MAX_NAMES),
    }
}

fn of_spec<'s>(spec: &'s WindowSpec, named: &'s [NamedWindowDefinition], left: usize) -> Parts<'s> {
    let base = spec.window_name.as_ref().map(|name| of_name(&folded(name), named, left));
    let (mut partition, mut order) = base.unwrap_or_default();
    partition.extend(&spec.partition_by);
    order.extend(&spec.order_by);
    (partition, order)
}

fn of_name<'s>(name: &str, named: &'s [NamedWindowDefinition], left: usize) -> Parts<'s> {
    let definition = named.iter().find(|one| folded(&one.0) == name).filter(|_| left > 0);
    match definition.map(|one| &one.1) {
        Some(NamedWindowExpr::WindowSpec(spec)) => of_spec(spec, named, left - 1),
        Some(NamedWindowExpr::NamedWindow(other)) => of_name(&folded(other), named, left - 1),
        None => Parts::default(),
    }
}
