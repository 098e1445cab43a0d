//! What is bound, statement by statement.

use crate::workload::fixture::{joins, marked, predicates, query, sorts, tables};

/// Text, predicates, joins.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check(cases: &[Case]) {
    for (text, expected, joined) in cases {
        let query = query(text);
        assert_eq!(predicates(&query), *expected, "{text}");
        assert_eq!(joins(&query), *joined, "{text}");
    }
}

const OPERATORS: &[Case] = &[
    (
        "select 1 from orders where status = $1 and $2 <= total",
        &["orders.status Equal Parameter", "orders.total Range Parameter"],
        &[],
    ),
    ("select 1 from orders where id in ($1)", &["orders.id Equal Parameter"], &[]),
    ("select 1 from orders where id in ($1, $2)", &["orders.id In Parameter"], &[]),
    ("select 1 from orders where id not in ($1, $2)", &["orders.id NotEqual Parameter"], &[]),
    ("select 1 from orders where id = any($1)", &["orders.id In Parameter"], &[]),
    ("select 1 from orders where id <> all($1)", &["orders.id NotEqual Parameter"], &[]),
    ("select 1 from orders where created_at > now() - $1::interval", &["orders.created_at Range Constant"], &[]),
    ("select 1 from orders where total between $1 and $2", &["orders.total Range Parameter"], &[]),
    ("select 1 from orders where note is null", &["orders.note IsNull Nothing"], &[]),
    ("select 1 from orders where not note is null", &["orders.note IsNotNull Nothing"], &[]),
    ("select 1 from customers where active", &["customers.active IsTrue Nothing"], &[]),
    ("select 1 from customers where not active", &["customers.active IsFalse Nothing"], &[]),
    ("select 1 from customers where active = false", &["customers.active IsFalse Nothing"], &[]),
    ("select 1 from customers where active is true", &["customers.active IsTrue Nothing"], &[]),
    ("select 1 from customers where not (email = $1)", &["customers.email NotEqual Parameter"], &[]),
    ("select 1 from customers where email like $1", &["customers.email Like Parameter"], &[]),
    ("select 1 from customers where email not like $1", &["customers.email NotEqual Parameter"], &[]),
    ("select 1 from customers where email ilike $1", &["customers.email ILike Parameter"], &[]),
    ("select 1 from customers where upper(email) like upper($1)", &["customers:upper(email) ILike Constant"], &[]),
    ("select 1 from customers where lower(email) like $1", &["customers:lower(email) Like Parameter"], &[]),
    ("select 1 from customers where name::text like $1", &["customers.name Like Parameter"], &[]),
    ("select 1 from customers where email ~* $1", &["customers.email Regex Parameter"], &[]),
    ("select 1 from customers where prefs @> $1", &["customers.prefs Json Parameter"], &[]),
    ("select 1 from customers where prefs ? $1", &["customers.prefs Json Parameter"], &[]),
    ("select 1 from customers where prefs->>'a' = $1", &["customers:(prefs ->> 'a'::text) Equal Parameter"], &[]),
    ("select 1 from customers where tags @> $1", &["customers.tags Array Parameter"], &[]),
    ("select 1 from customers where $1 = any(tags)", &["customers.tags Array Parameter"], &[]),
    ("select 1 from orders where during && $1", &["orders.during Overlap Parameter"], &[]),
    ("select 1 from orders where tsv @@ to_tsquery($1)", &["orders.tsv FullText Constant"], &[]),
    ("select 1 from orders where date(created_at) = $1", &["orders:date(created_at) Equal Parameter"], &[]),
    (
        "select 1 from orders where (id, total) = ($1, $2)",
        &["orders.id Equal Parameter", "orders.total Equal Parameter"],
        &[],
    ),
    (
        "select 1 from orders where (id, total) > ($1, $2)",
        &["orders.id Range Parameter", "orders.total Range Parameter apart"],
        &[],
    ),
    ("select 1 from orders where status is not distinct from $1", &["orders.status Other Parameter"], &[]),
    ("select 1 from orders where id = total", &["orders.id Other Column"], &[]),
    (
        "select count(*) from orders group by status having count(*) > $1 and status = $2",
        &["orders.status Equal Parameter"],
        &[],
    ),
    ("select sum(case when status = $1 then 1 end), count(*) filter (where total > $2) from orders", &[], &[]),
];

#[test]
fn predicates_have_their_operator_and_what_they_compare_with() {
    check(OPERATORS);
}

#[test]
fn names_that_are_no_column_are_variables_of_a_function() {
    check(&[
        ("select count(*) from items where order_id = o.id", &["items.order_id Equal Parameter"], &[]),
        ("select count(*) from items where order_id = v_order", &["items.order_id Equal Parameter"], &[]),
        ("select 1 from orders where created_at > now() - v_age", &["orders.created_at Range Constant"], &[]),
        ("select 1 from orders, nowhere where orders.id = v_order", &["orders.id Equal Column"], &[]),
        ("select 1 from orders o, generate_series(1, 2) g where o.id = g", &["o.id Equal Column"], &[]),
    ]);
}

