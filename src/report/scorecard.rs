//! The targets of `pgassay.toml`, and whether they are met. What is not known is neither met nor missed.

mod requests;

use super::Score;
use super::lookup::Lookup;
use crate::analysis::Latency;
use crate::units::{Ms, Ratio, Seconds};
use crate::workload::brief;

/// Characters of a statement that is named.
const NAMED: usize = 60;

/// One line for each target that is set, in the order of the documentation.
pub(super) fn scorecard(lookup: &Lookup<'_>) -> Vec<Score> {
    let targets = &lookup.material.config.targets;
    let lines = [
        targets.statement_p95.map(|most| percentile(lookup, "statement-p95", most, |latency| latency.p95_ms)),
        targets.statement_p99.map(|most| percentile(lookup, "statement-p99", most, |latency| latency.p99_ms)),
        targets.request_p95.map(|most| requests::time(lookup, "request-p95", most, |all| all.p95_ms)),
        targets.request_p99.map(|most| requests::time(lookup, "request-p99", most, |all| all.p99_ms)),
        targets.statements_per_request.map(|most| requests::statements(lookup, most)),
        targets.cache_hit_ratio.map(|least| cache(lookup, least)),
        targets.connections.map(|most| connections(lookup, most)),
        targets.replication_lag.map(|most| replication(lookup, most)),
    ];
    lines.into_iter().flatten().collect()
}

fn score(target: &str, wanted: String, observed: Option<(String, bool)>, how: impl Into<String>) -> Score {
    let (observed, met) = observed.unzip();
    Score { target: target.to_owned(), wanted, observed, met, how: how.into() }
}

/// Every statement by itself: the slowest speaks for all.
fn percentile(lookup: &Lookup<'_>, target: &str, most: f64, of: fn(&Latency) -> Option<f64>) -> Score {
    let (workload, latency) = (&lookup.material.workload, &lookup.material.analyses.latency);
    let mut known: Vec<(f64, &Latency)> = latency.iter().filter_map(|one| Some((of(one)?, one))).collect();
    // of equals the one with more time, which comes first
    known.sort_by(|(one, a), (two, b)| two.total_cmp(one).then(a.query.cmp(&b.query)));
    let wanted = format!("<= {}", Ms(most));
    let Some((slowest, first)) = known.first().copied() else {
        let how = if target == "statement-p99" {
            "only a log with every duration of a hundred executions tells it (--log)"
        } else {
            "no statement ran often and evenly enough"
        };
        return score(target, wanted, None, how);
    };
    let missed = known.iter().filter(|(ms, _)| *ms > most).count();
    let unknown = latency.len() - known.len();
    // one that never took as long keeps the target, whatever its percentile
    let may_miss = latency.iter().filter(|one| of(one).is_none() && !never_longer(lookup, one, most)).count();
    let measured = known.iter().filter(|(_, latency)| latency.measured).count();
    let text: String = brief(&workload.queries[first.query].text).chars().take(NAMED).collect();
    let source = match measured {
        0 => "estimated from counters".to_owned(),
        all if all == known.len() => "measured in the log".to_owned(),
        some => format!("{some} measured in the log, the others estimated from counters"),
    };
    let how = format!(
        "{missed} of {} statements are above it, {} are not known; the slowest is {text}; {source}",
        known.len(),
        unknown
    );
    let met = if missed > 0 { Some(false) } else { (may_miss == 0).then_some(true) };
    Score { met, ..score(target, wanted, Some((Ms(slowest).to_string(), false)), how) }
}

/// Whether even its longest execution kept the target.
fn never_longer(lookup: &Lookup<'_>, latency: &Latency, most: f64) -> bool {
    let counters = &lookup.material.workload.queries[latency.query].counters;
    counters.min_max_whole && counters.calls > 0 && counters.max_ms <= most
}

fn cache(lookup: &Lookup<'_>, least: f64) -> Score {
    let usage = &lookup.material.snapshot.database;
    let all = usage.blks_hit + usage.blks_read;
    let ratio = usage.blks_hit as f64 / all as f64;
    let observed = (all > 0).then(|| (Ratio(ratio).to_string(), ratio >= least));
    let how = if all > 0 {
        "blocks found in shared buffers, of the whole database since its reset"
    } else {
        "no block was asked for"
    };
    score("cache-hit-ratio", format!(">= {}", Ratio(least)), observed, how)
}

fn connections(lookup: &Lookup<'_>, most: f64) -> Score {
    let snapshot = lookup.material.snapshot;
    let limit = snapshot.setting("max_connections").and_then(|value| value.parse::<f64>().ok());
    let used = snapshot.sessions.len() as f64;
    let unread = snapshot.gaps.iter().any(|gap| gap.what == "sessions");
    let limit = limit.filter(|_| !unread);
    let observed = limit.map(|limit| (Ratio(used / limit).to_string(), used / limit <= most));
    let how = match limit {
        _ if unread => "the sessions could not be read".to_owned(),
        Some(limit) => format!("{used} of {limit} connections at the moment of the snapshot"),
        None => "max_connections is not known".to_owned(),
    };
    score("connections", format!("<= {}", Ratio(most)), observed, how)
}

fn replication(lookup: &Lookup<'_>, most: f64) -> Score {
    let standbys = &lookup.material.snapshot.standbys;
    let worst = standbys.iter().filter_map(|standby| standby.replay_lag_s).reduce(f64::max);
    let silent = standbys.iter().filter(|standby| standby.replay_lag_s.is_none()).count();
    let observed = worst.map(|worst| (Seconds(worst).to_string(), worst <= most));
    let how = match (standbys.len(), worst) {
        (0, _) => "no standby is connected, or the role may not see it".to_owned(),
        (_, None) => "no standby has reported a lag: nothing was written, or the role may not see it".to_owned(),
        (count, Some(_)) => format!(
            "the most of {} standbys at the moment of the snapshot, {silent} have reported none",
            count - silent
        ),
    };
    let score = score("replication-lag", format!("<= {}", Seconds(most)), observed, how);
    // what one standby keeps says nothing of another
    let met = score.met.filter(|met| !met || silent == 0);
    Score { met, ..score }
}
