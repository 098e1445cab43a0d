//! Each kind of index with the statement that it is for, and a twin that has no use for it.

use super::fixture::{index, snapshot};
use super::*;
use crate::snapshot::{ColumnStatistics, Constraint, ConstraintKind, Statement};

/// What would be tried for these statements, each run a hundred times for 100 ms.
fn found(snapshot: &Snapshot, texts: &[&str]) -> Candidates {
    let mut snapshot = snapshot.clone();
    let entry = |text: &&str| Statement {
        text: Some((*text).to_owned()),
        user: Some("app".to_owned()),
        toplevel: true,
        calls: 100,
        total_exec_time: 10_000.0,
        ..Statement::default()
    };
    snapshot.statements.entries = texts.iter().map(entry).collect();
    let workload = Workload::build(&snapshot);
    assert!(workload.unparsed.is_empty(), "{texts:?}: {:?}", workload.unparsed);
    candidates(&snapshot, &workload)
}

/// `(keys) INCLUDE (…) WHERE …`, with its method where that is no B-tree.
fn bodies(found: &Candidates) -> Vec<String> {
    let all = found.designs.keys().chain(found.unseen.keys());
    all.map(|design| design.body().replace("USING btree ", "").replace("USING ", "")).collect()
}

pub(super) fn check(snapshot: &Snapshot, cases: &[(&str, &str, bool)]) {
    for (text, body, expected) in cases {
        let found = found(snapshot, &[text]);
        let all = bodies(&found);
        let there = all.iter().any(|one| one == body);
        assert_eq!(there, *expected, "{text}: {body}\n  {}\n  {:#?}", all.join("\n  "), found.rejected);
    }
}

#[test]
fn equality_comes_first_and_one_range_or_order_behind_it() {
    check(
        &snapshot(),
        &[
            ("SELECT * FROM orders WHERE shop_id = $1", "(shop_id)", true),
            ("SELECT * FROM orders WHERE shop_id <> $1", "(shop_id)", false),
            ("SELECT * FROM items WHERE qty = $1 AND id > $2", "(qty)", true),
            ("SELECT count(id) FROM log WHERE level > $1", "(level)", false),
            ("SELECT count(id) FROM log WHERE at BETWEEN $1 AND $2", "(at)", true),
            ("SELECT count(id) FROM log WHERE at > $1", "(at)", false),
            ("SELECT * FROM orders WHERE shop_id = ANY($1)", "(shop_id)", true),
            ("SELECT * FROM orders WHERE shop_id <> ALL($1)", "(shop_id)", false),
            ("SELECT count(*) FROM orders WHERE shop_id = $1 AND status = $2", "(shop_id, status)", true),
            ("SELECT count(*) FROM orders WHERE shop_id = $1 AND status = $2", "(status, shop_id)", true),
            ("SELECT * FROM orders WHERE id = $1 AND status = $2", "(status)", false),
            ("SELECT * FROM orders WHERE shop_id = $1 AND total > $2", "(shop_id, total)", true),
            ("SELECT * FROM orders WHERE shop_id = $1 AND total > $2", "(total, shop_id)", true),
            ("SELECT * FROM orders WHERE total > $1 AND account_id = $2 AND shop_id > $3", "(account_id, total)", true),
            ("SELECT * FROM config WHERE key = $1", "(key)", false),
            ("SELECT * FROM orders WHERE body = $1", "(body)", false),
            ("SELECT * FROM orders WHERE body = $1", "hash (body)", true),
            ("SELECT * FROM orders WHERE note = $1", "hash (note)", false),
        ],
    );
}

