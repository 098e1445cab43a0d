//! Every kind of pair of indexes: which of the two may go.

use crate::support;
use crate::system::{audit, findings, load, server, subjects};

const SUPERFLUOUS: &[&str] = &[
    "public.\"Quoted I\"",
    "public.chain_a",
    "public.chain_ab",
    "public.excluded_gist",
    "public.expressed_same_t",
    "public.included_key_inc",
    "public.included_not",
    "public.lone_1_own",
    "public.partial_same_a",
    "public.parts_a",
    "public.prefix_a",
    "public.primary_twin_i",
    "public.primary_twin_u",
    "public.replicated_1",
    "public.twins_2",
    "public.twins_3",
    "public.unique_plain_i",
    "public.unique_survivor_a",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_superfluous_only_beside_one_that_does_all_that_it_does() {
    for major in [13, 15, 18] {
        let server = server(major);
        load(&server, "pairs").await;
        let report = audit(&server, "pairs");
        assert_eq!(subjects(&report, "redundant-index"), SUPERFLUOUS, "PostgreSQL {major}");
        let others: Vec<String> =
            findings(&report).into_iter().filter(|one| !one.starts_with("info redundant-index")).collect();
        let expected =
            ["info statement-timeout-unset statement_timeout", "warning invalid-index public.invalid_survivor_ab"];
        assert_eq!(others, expected, "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_superfluous_can_all_be_dropped_at_once_and_nothing_is_superfluous_then() {
    let server = server(15);
    let mut connection = load(&server, "pairs").await;
    for index in audit(&server, "pairs").indexes {
        support::run(&mut connection, &index.ddl).await;
    }
    assert!(subjects(&audit(&server, "pairs"), "redundant-index").is_empty());
}
