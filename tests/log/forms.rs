//! Every form of one run tells the same statements.

use std::collections::BTreeMap;

use pgassay::source::log::Step;

use crate::common::{Ran, fixture, told, told_of, try_told_of, unpacked};

/// Texts with their constants masked, and how often: what two runs of one workload share.
fn shapes(ran: &[Ran]) -> BTreeMap<(Step, String), usize> {
    let mut shapes = BTreeMap::new();
    for ran in ran {
        let mut text = String::new();
        let mut quoted = false;
        for character in ran.text.chars() {
            quoted ^= character == '\'';
            if !quoted && !character.is_ascii_digit() {
                text.push(character);
            }
        }
        *shapes.entry((ran.step, text)).or_default() += 1;
    }
    shapes
}

/// The harness that made the captures, and cut some of the files free of itself.
fn of_harness(ran: &Ran) -> bool {
    ran.application.as_deref() == Some("n1-harness")
}

#[test]
fn a_run_is_the_same_in_every_form_that_the_server_wrote_at_once() {
    let mut compared = 0;
    for entry in std::fs::read_dir(fixture("twins")).expect("twins") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(run) = name.strip_suffix(".json.gz") else { continue };
        let json = told(std::slice::from_ref(&path));
        assert!(json.tally.skipped.is_empty(), "{name}: {:?}", json.tally.skipped);
        for kind in ["csv", "log"] {
            let other = fixture(&format!("twins/{run}.{kind}.gz"));
            if !other.exists() {
                continue;
            }
            let mut other = told(&[other]);
            assert!(other.tally.skipped.is_empty(), "{run}.{kind}: {:?}", other.tally.skipped);
            let (first, last) = (json.ran[0].at, json.ran[json.ran.len() - 1].at);
            other.ran.retain(|ran| ran.at >= first && ran.at <= last && !of_harness(ran));
            let mut expected: Vec<&Ran> = json.ran.iter().filter(|ran| !of_harness(ran)).collect();
            // the server writes the lines of a session in one order, and those of several as they come
            expected.sort_by_key(|ran| ran.session);
            other.ran.sort_by_key(|ran| ran.session);
            assert!(expected.len() >= 20, "{run}: {}", expected.len());
            for (expected, other) in expected.iter().zip(&other.ran) {
                assert_eq!(**expected, *other, "{run}.{kind}");
            }
            let missing = expected.len().abs_diff(other.ran.len());
            assert_eq!(missing, 0, "{run}.{kind}: {} and {}", expected.len(), other.ran.len());
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared}");
}

#[test]
fn a_workload_has_the_same_statements_under_every_prefix() {
    for (workload, executions) in [("django__fk", 54), ("sqlalchemy__t_detail", 37), ("eloquent__rev", 224)] {
        let expected = told(&[fixture(&format!("forms/debian__{workload}.log.gz"))]);
        assert_eq!(expected.ran.len(), executions, "{workload}");
        for (form, prefix) in [
            ("rds", "%t:%r:%u@%d:[%p]:"),
            ("azure", "%t-%c-"),
            ("cloudsql", "%m [%p]: [%l-1] db=%d,user=%u "),
            ("pgbadger_recommended", "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h "),
            ("syslog_like_session", "%n %c %l %x %v %e "),
            ("empty", ""),
        ] {
            let path = fixture(&format!("forms/{form}__{workload}.log.gz"));
            if !path.exists() {
                continue;
            }
            let found = told(&[path]);
            assert!(found.tally.skipped.is_empty(), "{form} {workload}: {:?}", found.tally.skipped);
            assert_eq!(found.tally.sources[0].prefix.as_deref(), Some(prefix));
            assert_eq!(shapes(&found.ran), shapes(&expected.ran), "{form} {workload}");
            assert_eq!(found.tally.whole_seconds, prefix.contains("%t"));
            assert_eq!(found.ran.iter().all(|ran| ran.session.is_some() && ran.at.is_some()), !prefix.is_empty());
            assert!(!prefix.contains("%u") || found.ran.iter().all(|ran| ran.user.as_deref() == Some("postgres")));
        }
    }
}

