//! The pages of a B-tree as CREATE INDEX lays them out: keys in order, equal ones in posting lists, every page filled
//! to its fill factor.

use std::collections::BTreeMap;

use super::repeats::{Chance, Repeats, repeats};
use super::widths::Widths;
use super::{KeyShape, PAGE, Shape, max_aligned};

/// Free for entries on an empty page: without header, special space, the place of the high key, and the next line
/// pointer.
pub const ROOM: u32 = PAGE as u32 - 24 - 16 - 4 - 4;
pub const LINE_POINTER: u32 = 4;
/// Row identifier of an entry in a posting list, and of a pivot that needs one.
const TID: u32 = 6;
pub const TID_ALIGNED: u32 = 8;
/// A posting list takes at most a tenth of a page (`BTMaxItemSize` apart), rounded down, without its line pointer.
const LARGEST_POSTING: u32 = 812;
/// A page above the leaves is left 30 % empty (`BTREE_NONLEAF_FILLFACTOR`).
pub const INNER_FREE: u32 = PAGE as u32 * 30 / 100;
const LEAF_FILLFACTOR: u32 = 90;
/// Keys of one kind that are laid out one by one; more of them take as much each.
const SAMPLE: f64 = 20_000.0;
/// Golden ratio and plastic number: multiples of them spread evenly over 0 to 1.
const EVENLY: [f64; 2] = [0.618_033_988_75, 0.754_877_666_25];

/// What the leaf level comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Leaves {
    /// Pages.
    pub pages: f64,
    /// Entries on them, a posting list being one.
    pub tuples: f64,
    /// Share of the borders between two pages at which the key changes.
    pub told_apart: f64,
}

/// Blocks of the whole index, its metapage included.
pub fn blocks(shape: &Shape) -> u64 {
    if shape.entries < 1.0 {
        return 1;
    }
    let leaves = leaves(shape);
    let fan_out = fan_out(shape, &leaves);
    let (mut level, mut pages) = (leaves.pages.ceil(), leaves.pages.ceil());
    while level > 1.0 {
        level = (level / fan_out).ceil();
        pages += level;
    }
    1 + pages as u64
}

/// The leaf level.
pub fn leaves(shape: &Shape) -> Leaves {
    let mut level = Level::new(shape.fillfactor.unwrap_or(LEAF_FILLFACTOR));
    let mut told_apart = 0.0;
    let mut widths: BTreeMap<u32, Widths> = BTreeMap::new();
    for keys in repeats(shape) {
        let of = || Widths::of_pattern(&shape.keys, &shape.include, keys.nulls);
        let widths = widths.entry(keys.nulls).or_insert_with(of);
        let (pages, tuples) = (level.filled(), level.tuples);
        level.lay_out(&keys, widths, shape.deduplicates && shape.include.is_empty() && !shape.unique);
        told_apart += (level.filled() - pages) * (keys.keys / (level.tuples - tuples).max(1.0)).min(1.0);
    }
    let filled = level.filled();
    Leaves { pages: filled.max(1.0), tuples: level.tuples.max(1.0), told_apart: told_apart / filled.max(1e-9) }
}

/// Children of a page above the leaves, on average.
pub fn fan_out(shape: &Shape, leaves: &Leaves) -> f64 {
    let pivots = pivots(shape, leaves);
    let mean: f64 = pivots.iter().map(|(size, share)| size * share).sum();
    let square: f64 = pivots.iter().map(|(size, share)| size * size * share).sum();
    let filled = f64::from(ROOM - INNER_FREE - 8 - LINE_POINTER);
    // the entry that goes over the mark is moved on: a large one more often than a small one
    let children = if pivots.len() == 1 { (filled / mean).floor() } else { (filled - square / mean / 2.0) / mean };
    (children + 1.0).max(2.0)
}

/// The least and the most that [`fan_out`] can be, whatever the leaves are like.
pub fn extreme_fan_outs(shape: &Shape) -> (f64, f64) {
    let keys: Vec<&KeyShape> = shape.keys.iter().collect();
    let means = (1..=keys.len()).map(|count| Widths::of(&keys[..count]).mean());
    let (narrow, wide) = means.fold((f64::INFINITY, 0.0_f64), |(low, high), mean| (low.min(mean), high.max(mean)));
    let filled = f64::from(ROOM - INNER_FREE - 8 - LINE_POINTER);
    let most = filled / (narrow + f64::from(LINE_POINTER)).max(1.0) + 1.0;
    let least = filled / (wide + f64::from(TID_ALIGNED + LINE_POINTER)) - 1.0;
    (least.max(2.0), most.max(2.0))
}

/// Sizes of the entries above the leaves, line pointer included, with their shares: only as many keys as tell two
/// pages apart.
fn pivots(shape: &Shape, leaves: &Leaves) -> Vec<(f64, f64)> {
    let keys: Vec<&KeyShape> = shape.keys.iter().collect();
    let mut pivots = Vec::new();
    let mut so_far = 0.0;
    for count in 1..=keys.len() {
        let distinct = shape.distinct.get(count - 1).copied().unwrap_or(leaves.tuples);
        let until = if count == keys.len() { leaves.told_apart } else { distinct / leaves.tuples };
        let until = until.clamp(so_far, leaves.told_apart.max(so_far));
        let size = Widths::of(&keys[..count]).mean() + f64::from(LINE_POINTER);
        if until - so_far > 0.005 {
            pivots.push((size, until - so_far));
        }
        so_far = until;
    }
    if 1.0 - so_far > 0.005 || pivots.is_empty() {
        pivots.push((Widths::of(&keys).mean() + f64::from(TID_ALIGNED + LINE_POINTER), 1.0 - so_far));
    }
    pivots
}

