//! The program as a user meets it: whole output, exit codes, errors. The cases are files in `tests/cli`; none needs
//! a server. After a wanted change of output: `TRYCMD=overwrite cargo test --test cli`.

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::{Compression, write::GzEncoder};
use support::program::{Run, pgassay, pgassay_with};
use unicode_width::UnicodeWidthStr;

fn snapshot() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cpl-snapshot.json.gz").display().to_string()
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_path_buf();
    (directory, path)
}

fn cases(columns: &str, files: &[&str]) {
    let cases = trycmd::TestCases::new();
    cases.env("COLUMNS", columns).env("LANG", "C.UTF-8").env("NO_COLOR", "1");
    // what a machine has of PostgreSQL must not show
    cases.env("PGASSAY_WHAT_IF", "model");
    for glob in files {
        cases.case(glob);
    }
}

#[test]
fn every_case_prints_what_its_file_says() {
    cases("80", &["tests/cli/*.toml", "tests/cli/*.trycmd"]);
}

#[test]
fn every_wide_case_prints_what_its_file_says() {
    cases("140", &["tests/cli/wide/*.toml"]);
}

#[test]
fn no_line_of_a_report_is_wider_than_the_terminal() {
    let (_keep, here) = fresh();
    for columns in ["60", "80", "100", "140"] {
        let run = pgassay_with(&here, &["audit", "--snapshot", &snapshot()], &[("COLUMNS", columns)]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let width: usize = columns.parse().expect("a number");
        let wide: Vec<&str> = run.stdout.lines().filter(|line| line.width() > width).collect();
        assert!(wide.is_empty(), "{columns}: {wide:#?}");
    }
}

#[test]
fn the_demos_traffic_is_judged_as_an_expert_would() {
    let (_keep, here) = fresh();
    let run = pgassay_with(&here, &["audit", "--snapshot", &snapshot()], &[("COLUMNS", "2000")]);
    let report = pgassay(&here, &["audit", "--snapshot", &snapshot(), "-f", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let created: Vec<&serde_json::Value> =
        report["indexes"].as_array().into_iter().flatten().filter(|index| index["action"] == "create").collect();
    assert_eq!(created.len(), 1, "the trigram index alone: none on 60 schools, none that exists: {created:#?}");
    let ddl = created[0]["ddl"].as_str().unwrap_or_default();
    assert!(ddl.contains("USING gin ((upper((name)::text)) gin_trgm_ops)"), "{ddl}");
    for named in [
        "WHERE (\"packing_lists_vote\".\"price_id\" = $1 AND \"packing_lists_vote\".\"is_correct_price\")",
        "WHERE \"packing_lists_price\".\"ip_address\" = $1::inet",
        "WHERE \"packing_lists_school\".\"id\" = $1",
        "rows a call from public.packing_lists_store, with no condition and no LIMIT",
        "public.packing_lists_price_item_id_850346c3 (item_id) is the beginning of",
        "not read so far: ",
    ] {
        assert!(run.stdout.contains(named), "{named}\n{}", run.stdout);
    }
}

#[test]
fn the_exit_code_follows_fail_on() {
    let (_keep, here) = fresh();
    for (arguments, expected) in [
        (&[][..], 0),
        (&["--fail-on", "none"], 0),
        (&["--fail-on", "error"], 0),
        (&["--fail-on", "warning"], 1),
        (&["--fail-on", "info"], 1),
        (&["--fail-on", "warning", "--only", "missing-index,unused-index"], 0),
        (&["--fail-on", "info", "--only", "sequence-exhaustion"], 0),
    ] {
        let run = pgassay(&here, &[&["audit", "--quiet", "--snapshot", &snapshot()], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (expected, ""), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_baseline_hides_what_is_known_and_shows_what_is_new() {
    let (_keep, here) = fresh();
    let audit = ["audit", "--quiet", "--snapshot", &snapshot(), "--new-only", "--fail-on", "info"].map(str::to_owned);
    let audit: Vec<&str> = audit.iter().map(String::as_str).collect();
    let check = |here: &Path| pgassay(here, &["baseline", "check", "--snapshot", &snapshot()]);
    let missing = pgassay(&here, &audit);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
    assert!(missing.stderr.contains(".pgassay/baseline.json"), "{}", missing.stderr);

    let create = pgassay(&here, &["baseline", "create", "--snapshot", &snapshot()]);
    assert_eq!(create.code, 0, "{}", create.stderr);
    assert_eq!((pgassay(&here, &audit).code, check(&here).code), (0, 0));

    let partly = ["baseline", "create", "--snapshot", &snapshot(), "--skip", "redundant-index"].map(str::to_owned);
    pgassay(&here, &partly.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(pgassay(&here, &audit).code, 1);
    let found = check(&here);
    assert_eq!(found.code, 1);
    let new = |line: &str| line.starts_with("new   redundant-index public.");
    assert!(!found.stdout.is_empty() && found.stdout.lines().all(new), "{}", found.stdout);
}

#[test]
fn a_report_is_written_in_the_format_of_each_files_name() {
    let (_keep, here) = fresh();
    let args = ["audit", "-q", "--snapshot", &snapshot(), "-o", "a.json", "-o", "a.md", "-o", "a.txt"];
    let run = pgassay(&here, &args);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let text = |name: &str| fs::read_to_string(here.join(name)).expect("a file");
    assert!(text("a.json").starts_with('{') && text("a.json").contains("\"pgassay/report/v1\""));
    assert!(text("a.md").starts_with("<!-- pgassay:report"));
    assert!(text("a.txt").starts_with("pgassay "));
    let printed = pgassay(&here, &["audit", "-f", "json", "--snapshot", &snapshot()]);
    assert_eq!(printed.stdout, text("a.json"), "the same facts give the same bytes");
}

#[test]
fn migrations_are_written_as_announced_and_only_once() {
    for framework in ["sql", "sqlx"] {
        let (_keep, here) = fresh();
        let snapshot = snapshot();
        let migrate = ["migrate", "--snapshot", &snapshot, "--framework", framework];
        let announced = pgassay(&here, &[&migrate[..], &["--dry-run"]].concat());
        assert_eq!(announced.code, 0, "{}", announced.stderr);
        assert!(!here.join("migrations").exists(), "a dry run writes nothing");
        let written = pgassay(&here, &migrate);
        // a file's name begins with the time
        let names = |run: &Run| -> Vec<String> {
            run.stdout.lines().filter_map(|line| line.split_once('_')).map(|(_, name)| name.to_owned()).collect()
        };
        assert_eq!(names(&announced), names(&written), "{framework}");
        assert!(written.stdout.lines().all(|path| here.join(path).is_file()), "{}", written.stdout);
        let again = pgassay(&here, &migrate);
        assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{framework}: {}", again.stderr);
    }
}

#[test]
fn a_snapshot_that_cannot_be_read_says_why() {
    let (_keep, here) = fresh();
    let packed = fs::read(snapshot()).expect("the fixture");
    fs::write(here.join("half.json.gz"), &packed[..packed.len() / 2]).expect("a file");
    fs::write(here.join("other.json"), "{\"name\": \"package\"}").expect("a file");
    fs::write(here.join("text.json"), "not JSON").expect("a file");
    let mut newer = GzEncoder::new(Vec::new(), Compression::fast());
    newer.write_all(b"{\"format\": \"pgassay/snapshot/v9\"}").expect("bytes");
    fs::write(here.join("newer.json.gz"), newer.finish().expect("bytes")).expect("a file");
    for (file, words) in [
        ("missing.json", "missing.json"),
        ("half.json.gz", "half.json.gz"),
        ("other.json", "not a pgassay snapshot"),
        ("text.json", "text.json"),
        ("newer.json.gz", "newer"),
    ] {
        let run = pgassay(&here, &["audit", "--snapshot", file]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{file}");
        assert!(run.stderr.contains(words) && run.stderr.contains("help:"), "{file}: {}", run.stderr);
    }
}

#[test]
fn an_unreachable_server_is_named_without_its_password() {
    let (_keep, here) = fresh();
    for command in ["audit", "doctor"] {
        let run = pgassay(&here, &[command, "postgres://bob:s3cret@127.0.0.1:1/shop"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.contains("127.0.0.1"), "{}", run.stderr);
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in ["rules list", "man", "completions bash"] {
        let script = format!("\"$0\" {arguments} | head -c 1 >/dev/null; echo \"${{PIPESTATUS[0]}}\"");
        let output = Command::new("bash").args(["-c", &script, env!("CARGO_BIN_EXE_pgassay")]).output();
        let output = output.expect("bash runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "0", "{arguments}");
        assert!(output.stderr.is_empty(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn completions_parse_and_know_the_commands() {
    let (_keep, here) = fresh();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = pgassay(&here, &["completions", shell]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains("baseline") && run.stdout.contains("new-only"), "{shell}");
        if shell == "bash" {
            let mut check = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash runs");
            check.stdin.take().expect("a pipe").write_all(run.stdout.as_bytes()).expect("bytes");
            assert!(check.wait().expect("it ends").success());
        }
    }
}

#[test]
fn the_manual_is_one_page_with_every_command() {
    let (_keep, here) = fresh();
    let run = pgassay(&here, &["man"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with(".TH ")).count(), 1);
    for command in ["audit", "snapshot", "migrate", "baseline", "rules", "query", "doctor", "demo"] {
        assert!(run.stdout.contains(&format!(".SH \"pgassay {command}\"")), "{command}");
    }
}
