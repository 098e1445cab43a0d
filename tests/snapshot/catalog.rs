//! Everything that a catalog can hold is read the same from every version.

use pgassay::snapshot::{Column, Constraint, ConstraintKind, IndexKey, Sequence, Snapshot, TableKind};

use crate::support::{MAJORS, run, server};
use crate::{gaps, index, settle, snapshot, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_with_everything_is_read_the_same_from_every_version() {
    for major in MAJORS {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE DATABASE everything").await;
        let mut connection = server.connect("everything").await.expect("a connection");
        run(&mut connection, include_str!("everything.sql")).await;
        let twice = "CREATE UNIQUE INDEX CONCURRENTLY orders_broken ON orders (customer_id)";
        sqlx::raw_sql(twice).execute(&mut connection).await.expect_err("customer_id is there twice");
        if major >= 15 {
            run(&mut connection, "CREATE UNIQUE INDEX keyed_distinct ON keyed (a) NULLS NOT DISTINCT").await;
        }
        if major >= 18 {
            run(&mut connection, "ALTER TABLE never_analyzed ADD CONSTRAINT proven_later NOT NULL a NOT VALID").await;
        }
        settle(connection).await;
        let read = snapshot(&server, "everything", "postgres").await;
        assert_eq!(read.server.major(), major);
        assert_eq!((read.server.database.as_str(), read.server.superuser), ("everything", true));
        assert_eq!(read.server.managed, None);
        assert_eq!(gaps(&read), [("statements", "CREATE EXTENSION pg_stat_statements")], "{major}");
        tables(&read, major);
        partitions(&read);
        columns(&read, major);
        indexes(&read, major);
        constraints(&read, major);
        views(&read);
        sequences(&read);
        statistics(&read);
    }
}

fn tables(read: &Snapshot, major: u32) {
    for (name, kind, persistence, identity) in [
        ("customer", TableKind::Table, "p", "d"),
        ("event", TableKind::Partitioned, "p", "d"),
        ("event_2024", TableKind::Partitioned, "p", "d"),
        ("counted", TableKind::MaterializedView, "p", "d"),
        ("far_away", TableKind::Foreign, "p", "d"),
        ("fast", TableKind::Table, "u", "d"),
        ("fully", TableKind::Table, "p", "f"),
        ("keyed", TableKind::Table, "p", "i"),
        ("Quoted T", TableKind::Table, "p", "d"),
        ("select", TableKind::Table, "p", "d"),
        ("📦", TableKind::Table, "p", "d"),
        ("t23456789012345678901234567890123456789012345678901234567890123", TableKind::Table, "p", "d"),
    ] {
        let table = table(read, name);
        let seen = (table.kind, table.persistence.as_str(), table.replica_identity.as_str());
        // The default identity of foreign tables and views is "n" in the catalog.
        let identity = if kind == TableKind::Foreign { "n" } else { identity };
        assert_eq!(seen, (kind, persistence, identity), "{major}: {name}");
    }
    let customer = table(read, "customer");
    assert_eq!((customer.schema.as_str(), customer.owner.as_str()), ("public", "postgres"));
    assert_eq!(customer.rows, Some(1000.0));
    assert_eq!(customer.options, ["fillfactor=80"]);
    assert!(customer.heap_bytes.expect("a size") >= customer.pages * 8192 && customer.pages > 5);
    assert!(customer.total_bytes > customer.index_bytes && customer.index_bytes > Some(0));
    assert_eq!(customer.usage.n_tup_ins, 1000, "{major}");
    assert!(customer.usage.last_analyze.is_some_and(|at| (at - read.taken_at).abs() < 600.0));
    assert!(customer.selectable && customer.frozen_xid_age.is_some_and(|age| age > 0));
    assert_eq!(table(read, "never_analyzed").rows, None, "{major}");
    assert_eq!(table(read, "Quoted T").schema, "Quoted S");
    assert!(table(read, "guarded").row_security && table(read, "guarded").selectable);
    assert_eq!(customer.usage.n_tup_newpage_upd.is_some(), major >= 16);
    let schemas = ["public", "Quoted S", "other"];
    assert!(read.tables.iter().all(|table| schemas.contains(&table.schema.as_str())));
}

fn partitions(read: &Snapshot) {
    let (event, middle, leaf) = (table(read, "event"), table(read, "event_2024"), table(read, "event_2024_a"));
    assert_eq!(event.partition_key.as_deref(), Some("RANGE (at)"));
    assert_eq!((event.heap_bytes, event.is_partition), (Some(0), false));
    assert_eq!(middle.parents, [event.oid]);
    assert_eq!(leaf.parents, [middle.oid]);
    assert_eq!(leaf.partition_bound.as_deref(), Some("FOR VALUES IN ('a')"));
    assert_eq!((leaf.rows, leaf.is_partition), (Some(300.0), true));
    assert_eq!(table(read, "event_rest").partition_bound.as_deref(), Some("DEFAULT"));
    let child = table(read, "child");
    assert_eq!((child.parents.as_slice(), child.is_partition), (&[table(read, "parent").oid][..], false));
    let published: Vec<&str> =
        read.tables.iter().filter(|table| table.published).map(|table| table.name.as_str()).collect();
    assert_eq!(published, ["event", "event_2024", "event_2024_a", "event_rest", "orders"]);
    let (root, leaf_index) = (index(read, "event_kind"), index(read, "event_2024_a_kind_idx"));
    assert!(root.partitioned && !root.is_partition && root.usage.scans.is_none() && root.bytes == Some(0));
    assert!(!leaf_index.partitioned && leaf_index.is_partition && leaf_index.usage.scans.is_some());
    assert_eq!(leaf_index.parent_oid, Some(index(read, "event_2024_kind_idx").oid));
}

fn column<'a>(read: &'a Snapshot, owner: &str, name: &str) -> &'a Column {
    let oid = table(read, owner).oid;
    let found = read.columns.iter().find(|column| column.table_oid == oid && column.name == name);
    found.unwrap_or_else(|| panic!("no column {owner}.{name}"))
}

