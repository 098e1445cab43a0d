//! Who answers what-if questions, and that the answers are a planner's.

mod support;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Statement;
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::ask;
use pgassay::what_if::lab::{Lab, LabOptions};
use pgassay::what_if::oracle::{Oracle, Wanted, Ways};
use pgassay::what_if::{Answer, Basis, Design, DesignKey, Parameters, Plan, Question};
use pgassay::workload::Workload;
use support::advice::Case;
use support::connecting;

const SHOP: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.customers (id bigint PRIMARY KEY, email text, city text);
    INSERT INTO shop.customers SELECT n, 'c' || n || '@example.org', 'city ' || n % 300 FROM generate_series(1, 20000) n;
    CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer_id bigint, status text, placed_at timestamptz, total int);
    INSERT INTO shop.orders SELECT n, n % 20000, CASE WHEN n % 500 = 0 THEN 'open' ELSE 'done' END,
        '2024-01-01'::timestamptz + n * interval '1 minute', n % 977 FROM generate_series(1, 100000) n;
    CREATE INDEX orders_placed_at ON shop.orders (placed_at);
    ALTER DATABASE case_db SET search_path = shop, public;
    SET search_path = shop, public;";

const STATEMENTS: &[&str] = &[
    "SELECT * FROM orders WHERE customer_id = 77",
    "SELECT * FROM orders WHERE status = 'open' AND total > 5",
    "SELECT * FROM customers WHERE email LIKE 'c77%'",
    "SELECT count(*) FROM orders WHERE placed_at > '2024-03-10' AND placed_at < CURRENT_TIMESTAMP - interval '1 day'",
    "SELECT c.city, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email = 'c8@example.org'",
    "UPDATE orders SET total = 1 WHERE customer_id = 78",
    "SELECT total FROM orders * WHERE customer_id = 79 AND status = 'open' ORDER BY total DESC LIMIT 5",
];

async fn case(server: &Scratch) -> Case {
    Case::prepare(server, "case_db", &[], SHOP, STATEMENTS).await
}

async fn lab(case: &Case, major: u32) -> Lab {
    let options = LabOptions { binaries: Some(support::binaries(major).directory), ..LabOptions::default() };
    Lab::start(&case.snapshot, &options).await.unwrap_or_else(|error| panic!("{error:?}"))
}

fn design(case: &Case, table: &str, columns: &[&str]) -> Design {
    let table = case.snapshot.tables.iter().find(|one| one.name == table).expect("a table");
    let keys = columns.iter().map(|column| DesignKey::column(column)).collect();
    Design { table_oid: table.oid, method: "btree".to_owned(), keys, ..Design::default() }
}

fn query(case: &Case, part: &str) -> usize {
    let found = case.workload.queries.iter().position(|query| query.text.contains(part));
    found.unwrap_or_else(|| panic!("no statement with {part}"))
}

fn question(query: usize, designs: Vec<Design>, without: Vec<u32>) -> Question {
    Question { query, designs, without }
}

fn questions(case: &Case) -> (Vec<Design>, Vec<Question>) {
    let customer = design(case, "orders", &["customer_id"]);
    let status = design(case, "orders", &["status"]);
    let mut email = design(case, "customers", &["email"]);
    email.keys[0].opclass = Some("text_pattern_ops".to_owned());
    let placed = case.snapshot.indexes.iter().find(|index| index.name == "orders_placed_at").expect("an index").oid;
    let by_customer = query(case, "WHERE customer_id = $1");
    let asked = vec![
        question(by_customer, vec![], vec![]),
        question(by_customer, vec![customer.clone()], vec![]),
        question(query(case, "status = $1 AND total"), vec![status.clone()], vec![]),
        question(query(case, "LIKE"), vec![email.clone()], vec![]),
        question(query(case, "placed_at > $1"), vec![], vec![]),
        question(query(case, "placed_at > $1"), vec![], vec![placed]),
        question(query(case, "UPDATE"), vec![customer.clone()], vec![]),
    ];
    (vec![customer, status, email], asked)
}

