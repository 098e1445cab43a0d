//! `pgassay doctor` on real servers: what is missing is named, and its own advice mends it.

mod support;

use pgassay::command::doctor::{Diagnosis, Sight, doctor};
use pgassay::server::scratch::Scratch;
use sqlx::PgConnection;
use support::connecting::session_with;

const SCHEMA: &str = r#"
    CREATE EXTENSION pg_stat_statements;
    CREATE SCHEMA "Back office";
    CREATE TABLE "Back office"."Quoted T" (id bigint GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE public.plain (id serial, name text);
    CREATE ROLE "the auditor" LOGIN;
"#;

async fn diagnose(server: &Scratch, role: &str, database: &str) -> Diagnosis {
    let url = server.url(database).replace("user=postgres", &format!("user={}", role.replace(' ', "%20")));
    let mut session = session_with(&url, |_| ()).await.unwrap_or_else(|error| panic!("{role}: {error:?}"));
    doctor(&mut session).await.unwrap_or_else(|error| panic!("{role}: {error:?}"))
}

fn sight(diagnosis: &Diagnosis, name: &str) -> Sight {
    diagnosis.parts.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("no part {name}")).sight
}

async fn follow(admin: &mut PgConnection, diagnosis: &Diagnosis) {
    for remedy in &diagnosis.remedies {
        support::run(admin, remedy).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_role_sees_little_and_all_after_the_grants_that_doctor_prints() {
    for major in support::MAJORS {
        let server = support::server(major);
        let mut admin = server.connect("postgres").await.expect("a connection");
        support::run(&mut admin, SCHEMA).await;
        support::run(&mut admin, "SELECT 'somebody else'").await;
        let before = diagnose(&server, "the auditor", "postgres").await;
        assert_eq!(before.exit_code(), 1, "{major}:\n{}", before.text());
        for (part, expected) in [
            ("role", Sight::Full),
            ("statements", Sight::Partly),
            ("column statistics", Sight::Hidden),
            ("sequence values", Sight::Hidden),
            ("sessions", Sight::Partly),
            ("settings", Sight::Partly),
            ("usage counters", Sight::Optional),
        ] {
            assert_eq!(sight(&before, part), expected, "{major}: {part}\n{}", before.text());
        }
        assert!(before.text().lines().all(|line| line.len() <= 80), "{major}:\n{}", before.text());
        follow(&mut admin, &before).await;
        let after = diagnose(&server, "the auditor", "postgres").await;
        assert_eq!((after.exit_code(), &after.remedies[..]), (0, &[][..]), "{major}:\n{}", after.text());
        assert_eq!(after.own_role, [""; 0]);
        for statement in diagnose(&server, "postgres", "postgres").await.own_role {
            support::run(&mut admin, &statement).await;
        }
        let own = diagnose(&server, "pgassay", "postgres").await;
        assert_eq!((own.exit_code(), sight(&own, "role")), (0, Sight::Full), "{major}:\n{}", own.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_for_missing_statements_has_its_own_advice() {
    let server = support::server(16);
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, "CREATE DATABASE empty").await;
    let missing = diagnose(&server, "postgres", "empty").await;
    assert_eq!(missing.remedies, ["CREATE EXTENSION pg_stat_statements;"]);
    assert!(missing.text().ends_with("recorded and visible.\n"), "{}", missing.text());

    support::run(
        &mut admin,
        "CREATE SCHEMA shut; CREATE EXTENSION pg_stat_statements SCHEMA shut; CREATE ROLE ann LOGIN",
    )
    .await;
    let denied = diagnose(&server, "ann", "postgres").await;
    assert_eq!(denied.remedies[0], "GRANT USAGE ON SCHEMA shut TO ann;");
    follow(&mut admin, &denied).await;
    assert_eq!(diagnose(&server, "ann", "postgres").await.exit_code(), 0);

    support::run(&mut admin, "DROP EXTENSION pg_stat_statements").await;
    support::run(&mut admin, "CREATE EXTENSION pg_stat_statements VERSION '1.7'").await;
    let old = diagnose(&server, "postgres", "postgres").await;
    assert_eq!(old.remedies, ["ALTER EXTENSION pg_stat_statements UPDATE;"]);
    follow(&mut admin, &old).await;
    assert_eq!(diagnose(&server, "postgres", "postgres").await.exit_code(), 0);

    support::run(&mut admin, "ALTER DATABASE postgres SET pg_stat_statements.track = 'none'").await;
    let silent = diagnose(&server, "postgres", "postgres").await;
    assert_eq!((sight(&silent, "statements"), silent.remedies.len()), (Sight::Hidden, 2), "{}", silent.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_library_and_a_table_behind_policies_are_named() {
    let server = Scratch::start(&support::binaries(18), &["pg_stat_statements.track=all"]).expect("a server");
    let mut admin = server.connect("postgres").await.expect("a connection");
    support::run(&mut admin, SCHEMA).await;
    let unloaded = diagnose(&server, "postgres", "postgres").await;
    assert!(unloaded.remedies[0].contains("shared_preload_libraries"), "{}", unloaded.text());

    support::run(&mut admin, "CREATE ROLE ann LOGIN IN ROLE pg_monitor, pg_read_all_data").await;
    let open = diagnose(&server, "ann", "postgres").await;
    assert_eq!(sight(&open, "column statistics"), Sight::Full, "{}", open.text());
    support::run(&mut admin, "ALTER TABLE plain ENABLE ROW LEVEL SECURITY").await;
    let behind = diagnose(&server, "ann", "postgres").await;
    assert_eq!(sight(&behind, "column statistics"), Sight::Partly, "{}", behind.text());
    support::run(&mut admin, "ALTER ROLE ann BYPASSRLS").await;
    assert!(behind.remedies.contains(&"ALTER ROLE ann BYPASSRLS;".to_owned()), "{}", behind.text());
    let after = diagnose(&server, "ann", "postgres").await;
    assert_eq!(sight(&after, "column statistics"), Sight::Full, "{}", after.text());
}
