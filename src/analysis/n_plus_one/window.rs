//! What a window says of a body: how many of its executions come together.

use super::traps::Together;
use super::weights::WEIGHTS;
use crate::analysis::window::Window;
use crate::workload::Workload;

/// A window's word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rhythm {
    /// Log-odds of a loop.
    pub odds: f64,
    /// Executions that come together.
    pub together: f64,
}

/// Weighs one; `counted` are the log-odds of its counters alone. `None` where it ran too seldom in the window.
pub fn weigh(window: &Window, query: usize, counted: f64) -> Option<Rhythm> {
    let weights = &WEIGHTS.window;
    let together = window.together(query).filter(|_| window.calls(query) >= weights.min_calls)?;
    let odds =
        weights.intercept + weights.together * together.max(1.0).ln() + weights.snapshot * counted.clamp(-3.0, 3.0);
    Some(Rhythm { odds, together })
}

/// Statements whose calls rise and fall together, and are about as many.
impl Together for Window {
    fn as_often(&self, _: &Workload, query: usize, body: usize, within: f64) -> bool {
        let (one, two) = (self.calls(query), self.calls(body));
        (one - two).abs() <= within * two && self.alike(query, body) >= WEIGHTS.window.alike
    }

    fn for_each_row(&self, _: &Workload, query: usize, body: usize, within: f64) -> bool {
        let (rows, calls): (f64, f64) = (self.series[query].rows.iter().sum(), self.calls(body));
        (rows - calls).abs() <= within * calls && self.alike(query, body) >= WEIGHTS.window.alike
    }
}
