//! The built-in rules together: what one finding takes in, how severe that makes it, and what is said when it is not shown.

use pgassay::advisor;
use pgassay::analysis::Analyses;
use pgassay::config::Ignore;
use pgassay::facts::{Facts, Input};
use pgassay::rule::{self, Catalogue, Outcome, Override, Overrides};
use pgassay::snapshot::{Session, Snapshot, Statement, StatementsState, Table};
use pgassay::source::file;
use pgassay::workload::Workload;

const WATCHED: [&str; 9] = [
    "high-variance",
    "idle-in-transaction",
    "lock-wait",
    "missing-index",
    "slow-statement",
    "temp-spill",
    "time-share",
    "unbounded-read",
    "vacuum-horizon-held",
];

/// Counters of a day, with a table of a million rows.
fn snapshot() -> Snapshot {
    let table = Table {
        oid: 1,
        schema: "public".to_owned(),
        name: "item".to_owned(),
        rows: Some(1_000_000.0),
        ..Table::default()
    };
    let mut snapshot = Snapshot { taken_at: 1_800_000_000.0, tables: vec![table], ..Snapshot::default() };
    snapshot.server.version_num = 180_000;
    "shop".clone_into(&mut snapshot.server.database);
    snapshot.statements.state = StatementsState::Read;
    snapshot.statements.stats_reset = Some(snapshot.taken_at - 86_400.0);
    snapshot
}

fn running(text: &str, calls: u64, mean_ms: f64, rows_a_call: u64, temp_a_call: u64) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.statements.entries = vec![Statement {
        queryid: Some(1),
        toplevel: true,
        text: Some(text.to_owned()),
        calls,
        rows: calls * rows_a_call,
        total_exec_time: calls as f64 * mean_ms,
        min_exec_time: mean_ms,
        max_exec_time: mean_ms,
        mean_exec_time: mean_ms,
        temp_blks_written: calls * temp_a_call,
        ..Statement::default()
    }];
    snapshot
}

/// `severity rule (what it covers)` of the watched rules.
async fn said(snapshot: &Snapshot, overrides: &Overrides) -> Vec<String> {
    let workload = Workload::build(snapshot);
    let (analyses, recommendations) = (Analyses::default(), advisor::advise_by_model(snapshot, &workload));
    let input = Input { snapshot, workload: &workload, analyses: &analyses, recommendations: &recommendations };
    let mut facts = Facts::load(&input).await.expect("facts");
    let catalogue = Catalogue::builtin().expect("rules");
    let evaluated = rule::run(&catalogue, &mut facts, overrides).await.expect("outcomes");
    let mut said = Vec::new();
    for one in evaluated.iter().filter(|one| WATCHED.contains(&one.rule.as_str())) {
        let Outcome::Found(rows) = &one.outcome else { continue };
        for row in rows {
            let covers: Vec<&str> = row.covers.iter().map(|covered| covered.rule.as_str()).collect();
            said.push(format!("{} {} ({})", row.severity.name(), one.rule, covers.join(", ")));
        }
    }
    said
}

fn without(rule: &str) -> Overrides {
    let off = Override { off: true, ..Override::default() };
    Overrides { rules: [(rule.to_owned(), off)].into(), ..Overrides::default() }
}

fn accepted(rule: &str) -> Overrides {
    let ignore = Ignore { rule: rule.to_owned(), subject: "*".to_owned(), ..Ignore::default() };
    Overrides { accepted: vec![ignore], ..Overrides::default() }
}

#[tokio::test]
async fn a_slow_statement_is_named_whatever_another_rule_might_have_said() {
    let nothing = Overrides::default();
    // a function is no table, so that unbounded-read does not speak
    let report = running("SELECT * FROM monthly_report($1, $2)", 20_000, 4_000.0, 1_500, 0);
    assert_eq!(said(&report, &nothing).await, ["error slow-statement (time-share)"]);
    let some = running("SELECT max(name) FROM item", 1_000, 6_000.0, 1, 100);
    assert_eq!(said(&some, &nothing).await, ["error slow-statement (time-share)"]);
    let spilt = running("SELECT max(name) FROM item", 1_000, 6_000.0, 1, 8_300);
    assert_eq!(said(&spilt, &nothing).await, ["error temp-spill (slow-statement, time-share)"]);
    let rows = running("SELECT * FROM item WHERE name > $1", 5_000, 3_000.0, 2_000, 0);
    assert_eq!(said(&rows, &nothing).await, ["error unbounded-read (slow-statement, time-share)"]);
}

