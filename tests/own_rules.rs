//! Rules of one's own: begun, tested, used, and kept within their bounds; and the file that names them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::program::{Run, pgassay, pgassay_with};

fn snapshot() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cpl-snapshot.json.gz").display().to_string()
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_path_buf();
    (directory, path)
}

fn audit(here: &Path, more: &[&str]) -> Run {
    let snapshot = snapshot();
    let mut args = vec!["audit", "--snapshot", &snapshot, "--what-if", "model", "--format", "json"];
    args.extend(more);
    pgassay(here, &args)
}

fn report(run: &Run) -> serde_json::Value {
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("a report")
}

fn outcome(report: &serde_json::Value, rule: &str) -> serde_json::Value {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().find(|one| one["rule"] == rule).unwrap_or_else(|| panic!("no {rule}")).clone()
}

#[test]
fn a_rule_that_is_begun_passes_its_tests_and_is_used() {
    let (_keep, here) = fresh();
    let begun = pgassay(&here, &["rules", "new", "wide-table", "--dir", "db/rules"]);
    assert_eq!(begun.code, 0, "{}", begun.stderr);
    assert!(begun.stderr.contains("pgassay rules test db/rules/wide-table.toml"), "{}", begun.stderr);

    let binaries = support::binaries(16).directory.display().to_string();
    let tested = pgassay_with(&here, &["rules", "test", "db/rules"], &[("PGASSAY_PG_BIN", &binaries)]);
    assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
    assert!(tested.stdout.contains("2 examples agreed, 0 did not"), "{}", tested.stdout);

    let named = report(&audit(&here, &["--rules", "db/rules"]));
    assert_eq!(outcome(&named, "local/wide-table")["outcome"], "clean");
    fs::create_dir(here.join("app")).expect("a directory");
    let config = "[rules]\ndirs = [\"db/rules\"]\n[rules.\"local/wide-table\"]\nparams = { max_columns = 5 }\n";
    fs::write(here.join("pgassay.toml"), config).expect("a file");
    // from a directory below: the rules are found beside the file
    let configured = report(&audit(&here.join("app"), &[]));
    assert_eq!(outcome(&configured, "local/wide-table")["outcome"], "found");
    let listed = pgassay(&here, &["rules", "list"]);
    assert!(listed.stdout.contains("local/wide-table"), "{}", listed.stdout);
    let explained = pgassay(&here, &["rules", "explain", "local/wide-table"]);
    assert!(explained.stdout.contains("Table with many columns"), "{}", explained.stdout);
}

#[test]
fn nothing_is_written_over_and_a_bad_name_is_refused() {
    let (_keep, here) = fresh();
    for (args, words) in
        [(&["rules", "new", "Wide_Table"][..], "kebab-case"), (&["rules", "new", "../escape"], "kebab-case")]
    {
        let run = pgassay(&here, args);
        assert_eq!(run.code, 2, "{args:?}");
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
    }
    for args in [&["rules", "new", "twice"][..], &["init"]] {
        assert_eq!(pgassay(&here, args).code, 0, "{args:?}");
        let again = pgassay(&here, args);
        assert_eq!(again.code, 2, "{args:?}");
        assert!(again.stderr.contains("is there already"), "{args:?}: {}", again.stderr);
    }
    assert_eq!(fs::read_dir(&here).expect("a directory").count(), 2);
}

/// A rule with this SQL.
fn rule(sql: &str) -> String {
    let examples = "[[example]]\nname = 'a'\nfinds = ['x']\n[[example]]\nname = 'b'\nfinds = []\n";
    format!(
        "title = 't'\nseverity = 'error'\nsince = '1.0.0'\nremedy = 'advice'\nsql = \"\"\"\n{sql}\n\"\"\"\nmessage = 'm'\n\
         [docs]\nproblem = 'p'\nremedy = 'r'\n{examples}"
    )
}

#[test]
fn a_rule_can_neither_write_nor_attach_a_file_nor_run_for_long() {
    let (_keep, here) = fresh();
    fs::create_dir(here.join("rules")).expect("a directory");
    let path = here.join("rules/hostile.toml");
    for sql in [
        "ATTACH 'outside.db' AS o",
        "DELETE FROM table_",
        "SELECT 1 AS subject; DROP TABLE table_",
        "PRAGMA query_only = OFF",
        "WITH x AS (SELECT 1) INSERT INTO gap SELECT 'a', 'b', NULL FROM x",
        "SELECT load_extension('x') AS subject",
        "SELECT readfile('/etc/passwd') AS subject",
    ] {
        fs::write(&path, rule(sql)).expect("a file");
        let run = audit(&here, &["--rules", "rules"]);
        let refused = run.code == 2 && run.stderr.contains("hostile.toml")
            || run.code < 2 && outcome(&report(&run), "local/hostile")["outcome"] == "not-evaluated";
        assert!(refused, "{sql}: {}{}", run.stdout, run.stderr);
    }
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'x' AS subject FROM n WHERE i < 0";
    fs::write(&path, rule(endless)).expect("a file");
    let report = report(&audit(&here, &["--rules", "rules", "--only", "local/hostile"]));
    let stopped = outcome(&report, "local/hostile");
    assert_eq!(stopped["outcome"], "not-evaluated");
    assert!(stopped["why"].as_str().expect("why").contains("its SQL failed"), "{stopped}");
    let names = fs::read_dir(&here).expect("a directory").map(|entry| entry.expect("a file").file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["rules"], "nothing was written");
}

#[test]
fn a_mistake_in_a_rule_of_ones_own_points_into_its_file() {
    let (_keep, here) = fresh();
    fs::create_dir(here.join("rules")).expect("a directory");
    fs::write(here.join("rules/misspelt.toml"), rule("SELECT tabel_name AS subject FROM table_")).expect("a file");
    let run = audit(&here, &["--rules", "rules"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("misspelt.toml") && run.stderr.contains("table_name"), "{}", run.stderr);
}
