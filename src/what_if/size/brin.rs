//! The pages of a BRIN index: one entry for each range of the table's blocks.

use super::widths::Widths;
use super::{KeyShape, Shape};

const PAGES_PER_RANGE: u32 = 128;
/// Entries of a page of the map from ranges to summaries.
const MAP_ENTRIES: u64 = (8192 - 24 - 8) / 6;
const ROOM: f64 = (8192 - 24 - 8) as f64;
/// Header of a summary, and of an index entry as [`Widths`] counts it.
const LINE_POINTER: f64 = 4.0;

/// Blocks of the whole index.
pub fn blocks(shape: &Shape) -> u64 {
    let per_range = u64::from(shape.pages_per_range.unwrap_or(PAGES_PER_RANGE).max(1));
    let ranges = shape.heap_blocks.div_ceil(per_range).max(1);
    let rows = shape.rows / ranges as f64;
    let bytes = summary(shape, rows) + LINE_POINTER;
    let on_page = (ROOM / bytes).floor().max(1.0);
    1 + ranges.div_ceil(MAP_ENTRIES) + (ranges as f64 / on_page).ceil() as u64
}

/// Average bytes of a summary: least and greatest value of every column; of types without an order their union and two
/// flags. A range without any value has none.
fn summary(shape: &Shape, rows: f64) -> f64 {
    let flag = KeyShape { length: Some(1), alignment: 1, ..KeyShape::default() };
    let mut columns = Vec::new();
    for key in &shape.keys {
        let empty = KeyShape { nulls: key.nulls.powf(rows.max(1.0)), ..key.clone() };
        let inclusion = key.type_name.ends_with("range") || matches!(key.type_name.as_str(), "inet" | "cidr" | "box");
        columns.extend(if inclusion { vec![empty, flag.clone(), flag.clone()] } else { vec![empty; 2] });
    }
    let with_nulls = if shape.keys.iter().any(|key| key.nulls > 0.0) { nulls_header(shape.keys.len()) } else { 0.0 };
    match shape.keys.as_slice() {
        // both are there or neither
        [key] => {
            let empty = key.nulls.powf(rows.max(1.0));
            let values: Vec<KeyShape> = columns.iter().map(|one| KeyShape { nulls: 0.0, ..one.clone() }).collect();
            let full = Widths::of(&values.iter().collect::<Vec<_>>()).mean();
            8.0 * empty + full * (1.0 - empty) + with_nulls
        }
        _ => Widths::of(&columns.iter().collect::<Vec<_>>()).mean() + with_nulls,
    }
}

/// Two bits a column behind a header of five bytes: what goes beyond the eight that are there.
fn nulls_header(columns: usize) -> f64 {
    let bytes = 5 + (2 * columns).div_ceil(8);
    (bytes.div_ceil(8) * 8 - 8) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_index_has_a_metapage_a_map_and_a_page() {
        let key = KeyShape { length: Some(8), alignment: 8, ..KeyShape::default() };
        for (heap_blocks, blocks_of_it) in [(1, 3), (10_000, 3), (128 * 500, 4), (128 * 1361, 8)] {
            let shape = Shape { heap_blocks, keys: vec![key.clone()], ..Shape::default() };
            assert_eq!(blocks(&shape), blocks_of_it, "{heap_blocks}");
        }
    }
}
