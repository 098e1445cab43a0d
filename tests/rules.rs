//! Rules: errors that point at the word, the three outcomes, and every example of every rule on real servers.

mod support;

use std::collections::BTreeMap;

use miette::Diagnostic;
use pgassay::advisor::Recommendations;
use pgassay::analysis::Analyses;
use pgassay::command::rules::rule_files;
use pgassay::facts::{Facts, Input, Parameter};
use pgassay::rule::{self, Catalogue, Outcome, Override, Overrides, Rule, RuleError, Severity};
use pgassay::snapshot::{Gap, Setting, Snapshot, StatementsState, Table};
use pgassay::workload::Workload;

const LARGE_TABLE: &str = r#"
title    = "Table with many rows"
severity = "info"
since    = "0.1.0"
remedy   = "advice"
sql = """
SELECT table_name AS subject, table_id, rows, total_bytes, rows / 10 AS impact_ms,
       CASE WHEN rows > 5000 THEN 'error' END AS severity
  FROM table_ WHERE rows >= :min_rows
"""
message = "{subject} has {rows} rows"

[params.min_rows]
default = 1_000
unit    = "rows"
why     = "a test needs few"

[docs]
problem = "Nothing."
remedy  = "Nothing.\n\nLeave it alone always."
sources = ["https://www.postgresql.org/docs/"]

[[example]]
name   = "two thousand rows"
schema = "CREATE TABLE t AS SELECT generate_series(1, 2000) AS a;"
finds  = ["public.t"]

[[example]]
name   = "ten rows"
schema = "CREATE TABLE t AS SELECT generate_series(1, 10) AS a;"
finds  = []
"#;

fn rule(text: &str) -> Result<Rule, RuleError> {
    Rule::parse("rules/tables/large-table.toml", text)
}

fn catalogue(text: &str) -> Catalogue {
    let rule = rule(text).unwrap_or_else(|error| panic!("{error:?}"));
    Catalogue::default().with(vec![rule]).expect("one rule")
}

/// What it says, the word that it points at, its help.
async fn told(text: &str) -> (String, String, String) {
    let error = match rule(text) {
        Ok(rule) => Catalogue::default().with(vec![rule]).expect("one rule").check().await.expect_err(text),
        Err(error) => error,
    };
    let label = error.labels().and_then(|mut labels| labels.next()).expect("a label");
    let word = text[label.offset()..label.offset() + label.len()].to_owned();
    (error.to_string(), word, error.help().map(|help| help.to_string()).unwrap_or_default())
}

#[tokio::test]
async fn an_error_in_a_rule_points_at_the_word() {
    for (from, to, said, word, help) in [
        ("title ", "titel ", "unknown field \"titel\"", "titel", "did you mean \"title\"?"),
        ("unit ", "units ", "unknown field \"units\"", "units", "did you mean \"unit\"?"),
        ("\"info\"", "\"infos\"", "unknown variant \"infos\"", "\"infos\"", "did you mean \"info\"?"),
        (
            "table_name AS",
            "tabel_name AS",
            "no such column: tabel_name",
            "tabel_name",
            "did you mean table_name, a column of table_, foreign_key?",
        ),
        ("FROM table_", "FROM tabel_", "no such table: tabel_", "tabel_", "did you mean table_?"),
        ("AS subject", "AS subjekt", "the SQL returns no column \"subject\"", "", ""),
        (":min_rows", ":min_row", "there is no [params.min_row]", "min_row", "did you mean \"min_rows\"?"),
        (">= :min_rows", ">= 1000", "the SQL does not use :min_rows", "params.min_rows", "there is none"),
        ("{rows}", "{rovs}", "the SQL returns no column \"rovs\"", "rovs", "did you mean \"rows\"?"),
        ("{rows}", "{rows:ms}", "{rows:ms} is no placeholder", "rows:ms", "placeholders are {column} or {column:raw}"),
        ("{rows}", "{rows", "a placeholder is not closed", "{", "placeholders are {column} or {column:raw}"),
        ("SELECT table_name", "DELETE table_name", "the facts are read with one SELECT at a time", "DELETE", ""),
        ("AS severity", "AS rows", "the SQL returns two columns \"rows\"", "rows", ""),
        ("finds  = []", "", "the example \"ten rows\" must say one thing that is expected", "", ""),
        (
            "finds  = []",
            "finds = ['x']",
            "the rule large-table has no [[example]] that finds nothing (`finds = []`)",
            "",
            "",
        ),
        ("[\"public.t\"]", "[]", "the rule large-table has no [[example]] that finds something", "", ""),
        (
            "problem = \"Nothing.\"",
            "problem = \" \"",
            "the rule large-table has no [docs] with `problem` and `remedy`",
            "",
            "",
        ),
    ] {
        let text = LARGE_TABLE.replacen(from, to, 1);
        let (got_said, got_word, got_help) = told(&text).await;
        assert_eq!(got_said, said, "{from} → {to}");
        assert!(word.is_empty() || got_word == word, "{from} → {to}: {got_word}");
        assert!(help.is_empty() || got_help == help, "{from} → {to}: {got_help}");
    }
}

