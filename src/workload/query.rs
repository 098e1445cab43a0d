//! What a parsed and bound statement says: tables, predicates, joins, sorts.

use std::collections::BTreeSet;

use super::Counters;

/// A range of bytes in the original text of a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The kind of a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// SELECT, VALUES, TABLE, and WITH … SELECT without a write in it.
    #[default]
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// MERGE.
    Merge,
}

/// FOR UPDATE and its kin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lock {
    /// FOR UPDATE or FOR NO KEY UPDATE, rather than FOR SHARE or FOR KEY SHARE.
    pub exclusive: bool,
    /// SKIP LOCKED.
    pub skip_locked: bool,
}

/// One parsed statement.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Our own, 16 hex digits: the same on every server, for every layout, IN-list length and parameter number.
    pub fingerprint: String,
    /// The text of its busiest entry, as the server has it but for a document's key that was put back (`json-key` among
    /// `repairs`) and constants that a log told (`log-constant`). All spans are in this text.
    pub text: String,
    /// The server's `queryid` of that entry.
    pub queryid: Option<i64>,
    /// The server's ids of all its entries, sorted.
    pub queryids: Vec<i64>,
    /// Roles that ran it, sorted.
    pub users: Vec<String>,
    /// Whether any entry was run by a client rather than inside a function or for a foreign key.
    pub toplevel: bool,
    /// What it does.
    pub kind: Kind,
    /// Counters of all its entries.
    pub counters: Counters,
    /// Every use of a table or view, in order of appearance, views replaced by their tables.
    pub tables: Vec<TableUse>,
    /// Conditions on columns, in order of appearance. An equality that is in `joins` is not here; any other comparison
    /// with a column is, with [`Access::Column`], an equality with a column that no table of ours has (of VALUES, a
    /// function, a subquery with LIMIT) among them.
    pub predicates: Vec<Predicate>,
    /// Equalities between columns of two table uses, of ON, USING and WHERE, to an outer query, and of IN (SELECT …).
    pub joins: Vec<JoinPair>,
    /// ORDER BY of the outermost select and of subqueries that have LIMIT.
    pub sorts: Vec<SortKey>,
    /// For each window, the sort that it needs: PARTITION BY, then ORDER BY, as far as that is bound.
    pub windows: Vec<Vec<SortKey>>,
    /// GROUP BY columns that are bound.
    pub groups: Vec<Operand>,
    /// The columns of an outermost SELECT DISTINCT, where each is bound.
    pub distinct_by: Vec<Operand>,
    /// What `min()` and `max()` are of, in a SELECT of one table that computes nothing else and does not group.
    pub extremes: Vec<Operand>,
    /// LIMIT or FETCH of the outermost select.
    pub limit: Option<Limit>,
    /// OFFSET of the outermost select, whether literal or parameter (a literal 0 does not count).
    pub offset: Option<Span>,
    /// The outermost select is an aggregate without GROUP BY: it returns one row.
    pub single_row_aggregate: bool,
    /// Any aggregate function or GROUP BY in the outermost select.
    pub aggregates: bool,
    /// SELECT DISTINCT outermost.
    pub distinct: bool,
    /// FOR UPDATE, FOR SHARE.
    pub lock: Option<Lock>,
    /// `pg_class.oid` of the target of a write.
    pub target: Option<u32>,
    /// Columns set by INSERT, UPDATE or ON CONFLICT DO UPDATE.
    pub set_columns: Vec<String>,
    /// An INSERT … VALUES with one row.
    pub single_row_insert: bool,
    /// Columns of the outermost select list, `None` for `*`.
    pub select_columns: Option<usize>,
    /// What the repairs changed before it could be parsed, by name of the repair.
    pub repairs: Vec<&'static str>,
    /// What its form tells beyond all that, each once; what stands in a view is left out.
    pub traits: Vec<Trait>,
}

/// Something about the form of a statement: a NOT IN over a subquery, an OR between tables, a sort by chance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trait {
    /// Which, as `statement_trait.name` lists them.
    pub name: &'static str,
    /// The table that it is about.
    pub table_oid: Option<u32>,
    /// The column of it, unquoted.
    pub column: Option<String>,
    /// The table on the other side.
    pub other_table_oid: Option<u32>,
    /// A word more: a type, a function, the place.
    pub detail: Option<String>,
    /// How many.
    pub number: Option<u64>,
}

/// One use of a table in a statement; the index in `Query::tables` identifies it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableUse {
    /// `pg_class.oid`; `None` when no table of the snapshot bears the name.
    pub table_oid: Option<u32>,
    /// The name as written, unquoted, with its schema if it has one.
    pub written: String,
    /// Alias, else the name.
    pub alias: String,
    /// The name in the text.
    pub span: Option<Span>,
    /// Nesting: 0 for the outermost FROM, 1 and more in subqueries and CTEs.
    pub depth: usize,
    /// On the nullable side of an outer join.
    pub nullable: bool,
    /// How many other table uses the same SELECT joins.
    pub joined: bool,
    /// Columns that the statement reads of it; `None`: all of them (`*`, a whole row, the target of a write).
    pub reads: Option<BTreeSet<String>>,
}

