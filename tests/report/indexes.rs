//! Indexes: created and dropped for a finding, never against another.

use pgassay::report::{Action, IndexAction, Report};

use super::world::{EVENTS, ORDERS, World, index, missing, superfluous, unindexed, with};

/// `+name` for what is created, `-name` for what is dropped.
fn names(report: &Report) -> Vec<String> {
    let sign = |index: &IndexAction| if index.action == Action::Create { '+' } else { '-' };
    report.indexes.iter().map(|index| format!("{}{}", sign(index), index.name)).collect()
}

#[test]
fn a_recommendation_is_reported_when_a_finding_asks_for_it() {
    let world = World::new().advised(ORDERS, &["customer_id"]).advised(ORDERS, &["note"]);
    let report = world.found("missing-index", vec![missing(0, ORDERS)]).report();
    assert_eq!(names(&report), ["+advised_0"]);
    let [created] = report.indexes.as_slice() else { panic!("one index") };
    assert_eq!(created.findings, [report.findings[0].fingerprint.clone()]);
    assert_eq!(created.undo, "DROP INDEX CONCURRENTLY IF EXISTS public.advised_0");
    assert_eq!(report.findings[0].remedy.sql, std::slice::from_ref(&created.ddl));
    let what_if = created.what_if.as_ref().expect("costs");
    assert_eq!(what_if.basis, "model");
    assert_eq!([what_if.cost_before, what_if.cost_after].map(|cost| cost.round() as u64), [10_000, 200]);
}

#[test]
#[allow(clippy::large_stack_arrays, reason = "nine small worlds, in a test")]
fn a_foreign_key_gets_an_index_of_its_own_unless_one_that_begins_with_it_is_created() {
    let key = |columns: &[&str], wanted: &str| {
        World::new().foreign_key(ORDERS, columns).found("unindexed-foreign-key", vec![unindexed(ORDERS, wanted)])
    };
    for (world, expected) in [
        (key(&["customer_id"], "customer_id"), 1),
        (key(&["customer_id"], "customer_id").advised(ORDERS, &["customer_id", "note"]), 1),
        (key(&["b", "a"], "b, a").advised(ORDERS, &["a", "b", "c"]), 1),
        (key(&["customer_id"], "customer_id").advised(ORDERS, &["note", "customer_id"]), 2),
        (key(&["a", "b"], "a, b").advised(ORDERS, &["a"]), 2),
        (key(&["customer_id"], "customer_id").advised(EVENTS, &["customer_id"]), 2),
        (key(&["other"], "customer_id"), 0),
    ] {
        let advised = world.recommendations.create.first().map(|advice| advice.design.table_oid);
        let rows = advised.map(|table| missing(0, table)).into_iter().collect();
        let report = world.found("missing-index", rows).report();
        assert_eq!(report.indexes.len(), expected, "{:?}", names(&report));
        let unindexed = report.findings.iter().find(|finding| finding.rule == "unindexed-foreign-key").expect("it");
        assert_eq!(unindexed.remedy.sql.len(), usize::from(expected > 0), "{:?}", names(&report));
    }
}

#[test]
fn one_index_answers_two_foreign_keys_where_it_begins_with_both() {
    let world = World::new().foreign_key(ORDERS, &["a"]).foreign_key(ORDERS, &["a", "b"]);
    let rows = vec![unindexed(ORDERS, "a"), unindexed(ORDERS, "a, b")];
    let report = world.found("unindexed-foreign-key", rows).report();
    assert_eq!(report.indexes.len(), 1);
    assert_eq!(report.indexes[0].findings.len(), 2);
}

#[test]
fn an_index_of_a_partitioned_table_names_the_leaves_and_the_way_to_them() {
    let world = World::new().advised(EVENTS, &["at"]);
    let report = world.found("missing-index", vec![missing(0, EVENTS)]).report();
    let created = &report.indexes[0];
    assert!(created.partitioned);
    assert!(created.ddl.starts_with("CREATE INDEX advised_0 ON ONLY public.events "), "{}", created.ddl);
    assert_eq!(created.undo, "DROP INDEX IF EXISTS public.advised_0");
    let leaves: Vec<(&str, usize)> =
        created.partitions.iter().map(|leaf| (leaf.table.as_str(), leaf.through.len())).collect();
    assert_eq!(leaves, [("events_a_1", 1), ("events_b", 0)]);
}

#[test]
fn a_dropped_index_can_be_brought_back() {
    let world = World::new().index(index(11, "orders_note", &["note"]));
    let report = world.found("unused-index", vec![superfluous(11)]).report();
    assert_eq!(report.indexes[0].ddl, "DROP INDEX CONCURRENTLY public.orders_note");
    assert_eq!(report.indexes[0].undo, "CREATE INDEX CONCURRENTLY orders_note ON public.orders USING btree (note)");
    assert_eq!(report.indexes[0].size_bytes, Some(11 * 8_192));
}

#[test]
fn an_index_that_another_dropped_one_relies_on_stays() {
    let world = || World::new().index(index(11, "a", &["a"])).index(index(12, "ab", &["a", "b"]));
    let redundant = || vec![with(superfluous(11), "kept_by", "public.ab")];
    let relied_on = world().found("redundant-index", redundant()).found("unused-index", vec![superfluous(12)]).report();
    assert_eq!(names(&relied_on), ["-a"]);
    let kept = relied_on.findings.iter().find(|finding| finding.rule == "unused-index").expect("it is still told");
    assert!(kept.remedy.sql.is_empty());
    let both = vec![superfluous(11), superfluous(12)];
    assert_eq!(
        names(&world().found("redundant-index", redundant()).found("unused-index", both).report()),
        ["-ab", "-a"]
    );
    assert_eq!(names(&world().found("unused-index", vec![superfluous(12)]).report()), ["-ab"]);
}

#[test]
fn nothing_is_created_and_dropped_in_one_report() {
    let world = |valid: bool| {
        let mut existing = index(11, "orders_customer", &["customer_id"]);
        existing.valid = valid;
        World::new()
            .index(existing)
            .advised(ORDERS, &["customer_id"])
            .found("missing-index", vec![missing(0, ORDERS)])
            .found("unused-index", vec![superfluous(11)])
    };
    let contradictory = world(true).report();
    assert_eq!(names(&contradictory), Vec::<String>::new());
    assert!(contradictory.findings.iter().all(|finding| finding.remedy.sql.is_empty()));
    assert_eq!(names(&world(false).report()), ["+advised_0", "-orders_customer"]);
}

#[test]
fn creates_come_by_time_saved_and_drops_by_size() {
    let mut world = World::new()
        .advised(ORDERS, &["a"])
        .advised(ORDERS, &["b"])
        .index(index(11, "small", &["x"]))
        .index(index(12, "large", &["y"]))
        .foreign_key(ORDERS, &["c"]);
    world.recommendations.create[1].saved_ms = 5_000.0;
    let report = world
        .found("unused-index", vec![superfluous(11), superfluous(12)])
        .found("missing-index", vec![missing(0, ORDERS), missing(1, ORDERS)])
        .found("unindexed-foreign-key", vec![unindexed(ORDERS, "c")])
        .report();
    let names = names(&report);
    assert_eq!(names[..2], ["+advised_1", "+advised_0"]);
    assert!(names[2].starts_with('+'), "{names:?}");
    assert_eq!(names[3..], ["-large", "-small"]);
}
