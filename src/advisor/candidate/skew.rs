//! `$n` on a column with few values, some of them rare: whether an index pays depends on the value, which is not in the text.

use super::site::Site;
use crate::what_if::{Condition, Design};
use crate::workload::{Access, Comparison};

/// Distinct values up to which a column is a kind of label.
const FEW_VALUES: f64 = 50.0;
/// A value that so many rows have is a common one: they are found as fast by a scan.
const COMMON: f64 = 0.2;
/// A value that so few rows have is a rare one.
const RARE: f64 = 0.05;

/// Indexes on such a column alone, and what it depends on.
pub fn refusals(site: &Site) -> Vec<(Design, String)> {
    site.usable().filter_map(|one| refusal(site, one)).collect()
}

fn refusal(site: &Site, condition: &Condition) -> Option<(Design, String)> {
    let asked = condition.comparison == Comparison::Equal && condition.access == Access::Parameter;
    let column = site.bare_column(condition).filter(|_| asked && !settled(site))?;
    let rare = rare_rows(site, &column.name)?;
    let (name, rows) = (crate::ident::quoted(&column.name), site.scan.facts.rows);
    let parameter = parameter(&condition.sql)?;
    let why = format!(
        "depends on {parameter}: {name} has few values, and only the rare ones (about {rare:.0} of {rows:.0} rows) are worth an index; \
         a partial index WHERE {name} = <rare value> would need the constant in the text"
    );
    Some((site.tree(vec![site.key(&condition.key)]), why))
}

/// Rows of the rare values, where there are common ones beside them.
fn rare_rows(site: &Site, column: &str) -> Option<f64> {
    let facts = &site.scan.facts;
    let statistics = facts.statistics(column)?;
    let frequencies = &statistics.most_common_freqs;
    let common = frequencies.first().is_some_and(|share| *share >= COMMON);
    let listed: f64 = frequencies.iter().filter(|share| **share <= RARE).sum();
    let others = (1.0 - statistics.null_frac - frequencies.iter().sum::<f64>()).max(0.0);
    let unlisted = facts.distinct(column) > frequencies.len() as f64;
    let rare = (listed + if unlisted { others } else { 0.0 }) * facts.rows;
    (facts.distinct(column) <= FEW_VALUES && common && rare >= 1.0).then_some(rare)
}

/// Whether the rows that calls return tell which values are asked for.
fn settled(site: &Site) -> bool {
    let query = site.query;
    let counted = query.tables.len() == 1 && query.limit.is_none() && !query.aggregates && !query.distinct;
    let few = |rows: f64| rows >= 1.0 && rows <= RARE * site.scan.facts.rows;
    counted && query.counters.measured_rows().is_some_and(few)
}

/// `$1` of `status = $1`.
fn parameter(sql: &str) -> Option<&str> {
    let from = sql.find('$')?;
    let digits = sql[from + 1..].find(|one: char| !one.is_ascii_digit()).map_or(sql.len(), |end| from + 1 + end);
    Some(&sql[from..digits])
}
