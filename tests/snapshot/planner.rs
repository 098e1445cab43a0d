//! What a planner elsewhere needs is read by the least privileged role as by a superuser, from every version.

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{ColumnStatistics, Snapshot, StatisticsSlot, TypeDefinition, Values};
use pgassay::source::live::{self, ReadOptions};

use crate::support::{run, server};
use crate::{gaps, index, session, table};

/// A server with `planner.sql` and a role that may read everything, one that may select, one that may do nothing.
pub async fn prepared(major: u32) -> Scratch {
    let server = server(major);
    let mut connection = server.connect("postgres").await.expect("a connection");
    for statements in include_str!("planner.sql").split("----\n") {
        run(&mut connection, statements).await;
    }
    run(&mut connection, "CREATE EXTENSION pg_stat_statements").await;
    if major >= 14 {
        run(&mut connection, "CREATE STATISTICS item_sum (mcv) ON (id % 5), (lower(name)) FROM item").await;
        run(&mut connection, "ANALYZE item").await;
        run(&mut connection, "CREATE ROLE least LOGIN; GRANT pg_monitor, pg_read_all_data TO least").await;
    } else {
        let grants = "CREATE ROLE least LOGIN; GRANT pg_monitor TO least;
                      GRANT SELECT ON pg_statistic, pg_statistic_ext_data TO least";
        run(&mut connection, grants).await;
    }
    let others = "CREATE ROLE nothing LOGIN; CREATE ROLE selects LOGIN;
                  GRANT USAGE ON SCHEMA \"Other S\" TO selects;
                  GRANT SELECT ON ALL TABLES IN SCHEMA public TO selects";
    run(&mut connection, others).await;
    run(&mut connection, "SELECT pg_stat_statements_reset()").await;
    run(&mut connection, "SELECT * FROM \"Called By\"(3)").await;
    server
}

pub async fn read(server: &Scratch, role: &str, values: Values) -> Snapshot {
    let mut session = session(server, "postgres", role).await;
    let options = ReadOptions { values, ..ReadOptions::default() };
    live::read(&mut session, &options).await.unwrap_or_else(|error| panic!("{role}: {error:?}"))
}

fn of<'a>(read: &'a Snapshot, oid: u32, column: &str) -> &'a ColumnStatistics {
    let found = read.column_statistics.iter().find(|one| one.table_oid == oid && one.column == column);
    found.unwrap_or_else(|| panic!("no statistics of {column}"))
}

fn slot<'a>(read: &'a Snapshot, column: &str, kind: i16) -> &'a StatisticsSlot {
    let statistics = of(read, table(read, "item").oid, column);
    let found = statistics.slots.iter().find(|slot| slot.kind == kind);
    found.unwrap_or_else(|| panic!("no slot {kind} of {column}: {:?}", statistics.slots))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_privileged_role_reads_all_that_a_planner_knows() {
    for major in [15, 13, 18] {
        let server = prepared(major).await;
        let superuser = read(&server, "postgres", Values::Kept).await;
        let least = read(&server, "least", Values::Kept).await;
        assert_eq!(least.values, Values::Kept);
        assert_eq!(least.column_statistics, superuser.column_statistics, "{major}");
        assert_eq!(least.extended_statistics, superuser.extended_statistics, "{major}");
        assert_eq!((&least.types, &least.functions), (&superuser.types, &superuser.functions), "{major}");
        assert_eq!(gaps(&superuser), [], "{major}");
        slots(&least, major);
        types(&least, major);
        functions(&least, major);
        extended(&least, major);
        rest(&least, major);
    }
}

fn slots(read: &Snapshot, major: u32) {
    for (column, kind, operator, collation, value_type) in [
        ("id", 2, "<(bigint,bigint)", None, Some("bigint")),
        ("id", 3, "<(bigint,bigint)", None, None),
        ("name", 1, "=(text,text)", Some("pg_catalog.\"default\""), Some("text")),
        ("code", 1, "=(text,text)", Some("pg_catalog.\"C\""), Some("public.code")),
        ("short", 1, "=(text,text)", Some("pg_catalog.\"default\""), Some("character varying")),
        ("mood", 1, "=(anyenum,anyenum)", None, Some("\"Other S\".mood")),
        ("email", 1, "public.=(public.citext,public.citext)", Some("pg_catalog.\"default\""), Some("public.citext")),
        ("tags", 4, "=(text,text)", Some("pg_catalog.\"default\""), Some("text")),
        ("words", 4, "=(text,text)", Some("pg_catalog.\"default\""), Some("text")),
        ("during", 7, "", None, Some("int4range")),
        ("german", 1, "=(text,text)", Some("\"Other S\".german"), Some("text")),
        ("price", 1, "=(numeric,numeric)", None, Some("numeric")),
    ] {
        let seen = slot(read, column, kind);
        let facts = (seen.operator.as_deref().unwrap_or(""), seen.collation.as_deref(), seen.value_type.as_deref());
        assert_eq!(facts, (operator, collation, value_type), "{major}: {column} {kind}");
        assert_eq!(seen.values.is_some(), value_type.is_some(), "{major}: {column} {kind}");
    }
    let names = slot(read, "name", 1);
    assert_eq!(names.values.as_ref().expect("values")[0], "active");
    assert!((names.numbers.as_ref().expect("numbers")[0] - 400.0 / 2400.0).abs() < 1e-6);
    let at = &slot(read, "at", 2).values.as_ref().expect("values")[0];
    assert!(at.starts_with("2026-01-0") && at.ends_with("+00"), "{at}");
    let expression = of(read, index(read, "item_folded").oid, "folded");
    assert!(expression.slots.iter().any(|slot| slot.kind == 1), "{major}");
    let inherited = read.column_statistics.iter().filter(|one| one.column == "b" && one.inherited).count();
    assert_eq!(inherited, 1, "{major}");
}

