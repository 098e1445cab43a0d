//! Well-kept systems with ordinary traffic.

use sqlx::{Connection, PgConnection};

use crate::support::{counters_arrive, run};
use crate::system::{audit, findings, load, server, traffic};

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
    // a visit to a user or to a user's posts from the list of posts, as in the shop
    (
        "prisma",
        &[
            "info n-plus-one SELECT \"public\".\"Post\".\"id\", \"public\".\"Post\".\"createdAt\", \"public\".\"Post\".\"updatedAt\", \"public\".\"Post\".\"title\", \"public\".\"Post\".\"content\", \"public\".\"Post\".\"published\", \"public\".\"Post\".\"authorId\" FROM \"public\".\"Post\" WHERE \"public\".\"Post\".\"authorId\" IN ($1) OFFSET $2",
            "info n-plus-one SELECT \"public\".\"User\".\"id\", \"public\".\"User\".\"email\", \"public\".\"User\".\"name\", \"public\".\"User\".\"role\"::text FROM \"public\".\"User\" WHERE (\"public\".\"User\".\"id\" = $1 AND $2=$3) LIMIT $4 OFFSET $5",
            TIMEOUT,
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_system_is_told_of_nothing_that_its_keepers_would_not_want_to_know() {
    for major in [13, 15, 18] {
        let server = server(major);
        for (name, expected) in SYSTEMS {
            traffic(load(&server, name).await, name).await;
            assert_eq!(findings(&audit(&server, name)), *expected, "{name} on PostgreSQL {major}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_empty_database_nothing_is_said_but_what_its_server_lacks() {
    for major in [13, 15, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        assert_eq!(findings(&audit(&server, "postgres")), [TIMEOUT], "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_benchmark_of_postgres_itself_is_well_kept() {
    for major in [13, 15, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        run(&mut connection, BENCHMARK).await;
        run(&mut connection, "VACUUM ANALYZE").await;
        benchmark(&mut connection).await;
        run(&mut connection, "ANALYZE pgbench_history").await;
        connection.close().await.expect("a goodbye");
        counters_arrive().await;
        assert_eq!(findings(&audit(&server, "postgres")), [HISTORY, TIMEOUT], "PostgreSQL {major}");
    }
}

/// True, and no harm in a log that is only written.
const HISTORY: &str = "info missing-primary-key public.pgbench_history";

/// The tables of `pgbench -i -s 2`, which is not among the binaries of a server.
const BENCHMARK: &str = "
    CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84)) WITH (fillfactor = 100);
    CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
    CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88)) WITH (fillfactor = 100);
    INSERT INTO pgbench_branches SELECT n, 0 FROM generate_series(1, 2) n;
    INSERT INTO pgbench_tellers SELECT n, (n - 1) / 10 + 1, 0 FROM generate_series(1, 20) n;
    INSERT INTO pgbench_accounts SELECT n, (n - 1) / 100000 + 1, 0, '' FROM generate_series(1, 200000) n;
    ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
    ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid);
    ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);";

/// What `pgbench` runs by default, and with `-S`.
async fn benchmark(connection: &mut PgConnection) {
    for turn in 1..=2_000_i64 {
        let account = turn * 7919 % 200_000 + 1;
        run(connection, &transaction(account, turn % 20 + 1)).await;
        run(connection, &format!("SELECT abalance FROM pgbench_accounts WHERE aid = {account}")).await;
    }
}

fn transaction(account: i64, teller: i64) -> String {
    format!(
        "BEGIN;
         UPDATE pgbench_accounts SET abalance = abalance + 5 WHERE aid = {account};
         SELECT abalance FROM pgbench_accounts WHERE aid = {account};
         UPDATE pgbench_tellers SET tbalance = tbalance + 5 WHERE tid = {teller};
         UPDATE pgbench_branches SET bbalance = bbalance + 5 WHERE bid = {branch};
         INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ({teller}, {branch}, {account}, 5, now());
         END",
        branch = (teller - 1) / 10 + 1
    )
}
