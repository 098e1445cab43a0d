//! The server's text inside of what clouds and daemons put around it.

use std::fmt::Write;

use crate::common::{Told, told_of, unpacked};

/// Whole messages of a stderr log: the first line and all that belong to it.
fn messages(log: &str) -> Vec<String> {
    let mut messages: Vec<String> = vec![];
    for line in log.split_inclusive('\n') {
        let secondary = ["DETAIL:  ", "STATEMENT:  ", "LOCATION:  "].iter().any(|label| line.contains(label));
        match messages.last_mut() {
            Some(last) if line.starts_with('\t') || secondary => last.push_str(line),
            _ => messages.push(line.to_owned()),
        }
    }
    messages
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// As PostgreSQL hands a message to syslog: a part for each line, and more where a line is long, split before a space.
fn parts(message: &str) -> Vec<String> {
    let mut parts = vec![];
    for line in message.trim_end_matches('\n').split('\n') {
        let mut rest = line;
        while rest.len() > 200 {
            let space = rest[..200].rfind(' ').filter(|space| *space > 0).unwrap_or(200);
            parts.push(rest[..space].to_owned());
            rest = &rest[space..];
        }
        parts.push(rest.to_owned());
    }
    parts
}

/// Parts of two processes, mixed as a daemon receives them.
fn mixed(log: &str, line: impl Fn(u32, usize, usize, &str) -> String) -> String {
    let mut out = String::new();
    for (number, message) in messages(log).iter().enumerate() {
        let noise = "2026-11-22 02:51:39.999 UTC [9] x@y LOG:  duration: 1.000 ms  statement: SELECT\n\t'noise'\n";
        let (own, noise) = (parts(message), parts(noise));
        for at in 0..own.len().max(noise.len()) {
            if let Some(part) = own.get(at) {
                out.push_str(&line(28550, number, at + 1, part));
            }
            if let Some(part) = noise.get(at) {
                out.push_str(&line(9, number, at + 1, part));
            }
        }
    }
    out
}

fn assert_same(found: &Told, expected: &Told, form: &str) {
    assert!(found.tally.skipped.is_empty(), "{form}: {:?}", found.tally.skipped);
    assert_eq!(found.tally.sources[0].form, form);
    let statements = |told: &Told| {
        let own = told.statements().into_iter().filter(|statement| statement.2 != "SELECT\n'noise'");
        own.collect::<Vec<_>>()
    };
    let (found, expected) = (statements(found), statements(expected));
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{form}");
    }
    assert_eq!(found.len(), expected.len(), "{form}");
    assert!(expected.len() > 20);
}

/// Logs with parameters, long lines and statements of several lines.
fn logs() -> Vec<String> {
    ["debian__django__fk", "debian__sqlalchemy__t_detail", "debian__eloquent__rev"]
        .iter()
        .map(|name| unpacked(&format!("forms/{name}.log.gz")))
        .collect()
}

#[test]
fn cloudwatch_puts_a_time_in_front() {
    for log in logs() {
        let wrapped: String =
            messages(&log).iter().map(|message| format!("2026-11-22T02:51:55.000Z {message}")).collect();
        assert_same(&told_of(wrapped), &told_of(&log), "CloudWatch");
        let wrapped: String =
            messages(&log).iter().map(|message| format!("2026-11-22T02:51:55+00:00 db-1.0 {message}")).collect();
        assert_same(&told_of(wrapped), &told_of(&log), "CloudWatch");
    }
}

#[test]
fn a_time_in_front_stands_in_for_one_that_the_server_did_not_write() {
    let statement = |n: u32| format!("[77] a@b LOG:  duration: 1.000 ms  statement: SELECT {n}\n");
    let log: String = (1..=50)
        .map(|n| format!("2026-11-22T02:51:{:02}.000Z {}2026-11-22T02:51:{:02}.500Z \tFROM t\n", n, statement(n), n))
        .collect();
    let found = told_of(log);
    let first = found.ran[0].at.expect("a time");
    let times: Vec<i64> = found.ran.iter().filter_map(|ran| Some((ran.at? - first) / 1_000_000)).collect();
    assert_eq!(times, (0..50).collect::<Vec<i64>>());
    assert!(found.ran.iter().all(|ran| ran.text.ends_with("\nFROM t")), "{:?}", found.ran[0]);
}