#[test]
fn an_order_is_kept_with_its_directions() {
    check(
        &snapshot(),
        &[
            ("SELECT * FROM orders ORDER BY created_at DESC LIMIT $1", "(created_at)", true),
            ("SELECT * FROM orders WHERE status = $1 ORDER BY created_at DESC LIMIT $2", "(status, created_at)", true),
            ("SELECT * FROM orders WHERE status = $1 ORDER BY created_at DESC LIMIT $2", "(created_at)", false),
            ("SELECT * FROM orders ORDER BY shop_id, created_at DESC LIMIT $1", "(shop_id, created_at DESC)", true),
            ("SELECT * FROM orders ORDER BY total DESC NULLS LAST LIMIT $1", "(total NULLS FIRST)", true),
            ("SELECT * FROM orders ORDER BY total", "(total)", true),
            ("SELECT * FROM orders WHERE account_id = $1 ORDER BY total", "(account_id, total)", false),
            ("SELECT DISTINCT shop_id, status FROM orders LIMIT 9", "(shop_id, status)", true),
            ("SELECT DISTINCT shop_id, status FROM orders", "(shop_id, status)", false),
            ("SELECT shop_id, count(*) FROM orders GROUP BY shop_id LIMIT 9", "(shop_id)", true),
            ("SELECT shop_id, count(*) FROM orders GROUP BY shop_id", "(shop_id)", false),
            ("SELECT shop_id, count(*) FROM orders WHERE account_id = $1 GROUP BY shop_id", "(shop_id)", false),
            ("SELECT max(total) FROM orders", "(total)", true),
            ("SELECT max(total) FROM orders WHERE shop_id = $1", "(shop_id, total)", true),
            ("SELECT max(total), count(note) FROM orders", "(total)", false),
            (
                "SELECT * FROM orders WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 20",
                "(created_at, id)",
                true,
            ),
            ("SELECT * FROM orders WHERE shop_id IN ($1, $2) ORDER BY total LIMIT $3", "(shop_id, total)", false),
        ],
    );
}

#[test]
fn joins_are_looked_up_from_both_sides() {
    let join = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.account_id = $1 AND i.qty = $2";
    let lateral = "SELECT o.id, x.id FROM orders o CROSS JOIN LATERAL (SELECT i.id FROM items i WHERE i.order_id = o.id \
                   ORDER BY i.id DESC LIMIT 3) x WHERE o.account_id = $1";
    let anti =
        "SELECT * FROM orders o WHERE o.account_id = $1 AND NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id)";
    check(
        &snapshot(),
        &[
            (join, "(order_id)", true),
            (join, "(order_id, qty)", true),
            (join, "(account_id)", true),
            (join, "(id)", false),
            (lateral, "(order_id, id)", true),
            (anti, "(order_id)", true),
            ("SELECT * FROM items WHERE order_id IN (SELECT id FROM orders WHERE account_id = $1)", "(order_id)", true),
            (
                "SELECT * FROM items WHERE order_id NOT IN (SELECT id FROM orders WHERE account_id = $1)",
                "(order_id)",
                false,
            ),
        ],
    );
}

#[test]
fn what_is_not_a_plain_value_gets_its_method_and_class() {
    check(
        &snapshot(),
        &[
            ("SELECT * FROM orders WHERE meta @> $1", "gin (meta jsonb_path_ops)", true),
            ("SELECT * FROM orders WHERE meta ? $1", "gin (meta)", true),
            ("SELECT * FROM orders WHERE meta ->> 'sku' = $1", "(((meta ->> 'sku'::text)))", true),
            ("SELECT * FROM orders WHERE meta ->> $1 = $2", "(((meta ->> $1)))", false),
            ("SELECT * FROM orders WHERE tags @> $1", "gin (tags)", true),
            ("SELECT * FROM orders WHERE $1 = ANY(tags)", "gin (tags)", false),
            ("SELECT * FROM orders WHERE words @@ to_tsquery($1, $2)", "gin (words)", true),
            (
                "SELECT * FROM orders WHERE to_tsvector('simple', note) @@ to_tsquery($1)",
                "gin ((to_tsvector('simple', note)))",
                true,
            ),
            ("SELECT * FROM orders WHERE to_tsvector(note) @@ to_tsquery($1)", "gin ((to_tsvector(note)))", false),
            ("SELECT * FROM orders WHERE note LIKE 'abc%'", "(note text_pattern_ops)", true),
            ("SELECT * FROM orders WHERE shop_id = $1 AND note LIKE 'abc%'", "(shop_id, note text_pattern_ops)", true),
            ("SELECT * FROM orders WHERE note LIKE $1", "gin (note gin_trgm_ops)", true),
            ("SELECT * FROM orders WHERE note NOT LIKE $1", "gin (note gin_trgm_ops)", false),
            (
                "SELECT * FROM orders WHERE note ILIKE $1 AND lower(email) LIKE $2",
                "gin (note gin_trgm_ops, (lower((email)::text)) gin_trgm_ops)",
                true,
            ),
            ("SELECT * FROM orders WHERE during && $1", "gist (during)", true),
            ("SELECT * FROM orders WHERE shop_id = $1 AND during && $2", "gist (shop_id, during)", true),
            ("SELECT * FROM orders WHERE address << $1", "gist (address inet_ops)", true),
            ("SELECT * FROM orders WHERE path <@ $1", "gist (path)", true),
            ("SELECT * FROM orders ORDER BY place <-> $1 LIMIT 5", "gist (place)", true),
            ("SELECT * FROM orders ORDER BY total - $1 LIMIT 5", "gist (total)", false),
            ("SELECT * FROM log WHERE at > $1", "brin (at)", true),
            ("SELECT * FROM orders WHERE created_at > $1", "brin (created_at)", false),
            ("SELECT * FROM log WHERE id > $1", "brin (id)", false),
        ],
    );
}

