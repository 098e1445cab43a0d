//! A snapshot may be anybody's: it does no harm, and what it tried is said.

use std::path::Path;

use pgassay::snapshot::{
    Column, Constraint, ConstraintKind, Extension, Function, Index, IndexKey, Server, Snapshot, Table, TypeDefinition,
    UserType, View,
};
use pgassay::what_if::lab::{Lab, LabOptions};
use pgassay::what_if::{Design, DesignKey};

use crate::support::binaries;
use crate::{MAJORS, column, lab_of};

fn function(oid: u32, name: &str, language: &str, body: &str) -> Function {
    Function {
        oid,
        schema: "public".to_owned(),
        name: name.to_owned(),
        arguments: "integer".to_owned(),
        result: "integer".to_owned(),
        language: language.to_owned(),
        body: body.to_owned(),
        volatility: "i".to_owned(),
        parallel: "s".to_owned(),
        cost: 1.0,
        ..Function::default()
    }
}

fn table(oid: u32, name: &str) -> Table {
    Table { oid, schema: "public".to_owned(), name: name.to_owned(), ..Table::default() }
}

fn column_of(table_oid: u32, name: &str, kind: &str) -> Column {
    Column { table_oid, position: 1, name: name.to_owned(), full_type: kind.to_owned(), ..Column::default() }
}

fn index(oid: u32, table_oid: u32, expression: &str) -> Index {
    Index {
        oid,
        table_oid,
        schema: "public".to_owned(),
        name: format!("i{oid}"),
        method: "btree".to_owned(),
        keys: vec![IndexKey { expression: Some(expression.to_owned()), ..IndexKey::default() }],
        valid: true,
        ready: true,
        live: true,
        ..Index::default()
    }
}

