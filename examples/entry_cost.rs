//! What one more index adds to an INSERT, by kind: the constants of `src/advisor/writes.rs`, `entries.rs` and `wal.rs`.
//!
//! `cargo run --release --example entry_cost -- /usr/lib/postgresql/15/bin` makes a throwaway server, fills a table with
//! no index and with each kind of one, and prints microseconds and bytes of WAL a row, without full page images. The second half of the rows is timed, so that the
//! tree has its height.

use std::path::PathBuf;
use std::time::Instant;

use pgassay::server::scratch::{Binaries, Scratch};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Rows before the clock starts, and as many timed.
const ROWS: u32 = 200_000;

const KINDS: &[(&str, &str)] = &[
    ("none", ""),
    ("btree, rising", "CREATE INDEX ON t (id)"),
    ("btree, random", "CREATE INDEX ON t (r)"),
    ("btree, random text", "CREATE INDEX ON t (s)"),
    ("btree, few values", "CREATE INDEX ON t (f)"),
    ("hash", "CREATE INDEX ON t USING hash (r)"),
    ("brin", "CREATE INDEX ON t USING brin (id)"),
    ("gist, range", "CREATE INDEX ON t USING gist (g)"),
    ("gin, array of 5", "CREATE INDEX ON t USING gin (a)"),
    ("gin, trigrams of 32 characters", "CREATE INDEX ON t USING gin (s gin_trgm_ops)"),
];

#[tokio::main]
async fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "/usr/lib/postgresql/15/bin".to_owned()));
    let settings = ["shared_buffers=512MB", "full_page_writes=off"];
    let server = Scratch::start(&Binaries { directory }, &settings).expect("a server");
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_trgm").await;
    let mut bare = (0.0, 0.0);
    for (name, index) in KINDS {
        let each = cost(&mut connection, index).await;
        if index.is_empty() {
            bare = each;
        }
        let own = (each.0 - bare.0, each.1 - bare.1);
        println!(
            "{name:<32} {:>7.2} µs and {:>6.0} bytes of WAL a row, {:>7.2} and {:>6.0} of them the index's",
            each.0, each.1, own.0, own.1
        );
    }
    connection.close().await.expect("a goodbye");
}

/// Microseconds and bytes of WAL of a row, the least of three runs: other work on the machine only adds.
async fn cost(connection: &mut PgConnection, index: &str) -> (f64, f64) {
    let mut least = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        run(
            connection,
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint, r bigint, s text, f int, g int8range, a int[])",
        )
        .await;
        if !index.is_empty() {
            run(connection, index).await;
        }
        fill(connection, 1).await;
        let (start, logged) = (Instant::now(), wal_bytes(connection).await);
        fill(connection, ROWS + 1).await;
        let time = start.elapsed().as_secs_f64() * 1e6 / f64::from(ROWS);
        let logged = (wal_bytes(connection).await - logged) / f64::from(ROWS);
        least = (least.0.min(time), least.1.min(logged));
    }
    least
}

/// Bytes of WAL so far.
async fn wal_bytes(connection: &mut PgConnection) -> f64 {
    let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";
    sqlx::query_scalar(sql).fetch_one(connection).await.expect("a position")
}

async fn fill(connection: &mut PgConnection, from: u32) {
    let hash = "('x' || left(md5(n::text), 15))::bit(60)::bigint";
    let sql = format!(
        "INSERT INTO t SELECT n, {hash}, md5(n::text), n % 10, int8range({hash}, {hash} + 10),
            ARRAY[n % 1000, n % 1001, n % 1003, n % 1007, n % 1009] FROM generate_series({from}, {}) n",
        from + ROWS - 1
    );
    run(connection, &sql).await;
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{sql}"));
}
