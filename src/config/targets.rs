//! `[targets]`: what a team has promised, for the report to say whether it is kept.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The targets that are set; the others are not judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Targets {
    /// `statement-p95 = "50ms"`: the 95th percentile of every statement's run times, ms.
    #[serde(deserialize_with = "ms")]
    pub statement_p95: Option<f64>,
    /// `statement-p99`: the 99th, ms; only a log tells it.
    #[serde(deserialize_with = "ms")]
    pub statement_p99: Option<f64>,
    /// `request-p95 = "200ms"`: the 95th percentile of the time that a request's statements take together, ms; a log tells
    /// it, where tags or transactions say what a request is.
    #[serde(deserialize_with = "ms")]
    pub request_p95: Option<f64>,
    /// `request-p99`: the 99th, ms.
    #[serde(deserialize_with = "ms")]
    pub request_p99: Option<f64>,
    /// `statements-per-request = 20`: statements, at most, of 95 of 100 requests; likewise.
    #[serde(deserialize_with = "count")]
    pub statements_per_request: Option<u64>,
    /// `cache-hit-ratio = 0.99`: blocks found in shared buffers, at least, of all that were asked for.
    #[serde(deserialize_with = "share")]
    pub cache_hit_ratio: Option<f64>,
    /// `connections = 0.8`: client connections, at most, of `max_connections`.
    #[serde(deserialize_with = "share")]
    pub connections: Option<f64>,
    /// `replication-lag = "10s"`: the replay lag of every standby, at most, s.
    #[serde(deserialize_with = "seconds")]
    pub replication_lag: Option<f64>,
}

fn ms<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(duration(from)?.map(|duration| duration.as_secs_f64() * 1_000.0))
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(duration(from)?.map(|duration| duration.as_secs_f64()))
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map(Some).map_err(|_| {
        serde::de::Error::custom(format!("\"{text}\" is no time: a number with its unit, as in \"50ms\" or \"10s\""))
    })
}

fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let count = i64::deserialize(from)?;
    let wrong = || serde::de::Error::custom(format!("{count} is no number of statements: a whole number from 1"));
    u64::try_from(count).ok().filter(|count| *count > 0).map(Some).ok_or_else(wrong)
}

fn share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let share = f64::deserialize(from)?;
    if (0.0..=1.0).contains(&share) {
        return Ok(Some(share));
    }
    Err(serde::de::Error::custom(format!("{share} is no share: a number from 0 to 1, as in 0.99")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_unit_and_a_share_lies_between_0_and_1() {
        let read = |text: &str| toml::from_str::<Targets>(text);
        let targets = read("statement-p95 = '50ms'\nreplication-lag = '1m'\ncache-hit-ratio = 0.99").expect("targets");
        assert_eq!((targets.statement_p95, targets.replication_lag), (Some(50.0), Some(60.0)));
        assert_eq!((targets.cache_hit_ratio, targets.connections), (Some(0.99), None));
        for (text, why) in [
            ("statement-p95 = '50'", "a number with its unit"),
            ("connections = 80.0", "a number from 0 to 1"),
            ("statement-p90 = '50ms'", "unknown field"),
            ("statements-per-request = 0", "a whole number from 1"),
            ("statements-per-request = -3", "a whole number from 1"),
            ("request-p95 = '5'", "a number with its unit"),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
