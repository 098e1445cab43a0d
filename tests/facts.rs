//! The fact tables: what they hold, what may be asked of them, and that nothing can change them.

mod support;

use std::collections::BTreeMap;

use pgassay::advisor::{Advice, Help, Recommendations, Verdict};
use pgassay::analysis::slowness::Seen;
use pgassay::analysis::{Analyses, Cause, CauseKind, Latency, NPlusOne, Orm};
use pgassay::facts::{self, Facts, FactsError, Input, Parameter};
use pgassay::snapshot::{
    CollationDrift, Column, ColumnStatistics, ConfigurationError, Constraint, ConstraintKind, Database,
    DefinerFunction, ExtendedStatistics, Extension, FedColumn, Gap, HbaRule, Index, IndexKey, IndexUsage, Policy,
    PreparedTransaction, Progress, ReplicationSlot, Role, RoleSetting, Schema, Sequence, Session, Setting, Snapshot,
    Standby, StatementsState, Subscription, Table, TableKind, TableUsage, Trigger,
};
use pgassay::what_if::{Design, DesignKey};
use pgassay::workload::{
    Command, Comparison, Counters, JoinPair, Kind, Operand, Predicate, Query, SortKey, TableUse, Trait, Unparsed,
    Workload,
};
use serde_json::{Value, json};

fn text(text: &str) -> String {
    text.to_owned()
}

fn table(oid: u32, name: &str, rows: Option<f64>) -> Table {
    Table { oid, schema: text("public"), name: text(name), rows, selectable: true, ..Table::default() }
}

fn index(oid: u32, table_oid: u32, columns: &[&str]) -> Index {
    let key = |name: &&str| IndexKey { column: Some(text(name)), opclass_is_default: true, ..IndexKey::default() };
    Index {
        oid,
        table_oid,
        schema: text("public"),
        name: format!("index_{oid}"),
        method: text("btree"),
        keys: columns.iter().map(key).collect(),
        immediate: true,
        valid: true,
        ready: true,
        live: true,
        bytes: Some(8192),
        usage: IndexUsage { scans: Some(1), ..IndexUsage::default() },
        ..Index::default()
    }
}

fn column(table_oid: u32, name: &str, base_type: &str) -> Column {
    Column { table_oid, name: text(name), base_type: text(base_type), not_null: true, ..Column::default() }
}

/// One of everything: orders references customer, and is searched by it.
fn snapshot() -> Snapshot {
    let foreign_key = Constraint {
        oid: 40,
        table_oid: 2,
        name: text("orders_customer"),
        kind: ConstraintKind::ForeignKey,
        columns: vec![text("customer_id")],
        referenced_table_oid: Some(1),
        referenced_columns: vec![text("id")],
        ..Constraint::default()
    };
    let mut snapshot = Snapshot {
        taken_at: 1_000_000.0,
        tables: vec![table(1, "customer", Some(500.0)), table(2, "Orders", None)],
        columns: vec![column(1, "id", "int8"), column(2, "customer_id", "int4")],
        indexes: vec![index(10, 1, &["id"]), index(11, 2, &["customer_id"]), index(12, 2, &["customer_id", "at"])],
        constraints: vec![foreign_key],
        settings: vec![Setting { name: text("work_mem"), value: text("4096"), ..Setting::default() }],
        role_settings: vec![RoleSetting { name: text("work_mem"), value: text("1GB"), ..RoleSetting::default() }],
        extensions: vec![Extension { name: text("pg_trgm"), ..Extension::default() }],
        sessions: vec![Session { pid: 7, blocked_by: vec![8, 9], ..Session::default() }],
        standbys: vec![Standby::default()],
        slots: vec![ReplicationSlot { name: text("slot"), ..ReplicationSlot::default() }],
        gaps: vec![Gap { what: text("sessions"), why: text("states are hidden"), remedy: None }],
        ..Snapshot::default()
    };
    snapshot.column_statistics =
        vec![ColumnStatistics { table_oid: 1, column: text("id"), n_distinct: -1.0, ..ColumnStatistics::default() }];
    snapshot.sequences = vec![Sequence {
        oid: 50,
        min_value: 1,
        max_value: i64::MAX,
        increment: 1,
        last_value: Some(1_073_741_824),
        readable: true,
        feeds: vec![FedColumn { table_oid: 1, column: text("id") }],
        ..Sequence::default()
    }];
    snapshot.statements.state = StatementsState::Read;
    snapshot.statements.hidden_ms = 25.0;
    around(&mut snapshot);
    snapshot
}

