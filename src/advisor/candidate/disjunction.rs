//! OR over several columns: one index for each alternative, whose bitmaps are united. One alternative without an index
//! means that the table is read whole, and then the others help nothing.
//!
//! Rows that are united from several bitmaps are few already, so the first key alone often does as much, in a smaller index.

use super::site::Site;
use super::{plain, promise, served};
use crate::what_if::{Design, Disjunction, Scan};

/// The designs of one OR that are missing, and what was refused.
pub type Sets = (Vec<Vec<Design>>, Vec<(Design, String)>);

/// For each OR over a use of a table: the indexes that its alternatives lack.
pub fn sets(site: &Site) -> Sets {
    let (mut sets, mut refused) = (Vec::new(), Vec::new());
    // conditions beside the OR that leave few rows need no help of it
    for disjunction in &site.scan.disjunctions {
        match missing(site, disjunction) {
            Ok(set) => {
                sets.extend([narrowed(&set), set].into_iter().filter(|set| !set.is_empty()));
            }
            Err(others) => {
                let why = "another alternative of its OR can be served by no index, so the table is read whole anyway";
                refused.extend(others.into_iter().map(|design| (design, why.to_owned())));
            }
        }
    }
    sets.dedup();
    (sets, refused)
}

/// The first key of each alone.
fn narrowed(set: &[Design]) -> Vec<Design> {
    let first = |design: &Design| Design { keys: design.keys[..1].to_vec(), ..design.clone() };
    let mut narrowed: Vec<Design> = set.iter().map(first).collect();
    narrowed.sort();
    narrowed.dedup();
    narrowed
}

/// An index for each alternative that has none; what the others would have had where one can have none.
fn missing(site: &Site, disjunction: &Disjunction) -> Result<Vec<Design>, Vec<Design>> {
    let (mut set, mut hopeless) = (Vec::new(), false);
    for arm in &disjunction.arms {
        let alone = site.scan.only(arm);
        let of_arm = Site::new(site.snapshot, site.query, &alone, site.sharing);
        if served::exists(site.snapshot, &alone, arm) {
            continue;
        }
        match best(&of_arm, &alone, arm) {
            Some(design) => set.push(design),
            None => hopeless = true,
        }
    }
    set.sort();
    set.dedup();
    if hopeless { Err(set) } else { Ok(set) }
}

/// The most promising index that serves a condition of the alternative.
fn best(site: &Site, alone: &Scan, arm: &[usize]) -> Option<Design> {
    promise::sorted(site, plain(site)).into_iter().find(|design| served::serves_any(design, alone, arm))
}
