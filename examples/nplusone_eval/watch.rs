//! What each kind of evidence lets the analysis see of a capture.

use std::collections::BTreeMap;

use pgassay::analysis::trace::{Observer, Trace};
use pgassay::snapshot::{Change, Interval, Samples, Snapshot};
use pgassay::workload::Workload;
use serde::Deserialize;

use crate::capture::{self, Capture};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Kinds of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One reading of the counters.
    Snapshot,
    /// Readings a second apart.
    Window,
    /// A log with every duration.
    Log,
    /// Both.
    WindowAndLog,
    /// A log with traces in comments.
    Tags,
}

/// All of them.
pub const LEVELS: [Level; 5] = [Level::Snapshot, Level::Window, Level::Log, Level::WindowAndLog, Level::Tags];

impl Level {
    /// For the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Window => "window",
            Self::Log => "log",
            Self::WindowAndLog => "window and log",
            Self::Tags => "tags",
        }
    }

    fn has_window(self) -> bool {
        matches!(self, Self::Window | Self::WindowAndLog)
    }

    fn has_log(self) -> bool {
        matches!(self, Self::Log | Self::WindowAndLog | Self::Tags)
    }
}

/// What an audit would have seen.
pub struct Seen {
    /// With samples, where the level has them.
    pub snapshot: Snapshot,
    /// The log.
    pub trace: Option<Trace>,
}

/// One reading of `samples.json.gz`.
#[derive(Debug, Deserialize)]
struct Reading {
    t: f64,
    q: BTreeMap<String, (u64, u64, f64)>,
}

/// `None` where the capture has no such evidence.
pub fn watch(capture: &Capture, level: Level) -> Result<Option<Seen>> {
    let mut snapshot = capture.snapshot.clone();
    if level.has_window() {
        let path = capture.directory.join("samples.json.gz");
        if !path.exists() {
            return Ok(None);
        }
        snapshot.samples = Some(samples(&capture::json::<Vec<Reading>>(&path)?)?);
    }
    let mut trace = None;
    if level.has_log() {
        let mut watched = log(capture, &snapshot)?;
        let tagged = watched.statements.values().any(|traced| traced.traced.is_some());
        if (level == Level::Tags) != tagged {
            // where there are tags the log has more to say than its order: that is another level
            if level == Level::Tags {
                return Ok(None);
            }
            watched.statements.values_mut().for_each(|traced| traced.traced = None);
        }
        trace = Some(watched);
    }
    Ok(Some(Seen { snapshot, trace }))
}

fn samples(readings: &[Reading]) -> Result<Samples> {
    let interval = |two: &[Reading]| -> Result<Interval> {
        let mut changes = Vec::new();
        for (id, after) in &two[1].q {
            let before = two[0].q.get(id).copied().unwrap_or_default();
            if after.0 > before.0 {
                let (calls, rows) = (after.0 - before.0, after.1 - before.1);
                changes.push(Change { queryid: id.parse()?, calls, rows, total_exec_time: after.2 - before.2 });
            }
        }
        Ok(Interval { seconds: two[1].t - two[0].t, changes })
    };
    let intervals = readings.windows(2).map(interval).collect::<Result<_>>()?;
    Ok(Samples { began_at: readings.first().map_or(0.0, |reading| reading.t), intervals, ..Samples::default() })
}

/// The capture's log, read as an audit reads it.
fn log(capture: &Capture, snapshot: &Snapshot) -> Result<Trace> {
    let workload = Workload::build(snapshot);
    let mut observer = Observer::of(snapshot, &workload);
    crate::capture::each_execution(&capture.directory.join("postgresql.json.gz"), |ran| observer.observe(ran))?;
    Ok(observer.finish())
}