/// What is known of the server around the database, one of each.
fn around(snapshot: &mut Snapshot) {
    snapshot.surroundings.roles = vec![Role { name: text("app"), login: true, ..Role::default() }];
    snapshot.surroundings.databases = vec![Database { name: text("shop"), ..Database::default() }];
    snapshot.surroundings.prepared_transactions =
        vec![PreparedTransaction { gid: text("pay"), ..PreparedTransaction::default() }];
    snapshot.surroundings.subscriptions = vec![Subscription { name: text("feed"), ..Subscription::default() }];
    snapshot.progress =
        vec![Progress { command: text("vacuum"), done: Some(1), total: Some(4), ..Progress::default() }];
    snapshot.surroundings.policies = vec![Policy { table_oid: 1, name: text("mine"), ..Policy::default() }];
    snapshot.surroundings.definer_functions = vec![DefinerFunction { name: text("f"), ..DefinerFunction::default() }];
    snapshot.surroundings.schemas = vec![Schema { name: text("public"), public_create: true }];
    snapshot.surroundings.hba_rules = vec![HbaRule { line: 1, ..HbaRule::default() }];
    snapshot.surroundings.configuration_errors = vec![ConfigurationError::default()];
    snapshot.triggers = Some(vec![Trigger { table_oid: 1, name: text("stamp"), ..Trigger::default() }]);
    snapshot.collation_drifts = Some(vec![CollationDrift { indexes: vec![10], ..CollationDrift::default() }]);
    snapshot.extended_statistics = vec![ExtendedStatistics { table_oid: 1, ..ExtendedStatistics::default() }];
}

fn workload() -> Workload {
    let operand = |column: &str| Operand { table_oid: 2, column: text(column), ..Operand::default() };
    let counters = |calls, total_ms| Counters { entries: 1, calls, total_ms, ..Counters::default() };
    let query = Query {
        fingerprint: text("q1"),
        queryid: Some(i64::MIN),
        text: text("SELECT * FROM \"Orders\" WHERE customer_id = $1"),
        counters: counters(10, 50.0),
        tables: vec![TableUse { table_oid: Some(2), written: text("Orders"), ..TableUse::default() }],
        predicates: vec![
            Predicate {
                operand: operand("customer_id"),
                comparison: Comparison::Equal,
                conjunct: true,
                ..Predicate::default()
            },
            Predicate { operand: operand("at"), comparison: Comparison::Range, conjunct: true, ..Predicate::default() },
        ],
        joins: vec![JoinPair { left: operand("customer_id"), ..JoinPair::default() }],
        sorts: vec![SortKey { operand: operand("at"), ..SortKey::default() }],
        traits: vec![Trait { name: "in-list", number: Some(600), ..Trait::default() }],
        ..Query::default()
    };
    let update = Query {
        fingerprint: text("q2"),
        kind: Kind::Update,
        target: Some(2),
        set_columns: vec![text("at")],
        counters: counters(1, 0.0),
        ..Query::default()
    };
    let unparsed =
        Unparsed { fingerprint: text("u1"), text: text("MYSTERY"), counters: counters(1, 25.0), ..Unparsed::default() };
    let lock = Command {
        name: text("LOCK TABLE"),
        object: Some(text("Orders")),
        table_oid: Some(2),
        manner: Some(text("exclusive")),
        counters: counters(4, 10.0),
        ..Command::default()
    };
    Workload { queries: vec![query, update], unparsed: vec![unparsed], commands: vec![lock], ..Workload::default() }
}

fn analyses() -> Analyses {
    Analyses {
        n_plus_one: vec![NPlusOne { pattern: text("lazy-many-to-one"), ..NPlusOne::default() }],
        latency: vec![Latency { p95_ms: Some(7.5), ..Latency::default() }],
        orm: vec![Orm { name: text("django"), ..Orm::default() }],
        causes: vec![Cause {
            statement: text("q1"),
            kind: CauseKind::Planning,
            share: Some(0.5),
            amount: 5.0,
            unit: "ms per call",
            seen: Seen::Counters,
            words: text("planning takes half of its time"),
        }],
        ..Analyses::default()
    }
}

