//! Damaged logs: no panic, no line lost without being counted, and what is whole is still told.

use crate::common::{Told, told_of, try_told_of, unpacked};

const LOGS: [&str; 6] = [
    "forms/debian__sqlalchemy__t_detail.log.gz",
    "forms/empty__django__fk.log.gz",
    "forms/auto_explain_json_django_rev.log.gz",
    "twins/typeorm__t_session.csv.gz",
    "twins/sqlalchemy__t_order_detail.csv.gz",
    "twins/django__t_flag.json.gz",
];

/// The first lines, so that every byte of them can be tried.
fn beginning(name: &str) -> Vec<u8> {
    let log = unpacked(name);
    log.split_inclusive('\n').take(25).collect::<String>().into_bytes()
}

fn lines(log: &[u8]) -> u64 {
    let ends = log.iter().filter(|byte| **byte == b'\n').count() as u64;
    ends + u64::from(log.last().is_some_and(|last| *last != b'\n'))
}

/// Every line was understood or is counted.
fn assert_counted(found: &Told, log: &[u8], what: &str) {
    let padding_only = log.iter().rev().take_while(|byte| **byte != b'\n').all(|byte| *byte == 0);
    let missing = u64::from(padding_only && log.last() == Some(&0));
    assert_eq!(found.tally.lines + missing, lines(log), "{what}: {:?}", found.tally);
}

#[test]
fn a_log_cut_at_any_byte_is_counted_whole() {
    for name in LOGS {
        let log = beginning(name);
        let whole = told_of(&log);
        for end in (1..log.len()).step_by(7) {
            let Ok(found) = try_told_of(&log[..end]) else {
                assert!(end < 600, "{name} cut at {end} is not recognised");
                continue;
            };
            assert_counted(&found, &log[..end], &format!("{name} cut at {end}"));
            for (number, ran) in found.ran.iter().enumerate() {
                let expected = &whole.ran[number];
                // the last one may miss its DETAIL, and whole lines: the log does not say that more followed
                if number + 1 == found.ran.len() && log[end - 1] == b'\n' && expected.text.starts_with(&ran.text) {
                    continue;
                }
                assert_eq!((&ran.text, ran.duration), (&expected.text, expected.duration), "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn random_damage_is_counted_and_spares_the_rest() {
    let mut random = fastrand::Rng::with_seed(7);
    for name in LOGS {
        let log = unpacked(name).into_bytes();
        let whole = told_of(&log);
        for round in 0..60 {
            let mut damaged = log.clone();
            for _ in 0..random.usize(1..20) {
                let at = random.usize(600..damaged.len());
                match random.u8(0..4) {
                    0 => damaged[at] = random.u8(..),
                    1 => damaged[at] = b"\0\"\n\\\t{},"[random.usize(..8)],
                    2 => drop(damaged.drain(at..(at + random.usize(1..200)).min(log.len() / 2).max(at + 1))),
                    _ => drop(damaged.splice(at..at, std::iter::repeat_n(0, random.usize(1..300)))),
                }
                if damaged.len() < 700 {
                    break;
                }
            }
            let what = format!("{name}, round {round}");
            let Ok(found) = try_told_of(&damaged) else { panic!("{what}: not recognised") };
            assert_counted(&found, &damaged, &what);
            let told = whole.ran.len() + whole.others.len();
            let still = found.ran.len() + found.others.len();
            assert!(still * 10 >= told * 2, "{what}: {still} of {told}");
        }
    }
}

#[test]
fn noise_is_refused_or_counted() {
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..300 {
        let noise: Vec<u8> = (0..random.usize(1..5000)).map(|_| random.u8(..)).collect();
        if let Ok(found) = try_told_of(&noise) {
            assert!(found.ran.is_empty(), "round {round}");
        }
        let mut log = beginning(LOGS[round % LOGS.len()]);
        let before = told_of(&log).ran.len();
        log.extend_from_slice(&noise);
        let found = told_of(&log);
        assert!(found.ran.len() + 1 >= before, "round {round}");
        assert_counted(&found, &log, &format!("round {round}"));
    }
}

#[test]
fn a_stray_quote_in_a_csv_log_costs_one_record() {
    let log = unpacked("twins/sqlalchemy__t_order_detail.csv.gz");
    let whole = told_of(&log);
    let at = log.match_indices("duration: ").nth(5).expect("a record").0;
    let found = told_of(format!("{}\"{}", &log[..at], &log[at..]));
    assert_eq!(found.ran.len(), whole.ran.len() - 1);
    assert_eq!(found.tally.skipped["broken CSV"], found.tally.skipped.values().sum::<u64>());
}

#[test]
fn sql_that_holds_a_log_is_not_read_as_one() {
    let inner = "2026-11-22 02:26:08.945 UTC,\"\"a\"\",\"\"b\"\",1,\"\"[local]\"\",6b02504a.4972,1,\"\"SELECT\"\",x\n";
    let log = unpacked("twins/sqlalchemy__t_order_detail.csv.gz");
    let at = log.match_indices("statement: ").next().expect("a record").0 + 11;
    let found = told_of(format!("{}INSERT INTO t VALUES ('\n{inner}{inner}'); {}", &log[..at], &log[at..]));
    assert!(found.tally.skipped.is_empty(), "{:?}", found.tally.skipped);
    assert_eq!(found.ran.iter().filter(|ran| ran.text.contains("INSERT INTO t VALUES ('\n2026-11-22")).count(), 1);
    let line = "2026-11-22 02:53:22.745 UTC [1] a@b LOG:  duration: 1.000 ms  statement: SELECT";
    let found = told_of(format!("{line} '\n\t{line} 1'\n{line} 2\n"));
    assert_eq!(found.ran.len(), 2);
    assert_eq!(found.ran[0].text, format!("SELECT '\n{line} 1'"));
}

#[test]
fn text_that_is_not_utf8_is_counted() {
    let mut log = b"2026-11-22 02:53:22.745 UTC [1] a@b LOG:  duration: 1.000 ms  statement: SELECT 'x'\n".repeat(3);
    let at = log.iter().position(|byte| *byte == b'x').expect("a letter");
    log[at] = 0xe9;
    let found = told_of(&log);
    assert_eq!((found.ran.len(), found.tally.skipped["not UTF-8"]), (2, 1));
}
