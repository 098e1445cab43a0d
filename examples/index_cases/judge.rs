//! Whether a report says what a case expects.
//!
//! Indexes are compared as PostgreSQL prints them after it has built them on an empty copy of their table. A B-tree
//! and the one that is its mirror image, every key turned, are the same.

use pgassay::ident::quoted;
use pgassay::report::{Action, IndexAction, Report};
use sqlx::PgConnection;

use crate::case::{Case, Wanted};
use crate::prepare::{execute, texts};

/// What came of a case.
#[derive(Debug)]
pub enum Verdict {
    /// As expected; with what it says not and might.
    Pass(Option<String>),
    /// Not as expected: why.
    Fail(String),
    /// Not looked at: why.
    NotRun(String),
}

/// Judges a report; the connection is to the case's database.
pub async fn judge(case: &Case, report: &Report, connection: &mut PgConnection) -> Verdict {
    let creates: Vec<&IndexAction> = report.indexes.iter().filter(|one| one.action == Action::Create).collect();
    let dropped: Vec<&str> =
        report.indexes.iter().filter(|one| one.action == Action::Drop).map(|one| one.name.as_str()).collect();
    let expect = &case.expect;
    if let Some(kept) = expect.keep.iter().find(|name| dropped.contains(&name.as_str())) {
        return Verdict::Fail(format!("drops {kept}, which is needed"));
    }
    if let Some(wanted) = &expect.drop {
        let mut wanted: Vec<&str> = wanted.iter().map(|one| one.index.as_str()).collect();
        let mut found = dropped.clone();
        wanted.sort_unstable();
        found.sort_unstable();
        return if wanted == found { Verdict::Pass(None) } else { Verdict::Fail(format!("drops {found:?}")) };
    }
    if let Err(why) = creates_as_expected(case, &creates, connection).await {
        return Verdict::Fail(why);
    }
    said(case, report)
}

/// The words that a case expects beside the indexes.
fn said(case: &Case, report: &Report) -> Verdict {
    let expect = &case.expect;
    if let Some(rule) = &expect.finding
        && !report.findings.iter().any(|finding| finding.rule == rule.replace('_', "-"))
    {
        return Verdict::Fail(format!("no finding of the rule {rule}"));
    }
    if expect.warning.is_some() && !warns(report) {
        return Verdict::Fail("says nothing about the table that was never analyzed".to_owned());
    }
    let statistics = &expect.statistics;
    let silent = !statistics.is_empty() && !format!("{report:?}").contains("CREATE STATISTICS");
    Verdict::Pass(silent.then(|| format!("does not mention {}", statistics.join(", "))))
}

fn warns(report: &Report) -> bool {
    let finding = report.findings.iter().any(|finding| finding.rule == "stale-statistics");
    let says = |text: &String| text.to_lowercase().contains("analyze");
    finding
        || report.indexes.iter().any(|index| index.notes.iter().any(says))
        || report.skipped.iter().any(|one| says(&one.why))
}

async fn creates_as_expected(
    case: &Case,
    creates: &[&IndexAction],
    connection: &mut PgConnection,
) -> Result<(), String> {
    let mut found = Vec::new();
    for action in creates {
        found.push(canonical(&proposed(action), connection).await);
    }
    found.sort();
    let mut sets: Vec<Vec<&Wanted>> = case.expect.alternatives.iter().map(|set| set.iter().collect()).collect();
    sets.insert(0, case.expect.indexes.iter().collect());
    for wanted in &case.expect.contains_any {
        if has(&found, wanted, connection).await {
            return Ok(());
        }
    }
    if case.expect.contains_any.is_empty() {
        for set in &sets {
            if set.len() == found.len() && all(&found, set, connection).await {
                return Ok(());
            }
        }
    }
    Err(if found.is_empty() { "proposes nothing".to_owned() } else { format!("proposes {}", found.join("; ")) })
}

async fn all(found: &[String], wanted: &[&Wanted], connection: &mut PgConnection) -> bool {
    for one in wanted {
        if !has(found, one, connection).await {
            return false;
        }
    }
    true
}

async fn has(found: &[String], wanted: &Wanted, connection: &mut PgConnection) -> bool {
    let index = expected(wanted, connection).await;
    found.contains(&canonical(&index, connection).await)
        || found.contains(&canonical(&mirrored(&index), connection).await)
}

