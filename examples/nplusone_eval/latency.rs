//! How near the estimated 95th percentile is to that of the log.

use std::collections::BTreeMap;
use std::path::Path;

use pgassay::analysis::Analyses;
use pgassay::snapshot::{Snapshot, Statement};
use pgassay::workload::outline::{Backslash, outline};
use pgassay::workload::{Binder, Workload};

use crate::capture::{self, Manifest};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How far off an estimate may be.
const OFF: f64 = 0.25;
/// Share of the estimates that must be nearer.
const BAR: f64 = 0.95;
/// Executions from which a percentile of a log is one.
const CALLS: usize = 100;

/// Estimates printed, those near the truth, and what was refused.
#[derive(Default)]
struct Estimates {
    near: usize,
    printed: usize,
    refused: usize,
}

/// Prints the figures; whether they hold.
pub fn print(directory: &Path, manifest: &Manifest, catalogs: &BTreeMap<String, Snapshot>) -> Result<bool> {
    let mut mixed = Estimates::default();
    for entry in &manifest.mixed {
        let catalog = catalogs.get(&entry.database).ok_or("a capture of an unknown database")?;
        compare(catalog, &directory.join(&entry.path), &mut mixed)?;
    }
    let (mut skewed, slow) = (Estimates::default(), directory.join("slow"));
    if let (true, Some(catalog)) = (slow.exists(), catalogs.values().next()) {
        compare(catalog, &slow, &mut skewed)?;
    }
    println!("\np95 within {:.0} % of the log's: mixed {mixed}, skewed {skewed}", OFF * 100.0);
    Ok((mixed.near + skewed.near) as f64 >= BAR * (mixed.printed + skewed.printed) as f64)
}

/// The estimator gets the moments of the log's own durations, as `pg_stat_statements` would keep them; those of the
/// view itself leave out planning, which the durations of a log hold.
fn compare(catalog: &Snapshot, directory: &Path, estimates: &mut Estimates) -> Result<()> {
    let mut snapshot = catalog.clone();
    let texts = capture::statements(&directory.join("pg_stat_statements.json"))?;
    let binder = Binder::of(catalog);
    let times = times(&binder, directory)?;
    let mut seen = std::collections::BTreeSet::new();
    let entry = |statement: Statement| -> Option<Statement> {
        let (name, _) = binder.bind(statement.text.as_deref()?)?;
        let times = times.get(&name).filter(|times| times.len() >= CALLS && seen.insert(name.clone()))?;
        Some(moments(statement, times))
    };
    snapshot.statements.entries = texts.into_iter().filter_map(entry).collect();
    let workload = Workload::build(&snapshot);
    for latency in Analyses::run(&snapshot, &workload, None).latency {
        let Some(times) = times.get(&workload.queries[latency.query].fingerprint) else { continue };
        let truth = times[(times.len() as f64 * 0.95) as usize];
        match latency.p95_ms {
            Some(estimate) => {
                estimates.printed += 1;
                estimates.near += usize::from((estimate / truth - 1.0).abs() <= OFF);
            }
            None => estimates.refused += 1,
        }
    }
    Ok(())
}

/// Durations by fingerprint, ms, rising.
fn times(binder: &Binder, directory: &Path) -> Result<BTreeMap<String, Vec<f64>>> {
    let (mut times, mut known, mut text) = (BTreeMap::<String, Vec<f64>>::new(), BTreeMap::new(), Vec::new());
    capture::each_execution(&directory.join("postgresql.json.gz"), |ran| {
        outline(ran.text, Backslash::Plain, &mut text);
        let name = known.entry(text.clone()).or_insert_with(|| binder.bind(ran.text).map(|(name, _)| name));
        if let (Some(name), Some(took)) = (name, ran.took) {
            times.entry(name.clone()).or_default().push(took as f64 / 1_000.0);
        }
    })?;
    for times in times.values_mut() {
        times.sort_by(f64::total_cmp);
    }
    Ok(times)
}

fn moments(statement: Statement, times: &[f64]) -> Statement {
    let calls = times.len() as f64;
    let mean = times.iter().sum::<f64>() / calls;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / calls;
    Statement {
        calls: times.len() as u64,
        total_exec_time: mean * calls,
        mean_exec_time: mean,
        stddev_exec_time: variance.sqrt(),
        min_exec_time: times[0],
        max_exec_time: times[times.len() - 1],
        ..statement
    }
}

impl std::fmt::Display for Estimates {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(out, "{} of {} ({} refused)", self.near, self.printed, self.refused)
    }
}
