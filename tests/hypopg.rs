//! The planner's answer through HypoPG, on Debian's PostgreSQL 15, and how far the model agrees with it.

mod support;

use pgassay::server::{ServerError, Session};
use pgassay::what_if::ask::Planner;
use pgassay::what_if::{Answer, Basis, Question, hypopg, model};
use support::advice::Case;

const SHOP: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.customers (id bigint PRIMARY KEY, email varchar(100), city text, active boolean);
    INSERT INTO shop.customers SELECT n, 'c' || n || '@example.org', 'city ' || n % 300, n % 50 <> 0 FROM generate_series(1, 50000) n;
    CREATE TABLE shop.\"Orders\" (id bigint PRIMARY KEY, customer_id bigint, status text, total numeric, placed_at timestamptz,
        \"userId\" int, note text);
    INSERT INTO shop.\"Orders\" SELECT n, n % 50000, 's' || n % 4, n % 977, '2024-01-01'::timestamptz + n * interval '1 minute', n % 7000,
        'note ' || n FROM generate_series(1, 300000) n;
    ALTER DATABASE shop SET search_path = shop, public;
    SET search_path = shop, public;";

const STATEMENTS: &[&str] = &[
    "SELECT * FROM \"Orders\" WHERE customer_id = 77",
    "SELECT * FROM \"Orders\" WHERE \"userId\" = 77 AND status = 's1'",
    "SELECT * FROM \"Orders\" WHERE status = 's1'",
    "SELECT * FROM \"Orders\" ORDER BY placed_at DESC LIMIT 20",
    "SELECT * FROM \"Orders\" WHERE status = 's2' ORDER BY placed_at DESC LIMIT 20",
    "SELECT * FROM \"Orders\" WHERE placed_at BETWEEN '2024-02-01' AND '2024-02-02'",
    "SELECT count(*) FROM \"Orders\" WHERE total = 5",
    "SELECT * FROM \"Orders\" WHERE customer_id IN (1, 2, 3)",
    "SELECT * FROM \"Orders\" WHERE note LIKE '%777%'",
    "SELECT * FROM customers WHERE lower(email) = 'c7@example.org'",
    "SELECT * FROM customers WHERE city = 'city 9'",
    "SELECT count(*) FROM customers WHERE active",
    "SELECT c.city, o.total FROM \"Orders\" o JOIN customers c ON c.id = o.customer_id WHERE c.email = 'c8@example.org'",
    "SELECT c.city, sum(o.total) FROM \"Orders\" o JOIN customers c ON c.id = o.customer_id GROUP BY c.city",
    "SELECT * FROM customers c WHERE EXISTS (SELECT 1 FROM \"Orders\" o WHERE o.customer_id = c.id AND o.total = 976 AND o.\"userId\" = 9)",
    "SELECT * FROM \"Orders\" WHERE customer_id IN (SELECT id FROM customers WHERE email = 'c9@example.org')",
    "UPDATE \"Orders\" SET note = 'x' WHERE customer_id = 78",
    "DELETE FROM \"Orders\" WHERE \"userId\" = 999999",
];

async fn answers(case: &mut Case) -> Vec<Answer> {
    let answers = hypopg::answer(&mut case.session, &case.snapshot, &case.workload, &case.questions).await;
    answers.into_iter().map(|answer| answer.expect("the extension is installed")).collect()
}