fn recommendations() -> Recommendations {
    let key = DesignKey { column: Some(text("Group")), descending: true, nulls_first: true, ..DesignKey::default() };
    let design = Design { table_oid: 2, method: text("btree"), keys: vec![key], ..Design::default() };
    let help = Help { before: 100.0, after: 10.0, ..Help::default() };
    let advice =
        Advice { design, name: text("orders_group_idx"), helps: vec![help], saved_ms: 20.0, ..Advice::default() };
    let verdict =
        Verdict { helped_by: vec![0], tried: 3, before: Some(100.0), after: Some(10.0), ..Verdict::default() };
    Recommendations { create: vec![advice], verdicts: vec![verdict], ..Recommendations::default() }
}

async fn loaded(snapshot: &Snapshot) -> Facts {
    let (workload, analyses, recommendations) = (workload(), analyses(), recommendations());
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    Facts::load(&input).await.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn rows(facts: &mut Facts, sql: &str) -> Vec<Vec<Value>> {
    facts.query(sql, &BTreeMap::new()).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).rows
}

#[tokio::test]
async fn every_table_is_filled_from_what_an_audit_knows() {
    let mut facts = loaded(&snapshot()).await;
    for table in facts::tables() {
        let found = rows(&mut facts, &format!("SELECT * FROM {}", table.name)).await;
        assert!(!found.is_empty(), "{} is empty", table.name);
        assert_eq!(found[0].len(), table.columns.len(), "{}", table.name);
    }
}

#[tokio::test]
async fn facts_say_what_the_stages_say() {
    let mut facts = loaded(&snapshot()).await;
    for (sql, expected) in [
        (
            "SELECT table_name, rows, has_statistics FROM table_ ORDER BY 1 DESC",
            json!([["public.customer", 500.0, 1], ["public.\"Orders\"", null, 0]]),
        ),
        (
            "SELECT statement_id, position, cause, share, unit, seen FROM statement_cause",
            json!([["q1", 1, "planning", 0.5, "ms per call", "counters"]]),
        ),
        (
            "SELECT statement_id, helped, tried, basis, cost_before, cost_after, why FROM statement_index",
            json!([["q1", 1, 3, null, 100.0, 10.0, null]]),
        ),
        ("SELECT n_distinct, null_frac FROM column_ ORDER BY table_id", json!([[500.0, 0.0], [null, null]])),
        ("SELECT index_id, kept_by, kind FROM index_redundancy", json!([[11, 12, "prefix"]])),
        (
            "SELECT index_id, supports_foreign_key, sole_foreign_key_support FROM index_ ORDER BY 1",
            json!([[10, 0, 0], [11, 1, 0], [12, 1, 0]]),
        ),
        (
            "SELECT table_name, columns, covering_index_id, rows FROM foreign_key",
            json!([["public.\"Orders\"", "customer_id", 11, null]]),
        ),
        (
            "SELECT column_name, type_name, kind, round(used_share, 3) FROM integer_capacity ORDER BY table_id",
            json!([["id", "bigint", "fed", 0.0], ["customer_id", "integer", "foreign-key", 0.5]]),
        ),
        ("SELECT statement_ms FROM server", json!([[100.0]])),
        (
            "SELECT statement_id, queryid, kind, share, p95_ms, orm, has_where FROM statement ORDER BY 1",
            json!([
                ["q1", i64::MIN, "select", 0.5, 7.5, "django", 1],
                ["q2", null, "update", 0.0, null, null, 0],
                ["u1", null, "unparsed", 0.25, null, null, 0]
            ]),
        ),
        (
            "SELECT column_name, comparison, indexed FROM predicate ORDER BY position",
            json!([["customer_id", "equal", 1], ["at", "range", 0]]),
        ),
        ("SELECT keys, cost_before, saved_share FROM index_advice", json!([["\"Group\" DESC", 1000.0, 0.2]])),
        ("SELECT statement_id, name, table_id, number FROM statement_trait", json!([["q1", "in-list", null, 600]])),
        (
            "SELECT name, object, table_id, manner, calls, mean_ms, share FROM command",
            json!([["LOCK TABLE", "Orders", 2, "exclusive", 4, 2.5, 0.1]]),
        ),
        ("SELECT pid, state, blocked_by FROM session", json!([[7, null, "8, 9"]])),
    ] {
        assert_eq!(json!(rows(&mut facts, sql).await), expected, "{sql}");
    }
}

