//! From a snapshot to what a rule says of it, and to what the report offers to mend it.

use std::collections::BTreeSet;

use super::ExampleError;
use super::result::Verdict;
use crate::advisor;
use crate::analysis::Analyses;
use crate::analysis::trace::Trace;
use crate::config::Config;
use crate::facts::{Facts, Input};
use crate::migration::{self, Context, Framework};
use crate::report::{Finding, Judged, Material, Report};
use crate::rule::{Catalogue, Evaluated, Example, Expected, Outcome, Override, Rule, run_one};
use crate::snapshot::Snapshot;
use crate::workload::Workload;

/// What came of an example.
pub(super) struct Seen {
    /// What the rule says, a statement named by its text.
    pub outcome: Outcome,
    /// The SQL that a user is shown to mend it.
    pub offered: Offered,
}

/// What findings offer to run.
#[derive(Default)]
pub(super) struct Offered {
    /// Statements in order.
    pub sql: Vec<String>,
    /// Subjects of the findings that have words alone.
    pub words_alone: Vec<String>,
}

/// The same stages as an audit, with the model to judge indexes.
pub(super) async fn judged(
    rule: &Rule,
    example: &Example,
    snapshot: &Snapshot,
    trace: Option<&Trace>,
) -> Result<Seen, ExampleError> {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload, trace);
    let recommendations = advisor::advise_by_model(snapshot, &workload);
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await?;
    let change = Override { params: example.params.clone(), ..Override::default() };
    let mut outcome = run_one(rule, &mut facts, &change).await?;
    let mut offered = offered(rule, &outcome, &input)?;
    for subject in &mut offered.words_alone {
        *subject = in_words(&workload, subject);
    }
    if let Outcome::Found(rows) = &mut outcome {
        for row in rows {
            row.subject = in_words(&workload, &row.subject);
        }
    }
    Ok(Seen { outcome, offered })
}

/// The SQL of the findings, as the report has it. That for a partitioned index only begins what the files of
/// `pgassay migrate` do: then it is theirs.
fn offered(rule: &Rule, outcome: &Outcome, input: &Input<'_>) -> Result<Offered, ExampleError> {
    let Outcome::Found(rows) = outcome else { return Ok(Offered::default()) };
    if rows.iter().all(|row| row.remedy.as_ref().unwrap_or(&rule.remedy) == "advice") {
        return Ok(Offered::default());
    }
    let report = Report::assemble(&Material {
        snapshot: input.snapshot,
        workload: input.workload,
        analyses: input.analyses,
        recommendations: input.recommendations,
        judged: &Judged::default(),
        catalogue: &Catalogue::default().with(vec![rule.clone()])?,
        evaluated: &[Evaluated { rule: rule.id.clone(), outcome: outcome.clone() }],
        config: &Config::default(),
        profile: None,
        source_kind: "live",
    });
    let (with, without): (Vec<&Finding>, Vec<&Finding>) =
        report.findings.iter().partition(|finding| !finding.remedy.sql.is_empty());
    let mut words_alone: Vec<String> = without.into_iter().map(|finding| finding.subject.key.clone()).collect();
    words_alone.sort();
    let mut sql: Vec<String> = with.into_iter().flat_map(|finding| finding.remedy.sql.clone()).collect();
    let mut seen = BTreeSet::new();
    sql.retain(|statement| seen.insert(statement.clone()));
    let partitioned = report.indexes.iter().any(|index| index.partitioned);
    Ok(Offered { sql: if partitioned { migration_of(&report)? } else { sql }, words_alone })
}

/// Those files that hold nothing but SQL.
fn migration_of(report: &Report) -> Result<Vec<String>, ExampleError> {
    let context = Context { now: time::OffsetDateTime::UNIX_EPOCH, existing: Vec::new() };
    let emitted = migration::emit(Framework::Sqlx, &migration::plan(report), &context)?;
    let up = emitted.files.into_iter().filter(|file| !file.path.ends_with(".down.sql"));
    Ok(up.map(|file| file.contents).collect())
}

/// An example names a statement by its text; nobody can write its fingerprint.
fn in_words(workload: &Workload, subject: &str) -> String {
    let parsed = workload.queries.iter().map(|query| (&query.fingerprint, &query.text));
    let unparsed = workload.unparsed.iter().map(|statement| (&statement.fingerprint, &statement.text));
    let text = parsed.chain(unparsed).find(|(fingerprint, _)| *fingerprint == subject).map(|(_, text)| text);
    text.map_or(subject.to_owned(), |text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether the rule says what is expected.
pub(super) fn compared(expected: &Expected, outcome: &Outcome) -> Verdict {
    let subjects = match outcome {
        Outcome::Found(rows) => {
            let mut subjects: Vec<String> = rows.iter().map(|row| row.subject.clone()).collect();
            subjects.sort();
            Some(subjects)
        }
        Outcome::Clean => Some(Vec::new()),
        Outcome::NotEvaluated(_) => None,
    };
    let agreed = match (expected, outcome) {
        (Expected::Finds(wanted), _) => subjects.as_ref() == Some(wanted),
        (Expected::NotEvaluated(words), Outcome::NotEvaluated(why)) => why.contains(words),
        (Expected::NotEvaluated(_), _) => false,
    };
    if agreed {
        return Verdict::Agreed;
    }
    let got = match outcome {
        Outcome::NotEvaluated(why) => format!("not evaluated, because {why}"),
        _ => format!("finds {:?}", subjects.unwrap_or_default()),
    };
    let expected = match expected {
        Expected::Finds(subjects) => format!("finds {subjects:?}"),
        Expected::NotEvaluated(words) => format!("not evaluated, because … {words} …"),
    };
    Verdict::Disagreed { expected, got }
}
