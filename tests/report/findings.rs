//! Findings: their order, their highlights, their remedies.

use pgassay::report::Report;
use pgassay::rule::{Row, Severity};
use pgassay::snapshot::Index;

use super::world::{ORDERS, World, evidence, index, looping, missing, row, superfluous, with};

fn statement(id: &str) -> Row {
    Row { statement_id: Some(id.to_owned()), ..row(id, Severity::Warning) }
}

/// The words that the first finding underlines, with their labels.
fn underlined(report: &Report) -> Vec<(&str, &str)> {
    let Some(highlight) = &report.findings[0].highlight else { return Vec::new() };
    let text = &report.statement(&highlight.statement).expect("the statement").text;
    highlight.spans.iter().map(|span| (&text[span.start..span.end], span.label.as_str())).collect()
}

#[test]
fn the_worst_finding_comes_first() {
    let impact = |row: Row, impact_ms: f64| Row { impact_ms: Some(impact_ms), ..row };
    let rows = vec![
        row("info", Severity::Info),
        impact(row("cheap", Severity::Warning), 1.0),
        row("unknown", Severity::Warning),
        Row { confidence: 0.5, ..row("unsure", Severity::Warning) },
        impact(row("dear", Severity::Warning), 9.0),
        row("error", Severity::Error),
    ];
    let report = World::new().found("time-share", rows).report();
    let order: Vec<&str> = report.findings.iter().map(|finding| finding.subject.key.as_str()).collect();
    assert_eq!(order, ["error", "dear", "cheap", "unknown", "unsure", "info"]);
}

#[test]
fn each_rule_underlines_the_words_that_it_is_about() {
    let plain = World::new;
    let mut looped = World::new();
    looped.analyses.n_plus_one = vec![looping("customer_id")];
    let wildcard = with(with(statement("aa"), "span_start", 48), "span_end", 62);
    let advised = || plain().advised(ORDERS, &["customer_id"]);
    for (world, rule, row, expected) in [
        (advised(), "missing-index", missing(0, ORDERS), ("customer_id = $1", "no index serves this")),
        (looped, "n-plus-one", statement("aa"), ("customer_id = $1", "one value at a time")),
        (plain(), "offset-pagination", statement("bb"), ("OFFSET $2", "read and thrown away")),
        (plain(), "unbounded-read", statement("aa"), ("orders", "read without a limit")),
        (plain(), "leading-wildcard", wildcard, ("note LIKE '%x'", "begins with a wildcard")),
    ] {
        assert_eq!(underlined(&world.found(rule, vec![row]).report()), [expected], "{rule}");
    }
}

#[test]
fn a_condition_that_an_index_finds_today_is_not_said_to_have_none() {
    let with_columns = |world: World| {
        let mut world = world.advised(ORDERS, &["customer_id"]);
        world.recommendations.create[0].design.include = vec!["note".to_owned()];
        world
    };
    let wider = |world: World| world.advised(ORDERS, &["customer_id", "created_at"]);
    let existing = || World::new().index(index(7, "orders_by_customer", &["customer_id"]));
    let invalid = Index { valid: false, ..index(7, "orders_by_customer", &["customer_id"]) };
    let partial = Index { predicate: Some("note IS NULL".to_owned()), ..index(7, "some", &["customer_id"]) };
    for (world, label) in [
        (with_columns(existing()), "orders_by_customer finds these rows, and each is then read from the table"),
        (wider(existing()), "orders_by_customer serves this alone"),
        (wider(World::new().index(index(7, "by_date", &["created_at", "customer_id"]))), "no index serves this"),
        (wider(World::new().index(invalid)), "no index serves this"),
        (wider(World::new().index(partial)), "no index serves this"),
    ] {
        let report = world.found("missing-index", vec![missing(0, ORDERS)]).report();
        assert_eq!(underlined(&report), [("customer_id = $1", label)]);
    }
}

#[test]
fn the_share_of_the_server_that_other_databases_took_is_told() {
    let mut world = World::new();
    world.snapshot.statements.dealloc = Some(7);
    let own_ms: f64 = world.workload.queries.iter().map(|query| query.counters.total_ms).sum();
    world.snapshot.statements.other_databases_ms = 3.0 * own_ms;
    let statements = world.report().source.statements;
    assert_eq!((statements.of_server, statements.evictions), (Some(0.25), Some(7)));
}

