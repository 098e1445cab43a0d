//! From a real server to advice: what is proposed, and what is not.

mod support;

use pgassay::ident::QualifiedName;
use pgassay::what_if::{Design, DesignKey};
use support::advice::{Case, fill};

const POSTS: &str = "CREATE TABLE posts (id int, blog_id int, user_id int, title text, \"Quoted T\" int);
    INSERT INTO posts SELECT n, n % 1000, n % 10, 'title ' || n, n FROM generate_series(1, 200000) n;
    CREATE TABLE blogs (id int PRIMARY KEY, name text);
    INSERT INTO blogs SELECT n, 'b' || n FROM generate_series(1, 1000) n;
    CREATE VIEW posts_view AS SELECT id AS view_id FROM posts;
    CREATE TABLE colours (id int PRIMARY KEY, name text, shade text);
    INSERT INTO colours SELECT n, 'c' || n, repeat('x', 200) FROM generate_series(1, 60) n;";

const PEOPLE: &str =
    "CREATE TABLE people (id int PRIMARY KEY, name text, email text UNIQUE, category text, active boolean,
        address inet, created_at timestamptz, data jsonb);
    INSERT INTO people SELECT n, 'name ' || n, 'e' || n, 'c' || n % 500, n % 20 <> 0,
        ('10.0.' || n % 256 || '.' || n % 199)::inet, now() - n * interval '1 minute', jsonb_build_object('k', n)
        FROM generate_series(1, 100000) n;
    CREATE INDEX people_lower ON people (lower(name));
    CREATE INDEX people_category_active ON people (category, active);
    CREATE INDEX people_address ON people USING gist (address inet_ops);
    CREATE INDEX people_created ON people USING hash (created_at);";

const EVENTS: &str = "CREATE TABLE events (id int, tenant int, kind text) PARTITION BY HASH (id);
    CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO events SELECT n, n % 5000, 'k' || n % 3 FROM generate_series(1, 200000) n;";

/// Name, setup, statements, the indexes that are advised.
type Story<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

const STORIES: &[Story] = &[
    ("equality", POSTS, &["SELECT * FROM posts WHERE id = 1"], &["posts USING btree (id)"]),
    ("the other way round", POSTS, &["SELECT * FROM posts WHERE 1 = id"], &["posts USING btree (id)"]),
    ("through a view", POSTS, &["SELECT * FROM posts_view WHERE view_id = 1"], &["posts USING btree (id)"]),
    ("a quoted name", POSTS, &["SELECT * FROM posts WHERE \"Quoted T\" = 1"], &["posts USING btree (\"Quoted T\")"]),
    (
        "a join",
        POSTS,
        &["SELECT * FROM posts JOIN blogs ON blogs.id = posts.blog_id WHERE blogs.id = 1"],
        &["posts USING btree (blog_id)"],
    ),
    (
        "equality and order",
        POSTS,
        &["SELECT * FROM posts WHERE user_id = 1 ORDER BY blog_id LIMIT 100"],
        &["posts USING btree (user_id, blog_id)"],
    ),
    (
        "order alone, backwards",
        POSTS,
        &["SELECT * FROM posts ORDER BY title DESC LIMIT 10"],
        &["posts USING btree (title)"],
    ),
    ("a delete", POSTS, &["DELETE FROM posts WHERE blog_id = 70001"], &["posts USING btree (blog_id)"]),
    (
        "two statements, two indexes",
        POSTS,
        &["SELECT * FROM posts WHERE id = 1", "SELECT * FROM posts WHERE blog_id = 1"],
        &["posts USING btree (blog_id)", "posts USING btree (id)"],
    ),
    (
        "a pattern on an expression",
        POSTS,
        &["SELECT * FROM posts WHERE UPPER(title) LIKE UPPER('%e 777%')"],
        &["posts USING gin ((upper(title)) gin_trgm_ops)"],
    ),
    (
        "an expression index is not the column's",
        PEOPLE,
        &["SELECT * FROM people WHERE name = 'name 5'"],
        &["people USING btree (name)"],
    ),
    (
        "a hash index serves no range",
        PEOPLE,
        &["SELECT * FROM people WHERE created_at > now() - interval '1 minute'"],
        &["people USING btree (created_at)"],
    ),
    (
        "a document",
        PEOPLE,
        &["SELECT * FROM people WHERE data @> '{\"k\": 7}'"],
        &["people USING gin (data jsonb_path_ops)"],
    ),
    (
        "a partitioned table, on its root",
        EVENTS,
        &["SELECT * FROM events WHERE tenant = 7"],
        &["events USING btree (tenant)"],
    ),
    ("a small table", POSTS, &["SELECT * FROM colours WHERE name = 'c7'"], &[]),
    ("no condition", POSTS, &["SELECT id, blog_id FROM posts"], &[]),
    ("a system table", POSTS, &["SELECT count(*) FROM pg_catalog.pg_index WHERE indnatts = 3"], &[]),
    ("no table", POSTS, &["SELECT now()"], &[]),
    ("a fence", POSTS, &["WITH c AS MATERIALIZED (SELECT * FROM posts) SELECT * FROM c WHERE id = 1"], &[]),
    ("an unselective condition", POSTS, &["SELECT * FROM posts WHERE user_id < 8"], &[]),
    ("a unique constraint", PEOPLE, &["SELECT * FROM people WHERE email = 'e5' AND name = 'name 5'"], &[]),
    ("an expression that is indexed", PEOPLE, &["SELECT * FROM people WHERE lower(name) = 'name 5'"], &[]),
    ("a wider index", PEOPLE, &["SELECT * FROM people WHERE category = 'c7'"], &[]),
    ("another method", PEOPLE, &["SELECT * FROM people WHERE address = '10.0.7.7'"], &[]),
    ("a boolean", PEOPLE, &["SELECT * FROM people WHERE active"], &[]),
    ("what changes with the time zone", PEOPLE, &["SELECT * FROM people WHERE date(created_at) = '2020-01-01'"], &[]),
];

