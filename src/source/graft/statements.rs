//! Statements that both servers know: the text of the one, the counters of the other.
//!
//! How long a statement takes on a handful of rows, and how often a test suite runs it, says nothing of production.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{Snapshot, Statement};

/// What became of the statements.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Whether any has the counters of there.
    pub(super) any: bool,
    /// Fingerprints of those that are not known there.
    pub(super) new: BTreeSet<String>,
}

/// Puts the counters of there in the place of these, for every statement that is known there.
pub(super) fn graft(
    snapshot: &mut Snapshot,
    numbers_of: &Snapshot,
    fingerprint: &dyn Fn(&str) -> Option<String>,
) -> Taken {
    let mut there: BTreeMap<String, Vec<&Statement>> = BTreeMap::new();
    for entry in &numbers_of.statements.entries {
        if let Some(key) = entry.text.as_deref().and_then(fingerprint) {
            there.entry(key).or_default().push(entry);
        }
    }
    let (mut taken, mut done, mut entries) = (Taken::default(), BTreeSet::new(), Vec::new());
    for entry in std::mem::take(&mut snapshot.statements.entries) {
        let key = entry.text.as_deref().and_then(fingerprint);
        let Some(key) = key else {
            entries.push(entry);
            continue;
        };
        let Some(numbers) = there.get(&key) else {
            taken.new.insert(key);
            entries.push(entry);
            continue;
        };
        taken.any = true;
        // several entries are one statement; its counters count once
        if done.insert(key) {
            entries.extend(numbers.iter().map(|numbers| with_counters(&entry, numbers)));
        }
    }
    entries.sort_by(|one, two| two.total_exec_time.total_cmp(&one.total_exec_time).then(one.queryid.cmp(&two.queryid)));
    snapshot.statements.entries = entries;
    taken
}

fn with_counters(entry: &Statement, numbers: &Statement) -> Statement {
    let (user, text) = (entry.user.clone(), entry.text.clone());
    Statement { queryid: entry.queryid, user, text, toplevel: entry.toplevel, ..numbers.clone() }
}

/// What is said of those that are not known there.
pub(super) fn told(new: &BTreeSet<String>) -> Option<String> {
    let (count, is) = (new.len(), if new.len() == 1 { "statement is" } else { "statements are" });
    (count > 0).then(|| {
        format!(
            "{count} {is} not known where the numbers come from: for index advice the time of a call is estimated from its \
             cost, and as many calls are assumed as the middling statement has there"
        )
    })
}
