//! The pages of a `GiST` or SP-GiST index, roughly: entries by their width, pages as full as repeated splitting leaves
//! them.

use super::widths::Widths;
use super::{KeyShape, PAGE, Shape};

/// Share of a page that is used after inserts in no order.
const FILL: f64 = 0.6;
/// After a build that sorts first and packs (14, points; later versions split as inserts do).
const SORTED_FILL: f64 = 0.9;
/// Bytes of the signature of a text or an array.
const SIGNATURE: u32 = 124;
const TRIGRAM_SIGNATURE: u32 = 12;
/// A text search vector is kept whole as long as it is short.
const WHOLE_VECTOR: f64 = 512.0;

/// Blocks of the whole index.
pub fn blocks(shape: &Shape) -> u64 {
    let keys: Vec<KeyShape> = shape.keys.iter().map(|key| stored(shape, key)).collect();
    let columns: Vec<&KeyShape> = keys.iter().chain(&shape.include).collect();
    let entry = Widths::of(&columns).mean() + 4.0;
    let room = (PAGE - 24 - 16) as f64;
    let leaves = (shape.entries * entry / room / fill(shape)).ceil().max(1.0);
    let children = (room * FILL / entry).max(2.0);
    let (mut level, mut pages) = (leaves, leaves);
    while level > 1.0 {
        level = (level / children).ceil();
        pages += level;
    }
    pages as u64
}

fn fill(shape: &Shape) -> f64 {
    let sorted = shape.major == 14 && shape.keys.iter().all(|key| key.type_name == "point");
    if sorted { SORTED_FILL } else { FILL }
}

/// A key as the operator class keeps it.
fn stored(shape: &Shape, key: &KeyShape) -> KeyShape {
    let fixed = |length: u32, alignment: u32| KeyShape { length: Some(length), alignment, ..key.clone() };
    let opclass = key.opclass.as_deref().unwrap_or_default();
    match key.type_name.as_str() {
        // kept as the box around it
        "point" if shape.method == "gist" => fixed(32, 8),
        _ if opclass.contains("trgm") => {
            fixed(if key.width < 20.0 { (3.0 * key.width) as u32 } else { TRIGRAM_SIGNATURE + 4 }, 1)
        }
        "tsvector" if key.width > WHOLE_VECTOR => fixed(SIGNATURE + 8, 4),
        // hashes of the words
        "tsvector" => fixed((key.width / 14.0 * 4.0) as u32 + 8, 4),
        "int4" | "date" | "float4" => fixed(8, 4),
        "int8" | "timestamp" | "timestamptz" | "float8" | "money" if shape.method == "gist" => fixed(16, 8),
        _ => key.clone(),
    }
}
