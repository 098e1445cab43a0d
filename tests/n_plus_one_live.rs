//! The N+1 on a real server: under a window, from a log, by both; what only looks like one; and the SQL that replaces it.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pgassay::report::{Finding, Report};
use pgassay::server::scratch::Scratch;
use sqlx::postgres::PgArguments;
use sqlx::{AssertSqlSafe, PgConnection};
use support::program::pgassay;
use support::{counters_arrive, run, server_with};

const SCHEMA: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE books (id bigint PRIMARY KEY, title text NOT NULL, author_id bigint NOT NULL REFERENCES authors);
    CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE sessions (token text PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);
    CREATE TABLE news (id bigint PRIMARY KEY, title text NOT NULL, body text NOT NULL);
    CREATE TABLE jobs (id bigint PRIMARY KEY, done boolean NOT NULL);
    CREATE TABLE job_items (id bigint PRIMARY KEY, job_id bigint NOT NULL REFERENCES jobs);
    CREATE TABLE tags (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE book_tags (book_id bigint REFERENCES books, tag_id bigint REFERENCES tags, PRIMARY KEY (book_id, tag_id));
    CREATE TABLE reviews (id bigint PRIMARY KEY, book_id bigint NOT NULL REFERENCES books, body text NOT NULL);
    CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, book_id bigint NOT NULL, note text,
                         seen timestamptz);
    INSERT INTO authors SELECT g, 'author ' || g FROM generate_series(1, 400) g;
    INSERT INTO books SELECT g, 'book ' || g, g FROM generate_series(1, 400) g;
    INSERT INTO users SELECT g, 'user ' || g FROM generate_series(1, 400) g;
    INSERT INTO sessions SELECT 't' || g, g FROM generate_series(1, 400) g;
    INSERT INTO news SELECT g, 'title ' || g, repeat('text ', 50) FROM generate_series(1, 400) g;
    INSERT INTO jobs SELECT g, false FROM generate_series(1, 4000) g;
    INSERT INTO job_items SELECT g, (g + 2) / 3 FROM generate_series(1, 12000) g;
    INSERT INTO tags SELECT g, 'tag ' || g FROM generate_series(1, 40) g;
    INSERT INTO book_tags SELECT b, 1 + (b + t) % 40 FROM generate_series(1, 400) b, generate_series(1, 3) t;
    INSERT INTO reviews SELECT g, 1 + g % 400, 'fine' FROM generate_series(1, 2000) g;
    CREATE INDEX ON books (author_id); CREATE INDEX ON sessions (user_id); CREATE INDEX ON job_items (job_id);
    CREATE INDEX ON book_tags (tag_id); CREATE INDEX ON reviews (book_id); CREATE INDEX ON visits (book_id);
    ANALYZE; SELECT pg_stat_statements_reset()";

const LOOP: &str = "SELECT id, name FROM authors WHERE id = $1";

/// Steps that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

async fn read(connection: &mut PgConnection, sql: &str, arguments: PgArguments) {
    let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments);
    query.fetch_all(connection).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

async fn by_id(connection: &mut PgConnection, sql: &str, id: u64) {
    let mut arguments = PgArguments::default();
    sqlx::Arguments::add(&mut arguments, id.cast_signed()).expect("a number");
    read(connection, sql, arguments).await;
}

/// One request: its session and user, then a list with its loop, a list alone, or a detail page.
async fn request(connection: &mut PgConnection, dice: &mut Dice) {
    let user = 1 + dice.roll(400);
    let mut token = PgArguments::default();
    sqlx::Arguments::add(&mut token, format!("t{user}")).expect("a text");
    read(connection, "SELECT user_id FROM sessions WHERE token = $1", token).await;
    by_id(connection, "SELECT id, name FROM users WHERE id = $1", user).await;
    match dice.roll(5) {
        0 => {
            let first = dice.roll(380);
            by_id(connection, "SELECT id, title, author_id FROM books WHERE id > $1 ORDER BY id LIMIT 12", first).await;
            for author in first + 1..=first + 12 {
                by_id(connection, LOOP, author).await;
            }
        }
        1 => read(connection, "SELECT id, title FROM news ORDER BY id DESC LIMIT 20", PgArguments::default()).await,
        _ => by_id(connection, "SELECT id, title, body FROM news WHERE id = $1", 381 + dice.roll(20)).await,
    }
}

