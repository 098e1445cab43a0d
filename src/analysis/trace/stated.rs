//! Statements with the constants that a log shows them to have.
//!
//! `pg_stat_statements` keeps a parameter where the program has `state = 'open'`. Where every execution of a log has one
//! value there, of a column of few values, and the statistics know that value, the statement is judged with it: then its
//! rows are known, and an index over them alone can be proved.

use std::collections::BTreeMap;

use super::constant::category;
use super::{Trace, Traced};
use crate::ident::literal;
use crate::snapshot::{ColumnStatistics, Snapshot};
use crate::workload::constants::{parameters, put};
use crate::workload::{Binder, Query, Workload};

/// Name of the repair.
pub const REPAIR: &str = "log-constant";
/// With fewer executions another value may just not have come by: of so many at most one in twenty asks for another, with
/// a certainty of 95 %.
const MIN_EXECUTIONS: u64 = 60;

/// The workload with those constants in its texts.
pub fn stated(snapshot: &Snapshot, mut workload: Workload, trace: &Trace) -> Workload {
    let binder = Binder::of(snapshot);
    for query in &mut workload.queries {
        let traced = trace.statements.get(&query.fingerprint).filter(|traced| traced.calls >= MIN_EXECUTIONS);
        let constants = traced.and_then(|traced| constants(snapshot, query, traced)).unwrap_or_default();
        if let Some(bound) = bound(&binder, query, &constants) {
            *query = bound;
        }
    }
    workload
}

/// By number in the text of the query.
fn constants(snapshot: &Snapshot, query: &Query, traced: &Traced) -> Option<BTreeMap<u32, String>> {
    let (own, of_log) = (parameters(&query.text)?, parameters(&traced.text)?);
    if own.len() != of_log.len() {
        return None;
    }
    let here: BTreeMap<u32, u32> = of_log.into_iter().zip(own).collect();
    let seen: BTreeMap<u32, &str> =
        traced.constants.iter().filter_map(|(number, value)| Some((*here.get(number)?, value.as_str()))).collect();
    let stated = query.predicates.iter().filter_map(|one| {
        let statistics = category(snapshot, one)?;
        let number: u32 = query.text.get(one.span?.start..one.span?.end)?.rsplit_once('$')?.1.parse().ok()?;
        Some((number, known(statistics, seen.get(&number)?)?))
    });
    Some(stated.collect())
}

/// A literal as SQL, where the statistics know its value.
fn known(statistics: &ColumnStatistics, written: &str) -> Option<String> {
    let value = match written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => quoted.replace("''", "'"),
        None => written.to_owned(),
    };
    let common = statistics.slots.iter().find(|slot| slot.kind == 1)?;
    let boolean = common.value_type.as_deref() == Some("boolean");
    let of_type = match value.as_str() {
        "true" if boolean => "t",
        "false" if boolean => "f",
        other => other,
    };
    let listed = common.values.as_ref()?.iter().any(|one| one == of_type);
    (listed && is_label(&value)).then(|| literal(&value))
}

/// A word or a number, as programs call their states; an address or a name with its surname is somebody's.
fn is_label(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '-' | '.'))
}

/// The same statement with its constants, of the same tables.
fn bound(binder: &Binder, query: &Query, constants: &BTreeMap<u32, String>) -> Option<Query> {
    let text = Some(constants).filter(|constants| !constants.is_empty()).and_then(|some| put(&query.text, some))?;
    let mut bound = binder.reworded(query, &text)?;
    bound.repairs.push(REPAIR);
    Some(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Column, Statement, StatementsState, StatisticsSlot, Table};

    fn snapshot(text: &str) -> Snapshot {
        let table = Table {
            oid: 1,
            schema: "public".to_owned(),
            name: "jobs".to_owned(),
            rows: Some(5_000.0),
            ..Table::default()
        };
        let column = |name: &str| Column { table_oid: 1, name: name.to_owned(), ..Column::default() };
        let values = Some(["done", "open", "anna@example.org"].map(str::to_owned).to_vec());
        let slot = StatisticsSlot { kind: 1, values, numbers: Some(vec![0.9, 0.1]), ..StatisticsSlot::default() };
        let statistics = |column: &str, n_distinct| ColumnStatistics {
            table_oid: 1,
            column: column.to_owned(),
            n_distinct,
            slots: vec![slot.clone()],
            ..ColumnStatistics::default()
        };
        let mut snapshot = Snapshot {
            tables: vec![table],
            columns: vec![column("id"), column("state"), column("owner")],
            column_statistics: vec![statistics("state", 2.0), statistics("owner", -0.5)],
            ..Snapshot::default()
        };
        snapshot.statements.state = StatementsState::Read;
        let entry = Statement { text: Some(text.to_owned()), calls: 100, toplevel: true, ..Statement::default() };
        snapshot.statements.entries = vec![entry];
        snapshot
    }

    fn text(of_server: &str, of_log: &str, calls: u64, values: &[(u32, &str)]) -> String {
        let snapshot = snapshot(of_server);
        let workload = Workload::build(&snapshot);
        let constants = values.iter().map(|(number, value)| (*number, (*value).to_owned())).collect();
        let traced = Traced { text: of_log.to_owned(), calls, constants, ..Traced::default() };
        let fingerprint = workload.queries[0].fingerprint.clone();
        let trace = Trace { statements: [(fingerprint.clone(), traced)].into(), ..Trace::default() };
        let stated = stated(&snapshot, workload, &trace);
        assert_eq!(stated.queries[0].fingerprint, fingerprint, "it is the same statement");
        stated.queries[0].text.clone()
    }

    #[test]
    fn a_state_that_is_always_the_same_is_a_constant() {
        let query = "SELECT id FROM jobs WHERE state = $1 AND id > $2";
        let stated = "SELECT id FROM jobs WHERE state = 'open' AND id > $1";
        for (of_log, calls, values, expected) in [
            (query, 60, &[(1, "'open'")][..], stated),
            ("SELECT id FROM jobs WHERE state = $5 AND id > $6", 60, &[(5, "'open'")], stated),
            (query, 59, &[(1, "'open'")], query),
            (query, 60, &[(1, "'new'")], query),
            (query, 60, &[(1, "'anna@example.org'")], query),
            (query, 60, &[], query),
        ] {
            assert_eq!(text(query, of_log, calls, values), expected, "{of_log} {calls} {values:?}");
        }
    }

    #[test]
    fn a_value_of_many_stays_a_parameter() {
        let query = "SELECT id FROM jobs WHERE owner = $1";
        assert_eq!(text(query, query, 1_000, &[(1, "'open'")]), query);
    }
}
