//! What the user wishes of the advice, and what the clock says: profiles, an early end, an index that takes another's
//! place, a statement that the planner misjudges.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use pgassay::advisor::{self, Advice, Budget, Input, Options, Profile, Recommendations, Step};
use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::source::file;
use pgassay::what_if::lab::{Lab, LabOptions};
use pgassay::what_if::oracle::{Oracle, Ways};
use pgassay::what_if::{Design, Known, model};
use pgassay::workload::{Counters, Kind, Query, Workload};
use sqlx::Connection;
use support::advice::Case;
use support::run;

fn shop() -> (Snapshot, Workload) {
    let snapshot = file::read("fixtures/cpl-snapshot.json.gz").expect("the fixture");
    let workload = Workload::build(&snapshot);
    (snapshot, workload)
}

fn with_profile(snapshot: &Snapshot, workload: &Workload, profile: Profile) -> Recommendations {
    let options = Options { profile, ..Options::default() };
    advisor::advise_by(snapshot, workload, &options, |question| model::answer(snapshot, workload, question))
}

/// The same with so many rows inserted into a table.
fn with_inserts(workload: &Workload, of: &Advice, rows: f64) -> Workload {
    let counters = Counters { calls: 1, rows: rows as u64, ..Counters::default() };
    let target = Some(of.design.table_oid);
    let mut workload = workload.clone();
    workload.queries.push(Query { kind: Kind::Insert, target, counters, ..Query::default() });
    workload
}

#[test]
fn a_profile_for_reads_takes_an_index_that_one_for_writes_leaves_out() {
    let (snapshot, workload) = shop();
    let of = &with_profile(&snapshot, &workload, Profile::Balanced).create[0];
    let taken = |profile, rows| {
        let advice = with_profile(&snapshot, &with_inserts(&workload, of, rows), profile);
        advice.create.into_iter().find(|one| one.design == of.design)
    };
    let each_ms = (taken(Profile::Balanced, 100.0).expect("it is advised").added_ms - of.added_ms) / 100.0;
    for (share, expected) in [(0.1, [true, true, true]), (0.6, [true, true, false]), (1.5, [true, false, false])] {
        let rows = of.saved_ms * share / each_ms;
        let found = [Profile::Read, Profile::Balanced, Profile::Write].map(|profile| taken(profile, rows).is_some());
        assert_eq!(found, expected, "writes take {share} of what it saves");
    }
}

#[test]
fn without_writes_the_profiles_agree() {
    let (mut snapshot, mut workload) = shop();
    workload.queries.iter_mut().filter(|query| query.kind != Kind::Select).for_each(|query| query.counters.rows = 0);
    for table in &mut snapshot.tables {
        (table.usage.n_tup_ins, table.usage.n_tup_upd, table.usage.n_tup_del) = (0, 0, 0);
    }
    let [read, write] = [Profile::Read, Profile::Write].map(|profile| with_profile(&snapshot, &workload, profile));
    assert!(!read.create.is_empty());
    assert_eq!(read.create, write.create);
}

#[test]
fn advice_that_is_ended_early_keeps_to_the_budget_and_is_the_same_each_time() {
    let (snapshot, workload) = shop();
    let (candidates, sizes) = (advisor::candidates(&snapshot, &workload), BTreeMap::new());
    let budget = 20_000_000;
    let options = Options { budget: Some(Budget::Bytes(budget)), ..Options::default() };
    let (mut known, mut rounds) = (Known::default(), Vec::new());
    loop {
        let input = |last| Input {
            snapshot: &snapshot,
            workload: &workload,
            candidates: &candidates,
            sizes: &sizes,
            known: &known,
            options: &options,
            last,
        };
        let (Step::Done(ended), Step::Done(again)) = (advisor::advise(&input(true)), advisor::advise(&input(true)))
        else {
            panic!("the last step is the advice")
        };
        assert_eq!(ended, again, "after {} answers", known.len());
        let bytes: u64 = ended.create.iter().filter_map(|one| one.size_bytes).sum();
        assert!(bytes <= budget, "{bytes} after {} answers", known.len());
        let own: BTreeSet<&Design> = candidates.designs.keys().chain(candidates.unseen.keys()).collect();
        assert!(ended.create.iter().all(|one| own.contains(&one.design) && !one.helps.is_empty()), "{ended:#?}");
        rounds.push(ended.create.len());
        match advisor::advise(&input(false)) {
            Step::Done(whole) => {
                assert_eq!(whole, ended, "nothing was left to ask");
                break;
            }
            Step::Ask(questions) => {
                let answers = questions.iter().map(|one| model::answer(&snapshot, &workload, one)).collect();
                known.learn(questions, answers);
            }
        }
    }
    assert!(rounds.len() >= 2 && rounds.last().is_some_and(|last| *last > rounds[0]), "{rounds:?}");
}

