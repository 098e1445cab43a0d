//! Hand-made reports, and the schema that they are about.

use pgassay::ident::{QualifiedName, always_quoted};
use pgassay::report::{
    Action, Finding, IndexAction, PartitionRef, Report, SourceInfo, StatementGain, StatementInfo, Tool, WhatIfInfo,
};

/// A name that would end a comment, a literal, an identifier and a dollar quote.
pub const EVIL: &str = "a\nb'; \\ \"c $pgassay$ --";
/// The same for an index.
pub const EVIL_INDEX: &str = "\nDROP TABLE orders; --'; \\ \"c $pgassay$ :DBNAME";
/// 63 bytes, the longest that the server keeps.
pub const LONG: &str = "ein_sehr_langer_name_mit_umlauten_äääääääääääääzzz";

/// Tables of every kind of name and one partitioned on two levels, with an index on each to drop.
pub fn schema() -> String {
    let evil = always_quoted(EVIL);
    format!(
        r#"
        CREATE TABLE orders (id int PRIMARY KEY, customer_id int, created timestamptz, status text, name text);
        INSERT INTO orders SELECT n, n % 100, now(), 'open', 'name ' || n FROM generate_series(1, 1000) n;
        CREATE INDEX orders_status_idx ON orders (status DESC NULLS LAST) WHERE status <> 'it''s; done';
        CREATE SCHEMA hidden; CREATE SCHEMA "Quoted S";
        CREATE TABLE hidden.t (a int, b int);
        CREATE TABLE "Quoted S"."📦 T" ("select" int, "Größe" text);
        CREATE TABLE {evil} (a int, b int);
        CREATE TABLE ev (day date, kind text, k int) PARTITION BY RANGE (day);
        CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (kind);
        CREATE TABLE hidden.ev_2_a PARTITION OF ev_2 FOR VALUES IN ('a');
        CREATE TABLE ev_2_b PARTITION OF ev_2 DEFAULT;
        INSERT INTO ev SELECT DATE '2026-01-01' + n % 59, chr(97 + n % 3), n FROM generate_series(1, 500) n;
        CREATE INDEX ev_kind_idx ON ev (kind);
        "#
    )
}

/// An index to create. `rest` is what follows the table.
pub fn create(schema: &str, table: &str, name: &str, rest: &str) -> IndexAction {
    let on = QualifiedName::new(schema, table);
    IndexAction {
        action: Action::Create,
        name: name.to_owned(),
        schema: schema.to_owned(),
        table: table.to_owned(),
        ddl: format!("CREATE INDEX CONCURRENTLY {} ON {on} {rest}", always_quoted(name)),
        ..IndexAction::default()
    }
}

/// An index to drop.
pub fn dropped(schema: &str, table: &str, name: &str, rest: &str) -> IndexAction {
    let IndexAction { ddl: undo, .. } = create(schema, table, name, rest);
    let ddl = format!("DROP INDEX CONCURRENTLY {}", QualifiedName::new(schema, name));
    IndexAction { action: Action::Drop, ddl, undo, ..create(schema, table, name, rest) }
}

/// The leaves of `ev`.
pub fn partitions() -> Vec<PartitionRef> {
    let leaf = |schema: &str, table: &str, through: &[&str]| PartitionRef {
        schema: schema.to_owned(),
        table: table.to_owned(),
        through: through.iter().map(|name| QualifiedName::new("public", *name)).collect(),
    };
    vec![leaf("public", "ev_1", &[]), leaf("hidden", "ev_2_a", &["ev_2"]), leaf("public", "ev_2_b", &["ev_2"])]
}

/// On the partitioned table.
pub fn partitioned(action: IndexAction) -> IndexAction {
    IndexAction { partitioned: true, partitions: partitions(), ..action }
}

/// A report with these indexes.
pub fn report(indexes: Vec<IndexAction>) -> Report {
    let tool = Tool { name: "pgassay".to_owned(), version: "0.1.0".to_owned() };
    let source = SourceInfo { taken_at: "2026-11-22T00:00:00Z".to_owned(), ..SourceInfo::default() };
    Report { indexes, tool, source, ..Report::default() }
}