/// A column, or an expression over one column, of one table use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Operand {
    /// Index into `Query::tables`.
    pub table_use: usize,
    /// `pg_class.oid` of that table.
    pub table_oid: u32,
    /// The column, unquoted.
    pub column: String,
    /// `None` for the bare column.
    pub expression: Option<Expr>,
    /// Where it stands in the text; `None` inside a view.
    pub span: Option<Span>,
}

/// An expression over a column, as an index would have to have it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expr {
    /// SQL with unqualified column names, in the form that `pg_get_indexdef` prints: `upper((name)::text)`.
    pub sql: String,
    /// Outermost function, lower case, or `cast`, `json-field`, `operator`.
    pub function: String,
    /// Holds a parameter or literal, so that the text alone does not give the index expression.
    pub has_parameter: bool,
    /// Known to be immutable; the server refuses an index on anything else (`date` of a `timestamptz`).
    pub immutable: bool,
}

/// How a predicate compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=` with a constant, parameter or one-element IN list.
    #[default]
    Equal,
    /// IN with more than one element, `= ANY(array)`.
    In,
    /// `<`, `<=`, `>`, `>=`, BETWEEN.
    Range,
    /// LIKE.
    Like,
    /// ILIKE, or LIKE between `upper()` or `lower()` on both sides.
    ILike,
    /// `~`, `~*`, SIMILAR TO.
    Regex,
    /// `IS NULL`.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
    /// A bare boolean column, `= true`, IS TRUE.
    IsTrue,
    /// NOT of one, `= false`, IS FALSE.
    IsFalse,
    /// `<>`, NOT IN, NOT LIKE: no index helps.
    NotEqual,
    /// JSON containment and existence: `@>`, `<@`, `?`, `?|`, `?&`, `@?`, `@@` on json.
    Json,
    /// Array containment and overlap: `@>`, `<@`, `&&`, `value = ANY(column)`.
    Array,
    /// `@@` on text search.
    FullText,
    /// Range types and geometry: `&&`, `@>`, `<@`, `<<` ….
    Overlap,
    /// Any other operator.
    Other,
}

/// What a predicate compares with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// A parameter, `$n`.
    #[default]
    Parameter,
    /// A literal that stayed in the text, or a function of nothing but literals and parameters, `now()` included.
    Constant,
    /// A column of another table use: a join.
    Column,
    /// A subquery: IN (SELECT …), = (SELECT …).
    Subquery,
    /// Nothing: IS NULL and bare booleans.
    Nothing,
}

/// One of the alternatives of an OR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alternative {
    /// Which, from 0.
    pub arm: usize,
    /// Of how many.
    pub arms: usize,
}

/// A condition on one column or expression.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predicate {
    /// Left of the operator, or right of it where the statement has them the other way round.
    pub operand: Operand,
    /// How.
    pub comparison: Comparison,
    /// The operator as written: `=`, `~~`, `@>`, …
    pub operator: String,
    /// With what.
    pub access: Access,
    /// `LIKE` against a literal: true when it begins with a wildcard; `None` when the text does not say (a parameter).
    pub leading_wildcard: Option<bool>,
    /// Joined by AND up to the WHERE, ON or HAVING that holds it; false below an OR, and in the ON of an outer join that
    /// keeps the rows of this table anyway.
    pub conjunct: bool,
    /// Which OR it stands in, the outermost, for the predicates of one OR to be seen together.
    pub disjunction: Option<usize>,
    /// Where that OR is a conjunct: the alternative of it that cannot hold without this predicate.
    pub alternative: Option<Alternative>,
    /// The whole condition in the text; `None` inside a view.
    pub span: Option<Span>,
    /// SQL of the condition with the table's qualifier removed, for a partial index.
    pub sql: String,
}

/// `left = right`, columns of two table uses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JoinPair {
    /// One side.
    pub left: Operand,
    /// The other side.
    pub right: Operand,
    /// The condition in the text.
    pub span: Option<Span>,
}

/// One ORDER BY item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SortKey {
    /// Bound column or expression; items that are not bound end the useful prefix and are left out with all after them.
    pub operand: Operand,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST as it takes effect (the default is last for ascending, first for descending).
    pub nulls_first: bool,
    /// Which ORDER BY of the statement it belongs to: 0 is the outermost.
    pub clause: usize,
    /// That select has a LIMIT.
    pub limited: bool,
}

/// LIMIT.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limit {
    /// The literal, when it stayed in the text.
    pub rows: Option<u64>,
    /// The clause in the text.
    pub span: Option<Span>,
}