#[test]
fn conditions_below_or_are_told_apart_from_conjuncts() {
    check(&[
        (
            "select 1 from orders where id = $1 and (status = $2 or note is null) and (total > $3 or (total < $4 and id > $5))",
            &[
                "orders.id Equal Parameter",
                "orders.status Equal Parameter or0",
                "orders.note IsNull Nothing or0",
                "orders.total Range Parameter or1",
                "orders.total Range Parameter or1",
                "orders.id Range Parameter or1",
            ],
            &[],
        ),
        (
            "select 1 from orders where not (status = $1 or total = $2)",
            &["orders.status NotEqual Parameter", "orders.total NotEqual Parameter"],
            &[],
        ),
        (
            "select 1 from orders where not (status = $1 and total = $2)",
            &["orders.status NotEqual Parameter or0", "orders.total NotEqual Parameter or0"],
            &[],
        ),
        (
            "select 1 from orders o join items i on i.order_id = o.id or i.product_id = o.id",
            &[
                "i.order_id Equal Column or0",
                "o.id Equal Column or0",
                "i.product_id Equal Column or0",
                "o.id Equal Column or0",
            ],
            &[],
        ),
    ]);
}

const NAMES: &[Case] = &[
    (
        "select 1 from orders o, customers c where o.customer_id = c.id and email = $1",
        &["c.email Equal Parameter"],
        &["o.customer_id = c.id"],
    ),
    (
        "select 1 from orders join items on order_id = orders.id where qty > $1",
        &["items.qty Range Parameter"],
        &["items.order_id = orders.id"],
    ),
    (
        "select 1 from products join (select product_id as id from items where qty > $1) x using (id)",
        &["items.qty Range Parameter"],
        &["products.id = items.product_id"],
    ),
    (
        "select 1 from orders natural join archive.orders a",
        &[],
        &["orders.id = a.id", "orders.customer_id = a.customer_id"],
    ),
    (
        "select 1 from (select id as x, lower(email) as mail from customers) c where x = $1 and mail = $2",
        &["customers.id Equal Parameter", "customers:lower(email) Equal Parameter"],
        &[],
    ),
    ("select 1 from (select id from orders limit 5) o where id = $1", &[], &[]),
    ("select 1 from (select id, row_number() over (order by id) r from orders) o where id = $1", &[], &[]),
    (
        "select 1 from (select status, count(*) c from orders group by status) o where status = $1 and c > $2",
        &["orders.status Equal Parameter"],
        &[],
    ),
    (
        "select 1 from (select id from orders union all select id from archive.orders) u where id = $1",
        &["orders.id Equal Parameter", "orders.id Equal Parameter"],
        &[],
    ),
    (
        "select 1 from customers c where exists (select 1 from orders where customer_id = c.id)",
        &[],
        &["orders.customer_id = c.id"],
    ),
    (
        "select 1 from customers where id in (select customer_id from orders where total > $1)",
        &["customers.id In Subquery", "orders.total Range Parameter"],
        &["customers.id = orders.customer_id"],
    ),
    (
        "select 1 from customers where id not in (select customer_id from orders)",
        &["customers.id NotEqual Subquery"],
        &[],
    ),
    (
        "select (select max(total) from orders where customer_id = customers.id) from customers where id = $1",
        &["customers.id Equal Parameter"],
        &["orders.customer_id = customers.id"],
    ),
    (
        "select 1 from customers c, lateral (select 1 from orders o where o.customer_id = c.id limit 1) l",
        &[],
        &["o.customer_id = c.id"],
    ),
    (
        "with o as (select id, customer_id from orders) select 1 from o where customer_id = $1",
        &["orders.customer_id Equal Parameter"],
        &[],
    ),
    ("with o as materialized (select id, customer_id from orders) select 1 from o where customer_id = $1", &[], &[]),
    ("with o as (select id from orders) select 1 from o join o p on p.id = o.id where o.id = $1", &[], &[]),
    (
        "select 1 from \"Mixed Case\" where \"Id\" = $1 and \"select\" = $2",
        &["Mixed Case.Id Equal Parameter", "Mixed Case.select Equal Parameter"],
        &[],
    ),
    ("select 1 from ORDERS where ORDERS.ID = $1", &["orders.id Equal Parameter"], &[]),
    ("select 1 from public.orders where public.orders.id = $1", &["orders.id Equal Parameter"], &[]),
    ("select 1 from unnest($1::int[]) as x(id) join orders on orders.id = x.id", &["orders.id Equal Column"], &[]),
];

#[test]
fn columns_are_found_through_aliases_joins_and_subqueries() {
    check(NAMES);
}

#[test]
fn an_outer_joins_condition_filters_only_the_side_that_may_be_missing() {
    check(&[
        (
            "select 1 from customers c left join orders o on o.customer_id = c.id and o.status = $1 and c.active",
            &["o.status Equal Parameter", "c.active IsTrue Nothing apart"],
            &["o.customer_id = c.id"],
        ),
        (
            "select 1 from orders o right join customers c on o.status = $1 and c.active",
            &["o.status Equal Parameter", "c.active IsTrue Nothing apart"],
            &[],
        ),
        ("select 1 from orders o full join customers c on o.status = $1", &["o.status Equal Parameter apart"], &[]),
    ]);
    let query = query("select 1 from customers c left join orders o on true join items i on true");
    assert_eq!(query.tables.iter().map(|table| table.nullable).collect::<Vec<_>>(), [false, true, false]);
    assert!(query.tables.iter().all(|table| table.joined));
}

