//! What a window says of a body: how many of its executions come together, or whether they follow the rows of a list.

use super::each_row::EachRow;
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
    /// The list whose rows they follow, where that says more than how they come.
    pub list: Option<usize>,
}

/// Weighs one; `counted` are the log-odds of its counters alone. `None` where it ran too seldom in the window.
pub fn weigh(window: &Window, query: usize, counted: f64, followed: Option<EachRow>) -> Option<Rhythm> {
    let weights = &WEIGHTS.window;
    let together = window.together(query).filter(|_| window.calls(query) >= weights.min_calls)?;
    let bursts = weights.together * together.max(1.0).ln();
    let rows = |followed: &EachRow| weights.each_row * followed.evidence;
    let followed = followed.filter(|followed| rows(followed) > bursts);
    let odds = weights.intercept + followed.as_ref().map_or(bursts, rows) + weights.snapshot * counted.clamp(-3.0, 3.0);
    let together = followed.map_or(together, |followed| followed.per_call);
    Some(Rhythm { odds, together, list: followed.map(|followed| followed.list) })
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
