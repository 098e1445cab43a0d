//! How unevenly executions fall into windows of time.

/// Lengths of the windows, µs.
const WINDOWS: [i64; 6] = [50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000];

/// Calls per window of one length.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Beat {
    /// Length of the window, seconds.
    pub window_s: f64,
    /// Calls per window on average, windows without any included.
    pub mean: f64,
    /// Variance over mean: 1 for calls that come independently, about k where they come k at a time.
    pub dispersion: f64,
}

/// Sums over the windows of each length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rhythm {
    windows: [Counted; WINDOWS.len()],
}

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    current: i64,
    calls: f64,
    total: f64,
    squares: f64,
}

impl Rhythm {
    pub(super) fn add(&mut self, at: i64) {
        for (window, length) in self.windows.iter_mut().zip(WINDOWS) {
            let current = at.div_euclid(length);
            if current != window.current {
                window.close();
                window.current = current;
            }
            window.calls += 1.0;
        }
    }

    /// Over the time that the log covers.
    pub(super) fn beats(mut self, (first, last): (i64, i64)) -> Vec<Beat> {
        let beat = |(window, length): (&mut Counted, i64)| {
            window.close();
            let windows = ((last - first) as f64 / length as f64).ceil().max(1.0);
            let mean = window.total / windows;
            let variance = (window.squares / windows - mean * mean) * windows / (windows - 1.0).max(1.0);
            let dispersion = if mean > 0.0 { variance / mean } else { 0.0 };
            Beat { window_s: length as f64 / 1e6, mean, dispersion }
        };
        self.windows.iter_mut().zip(WINDOWS).map(beat).collect()
    }
}

impl Counted {
    fn close(&mut self) {
        self.total += self.calls;
        self.squares += self.calls * self.calls;
        self.calls = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_come_ten_at_a_time_have_a_dispersion_of_about_ten() {
        let (mut single, mut tens) = (Rhythm::default(), Rhythm::default());
        let mut random = fastrand::Rng::with_seed(7);
        let mut starts = |count| {
            let mut starts: Vec<i64> = (0..count).map(|_| random.i64(0..300_000_000)).collect();
            starts.sort_unstable();
            starts
        };
        for start in starts(3_000) {
            single.add(start);
        }
        for start in starts(300) {
            for step in 0..10 {
                tens.add(start + step * 1_000);
            }
        }
        let at_a_second = |rhythm: Rhythm| rhythm.beats((0, 300_000_000))[4];
        let (single, tens) = (at_a_second(single), at_a_second(tens));
        assert!((0.8..1.3).contains(&single.dispersion), "{single:?}");
        assert!((8.5..12.0).contains(&tens.dispersion), "{tens:?}");
        assert!((tens.mean - 10.0).abs() < 0.1, "{tens:?}");
    }
}
