//! ORDER BY, DISTINCT ON and GROUP BY, through aliases and positions.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderByExpr, OrderByKind, OrderBySort, Query, Select, SelectItem, Value,
};

use crate::workload::{Operand, SortKey};

use super::Binder;
use super::ingredients::unwrapped;
use super::scope::folded;
use super::select::is_limited;

impl Binder<'_> {
    /// Binds the ORDER BY of a query over its SELECT.
    pub fn order(&mut self, select: &Select, query: &Query, outermost: bool) {
        let items: &[OrderByExpr] = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(items)) => items,
            _ => &[],
        };
        for item in items {
            self.reads(&item.expr);
            self.subqueries(&item.expr);
        }
        let limited = is_limited(query);
        if !outermost && !limited {
            return;
        }
        let clause = if outermost && self.views.is_empty() {
            0
        } else {
            self.clauses += 1;
            self.clauses
        };
        match (&select.distinct, items) {
            (Some(Distinct::On(columns)), []) => {
                for column in columns {
                    if !self.sort_key(column, &select.projection, (false, false), clause, limited) {
                        break;
                    }
                }
            }
            _ => self.sort_keys(items, &select.projection, clause, limited),
        }
    }

    fn sort_keys(&mut self, items: &[OrderByExpr], projection: &[SelectItem], clause: usize, limited: bool) {
        for item in items {
            let descending = match item.options.sort {
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => return,
                _ => false,
            };
            let nulls_first = item.options.nulls_first.unwrap_or(descending);
            if !self.sort_key(&item.expr, projection, (descending, nulls_first), clause, limited) {
                return;
            }
        }
    }

    /// Whether the item is bound to one column; if not, the order has no further use.
    fn sort_key(
        &mut self,
        expr: &Expr,
        projection: &[SelectItem],
        (descending, nulls_first): (bool, bool),
        clause: usize,
        limited: bool,
    ) -> bool {
        let meant = named_output(expr, projection).or_else(|| positioned(expr, projection)).unwrap_or(expr);
        if matches!(unwrapped(meant), Expr::Value(_)) {
            return false;
        }
        let mut operands = self.trace(meant);
        let (Some(mut operand), true) = (operands.pop(), operands.is_empty()) else { return false };
        operand.span = self.span(expr);
        self.out.sorts.push(SortKey { operand, descending, nulls_first, clause, limited });
        true
    }

    /// Binds GROUP BY; a name means a column of FROM before it means an alias.
    pub fn group(&mut self, select: &Select) {
        self.distinct_by(select);
        let GroupByExpr::Expressions(items, _) = &select.group_by else { return };
        for item in items {
            let operands = match self.trace(item) {
                found if found.is_empty() => self.group_output(item, &select.projection),
                found => found,
            };
            self.out.groups.extend(operands);
        }
    }

    /// The columns of a SELECT DISTINCT, all or none of them.
    fn distinct_by(&mut self, select: &Select) {
        if !matches!(select.distinct, Some(Distinct::Distinct)) {
            return;
        }
        let columns = select.projection.iter().map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => match self.trace(expr).as_slice()
            {
                [one] => Some(one.clone()),
                _ => None,
            },
            _ => None,
        });
        self.out.distinct_by = columns.collect::<Option<Vec<Operand>>>().unwrap_or_default();
    }

    fn group_output(&self, item: &Expr, projection: &[SelectItem]) -> Vec<Operand> {
        let meant = positioned(item, projection).or_else(|| named_output(item, projection));
        let span = self.span(item);
        let operands = meant.map(|expr| self.trace(expr)).unwrap_or_default();
        operands.into_iter().map(|operand| Operand { span, ..operand }).collect()
    }
}

/// The select item with this alias.
fn named_output<'e>(expr: &Expr, projection: &'e [SelectItem]) -> Option<&'e Expr> {
    let Expr::Identifier(ident) = expr else { return None };
    let name = folded(ident);
    projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if folded(alias) == name => Some(expr),
        _ => None,
    })
}

/// `ORDER BY 2`; only while no `*` shifts the count.
fn positioned<'e>(expr: &Expr, projection: &'e [SelectItem]) -> Option<&'e Expr> {
    let Expr::Value(value) = expr else { return None };
    let Value::Number(digits, _) = &value.value else { return None };
    let position: usize = digits.parse().ok()?;
    let before = projection.get(..position)?;
    let plain = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    match before.last()? {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } if before.iter().all(plain) => {
            Some(expr)
        }
        _ => None,
    }
}
