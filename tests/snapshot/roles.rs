//! What a role may not see becomes a gap with the grant that shows it, and nothing else does.

use pgassay::snapshot::StatementsState;

use crate::support::{MAJORS, binaries, run, server};
use crate::{gaps, snapshot, table};
use pgassay::server::scratch::Scratch;

const SCHEMA: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE SCHEMA shut;
    CREATE TABLE shut.hidden (id serial PRIMARY KEY, a int);
    CREATE TABLE seen (id serial PRIMARY KEY, a int);
    CREATE TABLE guarded (a int);
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    INSERT INTO shut.hidden (a) SELECT generate_series(1, 100);
    INSERT INTO seen (a) SELECT generate_series(1, 100);
    ANALYZE;
    CREATE ROLE nothing LOGIN;
    CREATE ROLE \"Monitor Only\" LOGIN;
    GRANT pg_monitor TO \"Monitor Only\";
    CREATE ROLE all_but_guarded LOGIN;
    GRANT pg_monitor TO all_but_guarded;
    CREATE ROLE enough LOGIN BYPASSRLS;
    GRANT pg_monitor TO enough;
    SELECT count(*) FROM seen;
";

#[tokio::test(flavor = "multi_thread")]
async fn the_gaps_of_each_role_are_exactly_what_it_may_not_see() {
    for major in MAJORS {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, SCHEMA).await;
        for role in ["all_but_guarded", "enough"] {
            let grants = if major >= 14 {
                format!("GRANT pg_read_all_data TO {role}")
            } else {
                format!(
                    "GRANT SELECT ON ALL TABLES IN SCHEMA public, shut TO {role};
                     GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, shut TO {role}"
                )
            };
            run(&mut connection, &grants).await;
        }
        nothing(&server, major).await;
        monitor(&server, major).await;
        readers(&server, major).await;
    }
}

fn tables_and_sequences(major: u32, role: &str) -> Vec<(&'static str, String)> {
    let grant = |what: &str| match major {
        13 => format!("GRANT SELECT ON ALL {what} IN SCHEMA public, shut TO {role}"),
        _ => format!("GRANT pg_read_all_data TO {role}"),
    };
    vec![("column-statistics", grant("TABLES")), ("sequence-values", grant("SEQUENCES"))]
}

/// What only administrators may read, unless it is granted to somebody.
fn administrators(role: &str) -> Vec<(&'static str, String)> {
    [
        ("hba-rules", "pg_hba_file_rules", "pg_hba_file_rules"),
        ("configuration-files", "pg_file_settings", "pg_show_all_file_settings"),
    ]
    .map(|(what, view, function)| {
        (what, format!("GRANT SELECT ON {view} TO {role}; GRANT EXECUTE ON FUNCTION {function}() TO {role}"))
    })
    .to_vec()
}

fn owned<'a>(gaps: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    gaps.iter().map(|(what, remedy)| (*what, (*remedy).to_owned())).collect()
}

async fn nothing(server: &Scratch, major: u32) {
    let read = snapshot(server, "postgres", "nothing").await;
    let mut expected = vec![("wal-directory", "GRANT pg_monitor TO nothing".to_owned())];
    expected.extend(administrators("nothing"));
    expected.push(("statement-texts", "GRANT pg_read_all_stats TO nothing".to_owned()));
    expected.extend(tables_and_sequences(major, "nothing"));
    expected.insert(5, ("column-statistics", "ALTER ROLE nothing BYPASSRLS".to_owned()));
    expected.push(("sessions", "GRANT pg_read_all_stats TO nothing".to_owned()));
    expected.push(("settings", "GRANT pg_read_all_settings TO nothing".to_owned()));
    assert_eq!(owned(&gaps(&read)), expected, "{major}");
    assert_eq!(read.statements.state, StatementsState::Read);
    assert!(read.statements.hidden > 0 && read.statements.hidden_ms > 0.0);
    assert!(read.statements.entries.iter().all(|entry| entry.user.as_deref() == Some("nothing")));
    assert!(read.column_statistics.is_empty());
    assert!(read.sequences.iter().all(|one| !one.readable && one.last_value.is_none()));
    assert_eq!((read.evidence.tables, read.evidence.tables_without_select), (3, 3));
    assert_eq!(read.evidence.sequences_unreadable, 2);
    assert!(!read.evidence.sees_all_statements && !read.evidence.sees_all_column_statistics);
    let hidden = table(&read, "hidden");
    assert_eq!((hidden.rows, hidden.selectable), (Some(100.0), false));
    assert!(hidden.heap_bytes.is_some_and(|bytes| bytes > 0), "{major}: sizes need no grant");
}