/// Everything that somebody who writes a snapshot by hand may try. Whatever gets through leaves a file.
fn hostile(major: u32, file: &Path) -> Snapshot {
    let file = file.display().to_string();
    let program = format!("COPY (SELECT 1) TO PROGRAM 'touch {file}'");
    let plpgsql = |attack: &str| format!("BEGIN {attack}; RETURN $1; END");
    let roles = format!("PERFORM set_config('role', 'postgres', false); {program}");
    let definer = Function { security_definer: true, ..function(9, "definer", "plpgsql", &plpgsql(&program)) };
    let mut escaping = function(10, "escaping", "sql", "SELECT $1");
    escaping.arguments = format!("integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; {program}; --");
    let mut standard = function(11, "standard", "sql", &format!("RETURN $1; {program}"));
    standard.standard_body = true;
    let label = |label: &str| pgassay::snapshot::EnumLabel { oid: 1, label: label.to_owned() };
    let names = ["a'; b", "x\"; COPY public.t TO PROGRAM 'touch /'; --"];
    let mut tables: Vec<Table> = names.iter().enumerate().map(|(at, name)| table(50 + at as u32, name)).collect();
    tables.push(table(60, "pg_class"));
    "pg_catalog".clone_into(&mut tables[2].schema);
    tables.push(table(61, "t"));
    tables.push(table(62, "typed"));
    let domain = TypeDefinition::Domain {
        base: "integer".to_owned(),
        collation: None,
        not_null: true,
        checks: vec!["CHECK (public.program(VALUE) > 0)".to_owned()],
    };
    let kind =
        |oid, name: &str, definition| UserType { oid, schema: "public".to_owned(), name: name.to_owned(), definition };
    let check = Constraint {
        oid: 90,
        table_oid: 61,
        name: "c".to_owned(),
        kind: ConstraintKind::Check,
        definition: format!("CHECK (true); {program}"),
        ..Constraint::default()
    };
    let view = View {
        oid: 91,
        schema: "public".to_owned(),
        name: "v".to_owned(),
        columns: vec!["a".to_owned()],
        definition: format!("SELECT 1; {program};"),
        ..View::default()
    };
    let extension =
        |name: &str| Extension { name: name.to_owned(), schema: "public".to_owned(), ..Extension::default() };
    Snapshot {
        server: Server { version_num: major * 10_000, collate: "en_US.UTF-8".to_owned(), ..Server::default() },
        tables,
        columns: vec![
            column_of(61, "a", "integer"),
            column_of(62, "b", &format!("integer); {program}; CREATE TABLE public.x (a integer")),
            column_of(50, "c\"; --", "public.\"d;\"\"\""),
        ],
        types: vec![
            kind(20, "d;\"", TypeDefinition::Enum { labels: vec![label("it's"), label("\\'; COMMIT; --")] }),
            kind(21, "checked", domain),
        ],
        functions: vec![
            function(1, "native", "c", "system"),
            function(2, "python", "plpython3u", "import os"),
            function(3, "internal", "internal", "lo_export"),
            function(4, "program", "plpgsql", &plpgsql(&program)),
            function(5, "as_another", "plpgsql", &plpgsql(&roles)),
            function(6, "exported", "plpgsql", &plpgsql(&format!("PERFORM lo_export(lo_from_bytea(0, ''), '{file}')"))),
            function(7, "authorised", "plpgsql", &plpgsql(&format!("SET SESSION AUTHORIZATION postgres; {program}"))),
            function(8, "shown", "plpgsql", &plpgsql("PERFORM pgassay_lab.show('{}', '{2662}')")),
            definer,
            escaping,
            standard,
        ],
        // each is run when the index is: the table has a row by then, or the planner folds the constant
        indexes: ["program", "as_another", "exported", "authorised", "definer", "shown"]
            .iter()
            .enumerate()
            .map(|(at, name)| index(70 + at as u32, 61, &format!("(a + public.{name}(1))")))
            .chain([index(80, 61, "a); COPY public.t TO PROGRAM 'x'; SELECT (1"), index(81, 61, "a) WHERE (true")])
            .collect(),
        constraints: vec![check],
        views: vec![view],
        extensions: vec![extension("dblink"), extension("plpython3u"), extension("file_fdw"), extension("x\"; DROP")],
        end_points: vec![pgassay::snapshot::EndPoint {
            table_oid: 61,
            column: "a".to_owned(),
            least: "1'); COMMIT; --".to_owned(),
            greatest: "7".to_owned(),
        }],
        ..Snapshot::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_snapshot_does_no_harm_and_what_it_tried_is_said() {
    for major in MAJORS {
        let directory = tempfile::tempdir_in("/tmp").expect("a directory");
        std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("open");
        let file = directory.path().join("harm");
        let mut lab = lab_of(&hostile(major, &file), major).await;
        let missing: Vec<&str> = lab.missing().iter().map(|missing| missing.what.as_str()).collect();
        for said in [
            "function public.native",
            "function public.python",
            "function public.internal",
            "function public.escaping",
            "function public.standard",
            "extension dblink",
            "extension plpython3u",
            "extension file_fdw",
            "table pg_catalog.pg_class",
            "table public.typed",
            "index public.i80",
            "index public.i81",
            "view public.v",
            "constraint c of public.t",
        ] {
            assert!(missing.contains(&said), "{major}: {said} of {:#?}", lab.missing());
        }
        let evil = Design {
            table_oid: 61,
            method: "btree".to_owned(),
            keys: vec![DesignKey::expression("a + public.as_another(a)")],
            ..Design::default()
        };
        let several = Design { predicate: Some("true; SELECT 1".to_owned()), ..evil.clone() };
        lab.add(&[evil.clone(), several.clone()]).await.expect("a lab");
        assert!(lab.refused(&several).is_some(), "{major}");
        for attack in [
            "SELECT public.program(1)",
            "SELECT public.as_another(1)",
            "SELECT public.definer(1)",
            "SELECT 1::public.checked",
            "SELECT pg_read_file('/etc/passwd')",
            "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'",
            "ALTER SYSTEM SET work_mem = '1GB'",
            "UPDATE pg_index SET indisvalid = false",
            "SELECT 1; COMMIT",
        ] {
            let mut session = lab.connect().await.expect("a session");
            assert!(session.run(&[attack.to_owned()]).await.is_err(), "{major}: {attack}");
        }
        assert!(!file.exists(), "{major}: {} is there", file.display());
        let role =
            column(&lab, "SELECT rolsuper::text || current_user FROM pg_roles WHERE rolname = session_user").await;
        assert_eq!(role, ["falsepgassay_lab"]);
        let valid = column(&lab, "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 2662").await;
        assert_eq!(valid, ["true"], "{major}: the catalog's own indexes are not touched");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_of_another_version_is_made_only_where_that_is_wanted() {
    let snapshot = Snapshot {
        server: Server { version_num: 150_000, collate: "C".to_owned(), ..Server::default() },
        ..Snapshot::default()
    };
    let mut options = LabOptions { binaries: Some(binaries(16).directory), ..LabOptions::default() };
    let refused = Lab::start(&snapshot, &options).await.err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("this machine has no PostgreSQL 15 for a lab, only 16"));
    options.any_major = true;
    let lab = Lab::start(&snapshot, &options).await.expect("a lab");
    assert_eq!(lab.major(), 16);
    let url = lab.url().replace("%2F", "/");
    let directory = url.split("host=").nth(1).and_then(|rest| rest.split('&').next()).expect("a host").to_owned();
    assert!(Path::new(&directory).exists(), "{url}");
    drop(lab);
    assert!(!Path::new(&directory).exists(), "{directory} is left behind");
}
