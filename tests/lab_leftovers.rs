//! A lab leaves nothing behind: no process, no file, however it ends.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The snapshot that comes with the demo's system; its server was a 15.
const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cpl-snapshot.json.gz");

/// A directory for temporary files that the server's user may enter.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    place
}

fn major() -> u32 {
    pgassay::source::file::read(SNAPSHOT).expect("a snapshot").server.major()
}

/// `examples/hold_lab.rs`, its temporary files in `place`.
fn holder(place: &Path, binaries: &Path, what: &str) -> Child {
    let tests = std::env::current_exe().expect("a path");
    let target = tests.parent().and_then(Path::parent).expect("a target directory");
    let mut command = Command::new(target.join("examples/hold_lab"));
    command.arg(SNAPSHOT).arg(binaries).arg(what).env("TMPDIR", place);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// Waits for the line that says that the lab is there.
fn ready(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("lab: ")), "the lab did not start");
}

/// Command lines of processes that name the directory.
fn processes(place: &Path) -> Vec<String> {
    let place = place.to_string_lossy().into_owned();
    let all = fs::read_dir("/proc").expect("processes").flatten();
    let line = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).ok();
    let lines = all.filter_map(line).map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&place)).collect()
}

fn files(place: &Path) -> Vec<PathBuf> {
    fs::read_dir(place).expect("a directory").flatten().map(|entry| entry.path()).collect()
}

fn nothing_is_left(place: &Path) {
    let start = Instant::now();
    while !(processes(place).is_empty() && files(place).is_empty()) {
        let left = (processes(place), files(place));
        assert!(start.elapsed() < Duration::from_secs(30), "left behind: {left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_lab_that_is_dropped_leaves_nothing() {
    let place = place();
    let mut child = holder(place.path(), &support::binaries(major()).directory, "drop");
    ready(&mut child);
    assert!(child.wait().expect("an end").success());
    nothing_is_left(place.path());
}

#[test]
fn a_lab_whose_process_is_killed_leaves_nothing() {
    let place = place();
    let mut child = holder(place.path(), &support::binaries(major()).directory, "hold");
    ready(&mut child);
    assert!(!processes(place.path()).is_empty() && !files(place.path()).is_empty(), "there is something to leave");
    child.kill().expect("SIGKILL");
    child.wait().expect("an end");
    nothing_is_left(place.path());
}

#[test]
fn a_process_killed_while_it_makes_a_lab_leaves_nothing() {
    for after in [100, 400, 900] {
        let place = place();
        let mut child = holder(place.path(), &support::binaries(major()).directory, "hold");
        std::thread::sleep(Duration::from_millis(after));
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        nothing_is_left(place.path());
    }
}

#[test]
fn a_lab_that_does_not_start_leaves_nothing() {
    let (place, home) = (place(), self::place());
    let real = fs::canonicalize(support::binaries(major()).directory.join("..")).expect("a server");
    let bin = home.path().join("bin");
    fs::create_dir(&bin).expect("a directory");
    for name in ["initdb", "postgres"] {
        symlink(real.join("bin").join(name), bin.join(name)).expect("a link");
    }
    for name in ["lib", "share"] {
        symlink(real.join(name), home.path().join(name)).expect("a link");
    }
    fs::write(bin.join("pg_ctl"), "#!/bin/sh\nexit 1\n").expect("a file");
    fs::set_permissions(bin.join("pg_ctl"), fs::Permissions::from_mode(0o755)).expect("permissions");
    let mut child = holder(place.path(), &bin, "drop");
    assert!(!child.wait().expect("an end").success());
    nothing_is_left(place.path());
}
