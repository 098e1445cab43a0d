//! Which traits a statement has, and which it has not.

use crate::workload::fixture::query;

/// `name table.column other detail number`, what is not there left out.
fn traits(text: &str) -> Vec<String> {
    let tables = ["customers", "orders", "items", "products"];
    let table = |oid: Option<u32>| oid.and_then(|oid| tables.get(oid as usize - 100)).map(|name| (*name).to_owned());
    let shown = query(text).traits.into_iter().map(|one| {
        let number = one.number.map(|number| number.to_string());
        let parts = [table(one.table_oid), one.column, table(one.other_table_oid), one.detail, number];
        let rest: Vec<String> = parts.into_iter().flatten().collect();
        [vec![one.name.to_owned()], rest].concat().join(" ")
    });
    shown.collect()
}

const CASES: &[(&str, &[&str])] = &[
    ("select $1", &["ping"]),
    ("select now()", &[]),
    ("select count(*) from orders", &["count-all orders"]),
    ("select count($1) as n from orders o", &["count-all orders"]),
    ("select count(*) from orders where id = $1", &[]),
    ("select count(distinct status) from orders", &[]),
    ("select id from orders order by random() limit $1", &["random-order orders"]),
    ("select id from orders limit $1 offset $2", &["unordered-page orders"]),
    ("select id from orders order by id limit $1 offset $2", &[]),
    ("select id from orders union select id from items_x union select 1", &["union-distinct"]),
    ("select id from orders union all select id from products", &[]),
    ("select id, rank() over (order by total) from orders", &["window orders outermost"]),
    ("select o.id from customers c, orders o", &["unjoined customers orders"]),
    ("select o.id from customers c cross join orders o", &[]),
    ("select o.id from customers c, orders o where o.customer_id = c.id", &[]),
    ("select o.id from customers c, orders o where c.id = $1", &[]),
    (
        "select o.id from customers c, orders o where exists (select 1 from items i where i.order_id = o.id and i.line = c.id)",
        &[],
    ),
    ("select o.id from customers c join orders o on true", &[]),
    (
        "select distinct c.id from customers c join orders o on o.customer_id = c.id",
        &["distinct-join customers orders"],
    ),
    ("select distinct c.id, o.status from customers c join orders o on o.customer_id = c.id", &[]),
    (
        "select c.id, (select max(o.total) from orders o where o.customer_id = c.id) from customers c",
        &["row-subquery orders"],
    ),
    ("select c.id, (select max(o.total) from orders o) from customers c", &[]),
    (
        "select c.id from customers c where (select count(*) from orders o where o.customer_id = c.id) > $1",
        &["condition-subquery orders"],
    ),
    (
        "select id from customers where id not in (select customer_id from orders)",
        &["not-in-subquery orders customer_id"],
    ),
    (
        "select id from customers where not (id in (select customer_id from orders))",
        &["not-in-subquery orders customer_id"],
    ),
    ("select id from customers where id in (select customer_id from orders)", &[]),
    (
        "select 1 from customers c join orders o on o.customer_id = c.id where c.email = $1 or o.status = $2",
        &["or-across-tables customers orders"],
    ),
    ("select 1 from customers c join orders o on o.customer_id = c.id where c.email = $1 or c.name = $2", &[]),
    ("select id from customers where email = $1 or id in (select customer_id from orders)", &["or-subquery customers"]),
    ("select id from orders where ($1 is null or status = $1)", &["optional-condition orders status"]),
    ("select id from orders where status is null or status = $1", &[]),
    ("select id from orders where id = $1::numeric", &["typed-value orders id numeric"]),
    ("select id from orders where id = any($1::numeric[])", &["typed-value orders id numeric"]),
    ("select id from orders where id = $1", &[]),
    (
        "select id from customers where name || $1 || email = $2",
        &["computed-columns customers name name || $1 || email"],
    ),
    ("select id from customers where lower(name) = $1", &[]),
    (
        "with x as materialized (select * from orders) select id from x where id = $1",
        &["fenced-cte orders materialized"],
    ),
    ("with x as (select * from orders) select id from x where id = $1", &[]),
    (
        "with recursive x as (select id from orders where id = $1 union all select o.id from orders o join x on o.customer_id = x.id) select id from x",
        &["unbounded-recursion orders"],
    ),
    (
        "with recursive x as (select id, 1 n from orders union all select o.id, x.n + 1 from orders o join x on o.customer_id = x.id where x.n < $1) select id from x",
        &[],
    ),
    ("select pg_sleep($1)", &["call pg_sleep"]),
    ("select id from orders where id in ($1, $2, $3)", &["in-list 3"]),
    ("insert into orders (id) values ($1)", &["single-row-insert orders"]),
    ("insert into orders (id) values ($1), ($2) on conflict do nothing", &["conflict-nothing orders"]),
    ("select id from orders for update nowait", &["nowait"]),
    ("select relname from pg_class", &["system-relation"]),
];

#[test]
fn a_statement_has_the_traits_of_its_form_and_no_others() {
    for (text, expected) in CASES {
        assert_eq!(traits(text), *expected, "{text}");
    }
}
