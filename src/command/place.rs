//! Where the audited server runs, for the profile that goes with it.

use crate::config::Place;
use crate::rule::{Profile, RuleError};
use crate::snapshot::Snapshot;

/// A server of a CI job, and its counters, are not older than this, seconds.
const CI_AGE: f64 = 86_400.0;

/// The profile that the configuration names, else that of the place that the snapshot knows of.
pub fn profile(snapshot: &Snapshot, configured: Place) -> Result<Option<Profile>, RuleError> {
    let id = match configured {
        Place::None => None,
        Place::Auto => snapshot.server.managed.as_deref(),
        named => named.profile(),
    };
    id.map_or(Ok(None), Profile::named)
}

/// Writes down that the server is one of a CI job. A job may audit production too, so the server has to be as young as
/// the job. It is the reading that decides: the same snapshot means the same on every machine.
pub fn recognise(snapshot: &mut Snapshot) {
    let job = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    let young = |age: f64| age < CI_AGE;
    let started = snapshot.taken_at - snapshot.server.started_at;
    if job && snapshot.server.managed.is_none() && young(started) && young(snapshot.evidence.database_stats_age_s) {
        snapshot.server.managed = Some("ci".to_owned());
    }
}