#[tokio::test]
async fn a_rule_without_a_fault_passes() {
    catalogue(LARGE_TABLE).check().await.unwrap_or_else(|error| panic!("{error:?}"));
}

#[test]
fn the_id_of_a_rule_is_the_kebab_case_name_of_its_file() {
    for (path, id) in [
        ("rules/tables/a-b2.toml", Some("a-b2")),
        ("x.toml", Some("x")),
        ("A.toml", None),
        ("a_b.toml", None),
        ("a--b.toml", None),
        ("1a.toml", None),
    ] {
        assert_eq!(Rule::parse(path, LARGE_TABLE).ok().map(|rule| rule.id).as_deref(), id, "{path}");
    }
}

#[tokio::test]
async fn rules_of_a_directory_are_added_but_not_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().join("tables");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("large-table.toml"), LARGE_TABLE).expect("a file");
    let files = |path: &std::path::Path| rule_files(path).expect("files");
    let catalogue = Catalogue::default().with_files(&files(directory.path())).await.expect("rules");
    let seen: Vec<_> = catalogue.rules().iter().map(|rule| (rule.id.as_str(), rule.category.as_str())).collect();
    assert_eq!(seen, [("large-table", "tables")]);
    let twice = catalogue.with_files(&files(&folder.join("large-table.toml"))).await.expect_err("twice");
    assert!(matches!(twice, RuleError::Twice { .. }), "{twice:?}");
    assert!(matches!(rule_files(&folder.join("none")), Err(RuleError::Unreadable { .. })));
}

fn table(oid: u32, name: &str, rows: f64) -> Table {
    Table { oid, schema: "public".to_owned(), name: name.to_owned(), rows: Some(rows), ..Table::default() }
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot {
        tables: vec![table(1, "a", 2_000.0), table(2, "b", 6_000.0), table(3, "c", 10.0)],
        ..Snapshot::default()
    };
    snapshot.server.version_num = 160_004;
    "shop".clone_into(&mut snapshot.server.database);
    "auditor".clone_into(&mut snapshot.server.role);
    snapshot.evidence.track_counts = true;
    snapshot.evidence.tables = 3;
    snapshot.statements.state = StatementsState::Read;
    snapshot.evidence.sees_all_column_statistics = true;
    snapshot
}

async fn outcome(text: &str, snapshot: &Snapshot, overrides: &Overrides) -> Result<Outcome, RuleError> {
    let (workload, analyses, recommendations) = (Workload::default(), Analyses::default(), Recommendations::default());
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await.expect("facts");
    let mut evaluated = rule::run(&catalogue(text), &mut facts, overrides).await?;
    assert_eq!(evaluated.len(), 1);
    assert_eq!(evaluated[0].rule, "large-table");
    Ok(evaluated.remove(0).outcome)
}

fn overridden(change: Override) -> Overrides {
    Overrides { rules: BTreeMap::from([("large-table".to_owned(), change)]), ..Overrides::default() }
}

#[tokio::test]
async fn a_rule_finds_the_worst_first_with_its_message_and_evidence() {
    let found = outcome(LARGE_TABLE, &snapshot(), &Overrides::default()).await.expect("an outcome");
    let Outcome::Found(rows) = found else { panic!("{found:?}") };
    let seen: Vec<_> =
        rows.iter().map(|row| (row.subject.as_str(), row.severity, row.message.as_str(), row.table_id)).collect();
    assert_eq!(
        seen,
        [
            ("public.b", Severity::Error, "public.b has 6,000 rows", Some(2)),
            ("public.a", Severity::Info, "public.a has 2,000 rows", Some(1)),
        ]
    );
    assert_eq!(rows[0].impact_ms, Some(600.0));
    assert_eq!(rows[0].evidence["total_bytes"], serde_json::Value::Null);
}

