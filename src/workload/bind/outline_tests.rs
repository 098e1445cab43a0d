//! What a statement does as a whole: its target, what it sets, what it returns.

use crate::workload::fixture::{predicates, query};
use crate::workload::{Kind, Query};

/// Text, kind, OID of the target, columns set, predicates.
type Write = (&'static str, Kind, Option<u32>, &'static str, &'static str);

const WRITES: &[Write] = &[
    ("insert into orders (id, status) values ($1, $2)", Kind::Insert, Some(101), "id status", ""),
    (
        "insert into archive.orders select id, customer_id from orders where status = $1",
        Kind::Insert,
        Some(105),
        "id customer_id",
        "orders.status Equal Parameter",
    ),
    (
        "insert into items (order_id, line) values ($1,$2) on conflict (order_id, line) do update set qty = excluded.qty",
        Kind::Insert,
        Some(102),
        "order_id line qty",
        "",
    ),
    (
        "update orders o set status = $1 from customers c where c.id = o.customer_id and c.email = $2",
        Kind::Update,
        Some(101),
        "status",
        "c.email Equal Parameter",
    ),
    (
        "delete from items using orders where order_id = orders.id and orders.status = $1",
        Kind::Delete,
        Some(102),
        "",
        "orders.status Equal Parameter",
    ),
    (
        "with gone as (delete from items where qty = $1 returning order_id) select * from gone",
        Kind::Delete,
        Some(102),
        "",
        "items.qty Equal Parameter",
    ),
    (
        "merge into products p using items i on p.id = i.product_id when matched then update set price = $1 when not matched then insert (id, sku) values (i.product_id, $2)",
        Kind::Merge,
        Some(103),
        "price id sku",
        "",
    ),
    (
        "with gone as (delete from items where qty = $1 returning *) insert into archive.orders select * from gone",
        Kind::Insert,
        Some(105),
        "id customer_id",
        "items.qty Equal Parameter",
    ),
];

#[test]
fn writes_have_a_target_and_set_columns() {
    for (text, kind, target, set, bound) in WRITES {
        let query = query(text);
        assert_eq!((query.kind, query.target, query.set_columns.join(" ").as_str()), (*kind, *target, *set), "{text}");
        assert_eq!(predicates(&query).join(", "), *bound, "{text}");
    }
}

#[test]
fn the_outermost_select_says_what_it_returns() {
    let says = |text: &str, what: fn(&Query) -> bool| what(&query(text));
    assert!(says("select count(*) from (select 1 from orders where id = $1) x", |query| query.single_row_aggregate));
    assert!(!says("select count(*) from orders group by status", |query| query.single_row_aggregate));
    assert!(says("select count(*) from orders group by status", |query| query.aggregates));
    assert!(!says("select count(*) over () from orders", |query| query.aggregates));
    assert!(says("select distinct status from orders", |query| query.distinct));
    assert!(says("select o.* from orders o", |query| query.select_columns.is_none()));
    assert!(says("select id, total from orders", |query| query.select_columns == Some(2)));
    assert!(says("insert into items (line) values ($1)", |query| query.single_row_insert));
    assert!(!says("insert into items (line) values ($1), ($2)", |query| query.single_row_insert));
    assert!(!says("insert into items (line) select 1", |query| query.single_row_insert));
    let lock = query("select id from orders for no key update skip locked").lock.expect("a lock");
    assert!(lock.exclusive && lock.skip_locked);
    let check =
        query("SELECT $2 FROM ONLY \"public\".\"orders\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x");
    assert_eq!(predicates(&check), ["x.id Equal Parameter"]);
    assert!(!check.lock.expect("a lock").exclusive);
}