#[test]
fn a_verbose_log_has_the_same_statements() {
    let verbose = told(&[fixture("forms/verbose_django_fk.log.gz")]);
    assert!(verbose.tally.skipped.is_empty(), "{:?}", verbose.tally.skipped);
    assert_eq!(verbose.ran[0].text, "SELECT set_config('TimeZone', 'UTC', false)");
    assert_eq!(verbose.ran[0].duration, Some(557));
    assert!(verbose.ran.len() > 30);
}

#[test]
fn a_duration_on_a_line_of_its_own_is_joined_with_its_statement() {
    let found = told(&[fixture("forms/log_statement_all_and_log_duration.log.gz")]);
    let untimed = found.ran.iter().filter(|ran| ran.duration.is_none()).count();
    assert_eq!((found.ran.len(), untimed), (113, 0));
    let authors =
        found.ran.iter().find(|ran| ran.text.starts_with("SELECT id, name FROM authors")).expect("a statement");
    assert_eq!((authors.duration, authors.parameters.as_deref()), (Some(20), Some("$1 = '79'")));
    // parse and bind have lines with nothing but a duration
    assert_eq!(found.tally.skipped["a duration without its statement"], 77);
}

#[test]
fn durations_are_joined_within_a_session_only() {
    let line = |pid: u32, text: &str| format!("2026-11-22 02:53:22.745 UTC [{pid}] a@b {text}\n");
    let log = [
        line(1, "LOG:  statement: SELECT 1"),
        line(2, "LOG:  statement: SELECT 2"),
        line(3, "LOG:  duration: 9.000 ms"),
        line(2, "LOG:  duration: 2.000 ms"),
        line(1, "LOG:  temporary file: path \"x\", size 77"),
        line(1, "LOG:  duration: 1.000 ms"),
        line(2, "LOG:  statement: SELECT 3"),
        line(2, "ERROR:  division by zero"),
        line(2, "LOG:  duration: 3.000 ms"),
        line(1, "LOG:  statement: SELECT 4"),
    ];
    let found = told_of(log.concat());
    let ran: Vec<_> = found.ran.iter().map(|ran| (ran.text.as_str(), ran.duration)).collect();
    let expected = [("SELECT 2", Some(2000)), ("SELECT 1", Some(1000)), ("SELECT 3", None), ("SELECT 4", None)];
    assert_eq!(ran, expected);
    assert_eq!(found.tally.skipped["a duration without its statement"], 2);
}