#[tokio::test]
async fn the_configuration_changes_thresholds_and_severity_and_turns_rules_off() {
    let params = |value| BTreeMap::from([("min_rows".to_owned(), value)]);
    let run = async |change| outcome(LARGE_TABLE, &snapshot(), &overridden(change)).await.expect("an outcome");
    let none = run(Override { params: params(Parameter::Integer(100_000)), ..Override::default() }).await;
    assert_eq!(none, Outcome::Clean);
    let found = run(Override { severity: Some(Severity::Warning), ..Override::default() }).await;
    let Outcome::Found(rows) = found else { panic!("nothing found") };
    assert!(rows.iter().all(|row| row.severity == Severity::Warning), "{rows:?}");
    let off = run(Override { off: true, ..Override::default() }).await;
    assert_eq!(off, Outcome::NotEvaluated("it is turned off in the configuration".to_owned()));
}

#[tokio::test]
async fn a_rule_or_parameter_that_does_not_exist_is_an_error_with_the_nearest_name() {
    let params = BTreeMap::from([("min_row".to_owned(), Parameter::Integer(1))]);
    let misspelt = overridden(Override { params, ..Override::default() });
    let error = outcome(LARGE_TABLE, &snapshot(), &misspelt).await.expect_err("a parameter");
    assert_eq!(error.help().map(|help| help.to_string()).as_deref(), Some("did you mean \"min_rows\"?"));
    let mut unknown = overridden(Override::default());
    unknown.rules.insert("large-tabel".to_owned(), Override::default());
    let error = outcome(LARGE_TABLE, &snapshot(), &unknown).await.expect_err("a rule");
    assert_eq!(error.help().map(|help| help.to_string()).as_deref(), Some("did you mean \"large-table\"?"));
}

#[tokio::test]
async fn a_rule_that_fails_is_not_evaluated_and_never_clean() {
    for (from, to, problem) in [
        ("rows / 10", "'many'", "impact_ms is \"many\", not a number"),
        ("'error'", "'fatal'", "severity is \"fatal\", not info, warning or error"),
        ("SELECT table_name", "SELECT nullif(table_name, 'public.a')", "its subject is NULL"),
        ("{rows}", "{total_bytes}", "total_bytes is NULL (subject public.a)"),
        ("table_id, ", "-1 AS table_id, ", "table_id is -1, not an id"),
    ] {
        let text = LARGE_TABLE.replacen(from, to, 1);
        let outcome = outcome(&text, &snapshot(), &Overrides::default()).await.expect("an outcome");
        assert!(matches!(&outcome, Outcome::NotEvaluated(why) if why.ends_with(problem)), "{to}: {outcome:?}");
    }
    let text = LARGE_TABLE.replacen("rows / 10", "abs(-9223372036854775808)", 1);
    let outcome = outcome(&text, &snapshot(), &Overrides::default()).await.expect("an outcome");
    assert!(matches!(&outcome, Outcome::NotEvaluated(why) if why.starts_with("its SQL failed: ")), "{outcome:?}");
}