/// Every kind of index at once.
pub fn everything() -> Report {
    let trigram = create("public", "orders", "orders_name_trgm_idx", "USING gin (upper(name) gin_trgm_ops)");
    let long = LONG.chars().rev().collect::<String>();
    report(vec![
        dropped(
            "public",
            "orders",
            "orders_status_idx",
            "USING btree (status DESC NULLS LAST) WHERE (status <> 'it''s; done'::text)",
        ),
        partitioned(dropped("public", "ev", "ev_kind_idx", "USING btree (kind)")),
        IndexAction { needs_extension: Some("pg_trgm".to_owned()), ..trigram },
        create(
            "public",
            "orders",
            "orders_customer_id_idx",
            "USING btree (customer_id, created DESC) INCLUDE (status)",
        ),
        create("public", "orders", LONG, "USING btree (created) WHERE (status = 'a;b'::text)"),
        create("public", "orders", &format!("{LONG}_and_more"), "USING btree (lower(name) text_pattern_ops)"),
        create("hidden", "t", "t_a_idx", "USING btree (a)"),
        create("Quoted S", "📦 T", "📦 idx", "USING btree (\"select\", \"Größe\")"),
        create("public", EVIL, EVIL_INDEX, "USING hash (a)"),
        create("hidden", "t", &long, "USING brin (b) WITH (pages_per_range='4')"),
        partitioned(create("public", "ev", "ev_k_idx", "USING btree (k)")),
    ])
}

/// What is there once [`everything`] is done.
pub fn created() -> Vec<String> {
    let of = |schema: &str, name: &str| format!("{}.{}", always_quoted(schema), always_quoted(name));
    let public = [
        "orders_name_trgm_idx",
        "orders_customer_id_idx",
        LONG,
        EVIL_INDEX,
        "ev_k_idx",
        "ev_1_k_idx",
        "ev_2_k_idx",
        "ev_2_b_k_idx",
    ];
    let hidden = ["t_a_idx", "ev_2_a_k_idx"];
    let mut all: Vec<String> = public.iter().map(|name| of("public", name)).collect();
    all.extend(hidden.iter().map(|name| of("hidden", name)));
    all.push(of("Quoted S", "📦 idx"));
    all
}

/// What is gone then.
pub fn gone() -> [&'static str; 4] {
    ["public.orders_status_idx", "public.ev_kind_idx", "public.ev_1_kind_idx", "hidden.ev_2_a_kind_idx"]
}

/// The plain index of most tests, with everything that a header can say.
pub fn plain() -> Report {
    let text = "SELECT * FROM orders WHERE customer_id = 4711 -- secret".to_owned();
    let statement =
        StatementInfo { statement: "s1".to_owned(), text, calls: 12_000, total_ms: 492_000.0, ..<_>::default() };
    let finding = Finding {
        fingerprint: "v1:0123456789abcdef".to_owned(),
        rule: "missing-index\nDROP TABLE orders;".to_owned(),
        message: "customer_id = 4711".to_owned(),
        ..Finding::default()
    };
    let gain = StatementGain {
        statement: "s1".to_owned(),
        calls: 12_000,
        before: 5_432.0,
        after: 8.1,
        ..StatementGain::default()
    };
    let what_if = WhatIfInfo {
        basis: "hypopg".to_owned(),
        cost_before: 5_432.0,
        cost_after: 8.1,
        saved_ms: 480_000.0,
        statements: vec![gain],
        ..WhatIfInfo::default()
    };
    let index = IndexAction {
        findings: vec![finding.fingerprint.clone()],
        table_rows: Some(1_000.0),
        table_bytes: Some(57_671_680),
        size_bytes: Some(5_000_000),
        what_if: Some(what_if),
        notes: vec!["customer_id = 4711".to_owned()],
        ..create("public", "orders", "orders_customer_id_idx", "USING btree (customer_id)")
    };
    Report { findings: vec![finding], statements: vec![statement], ..report(vec![index]) }
}
