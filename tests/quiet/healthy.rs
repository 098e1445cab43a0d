//! Well-kept systems with ordinary traffic.

use crate::support::{self, run};
use crate::system::{audit, findings, load, traffic};

const TIMEOUT: &str = "info statement-timeout-unset statement_timeout";

/// All that may be said of each; each line true, and worth a line.
const SYSTEMS: &[(&str, &[&str])] = &[
    // detail pages are opened from the list of open orders, which counters alone do not tell from a loop
    (
        "shop",
        &[
            "info n-plus-one SELECT i.line, i.quantity, p.name, p.price FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = $1 ORDER BY i.line",
            "info n-plus-one SELECT id, status, placed_at, total FROM orders WHERE customer_id = $1 ORDER BY id DESC LIMIT $2",
            TIMEOUT,
            "info unbounded-read SELECT code, name FROM countries ORDER BY name",
        ],
    ),
    // Django makes an index for each foreign key, beside the unique ones that begin with it
    (
        "starter",
        &[
            "info redundant-index public.auth_group_permissions_group_id_b120cbf9",
            "info redundant-index public.auth_permission_content_type_id_2f476e4b",
            "info redundant-index public.auth_user_groups_user_id_6a12ed8b",
            TIMEOUT,
        ],
    ),
    ("events", &[TIMEOUT]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_system_is_told_of_nothing_that_its_keepers_would_not_want_to_know() {
    for major in [13, 15, 18] {
        let server = support::server(major);
        for (name, expected) in SYSTEMS {
            traffic(load(&server, name).await, name).await;
            assert_eq!(findings(&audit(&server, name)), *expected, "{name} on PostgreSQL {major}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_benchmark_of_postgres_itself_is_well_kept() {
    let server = support::server(15);
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    run(&mut connection, BENCHMARK).await;
    run(&mut connection, "VACUUM ANALYZE").await;
    for turn in 1..=400_i64 {
        let account = turn * 7919 % 100_000 + 1;
        run(&mut connection, &transaction(account, turn % 10 + 1)).await;
        run(&mut connection, &format!("SELECT abalance FROM pgbench_accounts WHERE aid = {account}")).await;
    }
    assert_eq!(findings(&audit(&server, "postgres")), [TIMEOUT]);
}

/// The tables of `pgbench -i`, which is not among the binaries of a server.
const BENCHMARK: &str = "
    CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84)) WITH (fillfactor = 100);
    CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
    CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88)) WITH (fillfactor = 100);
    INSERT INTO pgbench_branches SELECT n, 0 FROM generate_series(1, 1) n;
    INSERT INTO pgbench_tellers SELECT n, 1, 0 FROM generate_series(1, 10) n;
    INSERT INTO pgbench_accounts SELECT n, 1, 0, '' FROM generate_series(1, 100000) n;";

fn transaction(account: i64, teller: i64) -> String {
    format!(
        "BEGIN;
         UPDATE pgbench_accounts SET abalance = abalance + 5 WHERE aid = {account};
         SELECT abalance FROM pgbench_accounts WHERE aid = {account};
         UPDATE pgbench_tellers SET tbalance = tbalance + 5 WHERE tid = {teller};
         UPDATE pgbench_branches SET bbalance = bbalance + 5 WHERE bid = 1;
         INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ({teller}, 1, {account}, 5, now());
         END"
    )
}
