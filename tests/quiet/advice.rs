//! Statements that have what they need, and statements with the index that each is worth.

use pgassay::report::{Action, IndexAction, Report};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::run;
use crate::system::{audit, execute, load, server};

const TIMES: usize = 8;

/// No index may be proposed for any of these.
const SERVED: &[(&str, &str)] = &[
    ("a table of 60 rows", "SELECT * FROM colours WHERE name = 'c7'"),
    ("half of the rows", "SELECT count(*) FROM buyers WHERE active"),
    ("half of them in the order of the key", "SELECT id FROM buyers WHERE active = true ORDER BY id LIMIT 50"),
    ("a wider index", "SELECT * FROM kept WHERE a = 7"),
    ("a unique index", "SELECT * FROM kept WHERE email = 'E7' AND b = 7"),
    ("an index on the expression", "SELECT * FROM kept WHERE lower(email) = 'e7'"),
    ("a partial index whose condition is a parameter by now", "SELECT * FROM kept WHERE state = 'open' AND c = 10"),
    ("the first by key", "SELECT * FROM sales ORDER BY id LIMIT 1"),
    ("the last by key", "SELECT * FROM sales ORDER BY id DESC LIMIT 1"),
    ("a count of all", "SELECT count(*) FROM sales"),
    ("a count by a few groups", "SELECT status, count(*) FROM sales GROUP BY status"),
    ("a sum of all by group", "SELECT shop_id, sum(amount) FROM sales GROUP BY shop_id"),
    ("OR of a column and of what no index serves", "SELECT * FROM sales WHERE buyer_id = 7 OR amount * 2 = id"),
    ("not equal", "SELECT count(*) FROM sales WHERE status <> 's1'"),
    ("not in a list", "SELECT count(*) FROM sales WHERE shop_id NOT IN (1, 2, 3)"),
    ("a cast that changes with the time zone", "SELECT count(*) FROM sales WHERE made_at::date = '2025-02-01'"),
    ("a text of a time", "SELECT count(*) FROM sales WHERE to_char(made_at, 'YYYY-MM') = '2025-02'"),
    ("what is another each time", "SELECT count(*) FROM sales WHERE random() < 0.5"),
    ("a quarter of the rows", "SELECT * FROM sales WHERE status = 's1'"),
    ("nearly all rows", "SELECT count(*) FROM sales WHERE note IS NOT NULL"),
    ("a range of nearly all rows", "SELECT count(*) FROM sales WHERE made_at > '2025-01-02'"),
    ("a join of whole tables", "SELECT count(*) FROM sales s JOIN kept k ON k.id = s.id"),
];

/// What the statement compares, the statements, the index: its DDL from USING on.
const NEEDED: &[(&str, &[&str], &[&str])] = &[
    ("an equality", &["SELECT * FROM sales WHERE shop_id = 7"], &["sales USING btree (shop_id)"]),
    (
        "equality and order",
        &["SELECT * FROM sales WHERE shop_id = 7 ORDER BY made_at DESC LIMIT 10"],
        &["sales USING btree (shop_id, made_at)"],
    ),
    (
        "the child of a join",
        &["SELECT s.* FROM buyers b JOIN sales s ON s.buyer_id = b.id WHERE b.id = 77"],
        &["sales USING btree (buyer_id)"],
    ),
    ("a list", &["SELECT * FROM sales WHERE buyer_id IN (1, 2, 3)"], &["sales USING btree (buyer_id)"]),
    ("a bounded range", &[BOUNDED], &["buyers USING btree (seen_at)"]),
    ("the newest", &["SELECT * FROM sales ORDER BY made_at DESC LIMIT 20"], &["sales USING btree (made_at)"]),
    ("part of a text", &["SELECT id FROM buyers WHERE name LIKE '%abcde%'"], &["buyers USING gin (name gin_trgm_ops)"]),
    (
        "part of a text in any case",
        &["SELECT id FROM buyers WHERE name ILIKE '%ABCDE%'"],
        &["buyers USING gin (name gin_trgm_ops)"],
    ),
    (
        "an expression",
        &["SELECT id FROM buyers WHERE lower(email) = 'e77@example.org'"],
        &["buyers USING btree ((lower((email)::text)))"],
    ),
    ("a document", &["SELECT id FROM buyers WHERE data @> '{\"k\": 77}'"], &["buyers USING gin (data jsonb_path_ops)"]),
    ("an array", &["SELECT id FROM buyers WHERE tags @> ARRAY['t77']"], &["buyers USING gin (tags)"]),
    (
        "a text search",
        &["SELECT id FROM buyers WHERE document @@ to_tsquery('simple', 'word77')"],
        &["buyers USING gin (document)"],
    ),
    (
        "OR across columns: one for each",
        &["SELECT * FROM sales WHERE buyer_id = 7 OR shop_id = 9999"],
        &["sales USING btree (buyer_id)", "sales USING btree (shop_id)"],
    ),
    ("an update", &["UPDATE buyers SET score = 1 WHERE email = 'e5@example.org'"], &["buyers USING btree (email)"]),
    (
        "a column, and two that begin with it: one index",
        &["SELECT * FROM sales WHERE shop_id = 7 AND buyer_id = 9", "SELECT * FROM sales WHERE shop_id = 8"],
        &["sales USING btree (shop_id, buyer_id)"],
    ),
];

