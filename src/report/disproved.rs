//! Advice that did not hold on a clone is taken back, with the reason.

use super::{Action, Report, Skipped, hide};

/// The report without an index to create, and without the findings that only this index answers.
pub fn taken_back(report: Report, schema: &str, name: &str, why: &str) -> Report {
    let is_it =
        |index: &super::IndexAction| index.action == Action::Create && index.schema == schema && index.name == name;
    let Some(index) = report.indexes.iter().find(|index| is_it(index)).cloned() else { return report };
    let others = report.indexes.iter().filter(|index| !is_it(index));
    let answered: Vec<String> = others.flat_map(|index| index.findings.clone()).collect();
    let only_it = |fingerprint: &String| index.findings.contains(fingerprint) && !answered.contains(fingerprint);
    let mut report = hide::hide(report, |finding| only_it(&finding.fingerprint).then(|| why.to_owned()));
    report.indexes.retain(|index| !is_it(index));
    report.skipped.push(Skipped {
        what: format!("index on {}.{}: {}", index.schema, index.table, index.ddl),
        why: why.to_owned(),
        remedy: None,
    });
    report
}
