//! What runs often without being a loop over a list.

use super::keys::Keys;
use super::shape::{self, Body, Key};
use super::weights::WEIGHTS;
use crate::snapshot::Snapshot;
use crate::workload::{Kind, Query, Workload};

/// Words in the names of tables that are read once a request, whatever the request is for.
const PER_REQUEST: &[&str] =
    &["session", "sessions", "token", "tokens", "flag", "flags", "tenant", "tenants", "apikey", "settings", "setting"];

/// Words in the names of tables of those who make the requests.
const WHO: &[&str] = &["user", "users", "account", "accounts", "member", "members", "login", "logins"];

/// A session, a token, a tenant, a feature flag; or who it belongs to, when read as often as one of those.
pub fn is_per_request(snapshot: &Snapshot, workload: &Workload, body: &Body) -> bool {
    let named = |table: u32, words: &[&str]| snapshot.table(table).is_some_and(|table| has_word(&table.name, words));
    if body.key == Key::Inserted {
        return false;
    }
    if named(body.table, PER_REQUEST) {
        return true;
    }
    // the owner goes by many names; an equal count says it for any of them
    let within = if named(body.table, WHO) { WEIGHTS.worker_calls } else { WEIGHTS.equal_calls };
    let is_request = |query: &Query| {
        query.tables.iter().filter_map(|used| used.table_oid).any(|table| named(table, PER_REQUEST))
            && as_often(query, workload, body, within)
    };
    body.key == Key::Unique && workload.queries.iter().any(is_request)
}

/// A queue worker: it claims a row with a lock, then reads and marks what belongs to it, once each.
pub fn is_worker(workload: &Workload, body: &Body) -> bool {
    let claims = |query: &Query| query.lock.is_some_and(|lock| lock.exclusive || lock.skip_locked);
    workload.queries.iter().any(|query| claims(query) && as_often(query, workload, body, WEIGHTS.worker_calls))
}

/// A detail page: one row of the parent's table is read as often as the body runs.
pub fn one_row_reader(workload: &Workload, keys: &Keys, body: &Body, table: u32) -> bool {
    let fits = |(position, query): (usize, &Query)| {
        position != body.query
            && query.kind == Kind::Select
            && shape::reads_one_row(query, table, keys)
            && as_often(query, workload, body, WEIGHTS.equal_calls)
    };
    workload.queries.iter().enumerate().any(fits)
}

fn as_often(query: &Query, workload: &Workload, body: &Body, within: f64) -> bool {
    let (one, two) = (query.counters.calls as f64, workload.queries[body.query].counters.calls as f64);
    (one - two).abs() <= within * two
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let mut parts = name.split(|character: char| !character.is_alphanumeric()).map(str::to_lowercase);
    parts.any(|part| words.contains(&part.as_str()))
}
