//! What runs often without being a loop over a list.

use super::keys::Keys;
use super::shape::{self, Body, Key};
use super::weights::WEIGHTS;
use crate::snapshot::Snapshot;
use crate::workload::{Kind, Query, Workload};

/// Words in the names of tables that are read once a request, whatever the request is for.
const PER_REQUEST: &[&str] = &[
    "session", "sessions", "token", "tokens", "flag", "flags", "tenant", "tenants", "apikey", "settings", "setting",
    "cache", "caches", "limits", "quota", "quotas",
];

/// Words in the names of tables of those who make the requests.
const WHO: &[&str] = &["user", "users", "account", "accounts", "member", "members", "login", "logins"];

/// Which statements are run by the same requests, as far as the evidence tells.
pub trait Together {
    /// Whether a statement runs with the body of a loop, each time or nearly so; `within` is the share by which
    /// their counts may differ.
    fn as_often(&self, workload: &Workload, query: usize, body: usize, within: f64) -> bool;

    /// Whether the body runs once for each row of a statement, or nearly so.
    fn for_each_row(&self, workload: &Workload, query: usize, body: usize, within: f64) -> bool;
}

/// By the number of calls alone.
pub struct ByCount;

impl Together for ByCount {
    fn as_often(&self, workload: &Workload, query: usize, body: usize, within: f64) -> bool {
        let calls = |position: usize| workload.queries[position].counters.calls as f64;
        (calls(query) - calls(body)).abs() <= within * calls(body)
    }

    fn for_each_row(&self, workload: &Workload, query: usize, body: usize, within: f64) -> bool {
        let (rows, calls) =
            (workload.queries[query].counters.rows as f64, workload.queries[body].counters.calls as f64);
        (rows - calls).abs() <= within * calls
    }
}

/// A session, a token, a tenant, a feature flag, a cache: by the name of its table. A guess, but neither counters nor a window
/// know better: where a page makes ten requests at once, its session is read ten times at once, and that is no loop.
pub fn is_per_request(snapshot: &Snapshot, body: &Body) -> bool {
    body.key != Key::Inserted && named(snapshot, body.table, PER_REQUEST)
}

/// The one whom a session or a token belongs to: read as often as it is.
pub fn is_owner(snapshot: &Snapshot, workload: &Workload, body: &Body, together: &dyn Together) -> bool {
    // the owner goes by many names; an equal count says it for any of them
    let within = if named(snapshot, body.table, WHO) { WEIGHTS.worker_calls } else { WEIGHTS.equal_calls };
    let is_request = |(position, query): (usize, &Query)| {
        query.tables.iter().filter_map(|used| used.table_oid).any(|table| named(snapshot, table, PER_REQUEST))
            && together.as_often(workload, position, body.query, within)
    };
    body.key == Key::Unique && workload.queries.iter().enumerate().any(is_request)
}

/// A queue worker: it claims a row with a lock, then reads and marks what belongs to it, once each; or it claims several,
/// and marks each of them.
pub fn is_worker(workload: &Workload, body: &Body, together: &dyn Together) -> bool {
    let claims = |query: &Query| query.lock.is_some_and(|lock| lock.exclusive || lock.skip_locked);
    workload.queries.iter().enumerate().any(|(position, query)| {
        let within = WEIGHTS.worker_calls;
        let of_table = || query.tables.iter().any(|used| used.table_oid == Some(body.table));
        claims(query)
            && (together.as_often(workload, position, body.query, within)
                || of_table() && together.for_each_row(workload, position, body.query, within))
    })
}

fn named(snapshot: &Snapshot, table: u32, words: &[&str]) -> bool {
    snapshot.table(table).is_some_and(|table| has_word(&table.name, words))
}

/// A detail page: one row of the parent's table is read as often as the body runs, within a share.
pub fn one_row_reader(
    workload: &Workload,
    keys: &Keys,
    body: &Body,
    table: u32,
    together: &dyn Together,
    within: f64,
) -> bool {
    let fits = |(position, query): (usize, &Query)| {
        position != body.query
            // the server's own check of a foreign key shows nobody anything
            && query.toplevel
            && query.kind == Kind::Select
            && shape::reads_one_row(query, table, keys)
            && together.as_often(workload, position, body.query, within)
    };
    workload.queries.iter().enumerate().any(fits)
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let mut parts = name.split(|character: char| !character.is_alphanumeric()).map(str::to_lowercase);
    parts.any(|part| words.contains(&part.as_str()))
}