const BOUNDED: &str = "SELECT id FROM buyers WHERE seen_at BETWEEN '2026-01-03' AND '2026-01-03 01:00'";

#[tokio::test(flavor = "multi_thread")]
async fn no_index_is_proposed_for_statements_that_have_what_they_need() {
    let server = server(15);
    let mut connection = load(&server, "advice").await;
    let mut wrong = Vec::new();
    for (name, statement) in SERVED {
        let report = audited(&server, &mut connection, &[statement]).await;
        wrong.extend(proposed(&report).iter().map(|index| format!("{name}: {}", index.ddl)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_proposed_is_the_one_that_the_planner_takes_on_the_real_rows() {
    let server = server(15);
    let mut connection = load(&server, "advice").await;
    for (name, statements, expected) in NEEDED {
        let report = audited(&server, &mut connection, statements).await;
        let indexes = proposed(&report);
        let bodies: Vec<&str> = indexes.iter().map(|index| body(&index.ddl)).collect();
        assert_eq!(bodies, *expected, "{name}");
        for statement in *statements {
            is_taken(&mut connection, name, statement, &indexes).await;
        }
    }
}

async fn audited(
    server: &pgassay::server::scratch::Scratch,
    connection: &mut PgConnection,
    statements: &[&str],
) -> Report {
    run(connection, "SELECT pg_stat_statements_reset()").await;
    for statement in statements {
        for _ in 0..TIMES {
            execute(connection, statement).await;
        }
    }
    audit(server, "advice")
}

fn proposed(report: &Report) -> Vec<&IndexAction> {
    report.indexes.iter().filter(|index| index.action == Action::Create).collect()
}

/// `table USING …` of a CREATE INDEX.
fn body(ddl: &str) -> &str {
    ddl.split_once(" ON public.").map_or(ddl, |(_, body)| body)
}

/// Builds them, asks the planner, and takes it all back.
async fn is_taken(connection: &mut PgConnection, name: &str, statement: &str, indexes: &[&IndexAction]) {
    let before = plan(connection, statement).await;
    run(connection, "BEGIN; CREATE EXTENSION IF NOT EXISTS pg_trgm").await;
    for index in indexes {
        run(connection, &index.ddl.replace("CONCURRENTLY ", "")).await;
    }
    run(connection, "ANALYZE").await;
    let after = plan(connection, statement).await;
    run(connection, "ROLLBACK").await;
    assert!(indexes.iter().any(|index| after.contains(index.name.as_str())), "{name}: {statement}\n{after}");
    assert!(cost(&after) < 0.8 * cost(&before), "{name}: {statement}\n{before}\n{after}");
}

async fn plan(connection: &mut PgConnection, statement: &str) -> String {
    let explain = AssertSqlSafe(format!("EXPLAIN {statement}"));
    let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(connection).await.expect("a plan");
    lines.join("\n")
}

/// Of the whole plan.
fn cost(plan: &str) -> f64 {
    let after = plan.split_once("..").and_then(|(_, rest)| rest.split_once(' ')).expect("cost=a..b rows=c");
    after.0.parse().expect("a number")
}