#[test]
fn an_or_has_an_index_for_each_alternative_or_none() {
    let snapshot = snapshot();
    let sets = |text: &str| -> Vec<Vec<String>> {
        let bodies = |set: &Vec<Design>| set.iter().map(|one| one.body().replace("USING btree ", "")).collect();
        found(&snapshot, &[text]).together.iter().map(|(_, set)| bodies(set)).collect()
    };
    for (condition, expected) in [
        ("account_id = $1 OR total = $2", vec!["(account_id)", "(total)"]),
        ("account_id = $1 OR id = $2", vec!["(account_id)"]),
        ("account_id = $1 OR account_id = $2", vec!["(account_id)"]),
        ("account_id = $1 OR open", vec!["(account_id)", "(open)"]),
        ("account_id = $1 OR total <> $2", vec![]),
        ("account_id = $1 OR random() < $2", vec![]),
        ("account_id = $1 OR EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id)", vec![]),
    ] {
        let found = sets(&format!("SELECT * FROM orders WHERE {condition}"));
        let wanted: Vec<Vec<String>> =
            if expected.is_empty() { vec![] } else { vec![expected.iter().map(|one| (*one).to_owned()).collect()] };
        assert_eq!(found, wanted, "{condition}");
    }
    let of_several = sets("SELECT * FROM orders WHERE shop_id = $1 AND total = $2 OR note = $3");
    assert_eq!(of_several, [["(note)", "(shop_id)"], ["(note)", "(shop_id, total)"]], "its first key alone too");
}

#[test]
fn a_partial_index_holds_the_few_rows_that_all_its_users_ask_for() {
    let live = "SELECT * FROM orders WHERE account_id = $1 AND deleted_at IS NULL";
    let snapshot = snapshot();
    check(
        &snapshot,
        &[
            (live, "(account_id) WHERE deleted_at IS NULL", true),
            (
                "SELECT * FROM orders WHERE account_id = $1 AND deleted_at IS NOT NULL",
                "(account_id) WHERE deleted_at IS NOT NULL",
                false,
            ),
            ("SELECT id FROM orders WHERE open ORDER BY created_at LIMIT $1", "(created_at) WHERE open", true),
            ("SELECT id FROM orders WHERE NOT open ORDER BY created_at LIMIT $1", "(created_at) WHERE NOT open", false),
            ("SELECT * FROM orders WHERE total = $1 AND status = 'pending'", "(total) WHERE status = 'pending'", true),
            (
                "SELECT * FROM orders WHERE total = $1 AND status = 'pending'",
                "(status) WHERE status = 'pending'",
                false,
            ),
            ("SELECT * FROM orders WHERE total = $1 AND status = $2", "(total) WHERE status = $2", false),
        ],
    );
    let seldom = Snapshot { column_statistics: some_null(&snapshot), ..snapshot };
    for (texts, expected) in [
        (vec![live], true),
        (vec![live, "SELECT * FROM orders WHERE account_id = $1 AND total > $2"], false),
        (vec![live, "SELECT * FROM orders WHERE deleted_at IS NULL AND account_id = $1 AND total > $2"], true),
    ] {
        let all = bodies(&found(&seldom, &texts));
        assert_eq!(all.contains(&"(account_id) WHERE deleted_at IS NULL".to_owned()), expected, "{texts:?}\n{all:?}");
    }
}

/// Three rows in ten are live: too many for an index of their own unless nobody asks for the others.
fn some_null(snapshot: &Snapshot) -> Vec<ColumnStatistics> {
    let mut statistics = snapshot.column_statistics.clone();
    statistics.iter_mut().filter(|one| one.column == "deleted_at").for_each(|one| one.null_frac = 0.3);
    statistics
}