fn columns(read: &Snapshot, major: u32) {
    for (name, type_name, base, category, length, collation, is_c, not_null) in [
        ("id", "bigint", "int8", "N", 8, None, false, true),
        ("name", "text", "text", "S", -1, Some("default"), false, true),
        ("code", "character varying(20)", "varchar", "S", -1, Some("C"), true, false),
        ("born", "date", "date", "D", 4, None, false, false),
        ("mood", "public.mood", "mood", "E", 4, None, false, false),
        ("nick", "public.shorter", "varchar", "S", -1, Some("default"), false, false),
        ("tags", "text[]", "_text", "A", -1, Some("default"), false, false),
        ("amount", "numeric(10,2)", "numeric", "N", -1, None, false, false),
        ("german", "text", "text", "S", -1, Some("german"), false, false),
    ] {
        let seen = column(read, "customer", name);
        let facts = (seen.type_name.as_str(), seen.base_type.as_str(), seen.type_category.as_str(), seen.type_length);
        assert_eq!(facts, (type_name, base, category, length), "{major}: {name}");
        assert_eq!((seen.collation.as_deref(), seen.collation_is_c), (collation, is_c), "{major}: {name}");
        assert_eq!(seen.not_null, not_null, "{major}: {name}");
    }
    assert_eq!(column(read, "customer", "id").identity, "a");
    assert_eq!(column(read, "customer", "double_amount").generated, "s");
    assert_eq!(column(read, "customer", "mood").default.as_deref(), Some("'ok'::public.mood"));
    assert_eq!(column(read, "customer", "name").statistics_target, Some(500));
    assert_eq!(column(read, "customer", "code").statistics_target, None);
    assert_eq!(column(read, "customer", "german").position, 10);
    assert_eq!(column(read, "Quoted T", "Quoted \"C\"").position, 1);
    assert_eq!(column(read, "📦", "größe").position, 1);
    // On 18 the constraint is there, but not proven; before, there is none.
    assert!(!column(read, "never_analyzed", "a").not_null, "{major}");
    let customer = table(read, "customer").oid;
    assert!(!read.columns.iter().any(|column| column.table_oid == customer && column.name.contains("dropped")));
}

fn key(column: &str, opclass: &str, collation: Option<&str>) -> IndexKey {
    IndexKey {
        column: Some(column.to_owned()),
        expression: None,
        opclass: opclass.to_owned(),
        opclass_is_default: true,
        collation: collation.map(str::to_owned),
        descending: false,
        nulls_first: false,
        ..IndexKey::default()
    }
}