/// The database of a story's setup.
fn database(setup: &str) -> &'static str {
    match setup {
        POSTS => "posts",
        PEOPLE => "people",
        _ => "events",
    }
}

async fn filled() -> pgassay::server::scratch::Scratch {
    let server = support::server(15);
    for setup in [POSTS, PEOPLE, EVENTS] {
        fill(&server, database(setup), &[], setup).await;
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advice_is_what_helps_and_nothing_else() {
    let server = filled().await;
    let mut wrong = Vec::new();
    for (name, setup, statements, expected) in STORIES {
        let case = Case::run(&server, database(setup), statements).await;
        let advice = case.advice();
        let found = case.indexes(&advice);
        if found != *expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}\n  {:?}", advice.rejected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_of_the_advice_is_one_that_the_server_builds_and_its_planner_takes() {
    let server = filled().await;
    for (name, setup, statements, _) in STORIES.iter().filter(|story| !story.3.is_empty()) {
        let case = Case::run(&server, database(setup), statements).await;
        let mut connection = server.connect(database(setup)).await.expect("a connection");
        for advice in &case.advice().create {
            let table = case.snapshot.table(advice.design.table_oid).expect("a table");
            if let Some(extension) = &advice.design.needs_extension {
                support::run(&mut connection, &format!("CREATE EXTENSION {extension}")).await;
            }
            support::run(&mut connection, "BEGIN").await;
            let ddl = advice.design.ddl(&advice.name, &QualifiedName::new(&table.schema, &table.name));
            support::run(&mut connection, &ddl.replace("CONCURRENTLY ", "")).await;
        }
        // statistics of a new expression index come with the next ANALYZE
        support::run(&mut connection, "ANALYZE").await;
        for statement in *statements {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {statement}"));
            let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.expect("a plan");
            let plan = plan.join("\n");
            let names: Vec<String> = case.advice().create.iter().map(|advice| advice.name.clone()).collect();
            let partition = plan.contains("events_0_tenant_idx");
            assert!(partition || names.iter().any(|index| plan.contains(index.as_str())), "{name}: {names:?}\n{plan}");
        }
        support::run(&mut connection, "ROLLBACK").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_a_design_is_sql_that_the_server_takes() {
    let server = support::server(15);
    let mut connection = server.connect("postgres").await.expect("a connection");
    let table = QualifiedName::new("Schema\"1", "📦 select");
    support::run(&mut connection, &format!("CREATE SCHEMA {}", pgassay::ident::quoted(&table.schema))).await;
    let columns = "\"Quoted T\" text, b int, \"select\" int, gone timestamptz";
    support::run(&mut connection, &format!("CREATE TABLE {table} ({columns}); CREATE EXTENSION pg_trgm")).await;
    let key = DesignKey::column;
    let order = |descending, nulls_first| DesignKey { descending, nulls_first, ..key("b") };
    let class = |key: DesignKey, opclass: &str| DesignKey { opclass: Some(opclass.to_owned()), ..key };
    let upper = DesignKey::expression("upper(\"Quoted T\")");
    for (number, (method, keys, include, predicate)) in [
        ("btree", vec![key("Quoted T"), order(true, true)], vec!["select"], Some("gone IS NULL")),
        ("btree", vec![order(true, false), key("select")], vec![], None),
        ("btree", vec![order(false, true), class(key("Quoted T"), "text_pattern_ops")], vec![], None),
        ("btree", vec![upper.clone(), class(upper.clone(), "text_pattern_ops")], vec![], None),
        ("gin", vec![class(upper, "gin_trgm_ops")], vec![], None),
        ("hash", vec![key("b")], vec![], Some("\"Quoted T\" <> ''")),
        ("brin", vec![key("b"), key("select")], vec![], None),
    ]
    .into_iter()
    .enumerate()
    {
        let include = include.into_iter().map(str::to_owned).collect();
        let predicate = predicate.map(str::to_owned);
        let design = Design { method: method.to_owned(), keys, include, predicate, ..Design::default() };
        support::run(&mut connection, &design.ddl(&format!("Index \"{number}\" 📦"), &table)).await;
    }
    let valid: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid AND relname LIKE 'Index %'",
    )
    .fetch_one(&mut connection)
    .await
    .expect("a count");
    assert_eq!(valid, 7);
}
