//! A few of the index cases, as the example runs all of them.

use std::path::Path;
use std::process::Command;

/// One of each kind: an equality, a sort, nothing to gain, GIN on jsonb and on an array, a duplicate to drop.
const CASES: &str = "dexter-01,dexter-05,dexter-17,gap-07,gap-09,gap-23";

#[test]
fn a_few_index_cases_are_judged_as_they_want() {
    let tests = std::env::current_exe().expect("a path");
    let target = tests.parent().and_then(Path::parent).expect("a target directory");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/index-cases.json");
    let run = Command::new(target.join("examples/index_cases")).arg(file).args(["--only", CASES]).output();
    let run = run.expect("the example runs");
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    assert_eq!(said.lines().filter(|line| line.starts_with("pass ")).count(), CASES.split(',').count(), "{said}");
}