fn indexes(read: &Snapshot, major: u32) {
    let partial = index(read, "customer_lower_name");
    let lower = IndexKey {
        column: None,
        expression: Some("lower(name)".to_owned()),
        opclass_is_default: false,
        descending: true,
        nulls_first: true,
        ..key("", "text_pattern_ops", Some("default"))
    };
    assert_eq!(partial.keys, [lower, IndexKey { nulls_first: true, ..key("born", "date_ops", None) }], "{major}");
    assert_eq!(partial.include, ["amount", "code"]);
    assert_eq!(partial.predicate.as_deref(), Some("((amount > (5)::numeric) AND (name IS NOT NULL))"));
    assert_eq!(
        index(read, "customer_german").keys,
        [key("name", "text_ops", Some("german"))]
            .map(|key| IndexKey { own_collation: Some("public.german".to_owned()), ..key })
    );
    assert_eq!(index(read, "customer_tags").method, "gin");
    let clustered = index(read, "customer_born_id");
    let born = IndexKey { descending: true, ..key("born", "date_ops", None) };
    assert_eq!(clustered.keys, [born, key("id", "int8_ops", None)]);
    assert!(clustered.clustered && clustered.unique && clustered.immediate && clustered.usable());
    assert!(clustered.bytes >= Some(16384) && clustered.created_xacts_ago.is_some_and(|age| age > 0));
    let primary = index(read, "customer_pkey");
    assert!(primary.primary && primary.unique && primary.constraint.as_deref() == Some("customer_pkey"));
    assert!(primary.usage.scans.expect("counted") > 0, "{major}: the foreign key looked customers up");
    let deferred = index(read, "customer_code_key");
    assert!(deferred.unique && !deferred.immediate);
    let exclusion = index(read, "room_id_during_excl");
    assert!(exclusion.exclusion && exclusion.method == "gist" && exclusion.keys[0].opclass == "gist_int4_ops");
    let broken = index(read, "orders_broken");
    assert!(!broken.valid && !broken.usable() && !broken.being_built, "{major}");
    assert!(index(read, "keyed_a").replica_identity && !index(read, "keyed_a").nulls_not_distinct);
    assert_eq!(index(read, "Quoted I").keys.len(), 2);
    assert!(index(read, "Quoted I").definition.contains("\"Quoted S\".\"Quoted T\""));
    if major >= 15 {
        assert!(index(read, "keyed_distinct").nulls_not_distinct);
    }
    assert!(read.indexes.windows(2).all(|pair| pair[0].oid < pair[1].oid));
}

fn constraint<'a>(read: &'a Snapshot, name: &str) -> &'a Constraint {
    read.constraints.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no constraint {name}"))
}

fn constraints(read: &Snapshot, major: u32) {
    let (customer, orders) = (table(read, "customer").oid, table(read, "orders").oid);
    let reference = constraint(read, "orders_customer_id_fkey");
    assert_eq!((reference.kind, reference.table_oid), (ConstraintKind::ForeignKey, orders));
    assert_eq!(
        (reference.columns.join(","), reference.referenced_columns.join(",")),
        ("customer_id".into(), "id".into())
    );
    assert_eq!(reference.referenced_table_oid, Some(customer));
    assert_eq!(reference.index_oid, Some(index(read, "customer_pkey").oid));
    assert_eq!((reference.on_delete.as_deref(), reference.validated), (Some("c"), true));
    assert!(reference.definition.contains("REFERENCES public.customer(id) ON DELETE CASCADE"));
    assert!(!constraint(read, "orders_again").validated);
    assert!(constraint(read, "customer_code_key").deferrable);
    assert_eq!(constraint(read, "room_id_during_excl").kind, ConstraintKind::Exclusion);
    assert_eq!(constraint(read, "customer_amount_check").columns, ["amount"]);
    let event = constraint(read, "event_pkey");
    assert_eq!((event.kind, event.columns.join(",")), (ConstraintKind::PrimaryKey, "id,at,kind".into()));
    assert_eq!(constraint(read, "event_2024_pkey").parent_oid, Some(event.oid));
    let unproven: Vec<&str> = read
        .constraints
        .iter()
        .filter(|one| one.kind == ConstraintKind::NotNull && !one.validated)
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(unproven, if major >= 18 { vec!["proven_later"] } else { vec![] });
}

