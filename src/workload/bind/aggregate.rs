//! Which functions are aggregates. Those that users define are known only by their syntax.

use sqlparser::ast::{Expr, Function, FunctionArguments, ObjectName, ObjectNamePart, Visit};

use super::outermost;
use super::scope::folded;

/// `PostgreSQL`'s own aggregate functions, in order.
#[rustfmt::skip]
const AGGREGATES: &[&str] = &[
    "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count", "covar_pop",
    "covar_samp", "every", "json_agg", "json_agg_strict", "json_arrayagg", "json_object_agg", "json_objectagg", "jsonb_agg",
    "jsonb_agg_strict", "jsonb_object_agg", "max", "min", "mode", "percentile_cont", "percentile_disc", "range_agg",
    "range_intersect_agg", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx",
    "regr_sxy", "regr_syy", "st_collect", "st_extent", "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop",
    "var_samp", "variance", "xmlagg",
];

/// Whether a call is an aggregate or a window function: nothing that is computed row by row.
pub fn is_aggregate(function: &Function) -> bool {
    function.over.is_some() || is_plain_aggregate(function)
}

/// Whether a call is an aggregate over the group.
pub fn is_plain_aggregate(function: &Function) -> bool {
    let by_syntax = function.filter.is_some() || !function.within_group.is_empty() || is_distinct(&function.args);
    function.over.is_none() && (by_syntax || AGGREGATES.binary_search(&name(&function.name).as_str()).is_ok())
}

fn is_distinct(arguments: &FunctionArguments) -> bool {
    matches!(arguments, FunctionArguments::List(list) if list.duplicate_treatment.is_some())
}

/// Last part of a function's name, lower case.
pub fn name(name: &ObjectName) -> String {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(ident)) => folded(ident),
        _ => String::new(),
    }
}

/// What a select list or HAVING holds.
#[derive(Debug, Default)]
pub struct Calls {
    /// An aggregate over the group.
    pub aggregate: bool,
    /// A window function.
    pub window: bool,
}

impl Calls {
    /// Looks at a node, subqueries left out.
    pub fn look<N: Visit>(&mut self, node: &N) {
        outermost::expressions(node, |expr| {
            if let Expr::Function(function) = expr {
                self.aggregate |= is_plain_aggregate(function);
                self.window |= function.over.is_some();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_aggregates_is_sorted_for_the_search() {
        assert!(AGGREGATES.is_sorted());
    }
}
