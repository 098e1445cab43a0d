//! The targets of `pgassay.toml` in the report.

use pgassay::analysis::requests::{By, Requests};
use pgassay::analysis::{Latency, LogRead};
use pgassay::config::Targets;
use pgassay::render::{Format, Look, render};
use pgassay::report::Score;
use pgassay::snapshot::{Session, Setting, Standby};

use super::world::World;

fn world(targets: Targets) -> World {
    let mut world = World::new();
    world.config.targets = targets;
    world.snapshot.database.blks_hit = 990;
    world.snapshot.database.blks_read = 10;
    world.snapshot.sessions = vec![Session::default(); 9];
    let (name, value) = ("max_connections".to_owned(), "10".to_owned());
    world.snapshot.settings = vec![Setting { name, value, ..Setting::default() }];
    world.analyses.latency = vec![
        Latency { query: 0, p95_ms: Some(80.0), measured: true, ..Latency::default() },
        Latency { query: 1, p95_ms: None, refused: Some("few".to_owned()), ..Latency::default() },
    ];
    world
}

fn scores(world: &World) -> Vec<Score> {
    world.report().scorecard
}

#[test]
fn only_targets_that_are_set_are_judged() {
    assert_eq!(scores(&world(Targets::default())), []);
}

#[test]
fn a_target_is_met_missed_or_not_known_and_says_how_it_was_seen() {
    let set = Targets {
        statement_p95: Some(50.0),
        statement_p99: Some(50.0),
        cache_hit_ratio: Some(0.99),
        connections: Some(0.8),
        replication_lag: Some(10.0),
        ..Targets::default()
    };
    let found = scores(&world(set));
    for (target, wanted, observed, met, how) in [
        ("statement-p95", "<= 50 ms", Some("80 ms"), Some(false), "1 of 1 statements are above it, 1 are not known"),
        ("statement-p99", "<= 50 ms", None, None, "only a log with every duration"),
        ("cache-hit-ratio", ">= 99 %", Some("99 %"), Some(true), "of the whole database"),
        ("connections", "<= 80 %", Some("90 %"), Some(false), "9 of 10 connections"),
        ("replication-lag", "<= 10 s", None, None, "no standby"),
    ] {
        let score = found.iter().find(|score| score.target == target).unwrap_or_else(|| panic!("no {target}"));
        assert_eq!((score.wanted.as_str(), score.observed.as_deref(), score.met), (wanted, observed, met), "{target}");
        assert!(score.how.contains(how), "{target}: {}", score.how);
    }
    let mut behind = world(set);
    behind.snapshot.standbys = vec![Standby { replay_lag_s: Some(12.0), ..Standby::default() }];
    let lag = scores(&behind).pop().expect("the last target");
    assert_eq!((lag.observed.as_deref(), lag.met), (Some("12 s"), Some(false)));
}

#[test]
fn a_target_of_requests_is_judged_where_a_log_says_what_a_request_is() {
    let set = Targets {
        request_p95: Some(100.0),
        request_p99: Some(100.0),
        statements_per_request: Some(20),
        ..Targets::default()
    };
    let requests = Requests {
        by: By::Trace,
        count: 50,
        timed: 50,
        p95_ms: Some(80.0),
        statements_p95: 31,
        statements_most: 40,
        slowest: Some(("/orders".to_owned(), 90.0)),
        ..Requests::default()
    };
    let log = Some(LogRead { plans: 0, partial: false });
    let met = |log, requests: Option<Requests>| {
        let mut world = world(set);
        (world.analyses.log, world.analyses.requests) = (log, requests);
        scores(&world).into_iter().map(|score| (score.met, score.how)).collect::<Vec<_>>()
    };
    let seen = met(log, Some(requests.clone()));
    assert_eq!(seen.iter().map(|(met, _)| *met).collect::<Vec<_>>(), [Some(true), None, Some(false)]);
    assert!(seen[0].1.contains("50 requests (by traceparent)") && seen[0].1.contains("/orders with 90 ms"), "{seen:?}");
    assert!(seen[1].1.contains("not observed, because the log holds only 50 requests"), "{seen:?}");
    let untimed = Requests { timed: 40, ..requests.clone() };
    let partial = Some(LogRead { plans: 0, partial: true });
    for (case, log, requests, why) in [
        ("no log", None, None, "because no log was read"),
        ("partial", partial, Some(requests), "because the log holds only a part"),
        ("no sign", log, None, "because nothing in the log says what a request is"),
        ("untimed", log, Some(untimed), "because 10 of 50 requests"),
    ] {
        let seen = met(log, requests);
        assert_eq!(seen[0].0, None, "{case}");
        assert!(seen[0].1.contains(why), "{case}: {}", seen[0].1);
    }
}

#[test]
fn every_format_shows_the_targets() {
    let world = world(Targets { statement_p95: Some(50.0), statement_p99: Some(50.0), ..Targets::default() });
    for format in [Format::Table, Format::Markdown] {
        let shown = render(format, &world.report(), &Look { width: 140, colour: false, unicode: true });
        for word in ["statement-p95", "missed", "statement-p99", "unknown", "80 ms"] {
            assert!(shown.contains(word), "{format:?} lacks {word}:\n{shown}");
        }
    }
}