/// An index as SQL.
struct Index {
    /// Schema and table, unquoted.
    table: (String, String),
    method: String,
    keys: Vec<String>,
    include: Vec<String>,
    predicate: Option<String>,
}

fn proposed(action: &IndexAction) -> Index {
    let keys = action.columns.iter().map(|column| {
        let name = column.name.as_deref().map(quoted);
        let key = name.unwrap_or_else(|| {
            format!("({})", column.expression.as_deref().expect("a key of a report is a column or an expression"))
        });
        let opclass = column.opclass.as_deref().map(|opclass| format!(" {opclass}")).unwrap_or_default();
        let order = if action.method == "btree" { column.order.to_uppercase() } else { String::new() };
        format!("{key}{opclass} {}", order.trim_start_matches("ASC").trim()).trim().to_owned()
    });
    Index {
        table: (action.schema.clone(), action.table.clone()),
        method: action.method.clone(),
        keys: keys.collect(),
        include: action.include.clone(),
        predicate: action.predicate.clone(),
    }
}

async fn expected(wanted: &Wanted, connection: &mut PgConnection) -> Index {
    let (schema, table) = wanted.table.split_once('.').unwrap_or(("public", &wanted.table));
    let columns = format!(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = '{}.{}'::regclass AND attnum > 0",
        quoted(schema),
        quoted(table)
    );
    let columns = texts(connection, &columns).await.unwrap_or_else(|error| panic!("{}: {error}", wanted.table));
    let key = |text: &String| match (columns.contains(text), text.split_once(' ')) {
        (true, _) => quoted(text).clone(),
        (false, Some((first, rest))) if columns.iter().any(|one| one == first) => format!("{} {rest}", quoted(first)),
        (false, _) if text.starts_with('(') => text.clone(),
        (false, _) => format!("({text})"),
    };
    Index {
        table: (schema.to_owned(), table.to_owned()),
        method: wanted.method.clone(),
        keys: wanted.columns.iter().map(key).collect(),
        include: wanted.include.clone(),
        predicate: wanted.predicate.clone(),
    }
}

fn mirrored(index: &Index) -> Index {
    let turn = |key: &String| match (key.strip_suffix(" DESC"), key.contains(" NULLS ")) {
        (_, true) => key.clone(),
        (Some(rising), _) => rising.to_owned(),
        (None, _) => format!("{key} DESC"),
    };
    let keys = if index.method == "btree" { index.keys.iter().map(turn).collect() } else { index.keys.clone() };
    Index {
        table: index.table.clone(),
        method: index.method.clone(),
        keys,
        include: index.include.clone(),
        predicate: index.predicate.clone(),
    }
}

/// As PostgreSQL prints it; where PostgreSQL would not build it, as it came.
async fn canonical(index: &Index, connection: &mut PgConnection) -> String {
    let (schema, table) = &index.table;
    let include: Vec<String> = index.include.iter().map(|name| quoted(name).clone()).collect();
    let include = if include.is_empty() { String::new() } else { format!(" INCLUDE ({})", include.join(", ")) };
    let predicate = index.predicate.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    let body = format!("USING {} ({}){include}{predicate}", index.method, index.keys.join(", "));
    let sql = format!(
        "BEGIN; CREATE TEMP TABLE pgassay_like (LIKE {}.{}); CREATE INDEX pgassay_like_i ON pgassay_like {body}; \
         SELECT pg_get_indexdef('pgassay_like_i'::regclass); ROLLBACK",
        quoted(schema),
        quoted(table)
    );
    let printed = texts(connection, &sql).await;
    if let Err(error) = &printed {
        // one that the server refuses is like no other: it is compared as it was written
        eprintln!("{schema}.{table} {body}: {error}");
        execute(connection, "ROLLBACK").await.expect("a transaction that failed can be rolled back");
    }
    let printed = printed.ok().and_then(|rows| rows.into_iter().next());
    let body = printed.as_deref().and_then(|text| text.split_once(" USING ")).map_or(body.as_str(), |(_, body)| body);
    format!("{schema}.{table} {}", body.trim_start_matches("USING "))
}
