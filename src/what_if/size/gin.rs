//! The pages of a GIN index, roughly: how many keys there are, in how many rows each occurs, and what a list of rows
//! takes when it is packed.

use super::{KeyShape, Shape, max_aligned};

/// A list longer than that is moved out of the tree of keys into pages of its own (`GinMaxItemSize`).
const LARGEST_LIST: f64 = 2700.0;
const ROOM: f64 = 8152.0;
/// Pages of keys split in the middle although keys come in order, and fill up again as lists grow.
const KEYS_FILL: f64 = 0.6;
/// Lists in pages of their own are appended to, and packed in segments.
const LIST_FILL: f64 = 0.93;
/// Header of an entry with its line pointer, and the first row of a list.
const ENTRY: f64 = 8.0 + 4.0 + 8.0;
/// Rows of a value that is known only by its width: bytes of a word in a text search vector, and of a key or value in
/// a document.
const LEXEME: f64 = 14.0;
const DOCUMENT_ITEM: f64 = 11.0;
/// Trigrams that occur in the texts of one alphabet.
const TRIGRAMS: f64 = 9000.0;
/// Characters from which on a text begins to repeat its trigrams.
const TEXT: f64 = 16.0;
/// Keys beyond the common ones become rarer like words of a language do: by their rank.
const RANKS: f64 = 12.0;

/// Blocks of the whole index.
pub fn blocks(shape: &Shape) -> u64 {
    let mut bytes_of_keys = 0.0;
    let mut pages_of_lists = 0.0;
    for key in &shape.keys {
        for occurring in occurrences(shape, key) {
            let list = list_bytes(shape, occurring.rows);
            let own_pages = list > LARGEST_LIST;
            let entry = f64::from(max_aligned((key_bytes(key) + if own_pages { 0.0 } else { list }) as u32)) + ENTRY;
            bytes_of_keys += entry * occurring.keys;
            pages_of_lists += if own_pages { (list / ROOM / LIST_FILL).ceil() * occurring.keys } else { 0.0 };
        }
    }
    // metapage and the head of the list of pending rows
    2 + (bytes_of_keys / ROOM / KEYS_FILL).ceil().max(1.0) as u64 + pages_of_lists as u64
}

/// Keys that occur in about as many rows each.
#[derive(Debug, Clone, Copy)]
struct Occurring {
    keys: f64,
    rows: f64,
}

fn occurrences(shape: &Shape, key: &KeyShape) -> Vec<Occurring> {
    let rows = shape.entries * (1.0 - key.nulls);
    let per_row = per_row(key);
    let known = key.elements.as_ref().map(|one| one.frequencies.as_slice()).unwrap_or_default();
    let common = known.iter().map(|share| Occurring { keys: 1.0, rows: share * shape.entries });
    let seen: f64 = known.iter().sum::<f64>() * shape.entries;
    let left = (rows * per_row - seen).max(0.0);
    let mut all: Vec<Occurring> = common.collect();
    let rarest = known.iter().copied().fold(f64::INFINITY, f64::min) * shape.entries;
    all.extend(rest(key, left, rarest, rows));
    all
}

/// Keys of one value.
fn per_row(key: &KeyShape) -> f64 {
    if let Some(per_value) = key.elements.as_ref().and_then(|one| one.per_value) {
        return per_value;
    }
    let content = (key.width - 1.0).max(1.0);
    match (key.type_name.as_str(), key.opclass.as_deref().unwrap_or_default()) {
        ("tsvector", _) => (content / LEXEME).max(1.0),
        ("jsonb", opclass) if opclass.ends_with("path_ops") => (content / DOCUMENT_ITEM / 2.0).max(1.0),
        ("jsonb", _) => (content / DOCUMENT_ITEM).max(1.0),
        (_, opclass) if opclass.contains("trgm") => content.min(TEXT) * (content / TEXT).max(1.0).powf(0.8) + 1.0,
        (name, _) if name.starts_with('_') => ((content - 20.0) / 6.0).max(1.0),
        _ => 1.0,
    }
}

/// The keys beyond the common ones: `left` occurrences, none as frequent as `rarest`.
fn rest(key: &KeyShape, left: f64, rarest: f64, rows: f64) -> Vec<Occurring> {
    if left < 1.0 {
        return Vec::new();
    }
    let is_scalar = per_row(key) <= 1.0 && key.elements.is_none();
    let keys = if key.opclass.as_deref().is_some_and(|opclass| opclass.contains("trgm")) {
        TRIGRAMS.min(left)
    } else if is_scalar {
        key.distinct
    } else if rarest.is_finite() {
        (left / rarest * 2.0).max(1.0)
    } else {
        // new keys keep coming, the slower the more there are; documents repeat theirs sooner than texts
        left.powf(if key.type_name == "jsonb" { 0.7 } else { 0.8 })
    };
    by_rank(keys.clamp(1.0, left), left, rows)
}

/// A share of the keys has most of the occurrences.
fn by_rank(keys: f64, occurrences: f64, rows: f64) -> Vec<Occurring> {
    let steps = keys.log2().ceil().clamp(1.0, RANKS) as u32;
    let sizes: Vec<f64> = (0..steps).map(|step| keys / f64::from(1_u32 << (steps - step).min(31))).collect();
    let total: f64 = sizes.iter().sum();
    let each = occurrences / f64::from(steps);
    let step = |size: &f64| Occurring { keys: size / total * keys, rows: (each / (size / total * keys)).min(rows) };
    sizes.iter().map(step).collect()
}

/// Bytes of a packed list of so many rows: each is the distance to the one before, seven bits a byte.
fn list_bytes(shape: &Shape, rows: f64) -> f64 {
    if rows <= 1.0 {
        return 8.0;
    }
    let blocks = (shape.heap_blocks.max(1)) as f64;
    let on_block = (rows / blocks).max(1.0);
    let distance = (blocks / rows).max(1.0) * 2048.0;
    let jump = (distance.log2() / 7.0).ceil().max(2.0);
    let bytes = (jump + (on_block - 1.0)) / on_block;
    rows * bytes * (1.0 + 8.0 / 256.0) + 8.0
}

/// Bytes of a key: of a number as it is, of a trigram four, of a hash four, of a word its length.
fn key_bytes(key: &KeyShape) -> f64 {
    match (key.type_name.as_str(), key.opclass.as_deref().unwrap_or_default()) {
        (_, opclass) if opclass.contains("trgm") || opclass.ends_with("path_ops") => 4.0,
        ("_int4" | "_date" | "_float4", _) => 4.0,
        ("_int8" | "_timestamptz" | "_float8", _) => 8.0,
        ("_uuid", _) => 16.0,
        ("jsonb" | "tsvector", _) => 10.0,
        (name, _) if name.starts_with('_') => 9.0,
        _ => key.length.map_or(key.width, f64::from),
    }
}
