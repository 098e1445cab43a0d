//! Precision and recall by level, and whether a confidence means what it says.

use std::collections::BTreeMap;

use pgassay::analysis::NPlusOne;
use pgassay::workload::{Query, Workload};

use crate::capture::{Capture, Labelled};
use crate::watch::{LEVELS, Level};

/// Confidence from which a finding counts as one.
const FOUND: f64 = 0.5;
/// Executions of a unit that is scored.
const CALLS: u64 = 10;
/// Share of a child's executions that must be a loop's.
const SHARE: f64 = 0.2;
/// Precision and recall wanted on mixed traffic.
const BARS: [(Level, f64, f64); 4] =
    [(Level::Window, 0.95, 0.90), (Level::Log, 0.99, 0.92), (Level::WindowAndLog, 0.99, 0.93), (Level::Tags, 1.0, 1.0)];
/// Bands of the calibration table.
const BANDS: [(f64, f64); 6] = [(0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)];

/// One labelled statement and what was said of it.
struct Unit {
    loops: bool,
    confidence: f64,
    /// The analysis found it, and the rule does not tell it.
    untold: bool,
}

/// All units.
pub struct Tally {
    units: BTreeMap<(Level, bool), Vec<Unit>>,
    show: bool,
}

impl Tally {
    /// Of nothing yet.
    pub fn new(show: bool) -> Self {
        Self { units: BTreeMap::new(), show }
    }

    /// Compares what a user would be told of a capture with its labels.
    pub fn add(
        &mut self,
        capture: &Capture,
        level: Level,
        mixed: bool,
        workload: &Workload,
        found: &[NPlusOne],
        told: &BTreeMap<String, f64>,
    ) {
        for (position, query) in workload.queries.iter().enumerate() {
            let Some(loops) = label(capture, query) else { continue };
            let confidence = told.get(&query.fingerprint).copied().unwrap_or(0.0);
            let known =
                |one: &NPlusOne| one.child == position && one.confidence >= FOUND && one.pattern != "worker-loop";
            let untold = confidence < FOUND && found.iter().any(known);
            if self.show && (confidence >= FOUND) != loops {
                let what = if loops { "missed" } else { "false " };
                let text: String =
                    query.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(90).collect();
                println!("{what} {:<14} {confidence:.2} {}: {text}", level.name(), capture.directory.display());
            }
            self.units.entry((level, mixed)).or_default().push(Unit { loops, confidence, untold });
        }
    }

    /// The tables.
    pub fn print(&self) {
        println!(
            "\n{:<16}{:<10}{:>6}{:>8}{:>11}{:>8}{:>8}{:>14}",
            "level", "traffic", "loops", "others", "precision", "recall", "untold", "any precision"
        );
        for ((level, mixed), units) in &self.units {
            let score = Score::of(units, FOUND);
            let any = Score::of(units, 0.01);
            let traffic = if *mixed { "mixed" } else { "isolated" };
            let (loops, others) =
                (units.iter().filter(|unit| unit.loops).count(), units.iter().filter(|unit| !unit.loops).count());
            let untold = units.iter().filter(|unit| unit.loops && unit.untold).count();
            println!(
                "{:<16}{traffic:<10}{loops:>6}{others:>8}{:>11.2}{:>8.2}{untold:>8}{:>8.2}/{:.2}",
                level.name(),
                score.precision,
                score.recall,
                any.precision,
                any.recall
            );
        }
        println!("\n{:<16}{}", "confidence", LEVELS.map(|level| format!("{:>16}", level.name())).concat());
        for (from, to) in BANDS {
            let cell = |level: Level| {
                let all = self.units.iter().filter(|((one, _), _)| *one == level).flat_map(|(_, units)| units);
                let within: Vec<&Unit> = all.filter(|unit| (from..to).contains(&unit.confidence)).collect();
                let right = within.iter().filter(|unit| unit.loops).count();
                format!(
                    "{:>16}",
                    if within.is_empty() { "-".to_owned() } else { format!("{right} of {}", within.len()) }
                )
            };
            println!("{:<16}{}", format!("{from:.1} to {:.1}", to.min(1.0)), LEVELS.map(cell).concat());
        }
    }

    /// Whether every level reaches its bar on mixed traffic.
    pub fn holds(&self) -> bool {
        BARS.iter().all(|(level, precision, recall)| {
            self.units.get(&(*level, true)).is_none_or(|units| {
                let score = Score::of(units, FOUND);
                score.precision >= *precision && score.recall >= *recall
            })
        })
    }
}

struct Score {
    precision: f64,
    recall: f64,
}

impl Score {
    fn of(units: &[Unit], from: f64) -> Self {
        let found: Vec<&Unit> = units.iter().filter(|unit| unit.confidence >= from).collect();
        let right = found.iter().filter(|unit| unit.loops).count() as f64;
        let loops = units.iter().filter(|unit| unit.loops).count() as f64;
        Self {
            precision: if found.is_empty() { 1.0 } else { right / found.len() as f64 },
            recall: if loops > 0.0 { right / loops } else { 1.0 },
        }
    }
}

/// Whether a statement is the body of a loop; `None` for what is not scored.
fn label(capture: &Capture, query: &Query) -> Option<bool> {
    let is_it = |one: &Labelled| one.queryid.parse().is_ok_and(|id: i64| query.queryids.contains(&id));
    if capture.label.class.as_deref() == Some("grey") || query.counters.calls < CALLS {
        return None;
    }
    if let Some(one) = capture.label.n_plus_one.iter().find(|one| is_it(&one.child)) {
        let share = one.child.estimated_share_of_calls_from_n_plus_one.unwrap_or(1.0);
        return (share >= SHARE).then_some(true);
    }
    capture.label.negatives_with_10_or_more_calls.iter().any(is_it).then_some(false)
}