/// One job, as a queue worker takes it.
async fn work(connection: &mut PgConnection) {
    run(connection, "BEGIN").await;
    let claim = "SELECT id FROM jobs WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED";
    let job: i64 = sqlx::query_scalar(claim).fetch_one(&mut *connection).await.expect("a job");
    by_id(connection, "SELECT id FROM job_items WHERE job_id = $1", job as u64).await;
    by_id(connection, "UPDATE jobs SET done = true WHERE id = $1", job as u64).await;
    run(connection, "COMMIT").await;
}

/// Traffic until told to stop.
async fn traffic(server: &Scratch, stop: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<()>> {
    let mut tasks = Vec::new();
    for seed in 0..4_u64 {
        let mut connection = server.connect("postgres").await.expect("a connection");
        let stop = Arc::clone(stop);
        tasks.push(tokio::spawn(async move {
            let mut dice = Dice(seed + 7);
            while !stop.load(Ordering::Relaxed) {
                if seed == 0 {
                    work(&mut connection).await;
                } else {
                    request(&mut connection, &mut dice).await;
                }
                tokio::time::sleep(Duration::from_millis(10 + dice.roll(90))).await;
            }
        }));
    }
    tasks
}

/// The report of an audit, while others use the server.
async fn audited(args: Vec<String>) -> Report {
    let audit = move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let directory = tempfile::tempdir().expect("a directory");
        let run =
            pgassay(directory.path(), &[&["audit"], &args[..], &["--what-if", "model", "--format", "json"]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr))
    };
    tokio::task::spawn_blocking(audit).await.expect("an audit")
}

fn loops(report: &Report) -> Vec<(&str, &Finding)> {
    let of_rule = report.findings.iter().filter(|finding| finding.rule == "n-plus-one");
    let text =
        |finding: &Finding| report.statement(finding.subject.statement.as_deref()?).map(|info| info.text.as_str());
    of_rule.filter_map(|finding| Some((text(finding)?, finding))).collect()
}

fn assert_found(report: &Report, level: &str, words: &str) {
    let found = loops(report);
    let line = |(text, one): &(&str, &Finding)| format!("{} {text}\n  {}", one.confidence, one.message);
    let told = || found.iter().map(line).collect::<Vec<_>>().join("\n");
    let (_, finding) = found.iter().find(|(text, _)| *text == LOOP).unwrap_or_else(|| panic!("{level}: {}", told()));
    assert!(finding.confidence >= 0.8, "{level}: {}", told());
    assert_eq!(finding.evidence["level"], level, "{}", told());
    assert!(finding.message.contains(words), "{level}: {}", finding.message);
    let times = finding.evidence["calls_per_request"].as_f64().expect("calls per request");
    // twelve; what comes together in a window is an estimate, within a factor of about two
    let about = if level == "log" { 8.0..=16.0 } else { 5.5..=26.0 };
    assert!(about.contains(&times), "{level}: {times}");
    for (text, finding) in found.iter().filter(|(text, _)| *text != LOOP) {
        assert!(finding.confidence <= 0.5, "{level}: {text} is no loop: {}", finding.message);
    }
}

fn log_of(server: &Scratch) -> PathBuf {
    server.data_directory().join("log/start.log")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_and_a_log_find_the_loop_and_none_of_what_only_looks_like_one() {
    let settings = [
        "logging_collector=on",
        "log_directory=log",
        "log_filename=start.log",
        "log_min_duration_statement=0",
        "log_line_prefix=%m [%p] %q%u@%d/%a ",
    ];
    let server = server_with(15, &settings);
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, SCHEMA).await;
    let stop = Arc::new(AtomicBool::new(false));
    let tasks = traffic(&server, &stop).await;
    let watched = |more: &[&str]| {
        [&[server.url("postgres").as_str()], more].concat().iter().map(|one| (*one).to_owned()).collect()
    };
    let log = text(&log_of(&server));
    let window = audited(watched(&["--window", "6s"])).await;
    let both = audited(watched(&["--window", "6s", "--log", &log])).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("traffic");
    }
    let logged = audited(watched(&["--log", &log])).await;
    assert_found(&window, "window", "from a window of 6 s");
    assert_found(&both, "window and log", "from a window of 6 s and the log");
    assert_found(&logged, "log", "from the log");
}

