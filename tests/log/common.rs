//! Events, owned, and logs to read them from.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use pgassay::source::log::{Event, LogError, Settings, Step, Tally, read};

/// An execution, owned.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    pub at: Option<i64>,
    pub session: Option<u64>,
    pub step: Step,
    pub duration: Option<u64>,
    pub name: Option<String>,
    pub text: String,
    pub parameters: Option<String>,
    pub user: Option<String>,
    pub database: Option<String>,
    pub application: Option<String>,
    pub query_id: Option<i64>,
}

/// What a log told.
#[derive(Debug, Default)]
pub struct Told {
    pub ran: Vec<Ran>,
    /// The other events, as `Debug` has them.
    pub others: Vec<String>,
    pub tally: Tally,
}

impl Told {
    /// Without what the form of a log decides: times, sessions and names of who ran it.
    pub fn statements(&self) -> Vec<(Step, Option<u64>, String, Option<String>)> {
        let plain = |ran: &Ran| (ran.step, ran.duration, ran.text.clone(), ran.parameters.clone());
        self.ran.iter().map(plain).collect()
    }
}

pub fn try_told(paths: &[PathBuf], settings: &Settings) -> Result<Told, LogError> {
    let mut told = Told::default();
    let mut seen = (0, 0);
    told.tally = read(paths, settings, &mut |done, total| seen = (done, total), &mut |event| match event {
        Event::Execution(execution) => {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            told.ran.push(Ran {
                at: execution.at_us,
                session: execution.session,
                step: execution.step,
                duration: execution.duration_us,
                name: owned(execution.name),
                text: execution.text.to_owned(),
                parameters: owned(execution.parameters),
                user: owned(execution.user),
                database: owned(execution.database),
                application: owned(execution.application),
                query_id: execution.query_id,
            });
        }
        other => told.others.push(format!("{other:?}")),
    })?;
    assert_eq!(seen.0, seen.1, "progress ends at its end");
    assert_eq!(told.tally.executions, told.ran.len() as u64);
    assert_eq!(told.tally.events, (told.ran.len() + told.others.len()) as u64);
    Ok(told)
}

pub fn told(paths: &[PathBuf]) -> Told {
    try_told(paths, &Settings::default()).unwrap_or_else(|error| panic!("{paths:?}: {error}"))
}

/// Reads a text as a file of its own.
pub fn told_of(text: impl AsRef<[u8]>) -> Told {
    try_told_of(text).unwrap_or_else(|error| panic!("{error}"))
}

pub fn try_told_of(text: impl AsRef<[u8]>) -> Result<Told, LogError> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("postgresql.log");
    std::fs::write(&path, text).expect("a file");
    try_told(&[path], &Settings::default())
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/log").join(name)
}

/// The text of a fixture.
pub fn unpacked(name: &str) -> String {
    let file = std::fs::File::open(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut text = String::new();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap_or_else(|error| panic!("{name}: {error}"));
    text
}
