//! How entries become statements: merging, counting, order, and texts that mean harm.

use std::time::{Duration, Instant};

use crate::snapshot::{RoleSetting, Statement};

use super::Workload;
use super::fixture::{catalog, entry, predicates, tables, workload};

fn timed(text: &str, user: &str, ms: f64) -> Statement {
    Statement { user: Some(user.to_owned()), total_exec_time: ms, ..entry(text) }
}

fn build(entries: Vec<Statement>) -> Workload {
    let mut snapshot = catalog();
    snapshot.statements.entries = entries;
    Workload::build(&snapshot)
}

#[test]
fn entries_of_one_statement_are_added_up_under_the_busiest_text() {
    let workload = build(vec![
        timed("select id from orders where id in ($1,$2)", "b", 3.0),
        timed("SELECT id FROM orders WHERE id IN ($1, $2, $3)", "a", 5.0),
        Statement { toplevel: false, ..timed("select id from orders where id in ($1,$2)", "b", 1.0) },
        timed("select id from orders where id in ($1)", "b", 2.0),
    ]);
    assert_eq!(workload.queries.len(), 2);
    let merged = &workload.queries[0];
    assert_eq!(merged.text, "SELECT id FROM orders WHERE id IN ($1, $2, $3)");
    assert_eq!((merged.counters.entries, merged.counters.calls), (3, 3));
    assert!((merged.counters.total_ms - 9.0).abs() < 1e-9);
    assert_eq!(merged.users, ["a", "b"]);
    assert!(merged.toplevel);
}

