//! Odds and ends of a schema are there again.

use std::collections::BTreeSet;

use crate::support::{run, server_with};
use crate::{MAJORS, column, lab_of, snapshot};

const EVERYTHING: &str = include_str!("../snapshot/everything.sql");

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_index_is_there_again_but_the_foreign_table() {
    for major in MAJORS {
        let server = server_with(major, &["wal_level=logical"]);
        let mut connection = server.connect("postgres").await.expect("a connection");
        for statement in EVERYTHING.split(";\n") {
            run(&mut connection, statement).await;
        }
        let read = snapshot(&server).await;
        let lab = lab_of(&read, major).await;
        let missing: Vec<(&str, &str)> =
            lab.missing().iter().map(|missing| (missing.what.as_str(), missing.why.as_str())).collect();
        println!("{major}: {missing:#?}");
        let made = "SELECT n.nspname || '.' || c.relname || ' ' || i.indisvalid FROM pg_class c \
            JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid \
            WHERE c.relkind IN ('r', 'p', 'i', 'I') AND c.oid >= 16384 AND n.nspname <> 'pg_toast'";
        let made: BTreeSet<String> = column(&lab, made).await.into_iter().collect();
        let names = read.indexes.iter().map(|index| format!("{}.{} {}", index.schema, index.name, index.usable()));
        let lacking: Vec<String> = names.filter(|name| !made.contains(name)).collect();
        assert!(lacking.is_empty(), "{major}: {lacking:?} of {made:#?}");
        let serious: Vec<&str> =
            lab.missing().iter().filter(|one| !one.tables.is_empty()).map(|one| one.what.as_str()).collect();
        assert_eq!(serious, ["foreign table public.far_away"], "{major}");
    }
}
