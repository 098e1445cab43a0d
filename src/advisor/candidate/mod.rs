//! Indexes worth trying, from what each statement asks of each table.
//!
//! One idea a file. The planner judges what becomes of them, so they are many rather
//! than few: at most [`MAX_OF_STATEMENT`] for a statement, the most promising first.
//! Nothing on a table that is small enough to scan, nothing that an index there already serves.

mod brin;
mod covering;
mod disjunction;
mod equality;
#[cfg(test)]
mod fixture;
mod foreign_key;
mod gin;
mod gist;
mod hash;
mod immutable;
mod join;
mod merged;
mod order;
mod partial;
mod partial_covering;
mod pattern;
mod promise;
mod range;
mod served;
mod sharing;
mod site;
mod skew;
#[cfg(test)]
mod tests;
mod unanalyzed;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::setup::Prepared;
use super::{Caution, Rejection};
use crate::snapshot::{Snapshot, Table};
use crate::what_if::{Design, Scan, TableFacts, scans};
use crate::workload::{Query, Workload};

pub use foreign_key::Unseen;
use sharing::Sharing;
use site::Site;

/// Candidates of one statement; the planner answers a question in well under a millisecond, and most are never asked.
pub const MAX_OF_STATEMENT: usize = 60;
/// Candidates of one use of a table, so that a join of many tables keeps room for each.
const MAX_OF_SCAN: usize = 40;

/// Below it a scan takes well under a millisecond, and the planner prefers it.
pub const MIN_ROWS: f64 = 1_000.0;
/// 512 kB: the same.
pub const MIN_PAGES: f64 = 64.0;
/// So many rows are worth an index in fewer pages too.
const MANY_ROWS: f64 = 5_000.0;

/// Fewer calls are somebody's look around.
pub const MIN_CALLS: u64 = 3;
/// A faster statement has what it needs, whatever a cost model thinks.
const MIN_MEAN_MS: f64 = 0.25;
/// Share of all time from which a statement matters.
const MIN_SHARE: f64 = 0.001;
/// Or somebody waits for it.
const WAITING_MS: f64 = 10.0;

/// The candidates of a workload.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Designs with the statements that they came from.
    pub designs: BTreeMap<Design, BTreeSet<usize>>,
    /// Of each statement its designs, the most promising first.
    pub promise: BTreeMap<usize, Vec<Design>>,
    /// Designs that help a statement only together: one for each alternative of an OR.
    pub together: BTreeSet<(usize, Vec<Design>)>,
    /// Indexes that no plan shows, because a trigger looks the rows up: behind foreign keys.
    pub unseen: BTreeMap<Design, Vec<Unseen>>,
    /// What was not even tried, with the reason.
    pub rejected: BTreeSet<(Design, String)>,
    /// The same by statement, for every statement that was looked at.
    pub refused: BTreeMap<usize, BTreeSet<(Design, String)>>,
    /// What they were chosen with, and the selection with them.
    pub caution: Caution,
    /// What the selection works out once from the rest.
    pub(super) prepared: OnceLock<Prepared>,
}

/// Whether a statement takes enough time for an index to be worth it.
pub fn matters(query: &Query, total_ms: f64) -> bool {
    let (mean, counters) = (query.counters.mean_ms(), &query.counters);
    counters.calls >= MIN_CALLS
        && mean >= MIN_MEAN_MS
        && (counters.total_ms >= MIN_SHARE * total_ms || mean >= WAITING_MS)
}

/// Every index worth asking about.
pub fn candidates(snapshot: &Snapshot, workload: &Workload) -> Candidates {
    candidates_by(snapshot, workload, Caution::Usual)
}

/// The same with another caution.
pub fn candidates_by(snapshot: &Snapshot, workload: &Workload, caution: Caution) -> Candidates {
    let total = workload.total_ms();
    let slow: Vec<usize> = (0..workload.queries.len()).filter(|one| matters(&workload.queries[*one], total)).collect();
    let scans: Vec<(usize, Vec<Scan>)> =
        slow.iter().map(|one| (*one, unanalyzed::sized(scans(snapshot, &workload.queries[*one])))).collect();
    let sharing = Sharing::of(&scans);
    let mut found = Candidates { caution, ..Candidates::default() };
    for (position, scans) in &scans {
        let query = &workload.queries[*position];
        found.refused.entry(*position).or_default();
        let mut of_scans = Vec::new();
        for scan in scans.iter().filter(|scan| is_own(scan.facts.table)) {
            let site = Site::new(snapshot, query, scan, &sharing);
            of_scans.push(found.of_scan(&site, *position));
        }
        found.keep(*position, of_scans);
        foreign_key::add(&mut found, snapshot, workload, *position);
    }
    merged::add(&mut found, snapshot);
    found
}