#[test]
fn the_check_of_a_foreign_key_is_run_by_no_client() {
    for (text, by_client) in [
        (r#"SELECT $2 FROM ONLY "public"."orders" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x"#, false),
        (r#"DELETE FROM ONLY "public"."orders" WHERE $1 OPERATOR(pg_catalog.=) "id""#, false),
        (r#"SELECT id FROM ONLY "public"."orders" x WHERE "id" = $1 FOR KEY SHARE OF x"#, true),
        ("SELECT id FROM orders WHERE id OPERATOR(pg_catalog.=) $1", true),
    ] {
        let workload = build(vec![entry(text)]);
        let parsed = workload.queries.iter().map(|query| query.toplevel);
        let toplevel: Vec<bool> = parsed.chain(workload.unparsed.iter().map(|it| it.toplevel)).collect();
        assert_eq!(toplevel, [by_client], "{text}");
    }
}

#[test]
fn utility_commands_are_counted_and_lost_texts_are_named() {
    let lost = Statement { text: None, total_exec_time: 7.0, ..entry("") };
    let mut entries: Vec<Statement> = [
        "BEGIN",
        "SET search_path = x",
        "COPY t FROM STDIN",
        "VACUUM ANALYZE t",
        "CREATE TABLE x AS SELECT 1",
        "EXPLAIN SELECT 1",
        "FETCH 10 FROM c",
        "DEALLOCATE ALL",
        "/* app */ commit",
        "CALL p()",
    ]
    .map(entry)
    .into();
    entries.extend([lost, entry("select * from")]);
    let workload = build(entries);
    assert_eq!(workload.utility.entries, 10);
    assert_eq!(workload.queries.len(), 0);
    let whys: Vec<&str> = workload.unparsed.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(whys, ["the server lost its text", "Expected: identifier, found: EOF"]);
    assert!((workload.total_ms() - 18.0).abs() < 1e-9);
}

#[test]
fn unknown_tables_are_counted_and_system_catalogs_are_left_out() {
    let workload = workload(&[
        "select * from nowhere where a = $1",
        "select * from nowhere n join orders o on o.id = n.id",
        "select relname from pg_class join pg_catalog.pg_namespace n on n.oid = relnamespace where relkind = $1",
        "select * from information_schema.tables",
        "with cte as (select 1) select * from cte, generate_series($1, $2) g",
    ]);
    let unknown: Vec<(&str, u64)> =
        workload.unknown_tables.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(unknown, [("nowhere", 2)]);
    for query in &workload.queries {
        let system = !query.text.contains("nowhere");
        assert_eq!(query.tables.is_empty(), system, "{}", query.text);
        assert_eq!(
            query.predicates.is_empty(),
            !query.text.contains("join orders"),
            "{}: {:?}",
            query.text,
            predicates(query)
        );
    }
}

#[test]
fn roles_that_reach_other_tables_with_one_text_have_statements_of_their_own() {
    let mut snapshot = catalog();
    snapshot.role_settings.push(RoleSetting {
        role: Some("archivist".to_owned()),
        database: None,
        name: "search_path".to_owned(),
        value: "archive, public".to_owned(),
    });
    let text = "select id from orders where customer_id = $1";
    let other = "select id from items where order_id = $1";
    snapshot.statements.entries = vec![
        timed(text, "app", 1.0),
        timed(text, "archivist", 5.0),
        timed(other, "app", 0.2),
        timed(other, "archivist", 0.1),
    ];
    let workload = Workload::build(&snapshot);
    let seen: Vec<(Option<u32>, &[String])> =
        workload.queries.iter().map(|query| (query.tables[0].table_oid, query.users.as_slice())).collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            (Some(105), names(&["archivist"]).as_slice()),
            (Some(101), names(&["app"]).as_slice()),
            (Some(102), names(&["app", "archivist"]).as_slice()),
        ]
    );
    assert_ne!(workload.queries[0].fingerprint, workload.queries[1].fingerprint);
    // the fingerprint of the usual path is the one it has where no role has another
    let alone = build(vec![timed(text, "app", 1.0)]);
    assert_eq!(alone.queries[0].fingerprint, workload.queries[1].fingerprint);
}

#[test]
fn the_order_of_entries_changes_nothing() {
    let texts = [
        "select 1 from orders",
        "select 2 from items where qty in ($1,$2)",
        "select 2 from items where qty in ($1,$2,$3)",
    ];
    let forward = build(texts.iter().map(|text| entry(text)).collect());
    let backward = build(texts.iter().rev().map(|text| entry(text)).collect());
    assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
}

#[test]
fn long_and_deep_texts_take_no_time_and_no_stack() {
    let ors = vec!["id = $1"; 4_000].join(" OR ");
    let nested = format!("{}id = $1{}", "(".repeat(200), ")".repeat(200));
    let alternating = (0..100).fold("id = $1".to_owned(), |inner, _| format!("(({inner}) and id > $2 or total = $3)"));
    let subqueries = (0..30)
        .fold("select id from orders".to_owned(), |inner, _| format!("select id from orders where id in ({inner})"));
    let derived = (0..30).fold("select * from orders".to_owned(), |inner, _| format!("select * from ({inner}) x"));
    let cases = [
        format!("select 1 from orders where {ors}"),
        format!("select 1 from orders where {nested}"),
        format!("select 1 from orders where {alternating}"),
        format!("select {}1 from orders", "- ".repeat(3_000)),
        format!("select 1 from orders where total > {}", vec!["$1"; 9_000].join(" + ")),
        format!("select {} from orders", "(".repeat(100_000)),
        format!("select {} from orders", "case when ".repeat(3_000)),
        format!("select {} from orders", "f(".repeat(5_000)),
        subqueries,
        derived,
        format!("insert into items values {}", vec!["($1, $2, $3, $4)"; 50_000].join(", ")),
        "select '".to_owned() + &"x".repeat(1_000_000),
        "$$$ \u{0} \u{1F4E6}".to_owned(),
        String::new(),
    ];
    for text in &cases {
        let start = Instant::now();
        let workload = workload(&[text.as_str()]);
        let (seen, spent) = (workload.queries.len() + workload.unparsed.len(), start.elapsed());
        assert_eq!(seen, 1, "{}", &text[..text.len().min(60)]);
        println!("{spent:?} {}", &text[..text.len().min(60)]);
        // what is not linear in the text takes minutes, on any machine and however busy it is
        assert!(spent < Duration::from_mins(1), "{spent:?} for {}", &text[..text.len().min(60)]);
    }
}

#[test]
fn a_table_used_twice_is_two_table_uses() {
    let workload = workload(&["select 1 from customers a join customers b on a.country = b.country"]);
    assert_eq!(tables(&workload.queries[0]), ["customers@0", "customers@0"]);
    assert_eq!(workload.queries[0].joins.len(), 1);
}
