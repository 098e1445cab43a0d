//! The planner of a lab comes to the costs of the server's.

use std::time::Instant;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::what_if::lab::{Lab, Shown};
use pgassay::what_if::{Design, DesignKey};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{run, server_with};
use crate::{MAJORS, lab_of, snapshot};

const SCHEMA: &str = "
CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE customer (id bigint PRIMARY KEY, email text NOT NULL, country char(2), born date, tags text[]);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer, state state NOT NULL,
  total numeric(10, 2), at timestamptz NOT NULL, note text);
CREATE STATISTICS orders_both (ndistinct, dependencies, mcv) ON customer_id, state FROM orders;
CREATE TABLE event (id bigint, at date NOT NULL, kind text NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO customer SELECT n, 'user' || n || '@example.org', (ARRAY['de', 'fr', 'pl', 'us'])[1 + n % 4],
  date '1950-01-01' + n % 20000, ARRAY['a' || n % 7, 'b' || n % 50] FROM generate_series(1, 20000) n;
INSERT INTO orders SELECT n, 1 + (n * 7919) % 20000, (ARRAY['new', 'paid', 'sent', 'sent', 'sent'])[1 + n % 5]::state, n % 1000,
  timestamptz '2025-01-01 00:00Z' + n * interval '1 minute', CASE WHEN n % 3 = 0 THEN 'note ' || n END FROM generate_series(1, 100000) n;
INSERT INTO event SELECT n, date '2024-01-01' + n % 700, 'k' || n % 20 FROM generate_series(1, 60000) n;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_at ON orders (at) WHERE state = 'new';
CREATE INDEX orders_when ON orders (at);
CREATE INDEX customer_email ON customer (lower(email));
CREATE INDEX event_kind ON event USING brin (at);
VACUUM ANALYZE;
INSERT INTO orders SELECT n, 1, 'new', 1, timestamptz '2025-06-01 00:00Z' + n * interval '1 second' FROM generate_series(200000, 203000) n";

pub const STATEMENTS: &[&str] = &[
    "SELECT * FROM orders WHERE customer_id = 42",
    "SELECT * FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.country = 'de' AND o.state = 'new'",
    "SELECT count(*) FROM orders WHERE at > '2025-02-01' AND at < '2025-02-03' AND state = 'new'",
    "SELECT state, count(*) FROM orders GROUP BY state",
    "SELECT * FROM customer WHERE lower(email) = 'user7@example.org'",
    "SELECT * FROM customer WHERE email LIKE 'user77%'",
    "SELECT * FROM customer WHERE tags @> ARRAY['b3']",
    "SELECT customer_id, state, count(*) FROM orders GROUP BY customer_id, state",
    "SELECT * FROM event WHERE at BETWEEN '2024-03-01' AND '2024-03-03' AND kind = 'k3'",
    "SELECT * FROM event WHERE id = 77",
    "SELECT c.id, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customer c WHERE c.id < 500",
    "SELECT * FROM orders ORDER BY total DESC LIMIT 10",
    "UPDATE orders SET note = 'x' WHERE customer_id = 7 AND state = 'paid'",
];

pub async fn planned(connection: &mut PgConnection, statement: &str) -> String {
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {statement}")))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.join("\n")
}

pub async fn in_lab(lab: &Lab, statement: &str, before: Vec<String>) -> String {
    let mut session = lab.connect().await.expect("a session");
    let mut statements = before;
    statements.push(format!("EXPLAIN {statement}"));
    let answers = session.run(&statements).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    answers.last().expect("an answer").join("\n")
}

/// A server with all of that, its snapshot and a lab of it.
pub async fn both(major: u32) -> (Scratch, PgConnection, Snapshot, Lab) {
    // an ANALYZE between the snapshot and the comparison would be another server's
    let server = server_with(major, &["autovacuum=off"]);
    let mut connection = server.connect("postgres").await.expect("a connection");
    for statement in SCHEMA.split(";\n") {
        run(&mut connection, statement).await;
    }
    let read = snapshot(&server).await;
    let began = Instant::now();
    let lab = lab_of(&read, major).await;
    println!("{major}: a lab in {:?}; missing: {:?}", began.elapsed(), lab.missing());
    (server, connection, read, lab)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_comes_to_the_plans_and_costs_of_its_server() {
    for major in MAJORS {
        let (_server, mut connection, _, lab) = both(major).await;
        assert_eq!(lab.missing(), [], "{major}");
        let mut differing = Vec::new();
        for statement in STATEMENTS {
            let (there, here) = (planned(&mut connection, statement).await, in_lab(&lab, statement, vec![]).await);
            if here != there {
                differing.push(format!("{statement}\n{there}\n{here}"));
            }
        }
        assert!(differing.is_empty(), "{major}: {}", differing.join("\n\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_thought_away_is_as_if_it_were_dropped() {
    for major in MAJORS {
        let (_server, mut connection, read, lab) = both(major).await;
        for name in ["orders_customer", "orders_at", "customer_email", "event_kind"] {
            let index = read.indexes.iter().find(|index| index.name == name).expect("an index");
            for statement in STATEMENTS {
                run(&mut connection, &format!("BEGIN; DROP INDEX {name}")).await;
                let there = planned(&mut connection, statement).await;
                run(&mut connection, "ROLLBACK").await;
                let here = in_lab(&lab, statement, vec![lab.show(&[], &[index.oid])]).await;
                assert_eq!(here, there, "{major}: {statement} without {name}");
            }
        }
    }
}

pub fn design(read: &Snapshot, table: &str, method: &str, keys: &[&str]) -> Design {
    let table_oid = read.tables.iter().find(|one| one.name == table).expect("a table").oid;
    let key = |key: &&str| if key.contains('(') { DesignKey::expression(key) } else { DesignKey::column(key) };
    Design { table_oid, method: method.to_owned(), keys: keys.iter().map(key).collect(), ..Design::default() }
}

fn designs(read: &Snapshot) -> Vec<Design> {
    let partial =
        Design { predicate: Some("state = 'paid'".to_owned()), ..design(read, "orders", "btree", &["total"]) };
    let wider =
        Design { include: vec!["total".to_owned()], ..design(read, "orders", "btree", &["customer_id", "state"]) };
    vec![
        partial,
        wider,
        design(read, "orders", "btree", &["state", "at"]),
        design(read, "orders", "hash", &["note"]),
        design(read, "customer", "btree", &["upper(email)"]),
        design(read, "customer", "btree", &["country", "born"]),
        design(read, "event", "btree", &["kind", "at"]),
    ]
}

const HELPED: &[&str] = &[
    "SELECT total FROM orders WHERE state = 'paid' ORDER BY total DESC LIMIT 10",
    "SELECT customer_id, total FROM orders WHERE customer_id BETWEEN 42 AND 60 AND state = 'paid'",
    "SELECT * FROM orders WHERE state = 'new' AND at > '2025-02-01' AND at < '2025-02-02'",
    "SELECT * FROM orders WHERE note = 'note 33'",
    "SELECT * FROM customer WHERE upper(email) = 'USER7@EXAMPLE.ORG'",
    "SELECT * FROM customer WHERE country = 'fr' AND born = '1960-01-01'",
    "SELECT * FROM event WHERE kind = 'k3' AND at = '2024-03-03'",
];

/// Total cost of the first line, and the nodes with the names of indexes of the lab replaced.
fn shape(plan: &str, lab: &Lab, name: &str) -> (f64, String) {
    let cost =
        plan.split("..").nth(1).and_then(|rest| rest.split(' ').next()).expect("a cost").parse().expect("a cost");
    let words = plan.lines().map(|line| line.split("  (cost=").next().unwrap_or_default());
    let words: Vec<String> = words
        .map(|line| {
            let last = line.split(' ').find(|word| matches!(lab.index_of(word), Some(Shown::Design(_))));
            last.map_or(line.to_owned(), |last| line.replace(last, name))
        })
        .collect();
    (cost, words.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_imagined_is_as_if_it_were_built() {
    for major in MAJORS {
        let (_server, mut connection, read, mut lab) = both(major).await;
        let designs = designs(&read);
        let began = Instant::now();
        lab.add(&designs[..3]).await.expect("indexes");
        lab.add(&designs).await.expect("indexes");
        println!("{major}: {} indexes in two rounds in {:?}", designs.len(), began.elapsed());
        // what was there before has not changed
        for statement in STATEMENTS {
            let (there, here) = (planned(&mut connection, statement).await, in_lab(&lab, statement, vec![]).await);
            assert_eq!(here, there, "{major}: {statement}");
        }
        let mut used = 0;
        for (design, statement) in designs.iter().zip(HELPED) {
            assert_eq!(lab.refused(design), None, "{major}: {design:?}");
            let table = &read.table(design.table_oid).expect("a table").name;
            run(&mut connection, &format!("BEGIN; CREATE INDEX built ON {table} {}", design.body())).await;
            let there = planned(&mut connection, statement).await;
            run(&mut connection, "ROLLBACK").await;
            let here = in_lab(&lab, statement, vec![lab.show(std::slice::from_ref(design), &[])]).await;
            println!("{major}: {:?}", lab.size(design));
            let ((cost, shown), (wanted, expected)) = (shape(&here, &lab, "built"), shape(&there, &lab, ""));
            assert!((cost - wanted).abs() <= 0.03 * wanted, "{major}: {here}\n{there}");
            if table != "event" {
                assert_eq!(shown, expected, "{major}: {statement}");
            }
            let helps = in_lab(&lab, statement, vec![]).await != here;
            println!("{major}: {helps} {statement}");
            used += usize::from(helps);
        }
        assert!(used >= 5, "{major}: only {used} of the indexes are used");
    }
}
