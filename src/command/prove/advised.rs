//! The statements as the advice took them: with the constants that a log told.

use std::collections::BTreeMap;

use crate::report::Report;
use crate::snapshot::Snapshot;
use crate::workload::{Binder, Query, Workload, on_a_deep_stack};

/// The workload with the texts of the report. A partial index that rests on a constant of the log is of use for that
/// constant alone, where the server keeps a parameter.
pub fn with_constants(report: &Report, snapshot: &Snapshot, mut workload: Workload) -> Workload {
    let texts: BTreeMap<&str, &str> =
        report.statements.iter().map(|one| (one.statement.as_str(), one.text.as_str())).collect();
    let queries = on_a_deep_stack(|| {
        let binder = Binder::of(snapshot);
        let told = |query: &Query| {
            let text = texts.get(query.fingerprint.as_str()).filter(|text| **text != query.text)?;
            binder.reworded(query, text)
        };
        workload.queries.iter().map(|query| told(query).unwrap_or_else(|| query.clone())).collect()
    });
    workload.queries = queries;
    workload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::StatementInfo;
    use crate::snapshot::{Column, Statement, StatementsState, Table};

    #[test]
    fn a_statement_has_the_constant_that_its_index_rests_on() {
        let table = Table { oid: 1, schema: "public".to_owned(), name: "jobs".to_owned(), ..Table::default() };
        let column = |name: &str| Column { table_oid: 1, name: name.to_owned(), ..Column::default() };
        let mut snapshot =
            Snapshot { tables: vec![table], columns: vec![column("id"), column("state")], ..Snapshot::default() };
        snapshot.statements.state = StatementsState::Read;
        let text = "SELECT id FROM jobs WHERE state = $1";
        let entry = Statement { text: Some(text.to_owned()), calls: 7, toplevel: true, ..Statement::default() };
        snapshot.statements.entries = vec![entry];
        let workload = || Workload::build(&snapshot);
        let statement = workload().queries[0].fingerprint.clone();
        let told = |text: &str| {
            let statement = StatementInfo { statement: statement.clone(), text: text.to_owned(), ..Default::default() };
            let report = Report { statements: vec![statement], ..Report::default() };
            let query = with_constants(&report, &snapshot, workload()).queries.remove(0);
            assert_eq!((&query.fingerprint, query.counters.calls), (&workload().queries[0].fingerprint, 7));
            query.text
        };
        let open = "SELECT id FROM jobs WHERE state = 'open'";
        assert_eq!(told(open), open);
        assert_eq!(told("SELECT id FROM others WHERE state = 'open'"), text, "of another table");
        assert_eq!(told(text), text);
    }
}
