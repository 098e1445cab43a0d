//! How many levels a B-tree has above its leaves, by its blocks.

use super::Shape;
use super::btree::{INNER_FREE, LINE_POINTER, ROOM, extreme_fan_outs, fan_out, leaves};

/// Levels above the leaves of a B-tree of so many blocks, metapage included: 0 where the root is a leaf.
pub fn height(blocks: u64, shape: &Shape) -> u32 {
    if blocks <= 2 {
        return 0;
    }
    let pages = (blocks - 1) as f64;
    let (least, most) = extreme_fan_outs(shape);
    let low = of_pages(pages, most, root_of_grown(most));
    if low == of_pages(pages, least, least) {
        // whatever its keys are like: most trees are not near a level more, and none of their pages needs laying out
        return low;
    }
    let fresh = leaves(shape);
    let fan_out = fan_out(shape, &fresh);
    let grew = shape.constraint || pages > fresh.pages * grown(shape);
    of_pages(pages, fan_out, if grew { root_of_grown(fan_out) } else { fan_out })
}

/// Levels over as many leaves as leave their share of these pages to the levels.
fn of_pages(pages: f64, fan_out: f64, root: f64) -> u32 {
    let mut leaf_pages = pages;
    for _ in 0..8 {
        leaf_pages = (leaf_pages + pages - total(leaf_pages, fan_out)).clamp(1.0, pages);
    }
    levels(leaf_pages.round(), fan_out, root)
}

/// Constraints are usually there before the rows, so that their indexes have grown. Others have where they are so many
/// times as large as freshly built; where keys share entries, that estimate is not as sharp.
fn grown(shape: &Shape) -> f64 {
    if shape.deduplicates && !shape.unique { 1.6 } else { 1.15 }
}

/// Before it splits, the root of a tree that grows is filled to its end.
fn root_of_grown(fan_out: f64) -> f64 {
    let filled = f64::from(ROOM - INNER_FREE - 8 - LINE_POINTER);
    fan_out * f64::from(ROOM) / filled
}

/// Pages of all levels over so many leaves.
fn total(leaves: f64, fan_out: f64) -> f64 {
    let (mut level, mut sum) = (leaves.ceil(), leaves);
    while level > 1.0 {
        level = (level / fan_out).ceil();
        sum += level;
    }
    sum
}

fn levels(leaves: f64, fan_out: f64, root: f64) -> u32 {
    let (mut level, mut count) = (leaves, 0);
    while level > 1.0 {
        level = if level <= root { 1.0 } else { (level / fan_out).ceil() };
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::size::KeyShape;

    #[test]
    fn a_level_more_comes_with_every_full_root() {
        let key = KeyShape { length: Some(8), alignment: 8, distinct: 1e9, ..KeyShape::default() };
        let shape = |entries| Shape { entries, distinct: vec![entries], keys: vec![key.clone()], ..Shape::default() };
        for (blocks, entries, expected) in [
            (1, 0.0, 0),
            (2, 100.0, 0),
            (4, 500.0, 1),
            (276, 1e5, 1),
            (2745, 1e6, 2),
            (27_422, 1e7, 2),
            (274_194, 1e8, 3),
        ] {
            assert_eq!(height(blocks, &shape(entries)), expected, "{blocks}");
        }
    }
}