/// The advice of a lab of the same version.
async fn by_lab(case: &Case, major: u32) -> Recommendations {
    let options = LabOptions { binaries: Some(support::binaries(major).directory), ..LabOptions::default() };
    let lab = Lab::start(&case.snapshot, &options).await.unwrap_or_else(|error| panic!("{error:?}"));
    let (snapshot, workload) = (&case.snapshot, &case.workload);
    let mut oracle = Oracle::new(snapshot, workload, Ways { lab: Some(lab), ..Ways::default() });
    let candidates = advisor::candidates(snapshot, workload);
    oracle.prepare(&candidates.designs.keys().cloned().collect::<Vec<_>>()).await;
    let (sizes, options, mut known) = (oracle.sizes(), Options::default(), Known::default());
    loop {
        let (candidates, sizes, options) = (&candidates, &sizes, &options);
        let input = Input { snapshot, workload, candidates, sizes, known: &known, options, last: false };
        match advisor::advise(&input) {
            Step::Done(advice) => return advice,
            Step::Ask(questions) => {
                let answers = oracle.answer(&questions).await;
                known.learn(questions, answers);
            }
        }
    }
}

const VISITS: &str = "CREATE TABLE visits (id bigint PRIMARY KEY, person bigint, at timestamptz, note text);
    INSERT INTO visits SELECT n, n % 40, now() - n * interval '1 minute', repeat('x', 60)
        FROM generate_series(1, 200000) n;
    CREATE INDEX visits_person ON visits (person);";

async fn plan(server: &Scratch, sql: &str) -> String {
    let mut connection = server.connect("visits").await.expect("a connection");
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {sql}"));
    let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.expect("a plan");
    connection.close().await.expect("a goodbye");
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wider_index_takes_the_place_of_the_one_that_it_begins_with() {
    let server = support::server(16);
    let newest = "SELECT * FROM visits WHERE person = 7 ORDER BY at DESC LIMIT 5";
    let count = "SELECT count(*) FROM visits WHERE person = 9";
    let mut case = Case::prepare(&server, "visits", &[], VISITS, &[newest, count]).await;
    let young = by_lab(&case, 16).await;
    assert!(young.create.iter().all(|one| one.replaces.is_empty()), "who uses it is not known yet: {young:#?}");
    case.snapshot.evidence.database_stats_age_s = 30.0 * 86_400.0;
    let advice = by_lab(&case, 16).await;
    let narrow = case.snapshot.indexes.iter().find(|index| index.name == "visits_person").expect("the index");
    let wider: Vec<_> = advice.create.iter().filter(|one| one.replaces == [narrow.oid]).collect();
    let [wider] = wider.as_slice() else { panic!("{advice:#?}") };
    assert!(wider.notes.iter().any(|note| note.contains("public.visits_person")), "{:?}", wider.notes);
    let mut connection = server.connect("visits").await.expect("a connection");
    run(&mut connection, &format!("CREATE INDEX wider ON visits {}; DROP INDEX visits_person", wider.design.body()))
        .await;
    run(&mut connection, "VACUUM ANALYZE visits").await;
    connection.close().await.expect("a goodbye");
    for sql in [newest, count] {
        let plan = plan(&server, sql).await;
        assert!(plan.contains("wider") && !plan.contains("Seq Scan"), "{sql}\n{plan}");
    }
}

/// The planner takes one in two hundred for a hit, and EXISTS for over at the first.
const PEOPLE: &str = "CREATE TABLE people (id bigint PRIMARY KEY, email text, a int, b int, c int, d int, e int, f int);
    INSERT INTO people SELECT n, 'User' || n || '@example.org', n % 5000, n % 5001, n % 5002, n % 5003, n % 5004, n % 5005
        FROM generate_series(1, 200000) n;";

#[tokio::test(flavor = "multi_thread")]
async fn where_planner_and_clock_disagree_the_clock_counts_and_the_report_says_so() {
    let server = support::server(16);
    let mut statements: Vec<String> =
        ["a", "b", "c", "d", "e", "f"].map(|name| format!("SELECT id FROM people WHERE {name} = 17")).to_vec();
    statements.push("SELECT EXISTS (SELECT 1 FROM people WHERE lower(email) = 'nobody@example.org')".to_owned());
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let case = Case::prepare(&server, "people", &[], PEOPLE, &statements).await;
    let advice = by_lab(&case, 16).await;
    let of_email = |one: &&Advice| one.design.body().contains("lower(email)");
    let found = advice.create.iter().find(of_email).unwrap_or_else(|| panic!("{advice:#?}"));
    let said = found.notes.iter().any(|note| note.contains("times what the planner's cost stands for"));
    assert!(said, "{:?}", found.notes);
    let others = advice.create.iter().filter(|one| !of_email(one));
    assert!(others.flat_map(|one| &one.notes).all(|note| !note.contains("planner's cost")), "{advice:#?}");
}
