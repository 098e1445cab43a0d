//! `--window` and `--since` from a user's side: Ctrl-C, a lost connection, two moments compared.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pgassay::report::Report;
use pgassay::server::scratch::Scratch;
use pgassay::source::file;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgConnection;
use support::program::{Run, pgassay};
use support::{run, server};

const SETUP: &str = "CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int PRIMARY KEY, b int);
                     INSERT INTO t SELECT g, g FROM generate_series(1, 100) g; SELECT b FROM t WHERE a = 3";

async fn prepared(server: &Scratch) -> PgConnection {
    let mut admin = server.connect("postgres").await.expect("a connection");
    run(&mut admin, SETUP).await;
    admin
}

/// The program, running; it has said that it watches.
struct Running {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn watching(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgassay"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG") || name == "DATABASE_URL") {
            command.env_remove(name);
        }
        command.args(args).env("LANG", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut said = BufReader::new(child.stderr.take().expect("its stderr"));
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        assert_eq!(line, "watching the statements for 60 s; Ctrl-C ends it early\n");
        Self { child, said }
    }

    fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
    }

    /// What it printed until its end, which comes soon.
    fn end(mut self) -> (Option<i32>, String, String) {
        let began = Instant::now();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.child.stdout.take().expect("its stdout").read_to_string(&mut stdout).expect("UTF-8");
        self.said.read_to_string(&mut stderr).expect("UTF-8");
        let status = self.child.wait().expect("it ends");
        assert!(began.elapsed() < Duration::from_secs(40), "it went on for {:?}", began.elapsed());
        (status.code(), stdout, stderr)
    }
}

fn audit(url: &str) -> Vec<&str> {
    vec!["audit", url, "--window", "60s", "--format", "json", "--what-if", "model"]
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_window_and_the_report_comes_all_the_same() {
    for major in [13, 15, 18] {
        let server = server(major);
        let mut admin = prepared(&server).await;
        let url = server.url("postgres");
        let running = Running::watching(&audit(&url));
        for _ in 0..20 {
            run(&mut admin, "SELECT b FROM t WHERE a = 7").await;
            tokio::time::sleep(Duration::from_millis(75)).await;
        }
        running.interrupt();
        let (code, stdout, stderr) = running.end();
        assert_eq!(code, Some(0), "{major}: {stderr}");
        let report: Report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}\n{stderr}"));
        let window = report.source.window_s.expect("a window");
        assert!((0.8..10.0).contains(&window), "{major}: {window}");
        assert!(report.source.window_own_ms.is_some_and(|ms| ms > 0.0 && ms < 1_000.0), "{major}");
        assert!(report.skipped.iter().any(|skipped| skipped.why.ends_with("of 60 s: it was interrupted")), "{stderr}");
        let told: Vec<&str> = stderr.lines().collect();
        assert!(told[0].starts_with("watched ") && told[0].contains("; the readings took the server "), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_ends_the_program() {
    let server = server(15);
    let mut admin = prepared(&server).await;
    let url = server.url("postgres");
    let running = Running::watching(&audit(&url));
    // what is read after the window has to wait for it
    run(&mut admin, "BEGIN; LOCK t").await;
    running.interrupt();
    tokio::time::sleep(Duration::from_millis(500)).await;
    running.interrupt();
    let (code, stdout, stderr) = running.end();
    assert_eq!((code, stdout.as_str()), (Some(130), ""), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_in_the_window_costs_the_rest_of_the_window_alone() {
    let server = server(15);
    let mut admin = prepared(&server).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("kept.json");
    let url = server.url("postgres");
    let running = Running::watching(&["snapshot", &url, "--window", "60s", "-o", &path.display().to_string()]);
    for _ in 0..10 {
        run(&mut admin, "SELECT b FROM t WHERE a = 7").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    run(&mut admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgassay'").await;
    let (code, _, stderr) = running.end();
    assert_eq!(code, Some(0), "{stderr}");
    let snapshot = file::read(&path).expect("a snapshot");
    let samples = snapshot.samples.as_ref().expect("samples");
    assert_eq!(samples.cut_short.as_deref(), Some("connection-lost"));
    assert!(samples.seconds() > 0.5 && !snapshot.tables.is_empty());
    let gap = snapshot.gaps.iter().find(|gap| gap.what == "window").expect("a gap");
    assert!(gap.why.contains("of 60 s: the connection to ") && stderr.contains(&gap.why), "{}\n{stderr}", gap.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_since_an_earlier_snapshot_judges_what_ran_in_between() {
    for major in [13, 15, 18] {
        let server = server(major);
        let mut admin = prepared(&server).await;
        run(&mut admin, "CREATE DATABASE other").await;
        let directory = tempfile::tempdir().expect("a directory");
        let here = directory.path();
        let url = server.url("postgres");
        assert_eq!(pgassay(here, &["snapshot", &url, "-o", "a.json"]).code, 0);
        repeat(&mut admin, 30).await;
        assert_eq!(pgassay(here, &["snapshot", &url, "-o", "b.json.gz"]).code, 0);
        repeat(&mut admin, 12).await;
        for (args, calls) in [
            (&["--snapshot", "b.json.gz", "--since", "a.json"][..], 30),
            (&[url.as_str(), "--since", "a.json"], 42),
            (&[url.as_str(), "--since", "b.json.gz"], 12),
            (&[url.as_str(), "--since", "b.json.gz", "--since", "a.json"], 42),
        ] {
            let run = judged(here, args);
            let report: Report =
                serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stderr));
            let of = |text: &str| report.statements.iter().find(|info| info.text.contains(text)).map(|info| info.calls);
            assert_eq!(of("SELECT b FROM t WHERE a = $1"), Some(calls), "{major}: {args:?}");
            assert_eq!(of("INSERT INTO t"), None, "{major}: it ran before");
            let (window, age) = (report.source.window_s.expect("a window"), report.source.stats_age_s);
            assert!((window - age).abs() < 1e-3 && window < 60.0, "{major}: {window} and {age}");
        }
        refused(here, &[&server.url("other"), "--since", "a.json"], "a.json is of another server or database");
        refused(here, &["--snapshot", "a.json", "--since", "b.json.gz"], "was not taken before");
        run(&mut admin, "SELECT pg_stat_statements_reset()").await;
        refused(here, &[&url, "--since", "a.json"], "were reset after a.json was taken");
    }
}

async fn repeat(admin: &mut PgConnection, times: usize) {
    for _ in 0..times {
        run(admin, "SELECT b FROM t WHERE a = 7").await;
    }
}

fn judged(here: &Path, args: &[&str]) -> Run {
    let always = ["--format", "json", "--what-if", "model"];
    pgassay(here, &[&["audit"], args, &always].concat())
}

fn refused(here: &Path, args: &[&str], why: &str) {
    let run = judged(here, args);
    let said = run.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(run.code == 2 && said.contains(why) && said.contains("help:"), "{args:?}: {}", run.stderr);
}
