//! Foreign keys: which of them no index serves.

use sqlx::Connection;

use crate::support::{self, run};
use crate::system::{audit, findings, load, server, subjects};

const UNCOVERED: &[&str] = &[
    "public.\"Quoted T\" (\"the \"\"key\")",
    "public.bare (r)",
    "public.behind (r)",
    "public.brin (r)",
    "public.expressed (r)",
    "public.invalid (r)",
    "public.not_deleted (r)",
    "public.not_null_other (r)",
    "public.pair_first (a, b)",
    "public.pair_include (a, b)",
    "public.pair_none (a, b)",
    "public.parts (r)",
    "public.self (parent)",
];

/// All of those but the one whose index is only broken, and those where one column of two finds enough.
const WORTH_AN_INDEX: &[&str] =
    &["Quoted T", "bare", "behind", "brin", "expressed", "not_deleted", "not_null_other", "pair_none", "parts", "self"];

/// A row of each referenced table comes and goes.
const DELETES: &str =
    "INSERT INTO one VALUES (5000); INSERT INTO two VALUES (5000, 5000); INSERT INTO self VALUES (5000);
    DELETE FROM one WHERE id = 5000; DELETE FROM two WHERE a = 5000; DELETE FROM self WHERE id = 5000";

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_is_uncovered_where_its_check_could_use_no_index() {
    for major in [13, 15, 18] {
        let server = server(major);
        let mut connection = load(&server, "keys").await;
        let quiet = audit(&server, "keys");
        assert_eq!(subjects(&quiet, "unindexed-foreign-key"), UNCOVERED, "PostgreSQL {major}");
        // nothing was deleted, so nothing is urgent but the broken index
        let urgent: Vec<String> = findings(&quiet).into_iter().filter(|one| !one.starts_with("info")).collect();
        // a warning as long as the rows that were loaded are not counted
        let [broken] = urgent.as_slice() else { panic!("PostgreSQL {major}: {urgent:?}") };
        assert!(broken.ends_with(" invalid-index public.invalid_r"), "PostgreSQL {major}: {broken}");
        assert!(quiet.indexes.is_empty(), "PostgreSQL {major}: {:?}", quiet.indexes);

        run(&mut connection, DELETES).await;
        connection.close().await.expect("a goodbye");
        support::counters_arrive().await;
        let report = audit(&server, "keys");
        assert_eq!(subjects(&report, "unindexed-foreign-key"), UNCOVERED, "PostgreSQL {major}");
        let mut created: Vec<&str> = report.indexes.iter().map(|index| index.table.as_str()).collect();
        created.sort_unstable();
        assert_eq!(created, WORTH_AN_INDEX, "PostgreSQL {major}");
    }
}