async fn monitor(server: &Scratch, major: u32) {
    let read = snapshot(server, "postgres", "Monitor%20Only").await;
    let mut expected = administrators("\"Monitor Only\"");
    expected.extend(tables_and_sequences(major, "\"Monitor Only\""));
    expected.insert(3, ("column-statistics", "ALTER ROLE \"Monitor Only\" BYPASSRLS".to_owned()));
    assert_eq!(owned(&gaps(&read)), expected, "{major}");
    assert_eq!(read.statements.hidden, 0);
    let counted =
        read.statements.entries.iter().find(|entry| entry.text.as_deref() == Some("SELECT count(*) FROM seen"));
    assert_eq!(counted.map(|entry| (entry.calls, entry.rows, entry.user.as_deref())), Some((1, 1, Some("postgres"))));
    assert!(read.setting("shared_preload_libraries").is_some());
}

async fn readers(server: &Scratch, major: u32) {
    let enough = snapshot(server, "postgres", "enough").await;
    assert_eq!(owned(&gaps(&enough)), administrators("enough"), "{major}");
    assert!(enough.column_statistics.len() >= 4);
    assert!(enough.sequences.iter().all(|one| one.last_value == Some(100)));
    let guarded = snapshot(server, "postgres", "all_but_guarded").await;
    assert!(!table(&guarded, "guarded").selectable && table(&guarded, "hidden").selectable);
    // who reads pg_statistic itself is not kept from it by row security
    let mut expected = administrators("all_but_guarded");
    expected.extend((major < 14).then(|| ("column-statistics", "ALTER ROLE all_but_guarded BYPASSRLS".to_owned())));
    assert_eq!(owned(&gaps(&guarded)), expected, "{major}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_for_having_no_statements_is_told_apart() {
    for major in [13, 18] {
        let loaded = server(major);
        let mut connection = loaded.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE ROLE nothing LOGIN; CREATE SCHEMA \"Own S\"").await;
        let read = snapshot(&loaded, "postgres", "postgres").await;
        assert_eq!(read.statements.state, StatementsState::NotInstalled);
        assert_eq!(gaps(&read), [("statements", "CREATE EXTENSION pg_stat_statements")]);

        run(&mut connection, "CREATE EXTENSION pg_stat_statements SCHEMA \"Own S\"").await;
        let read = snapshot(&loaded, "postgres", "postgres").await;
        assert_eq!((read.statements.state, gaps(&read)), (StatementsState::Read, vec![]), "{major}");
        let read = snapshot(&loaded, "postgres", "nothing").await;
        assert_eq!(read.statements.state, StatementsState::Denied, "{major}");
        assert!(gaps(&read)[0].1.starts_with("GRANT USAGE ON SCHEMA \"Own S\" TO nothing; "), "{:?}", gaps(&read));

        run(&mut connection, "ALTER DATABASE postgres SET pg_stat_statements.track = 'none'").await;
        let read = snapshot(&loaded, "postgres", "postgres").await;
        assert_eq!((read.statements.state, gaps(&read)[0].0), (StatementsState::Read, "statement-tracking"));
        drop(connection);
        let mut silent = loaded.connect("postgres").await.expect("a connection");
        run(&mut silent, "SELECT \"Own S\".pg_stat_statements_reset()").await;
        let read = snapshot(&loaded, "postgres", "postgres").await;
        assert_eq!((read.statements.state, gaps(&read)[0].0), (StatementsState::TrackNone, "statements"), "{major}");

        let unloaded = Scratch::start(&binaries(major), &[]).expect("a server");
        let mut connection = unloaded.connect("postgres").await.expect("a connection");
        let read = snapshot(&unloaded, "postgres", "postgres").await;
        assert_eq!(read.statements.state, StatementsState::NotInstalled);
        assert!(gaps(&read)[0].1.starts_with("add pg_stat_statements to shared_preload_libraries"));
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        for placeholder in ["", "ALTER DATABASE postgres SET pg_stat_statements.track = 'top'"] {
            run(&mut connection, placeholder).await;
            let read = snapshot(&unloaded, "postgres", "postgres").await;
            assert_eq!(read.statements.state, StatementsState::NotPreloaded, "{major} {placeholder}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_schema_alone_leaves_the_statements_alone() {
    let server = server(18);
    let mut session = crate::session(&server, "postgres", "postgres").await;
    let options = pgassay::source::live::ReadOptions { schema_only: true, ..Default::default() };
    let read = pgassay::source::live::read(&mut session, &options).await.expect("a snapshot");
    assert_eq!((read.statements.state, gaps(&read)), (StatementsState::LeftOut, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_counts_nothing_says_so() {
    let server = crate::support::server_with(16, &["track_counts=off"]);
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    let read = snapshot(&server, "postgres", "postgres").await;
    assert_eq!(gaps(&read).iter().map(|gap| gap.0).collect::<Vec<_>>(), ["counters"]);
}