impl Candidates {
    /// Rejections that need no answer: what exists already, what cannot be built.
    pub fn rejections(&self) -> Vec<Rejection> {
        let one = |(design, why): &(Design, String)| Rejection { design: design.clone(), why: why.clone() };
        self.rejected.iter().map(one).collect()
    }

    /// Designs for one use of a table, the most promising first; what is refused is noted.
    fn of_scan(&mut self, site: &Site, query: usize) -> Vec<Design> {
        let (sets, mut refused) = disjunction::sets(site);
        refused.extend(site.refused.iter().cloned());
        let mut designs = promise::sorted(site, ideas(site));
        if let Some(why) = small(&site.scan.facts) {
            let of_design = |design| (served::refusal(site, &design, self.caution).unwrap_or(why), design);
            refused.extend(designs.into_iter().next().map(of_design).map(|(why, design)| (design, why)));
            self.refuse(query, refused);
            return Vec::new();
        }
        designs.retain(|design| match served::refusal(site, design, self.caution) {
            None => true,
            Some(why) => {
                refused.push((design.clone(), why));
                false
            }
        });
        self.refuse(query, refused);
        for set in sets {
            designs.splice(0..0, set.iter().cloned());
            self.together.insert((query, set));
        }
        dedup(&mut designs);
        designs
    }

    fn refuse(&mut self, query: usize, refused: Vec<(Design, String)>) {
        self.refused.entry(query).or_default().extend(refused.iter().cloned());
        self.rejected.extend(refused);
    }

    /// The first of each use of a table, then the second of each, and so on.
    fn keep(&mut self, query: usize, of_scans: Vec<Vec<Design>>) {
        let deepest = of_scans.iter().map(Vec::len).max().unwrap_or_default().min(MAX_OF_SCAN);
        let mut all: Vec<Design> = (0..deepest)
            .flat_map(|place| of_scans.iter().filter_map(move |designs| designs.get(place)).cloned())
            .collect();
        dedup(&mut all);
        let why = format!("{MAX_OF_STATEMENT} more promising ones were tried for the same statement");
        let left_out = of_scans
            .into_iter()
            .flatten()
            .filter(|design| all.iter().position(|one| one == design).is_none_or(|place| place >= MAX_OF_STATEMENT));
        self.rejected.extend(left_out.map(|design| (design, why.clone())));
        all.truncate(MAX_OF_STATEMENT);
        for design in &all {
            self.designs.entry(design.clone()).or_default().insert(query);
        }
        if !all.is_empty() {
            self.promise.insert(query, all);
        }
    }
}

/// Everything that could serve one use of a table.
fn ideas(site: &Site) -> Vec<Design> {
    let mut designs = plain(site);
    designs.extend(order::designs(site));
    designs.extend(window::designs(site));
    designs.extend(join::designs(site));
    designs.extend(gist::nearest(site));
    let bases = promise::sorted(site, designs.clone());
    let partial = partial::designs(site, &bases);
    designs.extend(partial_covering::designs(site, &partial));
    designs.extend(partial);
    designs.extend(covering::designs(site, &bases));
    designs.retain(|design| !site.refuses(design));
    designs
}

/// What serves the conditions of one use of a table.
fn plain(site: &Site) -> Vec<Design> {
    let ideas: [fn(&Site) -> Vec<Design>; 7] = [
        equality::designs,
        range::designs,
        pattern::designs,
        gin::designs,
        gist::designs,
        brin::designs,
        hash::designs,
    ];
    ideas.iter().flat_map(|idea| idea(site)).collect()
}

/// A table of the user's own, whose indexes are the user's to make.
fn is_own(table: &Table) -> bool {
    let system = ["pg_catalog", "information_schema", "pg_toast"].contains(&table.schema.as_str());
    !system && table.persistence != "t" && table.extension.is_none()
}

/// Why a table is small enough to scan; `None` where it is not.
fn small(facts: &TableFacts) -> Option<String> {
    let (rows, pages) = (facts.rows, facts.pages);
    let large = rows >= MIN_ROWS && pages >= MIN_PAGES || rows >= MANY_ROWS;
    (!large).then(|| format!("the table is small enough to scan: {rows:.0} rows in {pages:.0} pages"))
}

/// Keeps the first of equal ones.
fn dedup(designs: &mut Vec<Design>) {
    let mut seen = BTreeSet::new();
    designs.retain(|design| seen.insert(design.clone()));
}
