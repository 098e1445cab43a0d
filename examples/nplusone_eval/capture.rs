//! One capture of the data: its label, its counters, its samples, its log.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use pgassay::analysis::trace::Ran;
use pgassay::snapshot::{Snapshot, Statement, StatementsState};
use pgassay::source::log::{self, Event};
use serde::Deserialize;
use serde::de::DeserializeOwned;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// `manifest.json`.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// One workload alone in each.
    pub isolated: Vec<Entry>,
    /// Several endpoints together.
    pub mixed: Vec<Entry>,
}

/// Where a capture is.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Its directory.
    pub path: String,
    /// The schema that it ran on.
    pub database: String,
}

/// `label.json`: what is an N+1, and what is not.
#[derive(Debug, Deserialize)]
pub struct Label {
    /// `n_plus_one`, `fixed`, `trap`, `grey`, `hidden_in_function`; none in a mixture.
    pub class: Option<String>,
    /// The loops.
    #[serde(default)]
    pub n_plus_one: Vec<Loop>,
    /// What ran often, and is no loop.
    #[serde(default)]
    pub negatives_with_10_or_more_calls: Vec<Labelled>,
}

/// A loop: its body and the list that it runs over.
#[derive(Debug, Deserialize)]
pub struct Loop {
    /// The body.
    pub child: Labelled,
}

/// A labelled statement.
#[derive(Debug, Deserialize)]
pub struct Labelled {
    /// The server's id, as text.
    pub queryid: String,
    /// Share of the calls that loops made; only in mixtures.
    pub estimated_share_of_calls_from_n_plus_one: Option<f64>,
}

/// A capture.
pub struct Capture {
    /// Its directory.
    pub directory: PathBuf,
    /// What is true of it.
    pub label: Label,
    /// What an audit would have read.
    pub snapshot: Snapshot,
}

/// The manifest of a directory of captures.
pub fn manifest(directory: &Path) -> Result<Manifest> {
    json(&directory.join("manifest.json"))
}

/// Reads one, on the catalog of its database.
pub fn read(directory: &Path, entry: &Entry, catalogs: &BTreeMap<String, Snapshot>) -> Result<Capture> {
    let path = directory.join(&entry.path);
    let catalog = catalogs.get(&entry.database).ok_or_else(|| format!("no schema of {}", entry.database))?;
    let mut snapshot = catalog.clone();
    snapshot.statements.entries = statements(&path.join("pg_stat_statements.json"))?;
    snapshot.statements.state = StatementsState::Read;
    snapshot.statements.version = Some("1.10".to_owned());
    Ok(Capture { label: json(&path.join("label.json"))?, directory: path, snapshot })
}

/// The view's rows, with the ids as numbers and the names that a snapshot has.
pub fn statements(path: &Path) -> Result<Vec<Statement>> {
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = json(path)?;
    rows.into_iter().map(statement).collect()
}

fn statement(mut row: serde_json::Map<String, serde_json::Value>) -> Result<Statement> {
    for (from, to) in [
        ("query", "text"),
        ("rolname", "user"),
        ("blk_read_time", "shared_blk_read_time"),
        ("blk_write_time", "shared_blk_write_time"),
    ] {
        if let Some(value) = row.remove(from) {
            row.insert(to.to_owned(), value);
        }
    }
    for key in ["queryid", "wal_bytes"] {
        let number = match row.get(key) {
            Some(serde_json::Value::String(text)) => serde_json::json!(text.parse::<i64>()?),
            Some(serde_json::Value::Number(number)) => serde_json::json!(number.as_f64().unwrap_or(0.0) as i64),
            _ => return Err(format!("no {key}").into()),
        };
        row.insert(key.to_owned(), number);
    }
    Ok(serde_json::from_value(serde_json::Value::Object(row))?)
}

/// A file of JSON, gzip by name.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = std::fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text)?;
    } else {
        std::io::BufReader::new(file).read_to_string(&mut text)?;
    }
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// The executions of a log, as an audit takes them.
pub fn each_execution(path: &Path, mut sink: impl FnMut(&Ran)) -> Result<()> {
    let paths = [path.to_owned()];
    let mut take = |event: &Event| {
        if let Event::Execution(execution) = event
            && let Some(ran) = Ran::of(execution)
        {
            sink(&ran);
        }
    };
    let tally = log::read(&paths, &log::Settings::default(), &mut |_, _| {}, &mut take)?;
    // a log of which nothing was understood must not pass for one without loops
    if tally.executions == 0 {
        return Err(format!("{}: no executions: {:?}", path.display(), tally.skipped).into());
    }
    Ok(())
}