#[test]
fn a_covering_index_needs_a_visible_table_and_few_columns() {
    let sum = "SELECT sum(total) FROM orders WHERE shop_id = $1";
    let mut unvacuumed = snapshot();
    unvacuumed.tables.iter_mut().for_each(|table| table.all_visible_pages = 0);
    check(
        &snapshot(),
        &[
            (sum, "(shop_id) INCLUDE (total)", true),
            ("SELECT * FROM orders WHERE shop_id = $1", "(shop_id) INCLUDE (total)", false),
            ("SELECT o FROM orders o WHERE shop_id = $1", "(shop_id) INCLUDE (total)", false),
            ("SELECT body FROM orders WHERE shop_id = $1", "(shop_id) INCLUDE (body)", false),
            ("SELECT total FROM orders WHERE shop_id = $1 FOR UPDATE", "(shop_id) INCLUDE (total)", false),
        ],
    );
    check(&unvacuumed, &[(sum, "(shop_id) INCLUDE (total)", false), (sum, "(shop_id)", true)]);
}

#[test]
fn one_covering_index_is_tried_for_several_statements() {
    let sum = "SELECT sum(total) FROM orders WHERE shop_id = $1";
    let last = "SELECT max(account_id) FROM orders WHERE shop_id = $1";
    let both = "(shop_id) INCLUDE (account_id, total)";
    for (texts, expected) in [
        (&[sum, last][..], true),
        (&[sum][..], false),
        (&[sum, "SELECT max(account_id) FROM orders WHERE status = $1"], false),
        (&[sum, "SELECT count(body) FROM orders WHERE shop_id = $1"], false),
    ] {
        let all = bodies(&found(&snapshot(), texts));
        assert_eq!(all.iter().any(|one| one == both), expected, "{texts:?}: {}", all.join("\n  "));
    }
}

#[test]
fn an_index_behind_a_foreign_key_is_for_the_deletes_of_its_parent() {
    let key = |columns: &[&str]| Constraint {
        table_oid: 2,
        name: "items_order_id_fkey".to_owned(),
        kind: ConstraintKind::ForeignKey,
        columns: columns.iter().map(|one| (*one).to_owned()).collect(),
        referenced_table_oid: Some(1),
        referenced_columns: vec!["id".to_owned()],
        ..Constraint::default()
    };
    let mut bare = snapshot();
    bare.constraints.push(key(&["order_id"]));
    let mut served = bare.clone();
    served.indexes.push(index("items_order_id", 2, &["order_id", "qty"]));
    for (case, snapshot, text, expected) in [
        ("no index", &bare, "DELETE FROM orders WHERE id = $1", 1),
        ("a key is changed", &bare, "UPDATE orders SET id = $1 WHERE id = $2", 1),
        ("the key stays", &bare, "UPDATE orders SET total = $1 WHERE id = $2", 0),
        ("another table", &bare, "DELETE FROM items WHERE id = $1", 0),
        ("an index", &served, "DELETE FROM orders WHERE id = $1", 0),
    ] {
        let mut snapshot = snapshot.clone();
        snapshot.statements.entries.clear();
        let found = found_reading(&snapshot, text, 40_000);
        assert_eq!(found.unseen.len(), expected, "{case}: {:?}", found.rejected);
        assert!(found.unseen.values().flatten().all(|one| one.gain() > 0.9), "{case}: {:?}", found.unseen);
    }
    assert_eq!(found_reading(&bare, "DELETE FROM orders WHERE id = $1", 4).unseen.len(), 0, "it deletes nothing");
}

/// The same for a statement that touches so many blocks each time.
fn found_reading(snapshot: &Snapshot, text: &str, blocks: u64) -> Candidates {
    let mut snapshot = snapshot.clone();
    snapshot.statements.entries = vec![Statement {
        text: Some(text.to_owned()),
        toplevel: true,
        calls: 10,
        rows: 10,
        total_exec_time: 1_000.0,
        shared_blks_hit: blocks * 10,
        ..Statement::default()
    }];
    candidates(&snapshot, &Workload::build(&snapshot))
}

