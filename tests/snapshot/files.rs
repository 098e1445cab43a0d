//! A snapshot survives its file, and what is no snapshot is told so.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pgassay::snapshot::{FORMAT, Snapshot};
use pgassay::source::{SourceError, file};

use crate::support::{run, server};

/// A snapshot in the first version of the format, made by the first pgassay: later ones must read it. To be kept.
fn first() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshot-v1.json.gz")
}

#[test]
fn a_snapshot_of_the_first_format_is_read_whole() {
    let read = file::read(first()).expect("a snapshot");
    assert_eq!(read.format, "pgassay/snapshot/v1");
    assert_eq!((read.server.major(), read.server.database.as_str()), (16, "everything"));
    assert!(read.tables.len() > 20 && read.indexes.len() > 15 && !read.statements.entries.is_empty());
    assert_eq!(crate::index(&read, "customer_lower_name").include, ["amount", "code"]);
    assert_eq!(crate::table(&read, "customer").usage.n_tup_ins, 1000);
    assert!(read.gaps.is_empty(), "{:?}", read.gaps);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_read_back_as_it_was_written_packed_or_not() {
    let server = server(16);
    let mut connection = server.connect("postgres").await.expect("a connection");
    run(&mut connection, "CREATE DATABASE everything").await;
    let mut connection = server.connect("everything").await.expect("a connection");
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    run(&mut connection, include_str!("everything.sql")).await;
    run(&mut connection, "SELECT count(*) FROM customer WHERE name = 'x' AND born > '2000-01-01'").await;
    crate::settle(connection).await;
    let snapshot = crate::snapshot(&server, "everything", "postgres").await;
    let directory = tempfile::tempdir().expect("a directory");
    let mut sizes = Vec::new();
    for name in ["plain.json", "packed.json.gz"] {
        let path = directory.path().join(name);
        file::write(&path, &snapshot).expect("written");
        assert_eq!(file::read(&path).expect("read"), snapshot, "{name}");
        let about = std::fs::metadata(&path).expect("a file");
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
        sizes.push(about.len());
    }
    assert!(sizes[1] * 4 < sizes[0], "{sizes:?}");
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 2, "no temporary file is left");
    if !first().exists() {
        file::write(first(), &snapshot).expect("the fixture of a new format");
    }
}

#[test]
fn a_later_format_with_more_in_it_or_less_is_read_as_far_as_it_is_known() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut value = serde_json::to_value(file::read(first()).expect("a snapshot")).expect("JSON");
    let all = value.as_object_mut().expect("an object");
    all.insert("new_in_a_later_minor".to_owned(), serde_json::json!([1, 2]));
    all["tables"][0]["new_column"] = serde_json::json!("x");
    for gone in ["progress", "slots", "standbys"] {
        all.remove(gone);
    }
    all["tables"][0].as_object_mut().expect("an object").remove("last_idx_scan");
    let path = directory.path().join("later.json");
    std::fs::write(&path, serde_json::to_vec(&value).expect("JSON")).expect("written");
    let read = file::read(&path).expect("read");
    assert!(read.progress.is_empty() && read.tables[0].usage.last_idx_scan.is_none());
}

#[test]
fn a_file_that_is_no_snapshot_says_what_is_wrong_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = std::fs::read(first()).expect("the fixture");
    let newer = br#"{"format":"pgassay/snapshot/v2","tables":{}}"#;
    for (name, bytes, error, help) in [
        (
            "report.json",
            &br#"{"schema":"pgassay/report/v1"}"#[..],
            "is not a pgassay snapshot",
            "begins with {\"format\"",
        ),
        ("list.json", b"[1, 2]", "is not a pgassay snapshot", "begins with"),
        ("newer.json", newer, "was written by a newer pgassay (pgassay/snapshot/v2)", "upgrade"),
        ("odd.json", br#"{"format":"pgassay/snapshot/vx"}"#, "is not a pgassay snapshot", "begins with"),
        ("zero.json", br#"{"format":"pgassay/snapshot/v0"}"#, "is not a pgassay snapshot", "begins with"),
        ("empty.json", b"", "is broken", "cut off"),
        ("cut.json", br#"{"format":"pgassay/snapshot/v1","#, "is broken", "cut off"),
        ("shape.json", br#"{"format":"pgassay/snapshot/v1","taken_at":"x"}"#, "is broken", "cut off"),
        ("cut.json.gz", &whole[..whole.len() / 2], "ends early or is damaged", "copy the file again"),
    ] {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let found = file::read(&path).expect_err(name);
        assert!(found.to_string().ends_with(error), "{name}: {found}");
        assert!(found.help().expect("help").to_string().contains(help), "{name}");
    }
    let missing = file::read(directory.path().join("none.json")).expect_err("no file");
    assert!(matches!(missing, SourceError::Open { .. }));
    let nowhere = file::write(directory.path().join("no/such/a.json"), &Snapshot::default()).expect_err("no directory");
    assert!(matches!(nowhere, SourceError::Write { .. }));
}

#[test]
fn broken_json_is_located_by_line_and_column() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.json");
    std::fs::write(&path, format!("{{\"format\":\"{FORMAT}\",\n \"taken_at\": x}}")).expect("written");
    let SourceError::Broken { source, .. } = file::read(&path).expect_err("broken") else { panic!("not broken") };
    assert_eq!((source.line(), source.column()), (2, 14));
}

#[test]
fn a_failed_write_leaves_the_earlier_file_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.json");
    std::fs::create_dir(&path).expect("a directory in the way");
    assert!(file::write(&path, &Snapshot::default()).is_err());
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
}

#[test]
fn the_documented_schema_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/snapshot.schema.json");
    let schema = schemars::schema_for!(Snapshot);
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    if std::env::var_os("PGASSAY_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).expect("docs/snapshot.schema.json");
    assert!(kept == text, "docs/snapshot.schema.json is out of date: run the tests with PGASSAY_UPDATE_DOCS=1");
}
