//! A schema of every kind of index, foreign key, partition, type and name: what is said of it is written down in full.

#[path = "support/mod.rs"]
mod support;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "quiet/system.rs"]
mod system;

use std::collections::BTreeSet;
use std::path::Path;

use pgassay::server::scratch::Scratch;
use serde::Deserialize;
use sqlx::{Connection, PgConnection};

use support::run;
use system::{OLD_ENOUGH, audit, audit_with, findings, server, subjects};

/// `expected.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectations {
    expected: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: String,
    severity: String,
    subjects: Vec<String>,
    why: String,
    /// The first major version.
    from: Option<u32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn of_every_kind_of_index_key_partition_type_and_name_only_what_is_right_is_said() {
    let expectations: Expectations = toml::from_str(&fixture("expected.toml")).expect("expectations");
    for major in [13, 15, 18] {
        let server = server(major);
        made(&server, major).await.close().await.expect("a goodbye");
        let said = findings(&audit_with(&server, "postgres", OLD_ENOUGH));
        let expected = expectations.of(major);
        let said: BTreeSet<String> = said.into_iter().collect();
        let wrong: Vec<&String> = said.difference(&expected).collect();
        let missing: Vec<&String> = expected.difference(&said).collect();
        assert!(wrong.is_empty() && missing.is_empty(), "PostgreSQL {major}: wrong {wrong:#?}, missing {missing:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_name_of_an_index_it_can_be_dropped_as_advised() {
    let server = server(15);
    let mut connection = made(&server, 15).await;
    let advised = audit(&server, "postgres").indexes;
    assert!(advised.iter().any(|index| index.ddl.contains("\"{b}\"")), "{advised:?}");
    for index in advised {
        run(&mut connection, &index.ddl).await;
    }
    assert!(subjects(&audit(&server, "postgres"), "redundant-index").is_empty());
}

impl Expectations {
    /// `severity rule subject` of each, on one version.
    fn of(&self, major: u32) -> BTreeSet<String> {
        let here = self.expected.iter().filter(|one| one.from.is_none_or(|from| from <= major));
        here.inspect(|one| assert!(!one.why.is_empty(), "{} says why", one.rule))
            .flat_map(|one| one.subjects.iter().map(move |subject| format!("{} {} {subject}", one.severity, one.rule)))
            .collect()
    }
}

async fn made(server: &Scratch, major: u32) -> PgConnection {
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    run(&mut connection, &fixture("schema.sql")).await;
    run(&mut connection, &fixture("more.sql")).await;
    for from in [15, 18].into_iter().filter(|from| *from <= major) {
        run(&mut connection, &fixture(&format!("from-{from}.sql"))).await;
    }
    run(&mut connection, "VACUUM ANALYZE").await;
    run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    support::counters_arrive().await;
    connection
}

fn fixture(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/torture").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
