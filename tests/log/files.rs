//! Files: several, packed, rotated in the middle of a statement, far too large.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::common::{Told, fixture, told, told_of, unpacked};

fn write(directory: &TempDir, name: &str, text: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(vec![], Compression::fast());
    packed.write_all(text).expect("in memory");
    packed.finish().expect("in memory")
}

#[test]
fn files_are_read_in_the_order_of_their_times_whatever_they_are_called() {
    let log = unpacked("forms/debian__django__fk.log.gz");
    let cut = log.match_indices('\n').nth(30).expect("lines").0 + 1;
    let directory = TempDir::new().expect("a directory");
    let late = write(&directory, "a.log", &log.as_bytes()[cut..]);
    let early = write(&directory, "b.log.gz", &packed(&log.as_bytes()[..cut]));
    let empty = write(&directory, "c.log", b"");
    let found = told(&[late, empty, early]);
    assert_eq!(found.ran, told_of(&log).ran);
    assert_eq!((found.tally.files, found.tally.sources.len()), (3, 2));
    assert!(found.tally.sources[0].path.ends_with("b.log.gz"));
}

#[test]
fn members_of_gzip_follow_one_another_and_damage_is_counted() {
    let log = unpacked("forms/debian__django__fk.log.gz");
    let (one, two) = log.as_bytes().split_at(5000);
    assert_eq!(told_of([packed(one), packed(two)].concat()).ran, told_of(&log).ran);
    let whole = packed(log.as_bytes());
    let found = told_of(&whole[..whole.len() / 2]);
    assert_eq!(found.tally.skipped["damaged gzip data: the rest of the file"], 1);
    let expected = told_of(&log).ran;
    assert!(!found.ran.is_empty() && expected.starts_with(&found.ran));
}

/// A log cut in two files at every byte of a range.
fn rotated(log: &str, places: impl Iterator<Item = usize>, check: impl Fn(&Told, usize)) {
    for place in places {
        let directory = TempDir::new().expect("a directory");
        let first = write(&directory, "1", &log.as_bytes()[..place]);
        let second = write(&directory, "2", &log.as_bytes()[place..]);
        check(&told(&[first, second]), place);
    }
}

#[test]
fn a_statement_cut_by_rotation_is_joined() {
    let names = [
        "forms/debian__sqlalchemy__t_detail.log.gz",
        "twins/typeorm__t_session.csv.gz",
        "twins/django__t_flag.json.gz",
    ];
    for name in names {
        let log = unpacked(name);
        let log: String = log.split_inclusive('\n').take(40).collect();
        let expected = told_of(&log);
        assert!(expected.ran.len() > 10, "{name}: {}", expected.ran.len());
        let first_line = log.find('\n').expect("lines") + 1;
        let last_head = log[..log.rfind("duration: ").expect("a statement")].rfind('\n').expect("lines");
        rotated(&log, (first_line..last_head).step_by(23), |found, place| {
            assert_eq!(found.ran, expected.ran, "{name} cut at {place}");
            assert!(found.tally.skipped.is_empty(), "{name} cut at {place}: {:?}", found.tally.skipped);
        });
    }
}

#[test]
fn a_statement_whose_rest_is_not_in_the_log_is_counted_and_not_told() {
    let head = "2026-11-22 02:53:22.745 UTC [1] a@b LOG:  duration: 1.000 ms  statement: SELECT";
    let directory = TempDir::new().expect("a directory");
    let cut = write(&directory, "1", format!("{head} 1\n{head} 2 fro").as_bytes());
    let next = write(&directory, "2", format!("{head} 3\n").replace(".745", ".999").as_bytes());
    let found = told(&[cut, next]);
    let texts: Vec<&str> = found.ran.iter().map(|ran| ran.text.as_str()).collect();
    assert_eq!(texts, ["SELECT 1", "SELECT 3"]);
    assert_eq!(found.tally.skipped["cut off in the middle"], 1);
    let orphan = told_of(format!("\tFROM t\n{head} 1\n"));
    assert_eq!((orphan.ran.len(), orphan.tally.skipped["continues a message that is not in the log"]), (1, 1));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_statement() {
    let log = unpacked("forms/debian__sqlalchemy__t_detail.log.gz");
    let windows = format!("\u{feff}{}", log.replace('\n', "\r\n"));
    assert_eq!(told_of(windows).ran, told_of(&log).ran);
    let csv = unpacked("twins/typeorm__t_session.csv.gz");
    assert_eq!(told_of(format!("\u{feff}{csv}")).ran, told_of(&csv).ran);
}

#[test]
fn a_line_of_hundreds_of_megabytes_needs_no_memory() {
    let cases = [
        (
            "forms/debian__django__fk.log.gz",
            "2026-11-22 02:51:39.858 UTC [7] a@b LOG:  duration: 1.000 ms  statement: SELECT '",
            "'\n",
        ),
        (
            "twins/typeorm__t_session.csv.gz",
            "2026-11-22 02:26:08.945 UTC,\"a\",\"b\",1,\"[local]\",6b02504a.4972,1,\"SELECT\",\"",
            "\"\n",
        ),
        ("twins/django__t_flag.json.gz", "{\"timestamp\":\"2026-11-22 02:26:10.345 UTC\",\"message\":\"", "\"}\n"),
    ];
    for (name, front, end) in cases {
        let log = unpacked(name);
        let expected = told_of(&log);
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("large.log");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
        file.write_all(log.as_bytes()).expect("written");
        file.write_all(front.as_bytes()).expect("written");
        let megabyte = vec![b'a'; 1_000_000];
        for _ in 0..300 {
            file.write_all(&megabyte).expect("written");
        }
        file.write_all(end.as_bytes()).expect("written");
        file.write_all(log.as_bytes()).expect("written");
        file.into_inner().expect("written");
        let found = told(&[path]);
        assert_eq!(found.ran.len(), 2 * expected.ran.len(), "{name}");
        assert_eq!(found.tally.skipped.get("longer than 4 MB"), Some(&1), "{name}: {:?}", found.tally.skipped);
        assert_eq!(found.tally.cut_bytes, 300_000_000 + (front.len() + end.len()) as u64, "{name}");
        assert_eq!(found.tally.lines, 2 * expected.tally.lines + 1, "{name}");
    }
    assert!(peak_megabytes().is_none_or(|peak| peak < 200), "{:?}", peak_megabytes());
}

/// `VmHWM`, where there is one.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

#[test]
fn a_fixture_that_is_not_there_is_an_error() {
    let error = crate::common::try_told(&[fixture("nowhere.log")], &pgassay::source::log::Settings::default());
    assert!(error.expect_err("no file").to_string().ends_with("nowhere.log cannot be read"));
}
