//! Entries of `pg_stat_statements` to statements: sorted out, grouped, parsed, bound, merged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::snapshot::{Snapshot, Statement};

use super::bind::{Bound, Catalog, bind};
use super::command::Commands;
use super::fingerprint::{digest, fingerprint, of_text};
use super::parse::{Sort, lex, parse, sort};
use super::{Counters, Query, Unparsed, Workload, json_key};

/// Builds the workload.
pub(super) fn build(snapshot: &Snapshot) -> Workload {
    let mut builder = Builder { snapshot, catalog: Catalog::of(snapshot), workload: Workload::default() };
    for group in builder.groups(&snapshot.statements.entries) {
        builder.add(&group);
    }
    builder.finish()
}

/// Binds single texts to one catalog, as they come.
pub struct Binder<'a> {
    catalog: Catalog<'a>,
}

impl<'a> Binder<'a> {
    /// Of the tables of a snapshot.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self { catalog: Catalog::of(snapshot) }
    }

    /// The fingerprint of a text, and what it says where it can be parsed; `None` for a utility command.
    pub fn bind(&self, text: &str) -> Option<(String, Option<Query>)> {
        let fingerprint = identify(text)?;
        let parsed = || {
            let tokens = lex(text).ok()?;
            let parsed = parse(&tokens).ok()?;
            let Bound { mut query, .. } = bind(&parsed.statement, &tokens, &self.catalog, &self.catalog.path(None));
            (query.text, query.fingerprint, query.toplevel) = (text.to_owned(), fingerprint.clone(), true);
            Some(query)
        };
        let query = parsed();
        Some((fingerprint, query))
    }

    /// The same statement with another text, of the same tables; `None` where that text is of others or cannot be parsed.
    pub fn reworded(&self, query: &Query, text: &str) -> Option<Query> {
        let (_, bound) = self.bind(text)?;
        let tables = |query: &Query| query.tables.iter().map(|used| used.table_oid).collect::<Vec<_>>();
        let bound = bound.filter(|bound| tables(bound) == tables(query))?;
        Some(Query {
            fingerprint: query.fingerprint.clone(),
            queryid: query.queryid,
            queryids: query.queryids.clone(),
            users: query.users.clone(),
            toplevel: query.toplevel,
            counters: query.counters.clone(),
            repairs: query.repairs.clone(),
            ..bound
        })
    }
}

/// The entries of one fingerprint.
struct Group<'a> {
    fingerprint: String,
    entries: Vec<&'a Statement>,
}

struct Builder<'a> {
    snapshot: &'a Snapshot,
    catalog: Catalog<'a>,
    workload: Workload,
}

