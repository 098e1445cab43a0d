//! The distribution of a statement's run times, in constant memory.

/// Width of a bucket: a twentieth more than the one before, so a percentile is right within 3 %.
const GROWTH: f64 = 1.05;
/// Buckets: from 1 µs to over an hour.
const BUCKETS: usize = 460;

/// Sums and a histogram.
#[derive(Debug, Clone, Default)]
pub(in crate::analysis) struct Times {
    pub calls: u64,
    pub total_ms: f64,
    squares: f64,
    pub min_ms: f64,
    pub max_ms: f64,
    buckets: Vec<u64>,
}

impl Times {
    pub(in crate::analysis) fn add(&mut self, took_us: u64) {
        let ms = took_us as f64 / 1_000.0;
        self.min_ms = if self.calls == 0 { ms } else { self.min_ms.min(ms) };
        self.max_ms = self.max_ms.max(ms);
        self.calls += 1;
        self.total_ms += ms;
        self.squares += ms * ms;
        if self.buckets.is_empty() {
            self.buckets = vec![0; BUCKETS];
        }
        let bucket = ((took_us.max(1) as f64).ln() / GROWTH.ln()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
    }

    pub(super) fn stddev_ms(&self) -> f64 {
        if self.calls == 0 {
            return 0.0;
        }
        let mean = self.total_ms / self.calls as f64;
        (self.squares / self.calls as f64 - mean * mean).max(0.0).sqrt()
    }

    /// The value that `share` of the executions do not exceed; `None` without executions.
    pub(in crate::analysis) fn percentile(&self, share: f64) -> Option<f64> {
        let wanted = (self.calls as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted.max(1)
        })?;
        let middle = GROWTH.powf(bucket as f64 + 0.5) / 1_000.0;
        Some(middle.clamp(self.min_ms, self.max_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_right_within_three_percent() {
        let mut times = Times::default();
        (1..=10_000_u64).for_each(|took| times.add(took * 37));
        for (share, expected) in [(0.5, 185.0), (0.95, 351.5), (0.99, 366.3)] {
            let found = times.percentile(share).expect("executions");
            assert!((found / expected - 1.0).abs() < 0.03, "{share}: {found}, not {expected}");
        }
        assert_eq!(Times::default().percentile(0.5), None);
    }
}