async fn answers(case: &Case, lab: Lab, backends: usize) -> (Vec<Answer>, Lab) {
    let (designs, questions) = questions(case);
    let ways = Ways { lab: Some(lab), ..Ways::default() };
    let mut oracle = Oracle::with_backends(&case.snapshot, &case.workload, ways, backends);
    oracle.prepare(&designs).await;
    assert_eq!(oracle.sizes().len(), designs.len());
    let answers = oracle.answer(&questions).await;
    let summary = oracle.summary();
    assert_eq!(summary.unplanned, []);
    assert_eq!(summary.statements.keys().copied().collect::<Vec<_>>(), [Basis::Lab]);
    println!("{} questions, {} plans in {:?}", summary.questions, summary.plans, summary.elapsed);
    (answers, oracle.into_lab().expect("the lab"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_answers_every_question_and_the_same_on_one_and_two_backends() {
    let server = support::server(16);
    let case = case(&server).await;
    let lab = lab(&case, 16).await;
    let (found, lab) = answers(&case, lab, 1).await;
    let (again, _lab) = answers(&case, lab, 2).await;
    assert_eq!(found, again);
    let used = |position: usize| found[position].plans.iter().map(|plan| plan.used.clone()).collect::<Vec<_>>();
    let shape = |position: usize| found[position].plans[0].shape.as_str();
    assert!(found.iter().all(|answer| answer.note.is_none() && !answer.plans.is_empty()), "{found:#?}");
    assert!(used(0).iter().all(Vec::is_empty));
    assert!(used(1).contains(&vec![0]), "{found:#?}");
    assert!(found[1].plans[0].cost * 10.0 < found[0].plans[0].cost, "{found:#?}");
    assert!(shape(1).contains("a new index on orders (customer_id)"), "{}", shape(1));
    assert!(!found[4].plans[0].existing.is_empty() && shape(4).contains("orders_placed_at"), "{}", shape(4));
    assert!(found[5].plans[0].existing.is_empty() && found[5].plans[0].cost > found[4].plans[0].cost, "{found:#?}");
    assert!(shape(6).starts_with("Update on orders > "), "{}", shape(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn constants_that_give_the_rows_of_a_call_show_what_the_plan_for_any_value_hides() {
    let server = support::server(15);
    let case = case(&server).await;
    let (found, _lab) = answers(&case, lab(&case, 15).await, 1).await;
    let [generic, calibrated] = found[2].plans.as_slice() else { panic!("{:#?}", found[2]) };
    assert_eq!((&generic.parameters, &calibrated.used), (&Parameters::Generic, &vec![0]), "{:#?}", found[2]);
    assert!(calibrated.cost * 10.0 < generic.cost, "{:#?}", found[2]);
    let Parameters::Calibrated { what } = &calibrated.parameters else { panic!("{calibrated:?}") };
    assert!(what.contains("$1 takes a value of") && !what.contains("open"), "{what}");
    assert!(
        found[3].plans.iter().all(|plan| plan.used.is_empty()),
        "nobody knows how the pattern begins: {:#?}",
        found[3]
    );
    assert_eq!(found[1].plans.len(), 1, "one value is like any other: {:#?}", found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_is_checked_against_the_servers_own_plans() {
    let server = support::server(18);
    let mut case = case(&server).await;
    let references = ask::reference_plans(&mut case.session, &case.snapshot, &case.workload, 50).await;
    let over_tables = case.workload.queries.iter().filter(|query| !query.tables.is_empty()).count();
    assert_eq!(references.len(), over_tables);
    case.snapshot.reference_plans = references;
    // a plan that no lab makes of this snapshot
    case.snapshot.reference_plans[0].cost += 1.0;
    let ways = Ways { lab: Some(lab(&case, 18).await), ..Ways::default() };
    let mut oracle = Oracle::new(&case.snapshot, &case.workload, ways);
    oracle.prepare(&[]).await;
    let check = oracle.summary().self_check.expect("a check");
    println!("{check:#?}");
    assert_eq!((check.asked, check.same_shape), (over_tables, over_tables));
    assert_eq!(check.same_cost, check.asked - 1, "{:#?}", check.differences);
    assert_eq!(check.differences[0].server, case.snapshot.reference_plans[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_only_the_planner_can_read_is_read_from_its_plan() {
    let server = support::server(16);
    let case = case(&server).await;
    assert_eq!(case.workload.unparsed.len(), 1, "{:#?}", case.workload.unparsed);
    let ways = Ways { lab: Some(lab(&case, 16).await), ..Ways::default() };
    let mut oracle = Oracle::new(&case.snapshot, &case.workload, ways);
    let found = oracle.unparsed().await;
    let workload = ask::adopt(Workload::build(&case.snapshot), found);
    assert!(workload.unparsed.is_empty());
    let query = workload.queries.iter().find(|query| query.text.contains("orders *")).expect("the statement");
    let columns: Vec<&str> = query.predicates.iter().map(|one| one.operand.column.as_str()).collect();
    assert_eq!(columns, ["customer_id", "status"]);
    assert_eq!((query.sorts[0].operand.column.as_str(), query.sorts[0].limited), ("total", true));
    assert_eq!(query.counters.calls, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_planner_or_on_demand_the_model_answers() {
    let server = support::server(16);
    let mut case = case(&server).await;
    let (designs, questions) = questions(&case);
    for (server, wanted) in [(true, Wanted::Auto), (false, Wanted::Lab), (true, Wanted::Model)] {
        let ways = Ways { lab: None, server: server.then_some(&mut case.session), wanted };
        let mut oracle = Oracle::new(&case.snapshot, &case.workload, ways);
        oracle.prepare(&designs).await;
        let answers = oracle.answer(&questions).await;
        assert_eq!(answers.len(), questions.len());
        assert!(answers.iter().all(|answer| answer.basis == Basis::Model), "{wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_plans_the_texts_of_a_real_server_and_finds_constants_for_most() {
    let server = support::server(15);
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, "CREATE EXTENSION pg_stat_statements").await;
    support::run(&mut admin, include_str!("../fixtures/lab/app/schema.sql")).await;
    support::run(&mut admin, include_str!("../fixtures/lab/app/data.sql")).await;
    support::run(&mut admin, include_str!("../fixtures/lab/app/views.sql")).await;
    support::run(&mut admin, "ANALYZE").await;
    let mut session = connecting::session(&server, "postgres").await;
    let mut snapshot = live::read(&mut session, &ReadOptions::default()).await.expect("a snapshot");
    let texts: Vec<String> = serde_json::from_str(include_str!("../fixtures/workload/lab-15.json")).expect("texts");
    let entry = |text: &String| Statement {
        text: Some(text.clone()),
        calls: 100,
        rows: 1000,
        toplevel: true,
        ..Statement::default()
    };
    snapshot.statements.entries = texts.iter().map(entry).collect();
    let workload = Workload::build(&snapshot);
    let options = LabOptions { binaries: Some(support::binaries(15).directory), ..LabOptions::default() };
    let lab = Lab::start(&snapshot, &options).await.unwrap_or_else(|error| panic!("{error:?}"));
    let mut oracle = Oracle::new(&snapshot, &workload, Ways { lab: Some(lab), ..Ways::default() });
    let all: Vec<Question> = (0..workload.queries.len()).map(|query| question(query, vec![], vec![])).collect();
    let answers = oracle.answer(&all).await;
    let summary = oracle.summary();
    let planned = answers.iter().filter(|answer| answer.basis == Basis::Lab && !answer.plans.is_empty()).count();
    let calibrated = answers.iter().filter(|answer| answer.plans.len() == 2).count();
    println!("{planned} of {} planned, {calibrated} with constants, in {:?}", all.len(), summary.elapsed);
    for (question, answer) in all.iter().zip(&answers) {
        if let [_, Plan { parameters: Parameters::Calibrated { what }, .. }] = answer.plans.as_slice() {
            println!("{what}: {}", workload.queries[question.query].text);
        } else if workload.queries[question.query].text.contains('$') {
            println!("(none): {}", workload.queries[question.query].text);
        }
    }
    println!("{:#?} {:#?}", summary.unplanned, summary.missing);
    assert!(planned + 1 >= all.len(), "{:#?}", summary.unplanned);
    assert!(calibrated * 2 >= all.len(), "{calibrated}");
}
