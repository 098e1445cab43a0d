//! The targets of `pgassay.toml` in the report.

use pgassay::analysis::Latency;
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
fn every_format_shows_the_targets() {
    let world = world(Targets { statement_p95: Some(50.0), statement_p99: Some(50.0), ..Targets::default() });
    for format in [Format::Table, Format::Markdown] {
        let shown = render(format, &world.report(), &Look { width: 140, colour: false, unicode: true });
        for word in ["statement-p95", "missed", "statement-p99", "unknown", "80 ms"] {
            assert!(shown.contains(word), "{format:?} lacks {word}:\n{shown}");
        }
    }
}
