//! From a real server to the report: the rows of the built-in rules lead to indexes, words and statements.

use std::sync::Arc;

use pgassay::advisor;
use pgassay::analysis::Analyses;
use pgassay::config::Config;
use pgassay::facts::{Facts, Input};
use pgassay::report::{Action, Finding, IndexAction, Judged, Material, Report};
use pgassay::rule::{self, Catalogue, Overrides};
use pgassay::server::target::environment::Disk;
use pgassay::server::{Environment, Session, Target, TargetOptions};
use pgassay::snapshot::Snapshot;
use pgassay::source::live;
use pgassay::workload::Workload;

use super::support;

const SCHEMA: &str = "
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE \"Quoted T\" (
  id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, reference bigint NOT NULL,
  note text NOT NULL, state text NOT NULL);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 2003) g;
INSERT INTO \"Quoted T\" SELECT g, g % 2000 + 1, g, 'note ' || g, 'open' FROM generate_series(1, 200000) g;
CREATE INDEX note_idx ON \"Quoted T\" (note);
CREATE INDEX note_state_idx ON \"Quoted T\" (note, state);
ANALYZE";

/// A look-up without an index, a page by offset of a search without a beginning, and the child of a loop.
const TRAFFIC: [&str; 3] = [
    "SELECT id FROM \"Quoted T\" WHERE reference = 17",
    "SELECT id FROM \"Quoted T\" WHERE note LIKE '%9' ORDER BY id LIMIT 10 OFFSET 5000",
    "SELECT \"customers\".\"id\", \"customers\".\"name\" FROM \"customers\" WHERE \"customers\".\"id\" = 5 LIMIT 21",
];

async fn snapshot() -> Snapshot {
    let server = support::server(16);
    let mut connection = server.connect("postgres").await.expect("a connection");
    support::run(&mut connection, SCHEMA).await;
    support::run(&mut connection, "SELECT pg_stat_reset()").await;
    support::run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    // a parent that loses rows is what an index on a foreign key is for
    support::run(&mut connection, "DELETE FROM customers WHERE id > 2000").await;
    for _ in 0..60 {
        for statement in TRAFFIC {
            support::run(&mut connection, statement).await;
        }
    }
    let nobody = Environment::new([], Arc::new(Disk)).with_user("tester");
    let target = Target::resolve(Some(&server.url("postgres")), &TargetOptions::default(), &nobody);
    let mut session = Session::open(&target.expect("a target")).await.expect("a session");
    let mut snapshot = live::read(&mut session, &live::ReadOptions::default()).await.expect("a snapshot");
    let month = 30.0 * 86_400.0;
    snapshot.evidence.database_stats_age_s = month;
    snapshot.evidence.database_stats_reset = Some(snapshot.taken_at - month);
    for index in &mut snapshot.indexes {
        index.created_xacts_ago = Some(1_000_000);
    }
    snapshot
}

async fn audited(snapshot: &Snapshot) -> Report {
    let workload = Workload::build(snapshot);
    let analyses = Analyses::run(snapshot, &workload, None);
    let recommendations = advisor::advise_by_model(snapshot, &workload);
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await.expect("facts");
    let catalogue = Catalogue::builtin().expect("rules");
    let evaluated = rule::run(&catalogue, &mut facts, &Overrides::default()).await.expect("outcomes");
    Report::assemble(&Material {
        profile: None,
        snapshot,
        workload: &workload,
        analyses: &analyses,
        recommendations: &recommendations,
        judged: &Judged::default(),
        catalogue: &catalogue,
        evaluated: &evaluated,
        config: &Config::default(),
        source_kind: "live",
    })
}

/// `+table (columns)` for what is created, `-name` for what is dropped.
fn indexes(report: &Report) -> Vec<String> {
    let shown = |index: &IndexAction| match index.action {
        Action::Create => {
            let columns: Vec<&str> = index.columns.iter().filter_map(|column| column.name.as_deref()).collect();
            format!("+{} ({})", index.table, columns.join(", "))
        }
        Action::Drop => format!("-{}", index.name),
    };
    report.indexes.iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_of_a_real_server_name_is_linked() {
    let report = audited(&snapshot().await).await;
    assert_eq!(indexes(&report), ["+Quoted T (reference)", "+Quoted T (customer_id)", "-note_idx"]);
    for index in &report.indexes {
        let [finding] = index.findings.as_slice() else { panic!("{index:?}") };
        let finding = report.findings.iter().find(|one| one.fingerprint == *finding).expect("its finding");
        assert_eq!(finding.remedy.sql, std::slice::from_ref(&index.ddl));
    }
    // that on customer_id is missing too, and takes in the foreign key that it serves
    let of_reference =
        |finding: &&Finding| finding.rule == "missing-index" && finding.subject.key.contains("reference");
    let missing = report.findings.iter().find(of_reference).expect("it");
    let highlight = missing.highlight.as_ref().expect("words");
    let text = &report.statement(&highlight.statement).expect("the statement").text;
    let words: Vec<&str> = highlight.spans.iter().map(|span| &text[span.start..span.end]).collect();
    assert_eq!(words, ["reference = $1"]);
    // the other one relies on it
    assert!(report.findings.iter().any(|finding| finding.rule == "unused-index" && finding.remedy.sql.is_empty()));
    assert_eq!(report.source.statements.coverage, Some(1.0));
}