/// The leaf level while it is being filled.
#[derive(Debug, Clone)]
struct Level {
    /// A page with less room than that is full.
    wanted_free: u32,
    pages: f64,
    used: u32,
    on_page: u32,
    last: (u32, u32),
    tuples: f64,
}

impl Level {
    fn new(fillfactor: u32) -> Self {
        let wanted_free = PAGE as u32 * (100 - fillfactor.clamp(10, 100)) / 100;
        Self { wanted_free, pages: 0.0, used: 0, on_page: 0, last: (0, 0), tuples: 0.0 }
    }

    /// Pages, the last one in part.
    fn filled(&self) -> f64 {
        self.pages + f64::from(self.used) / f64::from(ROOM - self.wanted_free)
    }

    /// Keys of one kind: a sample of them is laid out, and the rest takes as much each.
    fn lay_out(&mut self, keys: &Repeats, widths: &Widths, deduplicates: bool) {
        if !keys.varies && keys.rows <= 1.0 && widths.at(0.0) == widths.at(1.0) {
            return self.add_many(keys.keys.round(), widths.at(0.0), 0);
        }
        let count = keys.keys.ceil().clamp(1.0, SAMPLE);
        let (pages, tuples) = (self.filled(), self.tuples);
        let chance = Chance::about(keys.rows);
        let mut laid_out = 0.0;
        for at in 0..count as u32 {
            let place = EVENLY.map(|step| (f64::from(at) * step + 0.5).fract());
            let rows = if keys.varies { chance.at(place[0]) } else { keys.rows.round() };
            laid_out += rows;
            self.add_key(rows, widths.at(place[1]), deduplicates);
        }
        let more = keys.keys * keys.rows / laid_out.max(1.0) - 1.0;
        self.pages += (self.filled() - pages) * more;
        self.tuples += (self.tuples - tuples) * more;
    }

    /// All rows of one key.
    fn add_key(&mut self, rows: f64, size: u32, deduplicates: bool) {
        let in_one = f64::from((LARGEST_POSTING / 8 * 8).saturating_sub(size) / TID);
        if !deduplicates || rows < 2.0 || in_one < 2.0 {
            return self.add_many(rows, size, 0);
        }
        let full = (rows / in_one).floor();
        let posting = |rows: f64| max_aligned(size + TID * rows as u32);
        self.add_many(full, posting(in_one), posting(in_one) - size);
        let left = rows - full * in_one;
        let size_left = if left > 1.0 { posting(left) } else { size };
        self.add_many(left.min(1.0), size_left, size_left - size);
    }

    /// Entries that are all alike: after a full page the next ones fill in the same way.
    fn add_many(&mut self, count: f64, size: u32, extra: u32) {
        let mut left = count;
        let mut breaks = Vec::new();
        while left >= 1.0 && breaks.len() < 3 {
            let pages = self.pages;
            self.add(size, extra);
            left -= 1.0;
            if self.pages > pages {
                breaks.push(left);
            }
        }
        if let [_, second, third] = breaks[..] {
            let on_page = second - third;
            let whole = (left / on_page).floor();
            self.pages += whole;
            self.tuples += whole * on_page;
            for _ in 0..(left - whole * on_page) as u32 {
                self.add(size, extra);
            }
        }
    }

    /// One entry; `extra` is its posting list, which a high key does without.
    fn add(&mut self, size: u32, extra: u32) {
        let free = ROOM.saturating_sub(self.used);
        let full = free < size + TID_ALIGNED || (self.on_page > 1 && free + self.last.1 < self.wanted_free);
        if full && self.on_page > 0 {
            // the last entry moves on to the next page; what tells the two apart stays as high key
            self.pages += 1.0;
            self.used = self.last.0 + LINE_POINTER;
            self.on_page = 1;
        }
        self.used += size + LINE_POINTER;
        self.on_page += 1;
        self.last = (size, extra);
        self.tuples += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique(entries: f64, length: u32) -> Shape {
        let key = KeyShape { length: Some(length), alignment: length, distinct: entries, ..KeyShape::default() };
        Shape { entries, distinct: vec![entries], keys: vec![key], deduplicates: true, ..Shape::default() }
    }

    #[test]
    fn unique_numbers_take_the_blocks_that_pgbench_shows() {
        for (entries, blocks_of_it) in
            [(0.0, 1), (1.0, 2), (366.0, 2), (100_000.0, 276), (1_000_000.0, 2745), (10_000_000.0, 27_422)]
        {
            assert_eq!(blocks(&unique(entries, 4)), blocks_of_it, "{entries}");
        }
    }

    #[test]
    fn a_lower_fill_factor_takes_more_pages() {
        let loose = Shape { fillfactor: Some(50), ..unique(100_000.0, 8) };
        assert!(blocks(&loose) > blocks(&unique(100_000.0, 8)) * 3 / 2);
    }

    #[test]
    fn equal_keys_share_entries_unless_they_may_not() {
        let few = |deduplicates| {
            let mut shape = unique(1_000_000.0, 8);
            shape.keys[0].distinct = 1000.0;
            blocks(&Shape { distinct: vec![1000.0], deduplicates, ..shape })
        };
        assert!(few(true) * 3 < few(false), "{} {}", few(true), few(false));
    }
}