#[tokio::test]
async fn a_partitioned_table_has_the_sums_of_its_leaves_or_nothing() {
    let leaf = |oid, rows, heap_bytes| Table {
        parents: vec![5],
        is_partition: true,
        heap_bytes,
        usage: TableUsage { seq_scan: 3, ..TableUsage::default() },
        ..table(oid, "leaf", rows)
    };
    let root = Table { kind: TableKind::Partitioned, heap_bytes: Some(0), ..table(5, "event", Some(-1.0)) };
    for (leaves, expected) in [
        (vec![leaf(6, Some(10.0), Some(8192)), leaf(7, Some(5.0), Some(8192))], json!([2, 15.0, 16384, 6])),
        (vec![leaf(6, Some(10.0), Some(8192)), leaf(7, None, Some(0))], json!([2, 10.0, 8192, 6])),
        (vec![leaf(6, Some(10.0), Some(8192)), leaf(7, None, Some(8192))], json!([2, null, 16384, 6])),
        (vec![leaf(6, Some(10.0), None)], json!([1, 10.0, null, 3])),
    ] {
        let mut tables = vec![root.clone()];
        tables.extend(leaves);
        let snapshot = Snapshot { tables, ..snapshot() };
        let mut facts = loaded(&snapshot).await;
        let found = rows(&mut facts, "SELECT leaves, rows, heap_bytes, seq_scan FROM table_ WHERE table_id = 5").await;
        assert_eq!(json!(found), json!([expected]));
        let roots = rows(&mut facts, "SELECT DISTINCT root_id FROM table_").await;
        assert_eq!(json!(roots), json!([[5]]));
    }
}

#[tokio::test]
async fn a_question_cannot_change_anything_or_reach_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file.db");
    let file_name = file.display().to_string();
    let mut facts = loaded(&snapshot()).await;
    for sql in [
        "DELETE FROM server",
        "WITH x AS (SELECT 1) DELETE FROM server",
        "WITH x AS (SELECT 1) INSERT INTO gap SELECT 'a', 'b', 'c'",
        "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x (a)",
        "PRAGMA query_only = OFF",
        "SELECT 1; PRAGMA query_only = OFF",
        "SELECT * FROM pragma_query_only(0)",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "BEGIN",
        &format!("ATTACH '{file_name}' AS x"),
        &format!("VACUUM INTO '{file_name}'"),
        &format!("SELECT 1 /* ; */ ; ATTACH '{file_name}' AS x"),
    ] {
        assert!(facts.query(sql, &BTreeMap::new()).await.is_err(), "{sql}");
    }
    assert!(!file.exists());
    assert_eq!(rows(&mut facts, "SELECT count(*) FROM server, gap").await, [[json!(1)]]);
}

#[tokio::test]
async fn a_question_that_runs_away_is_stopped_and_the_next_one_is_answered() {
    let mut facts = loaded(&snapshot()).await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let error = facts.query(endless, &BTreeMap::new()).await.expect_err("no end");
    assert!(matches!(error, FactsError::TooLong { .. }), "{error:?}");
    assert_eq!(rows(&mut facts, "SELECT 1").await, [[json!(1)]]);
}

#[tokio::test]
async fn a_parameter_keeps_its_type() {
    let mut facts = loaded(&snapshot()).await;
    let parameters = BTreeMap::from([
        (text("whole"), Parameter::Integer(2)),
        (text("half"), Parameter::Real(0.5)),
        (text("word"), Parameter::Text(text("it's"))),
    ]);
    let answer =
        facts.query("SELECT :whole AS a, 5 / :whole AS b, :half AS c, :word AS d, NULL AS e", &parameters).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(json!(answer.rows), json!([[2, 2, 0.5, "it's", null]]));
}

#[tokio::test]
async fn an_error_points_at_the_word_and_says_what_was_meant() {
    let mut facts = loaded(&snapshot()).await;
    for (sql, word, help) in [
        (
            "SELECT tabel_name FROM table_",
            Some("tabel_name"),
            "did you mean table_name, a column of table_, foreign_key?",
        ),
        ("SELECT t.scans FROM table_ t", Some("scans"), "scans is a column of index_"),
        ("SELECT 1 FROM tables_", Some("tables_"), "did you mean table_?"),
        ("SELECT 1 FORM table_ WHERE x", Some("table_"), ""),
        ("SELECT :rows FROM table_", Some("rows"), "did you mean :row?"),
    ] {
        let parameters = BTreeMap::from([(text("row"), Parameter::Integer(1))]);
        let error = facts.query(sql, &parameters).await.expect_err(sql);
        assert_eq!((error.word(), error.advice().unwrap_or_default().as_str()), (word, help), "{sql}: {error}");
    }
}

#[test]
fn the_documentation_is_fresh() {
    support::is_fresh("docs/facts.md", &facts::documentation());
}
