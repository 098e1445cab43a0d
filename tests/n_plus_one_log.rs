//! What a log adds to a loop: its request, route, line and application, jobs that loop on purpose, kinds with an
//! identity; and a key without an index, which comes first.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::fmt::Write;

use pgassay::report::{Finding, Report, Severity};
use support::program::pgassay;
use support::{run, server};

const SCHEMA: &str = "
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE books (id bigint PRIMARY KEY, title text NOT NULL, author_id bigint NOT NULL REFERENCES authors);
    CREATE TABLE reviews (id bigint PRIMARY KEY, book_id bigint NOT NULL REFERENCES books, body text NOT NULL);
    CREATE TABLE mails (id bigint PRIMARY KEY, sent boolean NOT NULL);
    CREATE TABLE comments (id bigint PRIMARY KEY, subject_type text NOT NULL, subject_id bigint NOT NULL, body text NOT NULL);
    INSERT INTO authors SELECT g, 'author ' || g FROM generate_series(1, 5000) g;
    INSERT INTO books SELECT g, 'book ' || g, 1 + g % 5000 FROM generate_series(1, 20000) g;
    INSERT INTO reviews SELECT g, 1 + g % 20000, repeat('fine ', 20) FROM generate_series(1, 200000) g;
    INSERT INTO comments SELECT g, 'Book', 1 + g % 20000, 'so' FROM generate_series(1, 40000) g;
    INSERT INTO mails SELECT g, false FROM generate_series(1, 5000) g;
    CREATE INDEX ON books (author_id); CREATE INDEX ON comments (subject_type, subject_id);
    ANALYZE; SELECT pg_stat_statements_reset()";

/// A log as it is written.
#[derive(Default)]
struct Log {
    text: String,
    ms: u64,
}

impl Log {
    /// A statement in a session, `after` ms after the one before; it takes `took` ms.
    fn add(&mut self, session: u32, application: &str, after: u64, took: f64, sql: &str) {
        self.ms += after;
        let (minute, second, ms) = (self.ms / 60_000, self.ms / 1_000 % 60, self.ms % 1_000);
        let stamp = format!("2026-11-22 10:{minute:02}:{second:02}.{ms:03} UTC");
        writeln!(
            self.text,
            "{stamp} [{session}] anna@postgres/{application} LOG:  duration: {took:.3} ms  statement: {sql}"
        )
        .expect("a text");
    }
}

/// Tags as sqlcommenter writes them.
fn tags(trace: u64, more: &str) -> String {
    format!(" /*{more},traceparent='00-{trace:032x}-00000000000000aa-01'*/")
}

/// Pages with loops, and a job with one, over five minutes.
fn log() -> String {
    let mut log = Log::default();
    for page in 0..60 {
        let first = page * 20 + 1;
        let web = tags(page, "route='%2Fbooks',source_location='app/views.rb:42'");
        log.add(
            11,
            "web",
            3_000,
            1.0,
            &format!("SELECT id, title, author_id FROM books WHERE id >= {first} ORDER BY id LIMIT 12{web}"),
        );
        for book in first..first + 12 {
            log.add(11, "web", 2, 0.1, &format!("SELECT id, name FROM authors WHERE id = {book}{web}"));
            log.add(11, "web", 20, 15.0, &format!("SELECT id, body FROM reviews WHERE book_id = {book}{web}"));
        }
        log.add(
            12,
            "shell",
            900,
            1.0,
            &format!("SELECT id, title FROM books WHERE id > {first} ORDER BY title LIMIT 10"),
        );
        for book in first..first + 10 {
            let sql = format!("SELECT body FROM comments WHERE subject_type = 'Book' AND subject_id = {book}");
            log.add(12, "shell", 2, 0.1, &sql);
        }
        let job = tags(10_000 + page, "job='SendMails'");
        log.add(13, "worker", 500, 1.0, &format!("SELECT id FROM mails WHERE NOT sent ORDER BY id LIMIT 10{job}"));
        for mail in first..first + 10 {
            log.add(13, "worker", 2, 0.1, &format!("UPDATE mails SET sent = true WHERE id = {mail}{job}"));
        }
    }
    log.text
}

fn of<'a>(report: &'a Report, table: &str) -> &'a Finding {
    let of_rule = report.findings.iter().filter(|finding| finding.rule == "n-plus-one");
    let found: Vec<&Finding> = of_rule.filter(|finding| finding.subject.table.as_deref() == Some(table)).collect();
    let [one] = found.as_slice() else { panic!("{table}: {:#?}", report.findings) };
    one
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_tags_says_whence_a_loop_comes_what_is_a_job_s_and_which_index_comes_first() {
    let server = server(16);
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, SCHEMA).await;
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("postgresql.log"), log()).expect("a file");
    let url = server.url("postgres");
    let args = ["audit", &url, "--log", "postgresql.log", "--what-if", "model", "--format", "json"];
    let run = tokio::task::block_in_place(|| pgassay(directory.path(), &args));
    let report: Report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr));

    let authors = of(&report, "authors");
    assert_eq!((authors.evidence["level"].as_str(), authors.confidence >= 0.95), (Some("tags"), true), "{authors:#?}");
    for words in ["N+1 (lazy-many-to-one)", "about 12 times", "; in /books", "; at app/views.rb:42", "; by web"] {
        assert!(authors.message.contains(words), "{words}: {}", authors.message);
    }
    assert!(!authors.message.contains("index first"), "{}", authors.message);

    let reviews = of(&report, "reviews");
    let missing = report.indexes.iter().find(|index| index.table == "reviews").expect("an index for the loop's key");
    let note = format!("index first: create {}, which missing-index names", missing.name);
    assert!(reviews.message.contains(&note), "{note}: {}", reviews.message);
    assert_eq!(reviews.evidence["index_first"], missing.name.as_str());

    let mails = of(&report, "mails");
    assert!(mails.message.starts_with("a job's loop (worker-loop)"), "{}", mails.message);
    assert!(mails.message.contains("; in SendMails") && mails.confidence <= 0.5, "{mails:#?}");
    assert_eq!(mails.severity, Severity::Info, "{mails:#?}");

    let comments = of(&report, "comments");
    assert!(comments.message.contains("(polymorphic)") && comments.message.contains("; by shell"), "{comments:#?}");
    assert!(comments.confidence >= 0.8, "{comments:#?}");
}