#[test]
fn what_no_index_can_hold_is_refused_with_the_way_to_ask_instead() {
    for (text, words) in [
        ("SELECT * FROM orders WHERE date_trunc($1, created_at) = $2", "half-open range"),
        ("SELECT * FROM orders WHERE date_trunc($1, made_at) = $2", "half-open range"),
        ("SELECT * FROM orders WHERE id::text = $1", "its own type, bigint"),
        ("SELECT * FROM orders WHERE id::numeric = $1", "its own type, bigint"),
        ("SELECT * FROM orders WHERE meta ->> $1 = $2", "is a parameter"),
        ("SELECT * FROM orders WHERE to_tsvector(note) @@ to_tsquery($1)", "name one"),
        ("SELECT * FROM orders WHERE to_tsvector($1, note) @@ to_tsquery($2)", "configuration"),
        ("SELECT * FROM orders WHERE $1 = ANY(tags)", "ask for tags @> ARRAY"),
        ("SELECT * FROM orders WHERE status = $1", "depends on $1"),
        ("SELECT * FROM config WHERE key = $1", "small enough to scan"),
    ] {
        let found = found(&snapshot(), &[text]);
        let said = found.rejected.iter().any(|(_, why)| why.contains(words));
        assert!(said && found.designs.is_empty(), "{text}: {words}\n{:?}\n{:?}", found.rejected, found.designs);
    }
    // the twin: rows that come back tell which value is asked for
    let rare = found_reading(&snapshot(), "SELECT * FROM orders WHERE status = $1", 20_000);
    assert_eq!(bodies(&rare), ["(status)"]);
}

#[test]
fn a_statement_has_few_candidates_in_the_same_order_each_time() {
    let wide = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.account_id = $1 AND o.shop_id = $2 AND o.status = $3 \
                AND o.total > $4 AND o.created_at > $5 AND o.deleted_at IS NULL AND o.open AND i.qty = $6 ORDER BY o.note LIMIT 10";
    let (one, two) = (found(&snapshot(), &[wide]), found(&snapshot(), &[wide]));
    assert_eq!(one.promise, two.promise);
    assert!(one.promise[&0].len() <= MAX_OF_STATEMENT && one.promise[&0].len() > 20, "{}", one.promise[&0].len());
    assert_eq!(one.promise[&0].iter().collect::<BTreeSet<_>>(), one.designs.keys().collect::<BTreeSet<_>>());
}

/// What would be tried for a statement whose calls return so many rows.
fn found_returning(text: &str, rows: u64) -> Vec<String> {
    let mut snapshot = snapshot();
    let text = Some(text.to_owned());
    snapshot.statements.entries = vec![Statement {
        text,
        user: Some("app".to_owned()),
        toplevel: true,
        calls: 100,
        rows: rows * 100,
        total_exec_time: 10_000.0,
        ..Statement::default()
    }];
    bodies(&candidates(&snapshot, &Workload::build(&snapshot)))
}

#[test]
fn another_key_is_tried_only_where_it_leaves_fewer_rows() {
    let two = "SELECT * FROM orders WHERE shop_id = $1 AND total = $2";
    let three = "SELECT * FROM orders WHERE shop_id = $1 AND total = $2 AND account_id = $3";
    for (text, rows, body, expected) in [
        // 200 of a million have any total
        (two, 0, "(total, shop_id)", true),
        (two, 20, "(total, shop_id)", true),
        (two, 200, "(total, shop_id)", false),
        (two, 200, "(total)", true),
        // of three, the two that narrow most
        (three, 0, "(account_id, total)", true),
        (three, 0, "(account_id, shop_id)", false),
        (three, 0, "(shop_id, total)", false),
        ("SELECT count(*) FROM orders WHERE shop_id = $1 AND total = $2", 200, "(total, shop_id)", true),
    ] {
        let found = found_returning(text, rows);
        assert_eq!(found.iter().any(|one| one == body), expected, "{text}, {rows} rows: {body} of {found:?}");
    }
}

#[test]
fn keys_that_other_statements_look_up_are_tried_wherever_they_stand() {
    let three = "SELECT * FROM orders WHERE shop_id = $1 AND total = $2 AND account_id = $3";
    let found = found(&snapshot(), &[three, "SELECT id FROM orders WHERE shop_id = $1"]);
    assert!(bodies(&found).iter().any(|one| one == "(shop_id, total)"), "{:?}", bodies(&found));
}
