//! Indexes with every property that decides whether one replaces another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::IndexUsage;

/// One key of an index: a column or an expression, with how it is ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IndexKey {
    /// Column name; `None` for an expression.
    pub column: Option<String>,
    /// `pg_get_indexdef(index, n, false)`; `None` for a column.
    pub expression: Option<String>,
    /// Operator class, e.g. `text_pattern_ops`.
    pub opclass: String,
    /// Whether that is the default class of the type and method.
    pub opclass_is_default: bool,
    /// Schema of that class where it is not `pg_catalog`.
    #[serde(default)]
    pub opclass_schema: Option<String>,
    /// Collation name; `None` for a type that has none.
    pub collation: Option<String>,
    /// Schema-qualified, quoted collation where it is not the column's.
    #[serde(default)]
    pub own_collation: Option<String>,
    /// `indoption & 1`.
    pub descending: bool,
    /// `indoption & 2`.
    pub nulls_first: bool,
}

/// What the server's planner counts for the search of one key in a GIN index: it follows from numbers of the index's
/// first page, which no plain function shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GinSearch {
    /// Comparisons on the way down: the binary logarithm of the number of keys, rounded up.
    pub comparisons: u32,
    /// Pages of keys.
    pub key_pages: u32,
    /// Pages of rows that 32 of them read.
    pub row_pages: u32,
}

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Index {
    /// `pg_class.oid`.
    pub oid: u32,
    /// The table.
    pub table_oid: u32,
    /// Schema, unquoted.
    pub schema: String,
    /// Name, unquoted.
    pub name: String,
    /// `btree`, `hash`, `gin`, `gist`, `spgist`, `brin`, …
    pub method: String,
    /// Keys in order, without INCLUDE columns.
    pub keys: Vec<IndexKey>,
    /// INCLUDE columns in order.
    pub include: Vec<String>,
    /// `pg_get_expr(indpred)`.
    pub predicate: Option<String>,
    /// `indisunique`.
    pub unique: bool,
    /// `indisprimary`.
    pub primary: bool,
    /// `indisexclusion`.
    pub exclusion: bool,
    /// `indimmediate`.
    pub immediate: bool,
    /// `indnullsnotdistinct`, 15 and later.
    pub nulls_not_distinct: bool,
    /// `indisvalid`.
    pub valid: bool,
    /// `indisready`: writes maintain it.
    pub ready: bool,
    /// `indislive`.
    pub live: bool,
    /// `indisclustered`.
    pub clustered: bool,
    /// `indisreplident`.
    pub replica_identity: bool,
    /// `relkind = 'I'`: the index of a partitioned table.
    pub partitioned: bool,
    /// `relispartition`: attached to the index of a partitioned table.
    pub is_partition: bool,
    /// The index that it is attached to.
    pub parent_oid: Option<u32>,
    /// In `pg_stat_progress_create_index` when read.
    pub being_built: bool,
    /// A constraint that it enforces, or a foreign key that points at it (`pg_constraint.conindid`).
    pub constraint: Option<String>,
    /// Extension that owns its table.
    pub extension: Option<String>,
    /// `reloptions`.
    pub options: Vec<String>,
    /// `pg_get_indexdef`.
    pub definition: String,
    /// Size now, bytes; 0 for a partitioned index.
    pub bytes: Option<u64>,
    /// Blocks of its main fork now; `None`: not read.
    #[serde(default)]
    pub blocks: Option<u64>,
    /// Levels above the leaves, of a B-tree, as the server's planner counts them; `None`: not asked, or not told.
    #[serde(default)]
    pub height: Option<u32>,
    /// What one search costs, of a GIN index of 16 and later; `None`: not asked, or not told.
    #[serde(default)]
    pub search: Option<GinSearch>,
    /// `spcoptions` of its tablespace.
    #[serde(default)]
    pub tablespace_options: Vec<String>,
    /// `relpages`.
    pub pages: u64,
    /// `reltuples`.
    pub rows: Option<f64>,
    /// `age(pg_index.xmin)` in transactions: how long ago it was created or last altered.
    pub created_xacts_ago: Option<i64>,
    /// Counters.
    #[serde(flatten)]
    pub usage: IndexUsage,
}

impl Index {
    /// Whether the planner may use it.
    pub fn usable(&self) -> bool {
        self.valid && self.ready && self.live
    }
}
