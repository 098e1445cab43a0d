//! Statements that look like the body of a loop over another's rows (N+1).
//!
//! One snapshot has no order of events, so this only suspects: from shapes, foreign
//! keys and call counts, weighed by a model that was measured on mixed traffic
//! (`weights.toml`). The confidence is capped at one half.

mod keys;
mod pattern;
mod relation;
mod score;
mod shape;
mod traps;
mod weights;

use keys::Keys;
use relation::relation;
use score::{Evidence, Scored};
use shape::Body;
use weights::WEIGHTS;

use super::NPlusOne;
use crate::snapshot::Snapshot;
use crate::workload::{Kind, Query, Workload};

/// The suspects, by falling confidence, then time, then statement.
pub fn suspect(snapshot: &Snapshot, workload: &Workload) -> Vec<NPlusOne> {
    let keys = Keys::read(snapshot);
    // what runs inside a function, or for a foreign key, is no round trip of a program
    let enough = |(_, query): &(usize, &Query)| query.toplevel && query.counters.calls >= WEIGHTS.min_calls;
    let bodies = workload.queries.iter().enumerate().filter(enough);
    let best = |(position, query)| {
        let bodies = shape::bodies(position, query, &keys);
        let judged = bodies.iter().filter_map(|body| judge(snapshot, workload, &keys, body));
        judged.reduce(|best, next| if next.confidence > best.confidence { next } else { best })
    };
    let mut found: Vec<NPlusOne> = bodies.filter_map(best).collect();
    // queries stand by falling time, so the position settles a tie
    found.sort_by(|one, two| two.confidence.total_cmp(&one.confidence).then(one.child.cmp(&two.child)));
    found
}

fn judge(snapshot: &Snapshot, workload: &Workload, keys: &Keys, body: &Body) -> Option<NPlusOne> {
    let child = &workload.queries[body.query];
    if traps::is_per_request(snapshot, workload, body) || traps::is_worker(workload, body) {
        return None;
    }
    let best = parents(workload, keys, body).map(|evidence| evidence.scored(child)).reduce(Scored::better)?;
    if best.fan_out < WEIGHTS.min_fan_out {
        return None;
    }
    Some(NPlusOne {
        child: body.query,
        parent: Some(best.parent),
        pattern: pattern::name(child, body).to_owned(),
        calls_per_parent: Some(best.fan_out),
        confidence: WEIGHTS.confidence.band(best.probability, child.kind == Kind::Insert)?,
        level: "snapshot".to_owned(),
        key_columns: body.columns.iter().cloned().collect(),
    })
}

/// Every list whose rows could give the body its keys.
fn parents<'a>(workload: &'a Workload, keys: &'a Keys, body: &'a Body) -> impl Iterator<Item = Evidence<'a>> {
    let lists = workload.queries.iter().enumerate().filter(|(position, query)| {
        *position != body.query && shape::is_list(query, WEIGHTS.min_list) && query.counters.calls > 0
    });
    let writes = workload.queries[body.query].kind != Kind::Select;
    lists.filter_map(move |(position, list)| {
        let (relation, table) = relation(list, body, writes, keys)?;
        let detail = traps::one_row_reader(workload, keys, body, table);
        Some(Evidence { parent: position, list, relation, detail })
    })
}

#[cfg(test)]
mod tests;