#[test]
fn plans_are_read_as_text_and_as_json() {
    let text = told(&[fixture("forms/auto_explain_text_django_rev.log.gz")]);
    let json = told(&[fixture("forms/auto_explain_json_django_rev.log.gz")]);
    assert_eq!(text.others.len(), json.others.len());
    assert!(text.others.len() > 10);
    for found in [&text, &json] {
        assert!(found.tally.skipped.is_empty(), "{:?}", found.tally.skipped);
        assert!(
            found.others[0].contains(r#"text: Some("SELECT set_config('TimeZone', 'UTC', false)")"#),
            "{}",
            found.others[0]
        );
        assert!(found.others[1].contains(r#"text: Some("SELECT \"authors\".\"id\""#), "{}", found.others[1]);
    }
    assert!(text.others[0].contains("format: Text, body: \"Result  (cost="), "{}", text.others[0]);
}

#[test]
fn other_things_that_a_log_tells_of_a_statement() {
    let log = "\
2026-11-22 02:53:22.745 UTC [1] a@b LOG:  process 1 still waiting for ShareLock on transaction 7 after 1000.123 ms
2026-11-22 02:53:22.745 UTC [1] a@b DETAIL:  Process holding the lock: 2. Wait queue: 1.
2026-11-22 02:53:22.745 UTC [1] a@b CONTEXT:  while updating tuple (0,1) in relation \"t\"
2026-11-22 02:53:22.745 UTC [1] a@b STATEMENT:  UPDATE t
\tSET a = 1
2026-11-22 02:53:22.745 UTC [1] a@b LOG:  temporary file: path \"base/pgsql_tmp/x\", size 4096
2026-11-22 02:53:22.745 UTC [1] a@b STATEMENT:  SELECT 2
2026-11-22 02:53:22.745 UTC [1] a@b ERROR:  canceling statement due to statement timeout
2026-11-22 02:53:22.745 UTC [1] a@b STATEMENT:  SELECT 3
2026-11-22 02:53:22.745 UTC [9] LOG:  parameter \"log_min_duration_statement\" changed to \"100\"
";
    let found = told_of(log);
    let expected = [
        "Wait(LockWait { at_us: Some(1795316002745000), session: Some(1), database: Some(\"b\"), pid: 1, acquired: false, mode: \"ShareLock\", object: \
         \"transaction 7\", waited_us: 1000123, queue: Some(\"Process holding the lock: 2. Wait queue: 1.\"), text: \
         Some(\"UPDATE t\\nSET a = 1\") })",
        "TempFile { at_us: Some(1795316002745000), session: Some(1), database: Some(\"b\"), bytes: 4096, text: Some(\"SELECT 2\") }",
        "Cancelled { at_us: Some(1795316002745000), session: Some(1), database: Some(\"b\"), reason: \"statement timeout\", text: Some(\"SELECT 3\") }",
    ];
    assert_eq!(found.others, expected);
    assert_eq!(found.tally.settings["log_min_duration_statement"], "100");
    assert_eq!((found.tally.lines, found.tally.skipped.len()), (10, 0));
}

#[test]
fn names_and_padding_are_read_off_the_prefix() {
    let log = "\
2026-11-22 02:53:22.745 UTC [       1] bob       @shop psql [x] (1) LOG:  duration: 1.000 ms  statement: SELECT 1
2026-11-22 02:53:22.745 UTC [   12345] [unknown] @[unknown] [unknown] LOG:  duration: 1.000 ms  statement: SELECT 2
2026-11-22 02:53:22.745 UTC [       7] LOG:  checkpoint starting: time
";
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.log");
    std::fs::write(&path, log).expect("a file");
    let settings = pgassay::source::log::Settings {
        log_line_prefix: Some("%m [%8p] %q%-10u@%d %a ".to_owned()),
        ..Default::default()
    };
    let found = crate::common::try_told(&[path], &settings).expect("a log");
    assert!(found.tally.skipped.is_empty(), "{:?}", found.tally.skipped);
    let names: Vec<_> = found
        .ran
        .iter()
        .map(|ran| (ran.session, ran.user.as_deref(), ran.database.as_deref(), ran.application.as_deref()))
        .collect();
    assert_eq!(names, [(Some(1), Some("bob"), Some("shop"), Some("psql [x] (1)")), (Some(12345), None, None, None)]);
}

#[test]
fn what_is_no_log_is_refused_with_the_reason() {
    for (text, expected) in [
        ("<html>\n<body>not found</body>\n", "is not a log of PostgreSQL"),
        ("id,name\n1,LOG\n", "is not a log of PostgreSQL"),
        ("{\"a\": 1}\n{\"a\": 2}\n", "is not a log of PostgreSQL"),
        ("2026-11-22 02:53:22.745 UTC [1] a@b LOG:  Dauer: 0,170 ms  Anweisung: SELECT 1\n", "is written in German"),
        ("2026-11-22 02:53:22 UTC [1] a@b СООБЩЕНИЕ:  оператор: SELECT 1\n", "is written in Russian"),
        ("\u{28}\u{b5}", "is not a log of PostgreSQL"),
        ("BZh91AY", "is packed"),
    ] {
        let error = try_told_of(text).expect_err(text);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    let empty = told_of("");
    assert_eq!((empty.tally.files, empty.tally.lines), (1, 0));
    assert_eq!(unpacked("forms/debian__django__fk.log.gz").lines().count(), 57);
}
