//! How large an index would be that does not exist, and how high a B-tree is: from statistics, without any data.
//!
//! The sizes are those of an index freshly built by CREATE INDEX, worked out by laying
//! out its pages as PostgreSQL does. Each method has its file.

mod brin;
mod btree;
mod distinct;
mod expression;
mod gin;
mod gist;
mod hash;
mod height;
mod predicate;
mod repeats;
mod shape;
mod types;
mod widths;

use super::{Design, Size};
use crate::snapshot::{Index, Snapshot};

pub use height::height;

/// Bytes of a page.
const PAGE: u64 = 8192;

/// What the size of an index follows from: one physical index, of a table or of one leaf partition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// `btree`, `hash`, `gin`, …
    pub method: String,
    /// Major version of the server: 13 to 18.
    pub major: u32,
    /// Rows that get an entry: those that the WHERE lets in.
    pub entries: f64,
    /// Rows of the whole table.
    pub rows: f64,
    /// Blocks of the table.
    pub heap_blocks: u64,
    /// The keys in order.
    pub keys: Vec<KeyShape>,
    /// INCLUDE columns.
    pub include: Vec<KeyShape>,
    /// Distinct values of the first n keys together among the entries, for n from 1.
    pub distinct: Vec<f64>,
    /// UNIQUE.
    pub unique: bool,
    /// It enforces a constraint or came with its table, and so was there before the rows and has grown with them.
    pub constraint: bool,
    /// Whether equal keys share one entry in a B-tree.
    pub deduplicates: bool,
    /// `WITH (fillfactor)`.
    pub fillfactor: Option<u32>,
    /// `WITH (pages_per_range)`.
    pub pages_per_range: Option<u32>,
}

/// What the size follows from, of one key or INCLUDE column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyShape {
    /// `pg_type.typname` of the base type.
    pub type_name: String,
    /// Bytes of a type of fixed length; `None`: it varies.
    pub length: Option<u32>,
    /// `pg_type.typalign` in bytes: 1, 2, 4 or 8.
    pub alignment: u32,
    /// Average bytes of a value that is not NULL, with its length word.
    pub width: f64,
    /// Bytes of sample values, where the snapshot has values; empty: only the average is known.
    pub widths: Vec<u32>,
    /// Share of NULLs among the entries.
    pub nulls: f64,
    /// Distinct values among the entries, without NULL.
    pub distinct: f64,
    /// Shares of the most common values among the entries.
    pub frequencies: Vec<f64>,
    /// Of whole numbers, how far apart the bounds of the histogram are: the values between two of them, each pair with
    /// the same share of the rows that are not common.
    pub gaps: Vec<f64>,
    /// Operator class where it is not the default.
    pub opclass: Option<String>,
    /// What is known of the elements of an array or `tsvector`.
    pub elements: Option<Elements>,
}

/// Elements of the values of a column, as `pg_statistic` has them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Elements {
    /// Average number of distinct elements of a value; `None`: not gathered (`tsvector`).
    pub per_value: Option<f64>,
    /// Shares of the values that hold the most common elements.
    pub frequencies: Vec<f64>,
}

/// What a lab can find out and statistics cannot: asked of its planner, or read from its empty index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Rows that pass the WHERE.
    pub entries: Option<f64>,
    /// Distinct values of the first n keys together, for n from 1; may stop early or be empty.
    pub distinct: Vec<f64>,
    /// `btm_allequalimage` of the metapage (byte 64).
    pub deduplicates: Option<bool>,
    /// Types of the index's own columns, keys first, then INCLUDE; empty: by the table's columns.
    pub types: Vec<AskedType>,
}

/// The type of an index's column, from its `pg_attribute`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedType {
    /// `pg_type.typname` of the base type.
    pub name: String,
    /// `attlen`.
    pub length: i16,
    /// `attalign`: `c`, `s`, `i`, `d`.
    pub alignment: String,
}

impl Shape {
    /// The shape that `design` would have on one table or leaf partition; `None` where the table is not in the
    /// snapshot or has no rows to speak of.
    pub fn of(snapshot: &Snapshot, table_oid: u32, design: &Design, asked: &Asked) -> Option<Self> {
        shape::of_design(snapshot, table_oid, design, asked)
    }

    /// The shape of an index that exists.
    pub fn of_index(snapshot: &Snapshot, index: &Index) -> Option<Self> {
        shape::of_index(snapshot, index, &Asked::default())
    }

    /// The same with what was asked besides.
    pub fn of_index_asked(snapshot: &Snapshot, index: &Index, asked: &Asked) -> Option<Self> {
        shape::of_index(snapshot, index, asked)
    }
}

/// The size of an index of this shape, freshly built.
pub fn estimate(shape: &Shape) -> Size {
    let (blocks, rough) = match shape.method.as_str() {
        "btree" => (btree::blocks(shape), false),
        "hash" => (hash::blocks(shape), false),
        "brin" => (brin::blocks(shape), false),
        "gin" => (gin::blocks(shape), true),
        _ => (gist::blocks(shape), true),
    };
    Size { blocks, entries: shape.entries, rough }
}

/// The size of a design, of all partitions together, by this estimate alone.
pub fn of_design(snapshot: &Snapshot, design: &Design) -> Option<Size> {
    let asked = Asked::default();
    let shapes = shape::leaves_of(snapshot, design.table_oid);
    let sizes: Vec<Size> = shapes
        .iter()
        .filter_map(|leaf| Shape::of(snapshot, leaf.oid, design, &asked))
        .map(|shape| estimate(&shape))
        .collect();
    let added = |sum: Size, one: &Size| Size {
        blocks: sum.blocks + one.blocks,
        entries: sum.entries + one.entries,
        rough: sum.rough || one.rough,
    };
    (!sizes.is_empty()).then(|| sizes.iter().fold(Size::default(), added))
}

/// Average bytes that one entry takes, its share of shared keys and of page overhead included.
pub fn entry_bytes(snapshot: &Snapshot, design: &Design) -> Option<f64> {
    let size = of_design(snapshot, design).filter(|size| size.entries >= 1.0)?;
    Some(size.blocks.saturating_sub(1) as f64 * PAGE as f64 / size.entries)
}

/// The height of a B-tree that exists: as its server said, else by its blocks now.
pub fn height_of(snapshot: &Snapshot, index: &Index) -> Option<u32> {
    if index.height.is_some() {
        return index.height;
    }
    let blocks = index.blocks.or(index.bytes.map(|bytes| bytes / PAGE)).unwrap_or(index.pages);
    let shape = Shape::of_index(snapshot, index).filter(|shape| shape.method == "btree")?;
    Some(height(blocks, &shape))
}

/// Rounded up to a multiple of 8, as every entry is.
fn max_aligned(bytes: u32) -> u32 {
    bytes.div_ceil(8) * 8
}