#[test]
fn cloud_sql_and_alloydb_carry_text_in_a_payload() {
    for log in logs() {
        let expected = told_of(&log);
        let object = |text: &str| {
            format!(
                "{{\"insertId\":\"s=1\",\"resource\":{{\"type\":\"cloudsql_database\"}},\"textPayload\":{}}}\n",
                quoted(text)
            )
        };
        let lines: String = messages(&log).iter().map(|message| object(message.trim_end())).collect();
        // a text that ends with a newline loses it with the payload's own
        let trimmed = |text: &str| text.replace(";\n\t\n", ";\n");
        assert_same(&told_of(&lines), &told_of(trimmed(&log)), "Cloud SQL");
        let listed: Vec<String> = messages(&log)
            .iter()
            .map(|message| format!("  {{\n    \"severity\": \"INFO\",\n    \"textPayload\": {}\n  }}", quoted(message)))
            .collect();
        assert_same(&told_of(format!("[\n{}\n]\n", listed.join(",\n"))), &expected, "Cloud SQL");
        let placed: String =
            messages(&log).iter().map(|message| object(&format!("[postgres.c:1362]  {message}"))).collect();
        assert_same(&told_of(placed), &expected, "Cloud SQL");
    }
}

#[test]
fn azure_and_docker_carry_text_too() {
    for log in logs() {
        let expected = told_of(&log);
        let azure: String = messages(&log)
            .iter()
            .map(|message| {
                let (message, detail) = match message.split_once("DETAIL:  ") {
                    Some((front, detail)) => (&front[..front.rfind('\n').map_or(0, |end| end + 1)], detail.trim_end()),
                    None => (message.as_str(), ""),
                };
                format!(
                    "{{\"time\":\"2026-11-22T02:51:55Z\",\"category\":\"PostgreSQLLogs\",\"properties\":{{\"errorLevel\":\"LOG\",\
                     \"message\":{},\"detail\":{}}}}}\n",
                    quoted(message),
                    quoted(detail)
                )
            })
            .collect();
        assert_same(&told_of(azure), &expected, "Azure");
        let docker: String = log
            .split_inclusive('\n')
            .map(|line| {
                format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-22T02:51:55Z\"}}\n", quoted(line))
            })
            .collect();
        assert_same(&told_of(docker), &expected, "Docker");
    }
}

#[test]
fn syslog_splits_messages_and_mixes_processes() {
    for log in logs() {
        let expected = told_of(&log);
        let old = mixed(&log, |pid, n, m, part| {
            format!("Nov 22 02:51:39 db1 postgres[{pid}]: [{n}-{m}] {}\n", part.replace('\t', "#011"))
        });
        assert_same(&told_of(old), &expected, "syslog");
        let iso = mixed(&log, |pid, n, m, part| {
            format!("2026-11-22T02:51:39.837+00:00 db1 postgres[{pid}]: [{n}-{m}] {part}\n")
        });
        assert_same(&told_of(iso), &expected, "syslog");
        let rfc5424 = mixed(&log, |pid, n, m, part| {
            format!("<134>1 2026-11-22T02:51:39.837Z db1 postgres {pid} - - [{n}-{m}] {part}\n")
        });
        assert_same(&told_of(rfc5424), &expected, "syslog");
    }
}

#[test]
fn heroku_puts_a_logplex_header_in_front() {
    for log in logs() {
        let expected = told_of(&log);
        let own: String = messages(&log)
            .iter()
            .map(|message| {
                message.split_inclusive('\n').fold(String::new(), |mut out, line| {
                    let text = line.rsplit_once("LOG:  ").map(|(_, text)| format!("LOG:  {text}"));
                    let text =
                        text.or_else(|| line.split_once("DETAIL:  ").map(|(_, text)| format!("DETAIL:  {text}")));
                    let _ = match text {
                        Some(text) => write!(out, " sql_error_code = 00000 {text}"),
                        None => write!(out, "{line}"),
                    };
                    out
                })
            })
            .collect();
        let heroku = mixed(&own, |pid, n, m, part| {
            let part = part.replace("2026-11-22 02:51:39.999 UTC [9] x@y", " sql_error_code = 00000");
            format!("2026-11-22T02:51:39.837+00:00 app[postgres.{pid}]: [DATABASE] [{n}-{m}] {part}\n")
        });
        let found = told_of(heroku);
        assert_same(&found, &expected, "Heroku");
        assert!(found.ran.iter().all(|ran| ran.session.is_some() && ran.at == Some(1_795_315_899_837_000)));
    }
}

#[test]
fn cloudnativepg_wraps_records() {
    let json = unpacked("twins/activerecord__o2o.json.gz");
    let mut expected = told_of(&json);
    let wrapped: String = json
        .lines()
        .map(|line| {
            let record = line
                .replace("\"timestamp\":", "\"log_time\":")
                .replace("\"user\":", "\"user_name\":")
                .replace("\"dbname\":", "\"database_name\":")
                .replace("\"pid\":", "\"process_id\":");
            format!(
                "{{\"level\":\"info\",\"ts\":\"x\",\"logger\":\"postgres\",\"msg\":\"record\",\"record\":{record}}}\n"
            )
        })
        .collect();
    let mut found = told_of(wrapped);
    assert_eq!(found.ran, expected.ran);
    assert!(expected.ran.len() > 100);
    found.tally.sources.clear();
    expected.tally.sources.clear();
    found.tally.bytes = expected.tally.bytes;
    assert_eq!(found.tally, expected.tally);
}