/// Statements as `pg_stat_statements` has them, and what is to be run instead.
const REWRITTEN: [(&str, &str); 9] = [
    ("SELECT name FROM authors WHERE id = $1 LIMIT $2", "SELECT id, name FROM authors WHERE id = ANY($1)"),
    (
        "SELECT r.* FROM reviews r WHERE r.book_id = $1 ORDER BY r.id",
        "SELECT r.* FROM reviews r WHERE r.book_id = ANY($1) ORDER BY r.id",
    ),
    (
        "SELECT count(*) FROM reviews WHERE book_id = $1",
        "SELECT book_id, count(*) FROM reviews WHERE book_id = ANY($1) GROUP BY book_id",
    ),
    (
        "SELECT t.name FROM tags t JOIN book_tags bt ON bt.tag_id = t.id WHERE bt.book_id = $1",
        "SELECT bt.book_id, t.name FROM tags t JOIN book_tags bt ON bt.tag_id = t.id WHERE bt.book_id = ANY($1)",
    ),
    (
        "INSERT INTO visits (book_id, note) VALUES ($1, $2)",
        "INSERT INTO visits (book_id, note) VALUES ($1, $2), ($3, $4)",
    ),
    (
        "UPDATE visits SET note = $1 WHERE book_id = $2",
        "UPDATE visits SET note = new.note FROM unnest($1::text[], $2::int8[]) AS new (note, book_id) \
         WHERE visits.book_id = new.book_id",
    ),
    ("UPDATE visits SET seen = now() WHERE book_id = $1", "UPDATE visits SET seen = now() WHERE book_id = ANY($1)"),
    (
        "UPDATE books b SET title = $1, author_id = $2 WHERE b.id = $3 RETURNING id, title",
        "UPDATE books AS b SET title = new.title, author_id = new.author_id \
         FROM unnest($1::text[], $2::int8[], $3::int8[]) AS new (title, author_id, id) WHERE b.id = new.id \
         RETURNING b.id, b.title",
    ),
    ("DELETE FROM visits WHERE book_id = $1", "DELETE FROM visits WHERE book_id = ANY($1)"),
];

async fn shop_page(connection: &mut PgConnection) {
    run(connection, "SELECT id, title, author_id FROM books ORDER BY id LIMIT 20").await;
    for book in 1..=20 {
        run(connection, &format!("SELECT name FROM authors WHERE id = {book} LIMIT 1")).await;
        run(connection, &format!("SELECT r.* FROM reviews r WHERE r.book_id = {book} ORDER BY r.id")).await;
        run(connection, &format!("SELECT count(*) FROM reviews WHERE book_id = {book}")).await;
        let tags = "SELECT t.name FROM tags t JOIN book_tags bt ON bt.tag_id = t.id WHERE bt.book_id =";
        run(connection, &format!("{tags} {book}")).await;
        run(connection, &format!("INSERT INTO visits (book_id, note) VALUES ({book}, 'seen')")).await;
        run(connection, &format!("UPDATE visits SET note = 'read' WHERE book_id = {book}")).await;
        run(connection, &format!("UPDATE visits SET seen = now() WHERE book_id = {book}")).await;
        let book_of = "UPDATE books b SET title = 'book', author_id = 7 WHERE b.id =";
        run(connection, &format!("{book_of} {book} RETURNING id, title")).await;
        run(connection, &format!("DELETE FROM visits WHERE book_id = {book}")).await;
        // a row of each that only the latest is wanted of: no rewriting
        run(connection, &format!("SELECT id FROM reviews WHERE book_id = {book} ORDER BY id DESC LIMIT 1")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_loop_in_plain_sql_is_rewritten_to_is_sql_that_the_server_takes() {
    for major in [16, 18] {
        let server = server_with(major, &[]);
        let mut admin = server.connect("postgres").await.expect("a connection");
        run(&mut admin, SCHEMA).await;
        for _ in 0..8 {
            shop_page(&mut admin).await;
        }
        counters_arrive().await;
        let report = audited(vec![server.url("postgres")]).await;
        let found = loops(&report);
        let sql = |finding: &Finding| finding.remedy.advice.iter().find_map(|advice| advice.sql.clone());
        for (before, after) in REWRITTEN {
            let finding = found.iter().find(|(text, _)| *text == before).map(|(_, finding)| *finding);
            let finding = finding.unwrap_or_else(|| panic!("{major}: {before} is not found: {found:#?}"));
            assert_eq!(sql(finding).as_deref(), Some(after), "{major}: {finding:#?}");
            run(&mut admin, &format!("EXPLAIN (GENERIC_PLAN) {after}")).await;
        }
        let others = found.iter().filter(|(text, _)| REWRITTEN.iter().all(|(before, _)| before != text));
        for (text, finding) in others {
            assert_eq!(sql(finding), None, "{major}: {text}");
        }
    }
}