#[test]
fn an_index_to_create_says_what_building_it_takes() {
    let mut world = World::new().advised(ORDERS, &["customer_id"]);
    world.recommendations.create[0].build = vec!["it reads the table twice".to_owned()];
    let report = world.found("missing-index", vec![missing(0, ORDERS)]).report();
    assert_eq!(report.indexes[0].build, ["it reads the table twice"]);
}

#[test]
fn nothing_is_underlined_that_the_parser_did_not_place() {
    let plain: fn() -> World = World::new;
    let other_key: fn() -> World = || {
        let mut world = World::new();
        world.analyses.n_plus_one = vec![looping("school_id")];
        world
    };
    let beyond = with(with(statement("aa"), "span_start", 60), "span_end", 6_000);
    let backwards = with(with(statement("aa"), "span_start", 9), "span_end", 3);
    for (world, rule, row) in [
        (plain, "missing-index", missing(0, ORDERS)),
        (plain, "n-plus-one", statement("aa")),
        (other_key, "n-plus-one", statement("aa")),
        (plain, "offset-pagination", statement("aa")),
        (plain, "slow-statement", statement("aa")),
        (plain, "leading-wildcard", beyond),
        (plain, "leading-wildcard", backwards),
        (plain, "leading-wildcard", statement("no such statement")),
    ] {
        assert_eq!(underlined(&world().found(rule, vec![row]).report()), [], "{rule}");
    }
}

#[test]
fn a_subject_is_told_in_its_parts() {
    let world = World::new().index(index(11, "orders_note", &["note"]));
    let report = world
        .found("unused-index", vec![superfluous(11)])
        .found("slow-statement", vec![statement("aa")])
        .found("stale-statistics", vec![Row { table_id: Some(ORDERS), ..row("public.orders", Severity::Info) }])
        .found("idle-in-transaction", vec![with(row("role app", Severity::Info), "pid", 7)])
        .report();
    let kinds: Vec<(&str, &str)> =
        report.findings.iter().map(|finding| (finding.rule.as_str(), finding.subject.kind.as_str())).collect();
    let expected = [
        ("slow-statement", "statement"),
        ("unused-index", "index"),
        ("idle-in-transaction", "session"),
        ("stale-statistics", "table"),
    ];
    assert_eq!(kinds, expected);
    let subject = &report.findings[1].subject;
    assert_eq!((subject.table.as_deref(), subject.index.as_deref()), (Some("orders"), Some("orders_note")));
    assert_eq!(subject.columns, ["note"]);
}

#[test]
fn a_remedy_has_sql_only_where_it_is_beyond_doubt() {
    let own = |remedy: &str, row: Row| Row { remedy: Some(remedy.to_owned()), ..row };
    let table = || Row { table_id: Some(ORDERS), ..row("public.orders", Severity::Info) };
    let mut constrained = index(12, "orders_key", &["id"]);
    constrained.constraint = Some("orders_key".to_owned());
    for (rule, row, expected) in [
        ("unused-index", superfluous(11), Some("DROP INDEX CONCURRENTLY public.\"Orders Note\"")),
        ("unused-index", superfluous(12), None),
        ("unused-index", superfluous(99), None),
        ("invalid-index", own("reindex", superfluous(11)), Some("REINDEX INDEX CONCURRENTLY public.\"Orders Note\"")),
        ("stale-statistics", own("analyze", table()), Some("ANALYZE public.orders")),
        ("stale-statistics", own("advice", table()), None),
    ] {
        let world = World::new().index(index(11, "Orders Note", &["note"])).index(constrained.clone());
        let report = world.found(rule, vec![row]).report();
        assert_eq!(report.findings[0].remedy.sql.first().map(String::as_str), expected, "{rule}");
    }
}

#[test]
fn a_loop_is_explained_in_the_words_of_its_framework() {
    let columns = [
        ("pattern", "lazy-one-to-many"),
        ("orm", "django"),
        ("child_table", "vote"),
        ("parent_table", "price"),
        ("key", "price_id"),
    ];
    let row = Row { evidence: evidence(&columns), ..statement("aa") };
    let report = World::new().found("n-plus-one", vec![row]).report();
    let advice = &report.findings[0].remedy.advice[0];
    assert_eq!(advice.orm, "django");
    assert!(advice.text.contains("prefetch_related") && advice.text.contains("vote"), "{}", advice.text);
}