#[tokio::test]
async fn what_a_rule_accounted_for_is_said_when_the_rule_is_skipped_or_its_finding_accepted() {
    let spilt = running("SELECT max(name) FROM item", 1_000, 6_000.0, 1, 8_300);
    assert_eq!(said(&spilt, &without("temp-spill")).await, ["error slow-statement (time-share)"]);
    let both = said(&spilt, &accepted("temp-spill")).await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both.contains(&"error slow-statement (time-share)".to_owned()), "{both:?}");
}

#[tokio::test]
async fn many_rows_that_cost_next_to_nothing_are_no_warning() {
    let mut quick = running("SELECT id, name FROM item", 12, 2.8, 1_500, 0);
    let other =
        Statement { queryid: Some(2), text: Some("SELECT 1".to_owned()), ..quick.statements.entries[0].clone() };
    quick.statements.entries.push(Statement { total_exec_time: 8_200.0, rows: other.calls, ..other });
    assert_eq!(said(&quick, &Overrides::default()).await, ["info unbounded-read ()"]);
}

#[tokio::test]
async fn a_dump_that_others_wait_for_is_named_once_with_the_wait_and_the_old_snapshot() {
    let mut forgotten = snapshot();
    let session = |pid: i32, application: &str| Session {
        pid,
        database: Some("shop".to_owned()),
        user: Some("app".to_owned()),
        application: Some(application.to_owned()),
        ..Session::default()
    };
    let dump = Session {
        state: Some("idle in transaction".to_owned()),
        xact_age_s: Some(86_000.0),
        state_age_s: Some(86_000.0),
        xmin_age: Some(250_000_000),
        ..session(1, "pg_dump")
    };
    let waiting = Session {
        state: Some("active".to_owned()),
        lock_wait_s: Some(900.0),
        wait_event_type: Some("Lock".to_owned()),
        wait_event: Some("transactionid".to_owned()),
        blocked_by: vec![1],
        ..session(2, "web")
    };
    forgotten.sessions = vec![dump.clone(), waiting];
    let nothing = Overrides::default();
    let whole = "error idle-in-transaction (lock-wait, vacuum-horizon-held)";
    assert_eq!(said(&forgotten, &nothing).await, [whole]);
    let left = said(&forgotten, &without("idle-in-transaction")).await;
    assert_eq!(left, ["error lock-wait ()", "error vacuum-horizon-held ()"]);
    forgotten.sessions = vec![dump];
    assert_eq!(said(&forgotten, &nothing).await, ["error vacuum-horizon-held ()"]);
}

#[tokio::test]
async fn an_index_accounts_for_the_statement_that_it_helps_as_long_as_it_is_proposed() {
    let mut searched = file::read("fixtures/cpl-snapshot.json.gz").expect("the fixture");
    let by_name = |one: &&mut Statement| {
        one.text.as_ref().is_some_and(|text| text.contains("WHERE UPPER(\"packing_lists_item\""))
    };
    let search = searched.statements.entries.iter_mut().find(by_name).expect("the search by name");
    let times = 40_000 / search.calls;
    search.calls *= times;
    search.rows *= times;
    search.shared_blks_hit *= times;
    search.shared_blks_read *= times;
    (search.min_exec_time, search.mean_exec_time, search.max_exec_time) = (400.0, 400.0, 400.0);
    search.stddev_exec_time = 0.0;
    search.total_exec_time = 400.0 * search.calls as f64;
    let whole = said(&searched, &Overrides::default()).await;
    assert!(whole.iter().any(|one| one.ends_with(" missing-index (slow-statement, time-share)")), "{whole:?}");
    assert!(!whole.iter().any(|one| one.contains(" slow-statement (")), "{whole:?}");
    for overrides in [without("missing-index"), accepted("missing-index")] {
        let left = said(&searched, &overrides).await;
        assert!(left.iter().any(|one| one.ends_with(" slow-statement (time-share)")), "{left:?}");
    }
}
