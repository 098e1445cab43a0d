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
/// An entry whose page is at hand: measured under 1 µs, where one anywhere in the tree takes 5.
const AT_HAND: f64 = 0.25;
/// Distinct first keys up to which the page of each stays at hand: equal keys go to the end of theirs.
const FEW_KEYS: f64 = 1_000.0;
/// Correlation of key and place from which keys rise as rows come.
const RISING: f64 = 0.9;
/// BRIN is written when a range of blocks is summarised.
const BRIN: f64 = 0.02;

/// What a row costs in this index, in entries of a B-tree.
pub fn entries_per_row(snapshot: &Snapshot, facts: &TableFacts, design: &Design) -> f64 {
    match design.method.as_str() {
        "gin" => (elements_of(snapshot, facts, design) * GIN_ENTRY).max(1.0),
        "gist" | "spgist" => GIST,
        "hash" => HASH,
        "brin" => BRIN,
        _ if at_hand(facts, design) => AT_HAND,
        _ => 1.0,
    }
}

/// Elements of a row in an inverted index.
pub fn elements_of(snapshot: &Snapshot, facts: &TableFacts, design: &Design) -> f64 {
    let shape = Shape::of(snapshot, facts.table.oid, design, &Asked::default());
    shape.iter().flat_map(|shape| &shape.keys).map(elements).sum()
}

/// Whether entries go to pages that are at hand: keys that are few, or that rise.
pub fn at_hand(facts: &TableFacts, design: &Design) -> bool {
    let first = design.keys.first().and_then(|key| key.column.as_deref());
    let Some((column, known)) = first.and_then(|column| Some((column, facts.statistics(column)?))) else {
        return false;
    };
    let few = known.n_distinct != 0.0 && facts.distinct(column) <= FEW_KEYS;
    few || known.correlation.is_some_and(|correlation| correlation >= RISING)
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
