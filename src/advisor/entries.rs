//! How many entries a row has in an index.

use crate::snapshot::Snapshot;
use crate::what_if::size::{Asked, KeyShape, Shape};
use crate::what_if::{Design, TableFacts};

/// An entry of a GIN index in entries of a B-tree: they wait in a pending list and are added together. This, `GiST` and
/// hash as measured by `examples/entry_cost`: five elements took 4 µs, 33 trigrams 39 µs.
const GIN_ENTRY: f64 = 0.25;
/// Where no statistics tell the elements: a text of so many bytes has about as many trigrams; words of a document are
/// about seven bytes with what stands between them; an element of an array or a path of a document about sixteen.
const TRIGRAM_BYTES: f64 = 1.0;
const WORD_BYTES: f64 = 7.0;
const ELEMENT_BYTES: f64 = 16.0;
/// An entry of `GiST` is sought through overlapping pages.
const GIST: f64 = 6.0;
/// A hash index touches a page of its own for each row, in no order.
const HASH: f64 = 2.0;
/// BRIN is written when a range of blocks is summarised.
const BRIN: f64 = 0.02;

/// What a row costs in this index, in entries of a B-tree.
pub fn entries_per_row(snapshot: &Snapshot, facts: &TableFacts, design: &Design) -> f64 {
    match design.method.as_str() {
        "gin" => {
            let shape = Shape::of(snapshot, facts.table.oid, design, &Asked::default());
            let elements: f64 = shape.iter().flat_map(|shape| &shape.keys).map(elements).sum();
            (elements * GIN_ENTRY).max(1.0)
        }
        "gist" | "spgist" => GIST,
        "hash" => HASH,
        "brin" => BRIN,
        _ => 1.0,
    }
}

/// Elements of a value: trigrams, words, array elements, paths.
fn elements(key: &KeyShape) -> f64 {
    let bytes = match key.opclass.as_deref() {
        Some(opclass) if opclass.contains("trgm") => TRIGRAM_BYTES,
        _ if key.type_name == "tsvector" => WORD_BYTES,
        _ => ELEMENT_BYTES,
    };
    let counted = key.elements.as_ref().and_then(|elements| elements.per_value);
    counted.unwrap_or(key.width / bytes).max(1.0)
}