#[tokio::test]
async fn what_a_rule_needs_and_does_not_get_is_said_with_the_remedy() {
    type Change = fn(&mut Snapshot);
    let cases: [(&str, Change, &str); 14] = [
        (
            "statements = true",
            |one| one.statements.state = StatementsState::NotInstalled,
            "pg_stat_statements is not installed in database \"shop\"; remedy: CREATE EXTENSION pg_stat_statements",
        ),
        (
            "statements = true",
            |one| one.statements.state = StatementsState::NotPreloaded,
            "pg_stat_statements is installed but not loaded; remedy: add it to shared_preload_libraries and restart the server",
        ),
        (
            "statements = true",
            |one| one.statements.state = StatementsState::Denied,
            "the role \"auditor\" may not read pg_stat_statements; remedy: GRANT pg_read_all_stats",
        ),
        (
            "statements = true",
            |one| {
                one.statements.state = StatementsState::Denied;
                one.gaps = vec![Gap {
                    what: "statements".to_owned(),
                    why: "they are hidden".to_owned(),
                    remedy: Some("GRANT x TO y;".to_owned()),
                }];
            },
            "they are hidden; remedy: GRANT x TO y",
        ),
        (
            "column_statistics = true",
            |one| {
                one.evidence.sees_all_column_statistics = false;
                one.evidence.tables_without_select = 3;
            },
            "3 of 3 tables' statistics are hidden from the role \"auditor\"; remedy: see `pgassay doctor`",
        ),
        (
            "counters = true",
            |one| one.evidence.track_counts = false,
            "track_counts is off, so that usage is not counted; remedy: turn track_counts on",
        ),
        ("primary = true", |one| one.server.in_recovery = true, "this server is a standby; remedy: audit the primary"),
        (
            "extension = 'pg_trgm'",
            |_| {},
            "the extension pg_trgm is not installed in database \"shop\"; remedy: CREATE EXTENSION pg_trgm",
        ),
        (
            "min_stats_age_s = 86400",
            |one| one.evidence.database_stats_age_s = 3_600.0,
            "the counters are 60 min old, and it takes 24 h; remedy: audit again when they have grown",
        ),
        ("min_version = 17", |_| {}, "it needs PostgreSQL 17, and this server is 16"),
        (
            "replication = true",
            |one| one.gaps = vec![Gap { what: "replication".to_owned(), why: "hidden".to_owned(), remedy: None }],
            "hidden",
        ),
        (
            "setting_visible = 'work_mem'",
            |_| {},
            "the role \"auditor\" does not see the setting work_mem; remedy: GRANT pg_read_all_settings",
        ),
        (
            "sequence_values = true",
            |one| {
                one.sequences = vec![pgassay::snapshot::Sequence::default()];
                one.evidence.sequences_unreadable = 1;
            },
            "1 of 1 sequences' values are hidden from the role \"auditor\"; remedy: see `pgassay doctor`",
        ),
        (
            "sessions = true",
            |one| one.sessions = vec![pgassay::snapshot::Session::default()],
            "1 of 1 sessions are hidden from the role \"auditor\"; remedy: see `pgassay doctor`",
        ),
    ];
    for (requires, change, why) in cases {
        let text = LARGE_TABLE.replacen("[docs]", &format!("[requires]\n{requires}\n\n[docs]"), 1);
        let mut lacking = snapshot();
        change(&mut lacking);
        let judged = outcome(&text, &lacking, &Overrides::default()).await.expect("an outcome");
        assert_eq!(judged, Outcome::NotEvaluated(why.to_owned()), "{requires}");
    }
    let all = "statements = true\ncolumn_statistics = true\ncounters = true\nprimary = true\nmin_version = 16\nsetting_visible = 'work_mem'";
    let text = LARGE_TABLE.replacen("[docs]", &format!("[requires]\n{all}\n\n[docs]"), 1);
    let mut complete = snapshot();
    complete.settings = vec![Setting { name: "work_mem".to_owned(), ..Setting::default() }];
    let judged = outcome(&text, &complete, &Overrides::default()).await.expect("an outcome");
    assert!(matches!(judged, Outcome::Found(_)), "{judged:?}");
}

#[tokio::test]
async fn what_is_hidden_in_part_keeps_findings_but_not_a_clean_outcome() {
    let text = LARGE_TABLE.replacen("[docs]", "[requires]\ncolumn_statistics = true\n\n[docs]", 1);
    let mut partly = snapshot();
    partly.evidence.sees_all_column_statistics = false;
    partly.evidence.tables_without_select = 1;
    let judged = outcome(&text, &partly, &Overrides::default()).await.expect("an outcome");
    assert!(matches!(judged, Outcome::Found(_)), "{judged:?}");
    partly.tables.retain(|table| table.name == "c");
    let judged = outcome(&text, &partly, &Overrides::default()).await.expect("an outcome");
    assert!(matches!(judged, Outcome::NotEvaluated(_)), "{judged:?}");
}

#[test]
fn a_rule_is_explained_under_fixed_headings() {
    let explained = rule::explanation(&rule(LARGE_TABLE).expect("a rule"), 60);
    insta::assert_snapshot!(explained, @r"
    large-table: Table with many rows (info)

    What it finds
      Table with many rows, reported as:

      > {subject} has {rows} rows

    Why it matters
      Nothing.

    What to do
      Nothing.

    When to leave it alone
      Leave it alone always.

    Thresholds and why
      - `min_rows` = 1,000 rows: a test needs few

    Requires
      nothing but the catalog

    Sources
      - https://www.postgresql.org/docs/
    ");
}

#[tokio::test]
async fn every_builtin_rule_fits_the_fact_tables() {
    let builtin = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    builtin.check().await.unwrap_or_else(|error| panic!("{error:?}"));
}

#[test]
fn the_pages_of_the_rules_are_fresh() {
    let builtin = Catalogue::builtin().unwrap_or_else(|error| panic!("{error:?}"));
    support::is_fresh("docs/rules/README.md", &rule::index_page(&builtin));
    for rule in builtin.rules() {
        support::is_fresh(&format!("docs/rules/{}.md", rule.id), &rule::page(rule));
    }
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules")).expect("docs/rules");
    for page in pages.map(|page| page.expect("a file").file_name().to_string_lossy().into_owned()) {
        let known = page == "README.md" || builtin.rules().iter().any(|rule| page == format!("{}.md", rule.id));
        assert!(known, "docs/rules/{page} belongs to no rule: remove it");
    }
}
