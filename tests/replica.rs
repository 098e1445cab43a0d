//! `--replica`: an index that only a standby reads is not unused.

mod support;

use support::program::pgassay;
use support::standby::standby_of;
use support::{counters_arrive, run, server};

const SCHEMA: &str = "
CREATE EXTENSION pg_stat_statements;
CREATE TABLE t (id bigint PRIMARY KEY, a int, b int);
INSERT INTO t SELECT n, n, n FROM generate_series(1, 20000) n;
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
ANALYZE t";

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_only_a_standby_reads_is_not_unused() {
    for major in [13, 16, 18] {
        let primary = server(major);
        run(&mut primary.connect("postgres").await.expect("the primary"), SCHEMA).await;
        let standby = standby_of(&primary, major).await;
        let mut reading = standby.connect("postgres").await.expect("the standby");
        run(&mut reading, "SET enable_seqscan = off; SELECT id FROM t WHERE a = 5").await;
        drop(reading);
        counters_arrive().await;

        let directory = tempfile::tempdir().expect("a directory");
        // the counters of a test are seconds old
        let old_enough = "[rules.unused-index]\nparams = { min_age_s = 0, young_xacts = 0 }\n";
        std::fs::write(directory.path().join("pgassay.toml"), old_enough).expect("a file");
        let (one, two) = (primary.url("postgres"), standby.url("postgres"));
        let audit = |more: &[&str]| {
            let mut args = vec!["audit", &one, "--format", "json", "--only", "unused-index", "--what-if", "model"];
            args.extend(more);
            let run = pgassay(directory.path(), &args);
            assert!(run.code < 2, "{major}: {}", run.stderr);
            serde_json::from_str::<serde_json::Value>(&run.stdout).expect("a report")
        };
        let found = |report: &serde_json::Value| -> Vec<String> {
            let findings = report["findings"].as_array().expect("findings");
            findings.iter().map(|finding| finding["subject"]["key"].as_str().expect("a key").to_owned()).collect()
        };
        let alone = audit(&[]);
        assert_eq!(found(&alone), ["public.t_a", "public.t_b"], "{major}");
        assert!(alone["findings"][0]["message"].as_str().expect("words").contains("a standby counts its own reads"));
        let both = audit(&["--replica", &two]);
        assert_eq!(found(&both), ["public.t_b"], "{major}");
        assert_eq!(both["source"]["replicas"], 1);
        assert!(!both["findings"][0]["message"].as_str().expect("words").contains("a standby counts its own reads"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_standby_of_this_one_is_refused() {
    let (one, two) = (server(16), server(16));
    let directory = tempfile::tempdir().expect("a directory");
    let run = pgassay(directory.path(), &["audit", &one.url("postgres"), "--replica", &two.url("postgres")]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("is no standby") && run.stderr.contains("name a physical standby"), "{}", run.stderr);
}
