//! Throwaway servers start wherever they have to, answer, and leave nothing.

mod support;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pgassay::server::scratch::{Binaries, Scratch};

#[tokio::test(flavor = "multi_thread")]
async fn a_throwaway_server_of_every_version_answers_and_is_gone_afterwards() {
    for major in support::MAJORS {
        let server = support::server(major);
        let directory = server.socket_directory().to_path_buf();
        let mut connection = server.connect("postgres").await.expect("a connection");
        support::run(&mut connection, "CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int)").await;
        let version: String =
            sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut connection).await.expect("a version");
        assert_eq!(version.parse::<u32>().expect("a number") / 10_000, major);
        drop(connection);
        drop(server);
        assert!(!directory.exists(), "{major}: {} is still there", directory.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn binaries_below_a_closed_directory_are_run_all_the_same() {
    let closed = tempfile::tempdir().expect("a directory");
    let original = support::binaries(15).directory;
    let home = original.parent().expect("a parent").display().to_string();
    let copied = Command::new("cp").args(["-al", &home]).arg(closed.path().join("server")).status();
    assert!(copied.expect("cp runs").success());
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).expect("permissions");
    let server = Scratch::start(&Binaries { directory: closed.path().join("server/bin") }, &[]).expect("a server");
    server.connect("postgres").await.expect("a connection");
}

/// A process that holds a server, `examples/hold_server.rs`, and the server's directory.
fn holder(variables: &[(&str, &Path)]) -> (Child, PathBuf) {
    let tests = std::env::current_exe().expect("a path");
    let target = tests.parent().and_then(Path::parent).expect("a target directory");
    let mut command = Command::new(target.join("examples/hold_server"));
    command.arg(support::binaries(14).directory).stdout(Stdio::piped());
    let mut child = command.envs(variables.iter().copied()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let named = lines.find_map(|line| line.strip_prefix("server: ").map(PathBuf::from));
    (child, named.expect("a server"))
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_killed_process_leaves_no_server_and_no_directory() {
    let (mut child, directory) = holder(&[]);
    let process = std::fs::read_to_string(directory.join("data/postmaster.pid")).expect("a server");
    let process = Path::new("/proc").join(process.lines().next().expect("a process"));
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
    wait_until("the server still runs", || !process.exists());
    wait_until("the directory is still there", || !directory.exists());
}

#[test]
fn a_temporary_directory_whose_path_is_too_long_for_a_socket_is_avoided() {
    let parent = tempfile::tempdir().expect("a directory");
    let long = parent.path().join("x".repeat(100));
    std::fs::create_dir(&long).expect("a directory");
    let (mut child, directory) = holder(&[("TMPDIR", &long)]);
    assert_eq!(directory.parent(), Some(Path::new("/tmp")));
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
    wait_until("the directory is still there", || !directory.exists());
}
