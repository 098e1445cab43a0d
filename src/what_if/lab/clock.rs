//! The time of the snapshot, in a server that runs later.
//!
//! A statement that compares with `now()` would find no rows days later. The lab's search path begins with functions
//! of its own that say when the snapshot was taken; where a statement has a key word instead, its text has to name
//! them.

use super::schema::OWN;

/// Key words that stand for the time, and what says the same by the lab's clock.
pub const REWRITES: [(&str, &str); 5] = [
    ("CURRENT_TIMESTAMP", "pgassay_lab.now()"),
    ("CURRENT_DATE", "(pgassay_lab.now()::pg_catalog.date)"),
    ("CURRENT_TIME", "(pgassay_lab.now()::pg_catalog.timetz)"),
    ("LOCALTIMESTAMP", "(pgassay_lab.now()::pg_catalog.timestamp)"),
    ("LOCALTIME", "(pgassay_lab.now()::pg_catalog.time)"),
];

/// Functions that stand before those of `pg_catalog`: each with the volatility that PostgreSQL gives it.
pub fn functions(taken_at: f64) -> String {
    let one = |(name, volatility): &(&str, &str)| {
        format!(
            "CREATE FUNCTION {OWN}.{name}() RETURNS pg_catalog.timestamptz LANGUAGE sql {volatility} STRICT PARALLEL SAFE \
             AS $$ SELECT pg_catalog.to_timestamp({taken_at:?}) $$"
        )
    };
    let named = [
        ("now", "STABLE"),
        ("transaction_timestamp", "STABLE"),
        ("statement_timestamp", "STABLE"),
        ("clock_timestamp", "VOLATILE"),
    ];
    named.iter().map(one).collect::<Vec<_>>().join(";\n")
}

/// The lab's search path for a statement that runs with this one.
pub fn search_path(of_statement: &str) -> String {
    format!("{OWN}, pg_catalog, {of_statement}")
}