fn says_yes(answer: &Answer, before: f64) -> bool {
    !answer.plans[0].used.is_empty() && answer.plans[0].cost <= before * 0.8
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_and_the_planner_mostly_agree() {
    let server = support::server_with_hypopg();
    let mut case = Case::prepare(&server, "shop", &["hypopg"], SHOP, STATEMENTS).await;
    let planner = answers(&mut case).await;
    let (mut asked, mut agreed, mut differences) = (0, 0, Vec::new());
    let nothing = |question: &Question| Question { designs: Vec::new(), ..question.clone() };
    let before = |question: &Question| {
        let asked = case.questions.iter().position(|one| *one == nothing(question)).expect("the cost before");
        let own = model::answer(&case.snapshot, &case.workload, &nothing(question));
        (own.plans[0].cost, planner[asked].plans[0].cost)
    };
    let asked_about =
        |question: &Question, answer: &Answer| !question.designs.is_empty() && answer.basis == Basis::Hypopg;
    for (question, answer) in case.questions.iter().zip(&planner).filter(|(one, two)| asked_about(one, two)) {
        let own = model::answer(&case.snapshot, &case.workload, question);
        let (own_before, planner_before) = before(question);
        asked += 1;
        if says_yes(&own, own_before) == says_yes(answer, planner_before) {
            agreed += 1;
            continue;
        }
        let text = &case.workload.queries[question.query].text;
        let designs: Vec<String> = question.designs.iter().map(pgassay::what_if::Design::body).collect();
        let costs = format!(
            "planner {planner_before:.0} to {:.0}, model {own_before:.0} to {:.0}",
            answer.plans[0].cost, own.plans[0].cost
        );
        differences.push(format!("{text}\n  {}: {costs}", designs.join("; ")));
    }
    println!("the model agrees with the planner on {agreed} of {asked}\n{}", differences.join("\n"));
    assert!(asked >= 20, "{asked}");
    assert!(agreed * 10 >= asked * 9, "{agreed} of {asked}\n{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_planner_advises_on_all_that_it_can_plan() {
    let server = support::server_with_hypopg();
    let mut case = Case::prepare(&server, "shop", &["hypopg", "pg_trgm"], SHOP, STATEMENTS).await;
    let planner = answers(&mut case).await;
    let beyond = |question: &&Question| question.designs.iter().any(|design| !hypopg::imagines(design));
    let searched: Vec<usize> = case.questions.iter().filter(beyond).map(|question| question.query).collect();
    assert!(!searched.is_empty(), "no statement needs what HypoPG does not know");
    for (question, answer) in case.questions.iter().zip(&planner) {
        let text = &case.workload.queries[question.query].text;
        // all questions about a statement have one judge: their costs are compared
        let imagined = !searched.contains(&question.query);
        assert_eq!(answer.basis == Basis::Hypopg, imagined, "{text}: {:?}", answer.note);
        assert_eq!(answer.note.is_none(), imagined, "{text}");
        assert!(
            !answer.plans.is_empty() && !imagined || answer.plans.iter().all(|plan| !plan.shape.is_empty()),
            "{text}"
        );
    }
    let advice = case.recommend(&planner);
    let found = case.indexes(&advice);
    for expected in [
        "Orders USING btree (customer_id)",
        "Orders USING btree (\"userId\")",
        "Orders USING gin (note gin_trgm_ops)",
        "Orders USING btree (placed_at)",
        "customers USING btree (email)",
        "customers USING btree (city)",
    ] {
        // whether it covers more is the planner's to say
        let there = found.iter().any(|one| one == expected || one.starts_with(&format!("{expected} INCLUDE")));
        assert!(there, "{expected} is not in {found:#?}: {:#?}", advice.rejected);
    }
    assert!(!found.contains(&"Orders USING btree (status)".to_owned()), "a quarter of the rows passes: {found:#?}");
    let twice = answers(&mut case).await;
    assert_eq!(planner, twice, "hypothetical indexes were left behind");
}

/// Looks, at the end of every transaction, at what the backend still imagines.
struct Watched<'a> {
    session: &'a mut Session,
    left: Vec<String>,
    imagined: usize,
}

impl Planner for Watched<'_> {
    async fn run(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        let look = "SELECT indexrelid::text FROM public.hypopg_list_indexes";
        self.imagined += statements.iter().filter(|one| one.contains("hypopg_create_index")).count();
        let mut answers = self.session.run(&[statements, &[look.to_owned()]].concat()).await?;
        self.left.extend(answers.pop().into_iter().flatten());
        Ok(answers)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_the_backend_next_sees_no_hypothetical_index() {
    let server = support::server_with_hypopg();
    let mut case = Case::prepare(&server, "shop", &["hypopg"], SHOP, &STATEMENTS[..4]).await;
    let mut hypopg = hypopg::Hypopg::of(&case.snapshot).expect("the extension");
    let (mut answered, mut watched) = (0, Watched { session: &mut case.session, left: Vec::new(), imagined: 0 });
    for question in &case.questions {
        let query = &case.workload.queries[question.query];
        let asked = hypopg.prepare(&mut watched, &case.snapshot, query).await.expect("a statement");
        let answers = hypopg.ask(&mut watched, &case.snapshot, &[(question, &asked)]).await;
        answered += answers.iter().filter(|answer| !answer.plans.is_empty()).count();
    }
    assert!(answered > 3 && watched.imagined > 3, "{answered} answers, {} indexes", watched.imagined);
    assert!(watched.left.is_empty(), "{:?}", watched.left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read_is_answered_for_writes_too() {
    let server = support::server_with_hypopg();
    let case = Case::prepare(&server, "shop", &["hypopg"], SHOP, STATEMENTS).await;
    let mut admin = server.connect("shop").await.expect("a connection");
    support::run(&mut admin, "CREATE ROLE reader LOGIN IN ROLE pg_monitor, pg_read_all_data").await;
    let url = server.url("shop").replace("user=postgres", "user=reader");
    let mut reading = support::connecting::session_with(&url, |_| ()).await.expect("a session");
    let answers = hypopg::answer(&mut reading, &case.snapshot, &case.workload, &case.questions).await;
    for (question, answer) in case.questions.iter().zip(answers.into_iter().flatten()) {
        let text = &case.workload.queries[question.query].text;
        // of what is searched with LIKE the model judges, as for every other role
        assert_eq!(answer.basis == Basis::Hypopg, !text.contains("LIKE"), "{text}: {:?}", answer.note);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_extension_the_planner_gives_no_answer() {
    let server = support::server_with_hypopg();
    let mut case = Case::prepare(&server, "shop", &[], SHOP, &STATEMENTS[..2]).await;
    assert!(!case.questions.is_empty());
    let answers = hypopg::answer(&mut case.session, &case.snapshot, &case.workload, &case.questions).await;
    assert!(answers.iter().all(Option::is_none));
}
