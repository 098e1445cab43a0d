//! The time that a log covers, without times that no neighbour bears out.
//!
//! One damaged digit would stretch a log of an hour over years, and every rate with it.

/// A time so far from the one before and from the one after is none, µs.
const FAR: i64 = 24 * 3_600_000_000;
/// One in so many may be so; of a log with more of them every time counts.
const SELDOM: u64 = 100;

/// From the first to the last time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    all: Option<(i64, i64)>,
    near: Option<(i64, i64)>,
    /// The last time that is borne out.
    latest: i64,
    /// A time that the next one may bear out.
    doubtful: Option<(i64, i64)>,
    times: u64,
    strays: u64,
}

impl Span {
    /// Takes the times of the next execution into account.
    pub(super) fn add(&mut self, began: i64, ended: i64) {
        self.times += 1;
        self.all = Some(joined(self.all, (began, ended)));
        if self.near.is_some() && is_near(self.latest, ended) {
            self.strays += u64::from(self.doubtful.take().is_some());
        } else if let Some(one) = self.doubtful.filter(|one| is_near(one.1, ended)) {
            self.near = Some(joined(self.near, one));
            self.doubtful = None;
        } else {
            self.strays += u64::from(self.doubtful.replace((began, ended)).is_some());
            return;
        }
        self.near = Some(joined(self.near, (began, ended)));
        self.latest = ended;
    }

    /// The time covered, and how many times were left out of it.
    pub(super) fn finish(self) -> (Option<(i64, i64)>, u64) {
        let strays = self.strays + u64::from(self.doubtful.is_some());
        if self.near.is_none() || strays * SELDOM > self.times { (self.all, 0) } else { (self.near, strays) }
    }
}

fn is_near(one: i64, other: i64) -> bool {
    one.abs_diff(other) <= FAR.unsigned_abs()
}

fn joined(span: Option<(i64, i64)>, (began, ended): (i64, i64)) -> (i64, i64) {
    span.map_or((began, ended), |(first, last)| (first.min(began), last.max(ended)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_neighbour_bears_out_stretches_nothing() {
        const HOUR: i64 = 3_600_000_000;
        let hours = |count: i64| (0..count).map(|hour| hour * HOUR / 100).collect::<Vec<_>>();
        let with = |at: usize, time: i64| {
            let mut times = hours(200);
            times.insert(at, time);
            times
        };
        let later: Vec<i64> = hours(200).into_iter().chain(hours(200).iter().map(|at| at + 90 * 24 * HOUR)).collect();
        let whole = (0, 199 * HOUR / 100);
        for (case, times, expected, strays) in [
            ("none", hours(200), whole, 0),
            ("in the middle", with(70, 9_000 * HOUR), whole, 1),
            ("the first", with(0, -9_000 * HOUR), whole, 1),
            ("the last", with(200, 9_000 * HOUR), whole, 1),
            ("a log with a gap of three months", later, (0, 90 * 24 * HOUR + whole.1), 0),
            ("a statement a week", (0..9).map(|week| week * 7 * 24 * HOUR).collect(), (0, 8 * 7 * 24 * HOUR), 0),
            ("a single one", vec![5], (5, 5), 0),
        ] {
            let mut span = Span::default();
            for at in &times {
                span.add(*at, *at);
            }
            assert_eq!(span.finish(), (Some(expected), strays), "{case}");
        }
        assert_eq!(Span::default().finish(), (None, 0));
    }
}