fn types(read: &Snapshot, major: u32) {
    let names: Vec<&str> = read.types.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["mood", "code", "point2", "text_range"], "{major}: those of extensions are left out");
    let TypeDefinition::Enum { labels } = &read.types[0].definition else { panic!("no enum") };
    assert_eq!(labels.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["low", "middle", "high"]);
    assert!(labels.iter().all(|one| one.oid >= 16384));
    let TypeDefinition::Domain { base, collation, not_null, checks } = &read.types[1].definition else {
        panic!("no domain")
    };
    assert_eq!(
        (base.as_str(), collation.as_deref(), *not_null),
        ("character varying(20)", Some("pg_catalog.\"C\""), true)
    );
    assert_eq!(checks, &["CHECK (((VALUE)::text <> ''::text))"]);
    let TypeDefinition::Composite { attributes } = &read.types[2].definition else { panic!("no composite") };
    assert_eq!((attributes[1].name.as_str(), attributes[1].collation.as_deref()), ("label", Some("pg_catalog.\"C\"")));
    assert_eq!((attributes[0].type_name.as_str(), attributes[0].collation.as_deref()), ("integer", None));
    let TypeDefinition::Range { subtype, opclass, collation, multirange } = &read.types[3].definition else {
        panic!("no range")
    };
    assert_eq!((subtype.as_str(), opclass.as_str()), ("text", "pg_catalog.text_ops"));
    assert_eq!(collation.as_deref(), Some("pg_catalog.\"C\""));
    assert_eq!(multirange.as_deref(), (major >= 14).then_some("text_multirange"));
}

fn functions(read: &Snapshot, major: u32) {
    let names: Vec<&str> = read.functions.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["inner_part", "folded", "Called By"], "{major}");
    let (inner, folded, called) = (&read.functions[0], &read.functions[1], &read.functions[2]);
    assert_eq!((inner.language.as_str(), inner.body.as_str()), ("sql", " SELECT lower(a) "));
    assert_eq!((inner.volatility.as_str(), inner.strict, inner.parallel.as_str()), ("i", true, "s"));
    assert!((inner.cost - 7.0).abs() < f64::EPSILON && !inner.standard_body && inner.settings.is_empty());
    assert_eq!((folded.arguments.as_str(), folded.result.as_str()), ("a text, b integer DEFAULT 3", "text"));
    assert_eq!((folded.language.as_str(), folded.settings.join(" ")), ("plpgsql", "search_path=public".to_owned()));
    assert_eq!((called.result.as_str(), called.rows), ("SETOF integer", 50.0));
}

