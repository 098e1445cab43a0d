//! The demo, run as a newcomer runs it: what it shows, what it writes, and that it leaves nothing else.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A demo small enough for a test; its throwaway server lives below `temporary`.
fn demo(directory: &Path, temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgassay"));
    command.args(["demo", "--scale", "0.02", "--requests", "15", "--dir", "demo"]).current_dir(directory);
    command.env("PGASSAY_PG_BIN", support::binaries(16).directory).env("TMPDIR", temporary);
    command.env("COLUMNS", "80").env("LANG", "C.UTF-8").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A directory that the user of the throwaway server may enter, too.
fn open_directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    directory
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Command lines of running processes that name the directory.
fn processes_of(directory: &Path) -> Vec<String> {
    let name = directory.display().to_string();
    let lines = fs::read_dir("/proc").expect("/proc").flatten();
    let lines = lines.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(&name)).collect()
}

/// The watchdog may need a moment after the program has ended.
fn assert_nothing_is_left(temporary: &Path) {
    let start = Instant::now();
    while !(names(temporary).is_empty() && processes_of(temporary).is_empty()) {
        let left = (names(temporary), processes_of(temporary));
        assert!(start.elapsed() < Duration::from_secs(20), "left behind: {left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_demo_audits_migrates_compares_and_leaves_only_its_migrations() {
    let (directory, temporary) = (tempfile::tempdir().expect("a directory"), open_directory());
    fs::create_dir(directory.path().join("demo")).expect("a directory");
    fs::write(directory.path().join("demo/mine.sql"), "of an earlier demo").expect("a file");

    let output = demo(directory.path(), temporary.path()).output().expect("it runs");

    let (shown, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{notes}");
    for named in [
        "suspected N+1 (count-per-row)",
        "\"packing_lists_vote\".\"price_id\" = $1",
        "\"packing_lists_price\".\"ip_address\" = $1",
        "packing_lists_price_item_id_850346c3",
        "packing_lis_confide_43d4b5_idx",
        "unused-index",
        "The same 15 requests before and after:",
        "The migrations are in demo-2",
    ] {
        assert!(shown.contains(named), "{named} is not in\n{shown}\n{notes}");
    }
    // nothing of these few rows is worth an index
    assert!(!shown.contains("Indexes to create"), "{shown}");
    assert!(!notes.contains("note:") && !notes.contains("error"), "{notes}");
    assert_eq!(names(directory.path()), ["demo", "demo-2"]);
    assert_eq!(names(&directory.path().join("demo")), ["mine.sql"]);
    assert_every_migration_has_its_way_back(&directory.path().join("demo-2"));
    assert_nothing_is_left(temporary.path());
}

fn assert_every_migration_has_its_way_back(directory: &Path) {
    let files = names(directory);
    let with = |ending: &str| -> Vec<String> {
        files.iter().filter_map(|name| name.strip_suffix(ending)).map(str::to_owned).collect()
    };
    assert!(with(".up.sql").len() >= 5, "{files:?}");
    assert_eq!(with(".up.sql"), with(".down.sql"));
}

/// Waits for the note that begins with `words`, then sends the signal; the exit code.
fn ended_by(signal: Signal, words: &str, mut child: Child) -> Option<i32> {
    use std::io::{BufRead, BufReader};
    let mut notes = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(notes.any(|note| note.starts_with(words)), "no note begins with {words:?}");
    let process = Pid::from_child(&child);
    kill_process(process, signal).expect("a signal");
    child.wait().expect("it ends").code()
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing() {
    for (signal, words) in [(Signal::INT, "running the traffic"), (Signal::TERM, "loading")] {
        let (directory, temporary) = (tempfile::tempdir().expect("a directory"), open_directory());
        let child = demo(directory.path(), temporary.path()).spawn().expect("it starts");
        assert_eq!(ended_by(signal, words, child), Some(130), "{signal:?}");
        assert_nothing_is_left(temporary.path());
        assert!(names(directory.path()).is_empty(), "{signal:?}");
    }
}

#[test]
fn a_demo_without_server_binaries_says_what_to_install() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = demo(directory.path(), directory.path());
    let output = command.env("PGASSAY_PG_BIN", directory.path()).output().expect("it runs");
    let notes = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{notes}");
    assert!(notes.contains("no PostgreSQL server binaries found") && notes.contains("PGASSAY_PG_BIN"), "{notes}");
}
