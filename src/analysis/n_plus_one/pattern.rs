//! The name of a loop's pattern: each has its own remedy.

use std::sync::LazyLock;

use regex::Regex;

use super::shape::{Body, Key};
use crate::workload::{Kind, Query};

static COUNT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^\s*select\s+count\s*\(").ok());
static EXISTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*select\s+(\(?\$\d+\)?(\s+as\b|\s+from\b)|1\b|exists\b)").ok());

/// `lazy-many-to-one`, `count-per-row`, `insert-loop`, ….
pub fn name(child: &Query, body: &Body) -> &'static str {
    match child.kind {
        Kind::Insert => "insert-loop",
        Kind::Update => "update-loop",
        Kind::Delete => "delete-loop",
        Kind::Select | Kind::Merge => read(child, body),
    }
}

fn read(child: &Query, body: &Body) -> &'static str {
    let begins = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(&child.text));
    match body.key {
        _ if begins(&EXISTS) => "exists-per-row",
        // a value shared by rows, such as an address, is looked up, whatever is made of what is found
        Key::Leading => "lookup-loop",
        _ if child.single_row_aggregate && begins(&COUNT) => "count-per-row",
        _ if child.single_row_aggregate => "aggregate-per-row",
        Key::Unique => "lazy-many-to-one",
        _ if child.limit.is_some() && child.sorts.iter().any(|sort| sort.clause == 0) => "latest-per-row",
        _ => "lazy-one-to-many",
    }
}