fn extended(read: &Snapshot, major: u32) {
    let all = &read.extended_statistics[0];
    assert_eq!(
        (all.name.as_str(), all.columns.join(","), all.target),
        ("item_all", "name,mood,price".into(), Some(77))
    );
    let [data] = &all.data[..] else { panic!("{major}: {:?}", all.data) };
    assert!(!data.inherited && data.expressions.is_empty());
    for (part, magic) in [(&data.ndistinct, "a4bf52a3"), (&data.dependencies, "2c9a54b4"), (&data.mcv, "c251a6e1")] {
        assert!(part.as_deref().is_some_and(|hex| hex.starts_with(magic)), "{major}: {part:?}");
    }
    if major >= 14 {
        let sums = &read.extended_statistics[1];
        assert_eq!((sums.expressions.join("; "), sums.target), ("(id % (5)::bigint); lower(name)".into(), None));
        let data = &sums.data[0];
        assert_eq!(data.expressions.iter().map(|one| one.column.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(data.expressions[0].slots[0].values.as_ref().map(Vec::len), Some(5), "{major}");
        assert_eq!(data.expressions[0].slots[0].value_type.as_deref(), Some("bigint"));
    }
}

fn rest(read: &Snapshot, major: u32) {
    let item = table(read, "item").oid;
    let column = |name: &str| {
        read.columns.iter().find(|one| one.table_oid == item && one.name == name).unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(column("name").options, ["n_distinct=-0.25"]);
    assert_eq!((column("mood").full_type.as_str(), column("name").position), ("\"Other S\".mood", 3));
    assert_eq!(column("german").own_collation.as_deref(), Some("\"Other S\".german"));
    assert_eq!((column("code").own_collation.as_deref(), column("name").own_collation.as_deref()), (None, None));
    let german = index(read, "item_german");
    assert_eq!(german.keys[0].own_collation.as_deref(), Some("\"Other S\".german"));
    assert_eq!((german.keys[1].own_collation.as_deref(), german.include.join(",")), (None, "price".to_owned()));
    let hstore = &index(read, "item_hstore").keys[0];
    assert_eq!((hstore.opclass.as_str(), hstore.opclass_schema.as_deref()), ("gin_hstore_ops", Some("Other S")));
    assert!(german.blocks.is_some_and(|blocks| blocks > 1 && blocks * 8192 <= german.bytes.expect("bytes")), "{major}");
    assert_eq!(
        read.views.iter().find(|view| view.name == "guarded").map(|view| view.options.join(",")),
        Some("security_barrier=true".into())
    );
    assert_eq!((read.server.ctype.is_empty(), read.server.locale_provider.as_str()), (false, "c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pg_stats_shows_gives_the_same_slots_by_rule() {
    for major in [15, 13, 18] {
        let server = prepared(major).await;
        let superuser = read(&server, "postgres", Values::Kept).await;
        let selects = read(&server, "selects", Values::Kept).await;
        let tables: Vec<u32> = superuser.tables.iter().map(|one| one.oid).collect();
        let of_tables = |read: &Snapshot| -> Vec<ColumnStatistics> {
            let all = read.column_statistics.iter().filter(|one| tables.contains(&one.table_oid));
            all.map(|one| comparable(one, major)).collect()
        };
        let (shown, all) = (of_tables(&selects), of_tables(&superuser));
        assert!(shown.len() > 20, "{major}");
        for (shown, all) in shown.iter().zip(&all) {
            assert_eq!(shown, all, "{major}");
        }
        assert_eq!(shown.len(), all.len());
        assert!(selects.extended_statistics[0].data.is_empty());
        assert!(gaps(&selects).iter().any(|gap| gap.0 == "extended-statistics"), "{:?}", gaps(&selects));
        let nothing = read(&server, "nothing", Values::Kept).await;
        assert!(nothing.column_statistics.is_empty() && !nothing.types.is_empty() && !nothing.functions.is_empty());
    }
}

/// In the order of the kinds; before 17 without the slots of ranges, which `pg_stats` does not show.
fn comparable(one: &ColumnStatistics, major: u32) -> ColumnStatistics {
    let mut slots = one.slots.clone();
    slots.retain(|slot| major >= 17 || slot.kind < 6);
    slots.sort_by_key(|slot| slot.kind);
    ColumnStatistics { slots, ..one.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ends_of_indexes_are_read_when_asked_for_by_whoever_may_select() {
    for major in [13, 18] {
        let server = prepared(major).await;
        let ends = async |role: &str, values: Values| {
            let mut session = session(&server, "postgres", role).await;
            let options = ReadOptions { values, end_points: true, ..ReadOptions::default() };
            live::read(&mut session, &options).await.unwrap_or_else(|error| panic!("{role}: {error:?}"))
        };
        let mut connection = server.connect("postgres").await.expect("a connection");
        run(&mut connection, "CREATE INDEX item_short ON item (short); CREATE INDEX item_day ON item (at)").await;
        let of = |read: &Snapshot, column: &str| {
            let found = read
                .end_points
                .iter()
                .find(|end| end.column == column)
                .map(|end| (end.least.clone(), end.greatest.clone()));
            found.unwrap_or_else(|| panic!("{major}: no ends of {column}"))
        };
        let kept = ends("selects", Values::Kept).await;
        assert_eq!(of(&kept, "id"), ("1".into(), "5400".into()));
        assert_eq!(of(&kept, "short"), ("secret short 0".into(), "secret short 99".into()));
        assert_eq!(of(&kept, "at"), ("2026-01-01 13:00:00+00".into(), "2026-03-25 20:00:00+00".into()));
        assert_eq!(kept.end_points.len(), 3, "{major}: expressions and partial indexes are left alone");
        let tokens = ends("selects", Values::Tokens).await;
        assert_eq!(of(&tokens, "id"), of(&kept, "id"));
        let (least, greatest) = of(&tokens, "short");
        assert!(least < greatest && !least.contains("secret"), "{least} {greatest}");
        assert!(ends("selects", Values::LeftOut).await.end_points.is_empty());
        let nothing = ends("nothing", Values::Tokens).await;
        assert!(nothing.end_points.is_empty() && gaps(&nothing).iter().any(|gap| gap.0 == "end-points"));
        assert!(read(&server, "selects", Values::Kept).await.end_points.is_empty(), "only when asked for");
    }
}
