//! How often to read the counters.
//!
//! Bursts show best in short intervals, and a reading must cost the server next to nothing: it begins with five a
//! second and slows down where that is too dear. It never speeds up again, so that most intervals have one length.

use std::time::Duration;

/// Seconds between two readings at first, and at least.
const SHORTEST: f64 = 0.2;

/// Seconds between two readings at most: in longer intervals bursts drown in the ups and downs of traffic.
const LONGEST: f64 = 1.0;

/// Intervals that a window has at least, unless it is too short: a variance of fewer says little.
const FEWEST: f64 = 20.0;

/// Intervals that a window begins with at most: a long one has enough of them at a slower pace.
const MOST: f64 = 1_800.0;

/// Share of the time that the server may spend on readings.
const LOAD: f64 = 0.01;

/// Entries that may be sent five times a second; some 50 bytes each.
const FEW_ENTRIES: f64 = 1_000.0;

/// Readings of which the cheapest counts: one that met a busy moment says nothing of the next.
const LOOKED_AT: usize = 3;

/// The time between two readings.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    seconds: f64,
    longest: f64,
    costs: Vec<f64>,
}

impl Pace {
    /// For a window of this length.
    pub(super) fn of(window: Duration) -> Self {
        let window = window.as_secs_f64();
        let longest = (window / FEWEST).clamp(SHORTEST, LONGEST);
        Self { seconds: (window / MOST).clamp(SHORTEST, longest), longest, costs: Vec::new() }
    }

    /// From the beginning of a reading to that of the next.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// A reading took so long on the server, and had so many entries.
    pub(super) fn learn(&mut self, own_ms: f64, entries: u64) {
        self.costs.push(own_ms / 1_000.0);
        if self.costs.len() > LOOKED_AT {
            self.costs.remove(0);
        }
        let cost = self.costs.iter().copied().fold(f64::INFINITY, f64::min);
        let bearable = if self.costs.len() < LOOKED_AT { 0.0 } else { cost / LOAD };
        let sent = SHORTEST * entries as f64 / FEW_ENTRIES;
        self.seconds = self.seconds.max(bearable).max(sent).min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_as_frequent_as_the_server_can_bear_and_a_window_has_twenty_where_it_can() {
        for (case, window, own_ms, entries, expected) in [
            ("cheap", 30, 0.5, 28, 0.2),
            ("over one percent of the interval", 30, 5.0, 28, 0.5),
            ("dear", 30, 40.0, 28, 1.0),
            ("many entries", 30, 0.5, 3_000, 0.6),
            ("very many entries", 30, 0.5, 50_000, 1.0),
            ("dear in a short window", 10, 40.0, 28, 0.5),
            ("shorter than twenty intervals", 2, 40.0, 28, 0.2),
            ("long", 1_200, 0.5, 28, 2.0 / 3.0),
            ("an hour", 3_600, 0.5, 28, 1.0),
        ] {
            let mut pace = Pace::of(Duration::from_secs(window));
            (0..5).for_each(|_| pace.learn(own_ms, entries));
            let found = pace.interval().as_secs_f64();
            assert!((found - expected).abs() < 1e-6, "{case}: {found}");
        }
    }

    #[test]
    fn one_slow_reading_changes_nothing() {
        let mut pace = Pace::of(Duration::from_secs(30));
        for own_ms in [80.0, 0.5, 0.5, 0.5, 90.0, 0.5] {
            pace.learn(own_ms, 28);
        }
        assert_eq!(pace.interval(), Duration::from_millis(200));
    }
}
