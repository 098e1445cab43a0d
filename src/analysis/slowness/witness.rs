//! Takes waits, temporary files, cancelled runs and plans of a log, and gives each to its statement.

use std::collections::{BTreeMap, HashMap};

use super::evidence::{Evidence, Told};
use super::shape::Names;
use super::{plan_json, plan_text};
use crate::ident::QualifiedName;
use crate::snapshot::Snapshot;
use crate::source::log::{Event, LockWait, Plan, PlanFormat};
use crate::workload::outline::{Backslash, hash, outline, without_values};
use crate::workload::{Binder, Workload};

/// Outlines kept: a program that writes values into its names would fill any memory.
const OUTLINES: usize = 50_000;
/// Longer texts are known by their counts alone, as elsewhere.
const TEXT: usize = 100_000;
/// Statements with evidence that are kept.
const STATEMENTS: usize = 20_000;
/// Distinct objects kept of a statement.
const OBJECTS: usize = 20;

/// Sees one event after another, keeps sums only.
pub struct Witness<'a> {
    binder: Binder<'a>,
    backslash: Backslash,
    database: &'a str,
    names: Names,
    tables: BTreeMap<u32, String>,
    by_queryid: HashMap<i64, &'a str>,
    by_outline: HashMap<(u64, u64), Option<String>>,
    /// Waits whose end has not come, by process.
    waiting: BTreeMap<u64, Waiting>,
    scratch: Vec<u8>,
    evidence: Evidence,
}

struct Waiting {
    statement: Option<String>,
    object: String,
    ms: f64,
}

impl<'a> Witness<'a> {
    /// Of the tables of a snapshot and the statements that were counted.
    pub fn of(snapshot: &'a Snapshot, workload: &'a Workload) -> Self {
        let ids =
            workload.queries.iter().flat_map(|query| query.queryids.iter().map(|id| (*id, query.fingerprint.as_str())));
        let table =
            |table: &crate::snapshot::Table| (table.oid, QualifiedName::new(&table.schema, &table.name).to_string());
        Self {
            binder: Binder::of(snapshot),
            backslash: Backslash::of(snapshot),
            database: &snapshot.server.database,
            names: Names::of(snapshot),
            tables: snapshot.tables.iter().map(table).collect(),
            by_queryid: ids.collect(),
            by_outline: HashMap::new(),
            waiting: BTreeMap::new(),
            scratch: Vec::new(),
            evidence: Evidence::default(),
        }
    }

    /// Takes an event into account; those of other databases are left out.
    pub fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Wait(wait) if self.is_here(wait.database) => self.wait(wait),
            Event::Plan(plan) if self.is_here(plan.database) => self.plan(plan),
            Event::TempFile { database, bytes, text: Some(text), .. } if self.is_here(*database) => {
                if let Some(told) = self.told(text) {
                    told.files += 1;
                    told.file_bytes += bytes;
                }
            }
            Event::Cancelled { database, reason, text: Some(text), .. } if self.is_here(*database) => {
                if let Some(told) = self.told(text) {
                    *told.cancelled.entry(known_reason(reason).to_owned()).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    /// The sums.
    pub fn finish(mut self) -> Evidence {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            self.waited(waiting, false);
        }
        self.evidence
    }

    fn is_here(&self, database: Option<&str>) -> bool {
        database.is_none_or(|name| name == self.database)
    }

    /// `still waiting` comes first, `acquired` at the end: the second holds the whole time.
    fn wait(&mut self, wait: &LockWait<'_>) {
        let before = self.waiting.remove(&wait.pid);
        let object = self.object(wait.object);
        let statement = wait.text.and_then(|text| self.identify(text));
        let waiting = Waiting { statement, object, ms: wait.waited_us as f64 / 1_000.0 };
        if let Some(before) = before.filter(|before| !wait.acquired || before.object != waiting.object) {
            self.waited(before, false);
        }
        if wait.acquired {
            self.waited(waiting, true);
        } else {
            self.waiting.insert(wait.pid, waiting);
        }
    }

    fn waited(&mut self, waiting: Waiting, ended: bool) {
        let Some(told) = waiting.statement.and_then(|statement| self.of_statement(statement)) else {
            self.evidence.waits_of_nobody += 1;
            return;
        };
        let waits = &mut told.waits;
        waits.count += 1;
        waits.total_ms += waiting.ms;
        waits.longest_ms = waits.longest_ms.max(waiting.ms);
        waits.without_end += u64::from(!ended);
        if waits.objects.len() < OBJECTS || waits.objects.contains_key(&waiting.object) {
            *waits.objects.entry(waiting.object).or_default() += 1;
        }
    }

    /// What a lock is on, in words that are the same for every transaction and row.
    fn object(&self, object: &str) -> String {
        let table = || {
            let rest = object.rsplit_once("relation ").or_else(|| object.split_once("relation "))?.1;
            let oid = rest.split(' ').next()?.parse().ok()?;
            self.tables.get(&oid).cloned()
        };
        match object.split(' ').next().unwrap_or_default() {
            "transaction" => "a row that another transaction had changed".to_owned(),
            "tuple" => table().map_or("a row".to_owned(), |table| format!("a row of {table}")),
            "relation" => table().map_or("a table".to_owned(), |table| format!("table {table}")),
            "extension" => table().map_or("the end of a table".to_owned(), |table| format!("the end of {table}")),
            "advisory" => "an advisory lock".to_owned(),
            "virtual" => "another transaction to end".to_owned(),
            _ => "a lock".to_owned(),
        }
    }

    fn plan(&mut self, plan: &Plan<'_>) {
        let tree = match plan.format {
            PlanFormat::Text => plan_text::parse(plan.body),
            PlanFormat::Json => plan_json::parse(plan.body),
        };
        let Some(tree) = tree else {
            self.evidence.unread_plans += 1;
            return;
        };
        self.evidence.plans += 1;
        let by_id = || plan.query_id.and_then(|id| self.by_queryid.get(&id)).map(|name| (*name).to_owned());
        let statement = by_id().or_else(|| plan.text.and_then(|text| self.identify(text)));
        let names = std::mem::take(&mut self.names);
        if let Some(told) = statement.and_then(|statement| self.of_statement(statement)) {
            told.plans.add(&tree, plan.duration_us as f64 / 1_000.0, &names);
        }
        self.names = names;
    }

    fn told(&mut self, text: &str) -> Option<&mut Told> {
        let statement = self.identify(text)?;
        self.of_statement(statement)
    }

    fn of_statement(&mut self, statement: String) -> Option<&mut Told> {
        let statements = &mut self.evidence.statements;
        let room = statements.len() < STATEMENTS || statements.contains_key(&statement);
        room.then(|| statements.entry(statement).or_default())
    }

    /// The fingerprint of a text; `None` for a utility command, and for several statements in one.
    fn identify(&mut self, text: &str) -> Option<String> {
        if text.len() > TEXT {
            return None;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        outline(text, self.backslash, &mut scratch);
        let name = (hash(1, &scratch), hash(2, &scratch));
        self.scratch = scratch;
        if let Some(known) = self.by_outline.get(&name) {
            return known.clone();
        }
        let found = self.binder.bind(&without_values(text, self.backslash)).map(|(fingerprint, _)| fingerprint);
        if self.by_outline.len() < OUTLINES {
            self.by_outline.insert(name, found.clone());
        }
        found
    }
}

/// The server's own words, and nothing that came with them.
fn known_reason(reason: &str) -> &'static str {
    let known = ["statement timeout", "lock timeout", "user request", "conflict with recovery"];
    known.into_iter().find(|known| reason.starts_with(known)).unwrap_or("another reason")
}