fn views(read: &Snapshot) {
    let view =
        |name: &str| read.views.iter().find(|view| view.name == name).unwrap_or_else(|| panic!("no view {name}"));
    assert_eq!(view("upon").columns, ["The Id", "note"]);
    assert!(view("upon").definition.contains("public.plain p"), "{}", view("upon").definition);
    assert_eq!(view("plain").columns, ["id", "name"]);
    assert_eq!(read.views.len(), 2, "those of the system are left out");
}

fn sequence<'a>(read: &'a Snapshot, name: &str) -> &'a Sequence {
    read.sequences.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no sequence {name}"))
}

fn sequences(read: &Snapshot) {
    let feeds = |name: &str| -> Vec<(u32, String)> {
        sequence(read, name).feeds.iter().map(|feed| (feed.table_oid, feed.column.clone())).collect()
    };
    let oid = |name: &str| table(read, name).oid;
    assert_eq!(feeds("customer_id_seq"), [(oid("customer"), "id".to_owned())]);
    assert_eq!(feeds("orders_id_seq"), [(oid("orders"), "id".to_owned())]);
    assert_eq!(feeds("bare"), [(oid("fed"), "a".to_owned()), (oid("fed"), "b".to_owned())]);
    assert_eq!(feeds("untouched"), []);
    assert_eq!(sequence(read, "customer_id_seq").last_value, Some(1000));
    assert_eq!(sequence(read, "orders_id_seq").type_name, "integer");
    let bare = sequence(read, "bare");
    assert_eq!((bare.min_value, bare.max_value, bare.increment, bare.cycle), (-100, 10, -1, true));
    assert_eq!((bare.last_value, bare.readable), (Some(4), true));
    let untouched = sequence(read, "untouched");
    assert_eq!((untouched.last_value, untouched.max_value), (None, i64::MAX));
}

fn statistics(read: &Snapshot) {
    let both = &read.extended_statistics[..];
    assert_eq!((both.len(), both[0].name.as_str()), (1, "customer_both"));
    assert_eq!((both[0].columns.join(","), both[0].kinds.join(",")), ("name,code".into(), "d,f".into()));
    let of = |oid: u32, name: &str| {
        read.column_statistics
            .iter()
            .find(|one| one.table_oid == oid && one.column == name && !one.inherited)
            .unwrap_or_else(|| panic!("no statistics of {name}"))
    };
    let customer = table(read, "customer").oid;
    assert!((of(customer, "name").n_distinct - 50.0).abs() < f64::EPSILON);
    assert_eq!(of(customer, "name").most_common_freqs.len(), 50);
    assert!((of(customer, "id").n_distinct + 1.0).abs() < f64::EPSILON);
    assert_eq!((of(customer, "id").histogram_bounds, of(customer, "id").correlation), (101, Some(1.0)));
    assert!((of(customer, "mood").null_frac).abs() < f64::EPSILON);
    assert!((of(customer, "nick").null_frac - 1.0).abs() < f64::EPSILON);
    let expression = of(index(read, "customer_lower_name").oid, "lower");
    assert!((expression.n_distinct - 50.0).abs() < f64::EPSILON);
    let written = serde_json::to_string(read).expect("JSON");
    assert!(!written.contains("secret name"), "no sample value is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_has_nothing_in_it_and_no_gap() {
    for major in [13, 18] {
        let server = server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE DATABASE empty").await;
        let mut connection = server.connect("empty").await.expect("a connection");
        run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
        let read = snapshot(&server, "empty", "postgres").await;
        assert_eq!(gaps(&read), [], "{major}");
        assert!(read.tables.is_empty() && read.columns.is_empty() && read.indexes.is_empty());
        assert!(read.constraints.is_empty() && read.sequences.is_empty() && read.column_statistics.is_empty());
        let views: Vec<_> = read.views.iter().map(|view| view.extension.as_deref()).collect();
        assert!(!views.is_empty() && views.iter().all(|owner| *owner == Some("pg_stat_statements")), "{views:?}");
        assert_eq!(read.setting("shared_preload_libraries"), Some("pg_stat_statements"));
        assert!(read.has_extension("pg_stat_statements") && read.has_extension("plpgsql"));
        assert!(read.database.bytes > Some(1_000_000) && read.database.xact_commit > 0);
    }
}