impl<'a> Builder<'a> {
    /// Groups what is a query by fingerprint; counts the rest where it belongs.
    fn groups(&mut self, entries: &'a [Statement]) -> Vec<Group<'a>> {
        let mut by_text: HashMap<&str, Option<String>> = HashMap::new();
        let mut groups: BTreeMap<String, Vec<&Statement>> = BTreeMap::new();
        let mut lost = Vec::new();
        let mut commands = Commands::default();
        for entry in entries {
            let Some(text) = entry.text.as_deref() else {
                lost.push(entry);
                continue;
            };
            if let Some(fingerprint) = by_text.entry(text).or_insert_with(|| identify(text)) {
                groups.entry(fingerprint.clone()).or_default().push(entry);
            } else {
                self.workload.utility.add(&Counters::of(entry));
                commands.add(entry, text, &self.catalog);
            }
        }
        self.workload.commands = commands.finish();
        if !lost.is_empty() {
            self.unparsed("", of_text(""), "the server lost its text", &lost);
        }
        groups.into_iter().map(|(fingerprint, entries)| Group { fingerprint, entries }).collect()
    }

    /// One group is one statement, unless roles with other search paths reach other tables with it.
    fn add(&mut self, group: &Group<'a>) {
        let text = busiest(&group.entries).text.as_deref().unwrap_or_default();
        let tokens = match lex(text) {
            Ok(tokens) => tokens,
            Err(why) => return self.unparsed(text, group.fingerprint.clone(), &why, &group.entries),
        };
        if sort(&tokens.list).is_none() {
            return self.unparsed(text, group.fingerprint.clone(), "not SQL", &group.entries);
        }
        let usual = self.catalog.path(None);
        let mut by_path: BTreeMap<Vec<String>, Vec<&Statement>> = BTreeMap::new();
        for entry in &group.entries {
            by_path.entry(self.catalog.path(entry.user.as_deref())).or_default().push(entry);
        }
        let mut bound: Vec<(bool, Vec<&Statement>, Query)> = Vec::new();
        for (path, entries) in by_path {
            match self.bind_group(&entries, &path) {
                Ok(query) => merge(&mut bound, path == usual, entries, query),
                Err((text, why)) => return self.unparsed(&text, group.fingerprint.clone(), &why, &group.entries),
            }
        }
        self.queries(&group.fingerprint, bound);
    }

    fn bind_group(&mut self, entries: &[&Statement], path: &[String]) -> Result<Query, (String, String)> {
        let text = busiest(entries).text.as_deref().unwrap_or_default();
        let tokens = lex(text).map_err(|why| (text.to_owned(), why))?;
        let parsed = parse(&tokens).map_err(|why| (text.to_owned(), why))?;
        let Bound { mut query, unknown } = bind(&parsed.statement, &tokens, &self.catalog, path);
        for name in unknown {
            *self.workload.unknown_tables.entry(name).or_default() += 1;
        }
        query.repairs = parsed.repairs;
        Ok(query)
    }

    fn queries(&mut self, fingerprint: &str, mut bound: Vec<(bool, Vec<&Statement>, Query)>) {
        // the usual path keeps the plain fingerprint; one alone keeps it too
        bound.sort_by_key(|(usual, _, query)| (!usual, tables(&self.catalog, query)));
        for (position, (_, entries, mut query)) in bound.into_iter().enumerate() {
            query.fingerprint = if position == 0 {
                fingerprint.to_owned()
            } else {
                digest(&format!("{fingerprint} {}", tables(&self.catalog, &query).join(" ")))
            };
            complete(&mut query, &entries);
            let query = self.with_json_key(&query, &entries).unwrap_or(query);
            self.workload.queries.push(query);
        }
    }

    /// The same statement with the key of a document that its text lost, where that is known.
    fn with_json_key(&self, query: &Query, entries: &[&Statement]) -> Option<Query> {
        let text = json_key::restored(self.snapshot, query)?;
        let tokens = lex(&text).ok()?;
        let parsed = parse(&tokens).ok()?;
        let path = self.catalog.path(busiest(entries).user.as_deref());
        let Bound { query: mut restored, .. } = bind(&parsed.statement, &tokens, &self.catalog, &path);
        complete(&mut restored, entries);
        restored.repairs = [query.repairs.as_slice(), &[json_key::REPAIR]].concat();
        (restored.fingerprint, restored.text) = (query.fingerprint.clone(), text);
        Some(restored)
    }

    fn unparsed(&mut self, text: &str, fingerprint: String, why: &str, entries: &[&Statement]) {
        let toplevel = by_client(entries, text);
        let (text, why, counters) = (text.to_owned(), why.to_owned(), sum(entries));
        self.workload.unparsed.push(Unparsed { fingerprint, text, why, toplevel, counters });
    }

    fn finish(mut self) -> Workload {
        self.workload.queries.sort_by(|one, two| {
            let time = two.counters.total_ms.total_cmp(&one.counters.total_ms);
            time.then_with(|| one.fingerprint.cmp(&two.fingerprint))
        });
        self.workload.unparsed.sort_by(|one, two| {
            let time = two.counters.total_ms.total_cmp(&one.counters.total_ms);
            time.then_with(|| one.fingerprint.cmp(&two.fingerprint))
        });
        self.workload
    }
}

/// The fingerprint of a query; `None` for a utility command.
pub fn identify(text: &str) -> Option<String> {
    let Ok(tokens) = lex(text) else { return Some(of_text(text)) };
    match sort(&tokens.list) {
        Some(Sort::Utility) => None,
        _ => Some(fingerprint(&tokens.list)),
    }
}

/// Puts entries together whose names mean the same tables.
fn merge<'a>(
    bound: &mut Vec<(bool, Vec<&'a Statement>, Query)>,
    usual: bool,
    entries: Vec<&'a Statement>,
    query: Query,
) {
    let same = |other: &Query| {
        other.tables.len() == query.tables.len()
            && other.tables.iter().zip(&query.tables).all(|(one, two)| one.table_oid == two.table_oid)
    };
    match bound.iter_mut().find(|(_, _, other)| same(other)) {
        Some((was_usual, all, kept)) => {
            // spans belong to the text of the busiest entry
            if busiest(&entries).total_exec_time > busiest(all).total_exec_time {
                *kept = query;
            }
            *was_usual |= usual;
            all.extend(entries);
        }
        None => bound.push((usual, entries, query)),
    }
}

fn tables(catalog: &Catalog, query: &Query) -> Vec<String> {
    query.tables.iter().map(|table| table.table_oid.map_or_else(String::new, |oid| catalog.name(oid))).collect()
}

/// The entry with the most time; of several, the one that is the same on every run.
fn busiest<'a>(entries: &[&'a Statement]) -> &'a Statement {
    let mut best = entries[0];
    for entry in &entries[1..] {
        let time = entry.total_exec_time.total_cmp(&best.total_exec_time);
        let calls = entry.calls.cmp(&best.calls);
        if time.then(calls).then_with(|| best.text.cmp(&entry.text)).then(best.queryid.cmp(&entry.queryid)).is_gt() {
            best = entry;
        }
    }
    best
}

fn sum(entries: &[&Statement]) -> Counters {
    let mut sum = Counters::default();
    for entry in entries {
        sum.add(&Counters::of(entry));
    }
    sum
}

/// Whether a client ran it. The checks of foreign keys are the server's own; before 14 nothing but their text tells.
fn by_client(entries: &[&Statement], text: &str) -> bool {
    let check = text.contains(" ONLY \"") && text.contains("OPERATOR(pg_catalog.");
    !check && entries.iter().any(|entry| entry.toplevel)
}

/// What does not depend on the text.
fn complete(query: &mut Query, entries: &[&Statement]) {
    let busiest = busiest(entries);
    query.text = busiest.text.clone().unwrap_or_default();
    query.queryid = busiest.queryid;
    query.queryids = entries.iter().filter_map(|entry| entry.queryid).collect::<BTreeSet<_>>().into_iter().collect();
    query.toplevel = by_client(entries, &query.text);
    query.counters = sum(entries);
    let users: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.user.as_deref()).collect();
    query.users = users.into_iter().map(str::to_owned).collect();
}
