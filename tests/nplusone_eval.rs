//! The N+1 analysis on labelled captures of real traffic, as the example judges them.

use std::path::Path;
use std::process::Command;

#[test]
fn loops_in_real_traffic_are_found_and_what_only_looks_like_one_is_not() {
    let tests = std::env::current_exe().expect("a path");
    let target = tests.parent().and_then(Path::parent).expect("a target directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(target.join("examples/nplusone_eval"));
    command.arg(root.join("fixtures/nplusone")).arg("--show");
    let run = command.arg("--pg-bin").arg(root.join("target/postgres/15/bin")).output().expect("the example runs");
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    // every kind of evidence was there to be judged
    for level in ["snapshot", "window", "log", "window and log", "tags"] {
        let scored = |line: &&str| line.starts_with(&format!("{level:<16}mixed"));
        assert!(said.lines().any(|line| scored(&line)), "{level}:\n{said}");
    }
}
