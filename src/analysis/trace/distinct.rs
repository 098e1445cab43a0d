//! Whether a loop sees other values each time.

/// Values compared; of a longer loop the first ones stand for all.
const COMPARED: usize = 24;
/// Share of them that must differ: a cache that misses, or a status that is polled, asks the same again.
const SHARE: f64 = 0.5;

/// The first values of a loop.
#[derive(Debug, Clone, Default)]
pub(super) struct Distinct {
    values: Vec<u64>,
    seen: usize,
}

impl Distinct {
    pub(super) fn add(&mut self, value: u64) {
        if self.seen < COMPARED {
            self.seen += 1;
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }

    pub(super) fn mostly(&self) -> bool {
        self.values.len() as f64 >= self.seen as f64 * SHARE
    }
}