#[test]
fn views_are_replaced_by_their_tables_and_conditions() {
    check(&[
        (
            "select 1 from open_orders where buyer = $1",
            &["o.status Equal Constant", "o.customer_id Equal Parameter"],
            &[],
        ),
        (
            "select 1 from open_orders v where v.day = $1",
            &["o.status Equal Constant", "o:date(created_at) Equal Parameter"],
            &[],
        ),
        ("select 1 from latest where buyer = $1", &[], &[]),
        (
            "select 1 from buyers where email = $1 and id = $2",
            &["o.status Equal Constant", "c.email Equal Parameter", "o.id Equal Parameter"],
            &["c.id = o.customer_id"],
        ),
    ]);
    let query = query("select 1 from open_orders where buyer = $1");
    assert_eq!(tables(&query), ["public.orders@0"]);
    assert_eq!(query.predicates[0].span, None);
    assert_eq!(marked(&query, query.predicates[1].span), "buyer = $1");
    assert_eq!(query.predicates[1].sql, "customer_id = $1");
}

#[test]
fn spans_mark_the_whole_condition_in_the_original_text() {
    for (text, expected) in [
        ("select 1 from orders where (id = $1)", "id = $1"),
        ("select 1 from orders where id in ($1,\n $2, $3) and true", "id in ($1,\n $2, $3)"),
        ("select 1 from orders where id IN ($1 /*, ... */) limit 1", "id IN ($1 /*, ... */)"),
        ("select 1 from orders where note IS NOT NULL and true", "note IS NOT NULL"),
        ("select 1 from customers where NOT active", "NOT active"),
        ("select 1 from orders where created_at > now() - INTERVAL $1", "created_at > now() - INTERVAL $1"),
        ("select 1 from orders where created_at > now()", "created_at > now()"),
        ("select 1 from orders where id = $1::double precision or true", "id = $1::double precision"),
        ("select 1 from customers /* é */ where email like $1 escape $2 and true", "email like $1 escape $2"),
        ("select 1 from orders where upper(status) = upper($1)", "upper(status) = upper($1)"),
        ("select 1 from orders where id = any($1::int[])", "id = any($1::int[])"),
        ("select 1 from orders where id in (select order_id from items)", "id in (select order_id from items)"),
        ("select 1 from customers where prefs->>$1 = $2", "prefs->>$1 = $2"),
    ] {
        let query = query(text);
        assert_eq!(marked(&query, query.predicates[0].span), expected, "{text}");
    }
    let limited = query("select id from orders order by id limit $1 offset $2");
    assert_eq!(marked(&limited, limited.limit.and_then(|limit| limit.span)), "limit $1");
    assert_eq!(marked(&limited, limited.offset), "offset $2");
    let fetched = query("select id from orders offset $1 rows fetch next 20 rows only");
    assert_eq!(marked(&fetched, fetched.limit.and_then(|limit| limit.span)), "fetch next 20 rows only");
    assert_eq!(fetched.limit.and_then(|limit| limit.rows), Some(20));
    assert_eq!(query("select id from orders limit 10 offset 0").offset, None);
}

#[test]
fn sorts_are_bound_through_aliases_and_positions_up_to_the_first_that_is_not() {
    for (text, expected) in [
        (
            "select id, created_at as t from orders order by t desc, 1 limit $1",
            &["0 orders.created_at desc limited", "0 orders.id limited"][..],
        ),
        ("select id from orders order by random(), id", &[]),
        ("select id, count(*) as c from orders group by id order by id, c", &["0 orders.id"]),
        ("select lower(note) from orders order by 1", &["0 orders:lower(note)"]),
        ("select distinct on (customer_id) id from orders", &["0 orders.customer_id"]),
        ("select * from (select * from orders order by total limit $1) o", &["1 orders.total limited"]),
        ("select * from (select * from orders order by total) o", &[]),
        ("select id from orders order by created_at nulls first", &["0 orders.created_at"]),
    ] {
        assert_eq!(sorts(&query(text)), expected, "{text}");
    }
    assert!(query("select id from orders order by created_at desc").sorts[0].nulls_first);
    assert!(!query("select id from orders order by created_at desc nulls last").sorts[0].nulls_first);
}

#[test]
fn patterns_say_whether_they_begin_with_a_wildcard() {
    for (pattern, expected) in [
        ("'%a'", Some(true)),
        ("'a%'", Some(false)),
        ("$1", None),
        ("'%' || $1", Some(true)),
        ("$1 || '%'", None),
        ("concat('%', $1::text, '%')", Some(true)),
        ("upper('%x%'::text)", Some(true)),
    ] {
        let query = query(&format!("select 1 from customers where email like {pattern}"));
        assert_eq!(query.predicates[0].leading_wildcard, expected, "{pattern}");
    }
}
