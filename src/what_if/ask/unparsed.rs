//! A statement that sqlparser cannot parse and a planner can explain: what it reads, out of its plan.
//!
//! With VERBOSE the plan names every table, and prints conditions as the server
//! understood them. They are put together to a plain SELECT that is parsed in
//! the statement's place: its tables, conditions and order are what the statement needs, wherever
//! in its text they stand.

use std::collections::BTreeSet;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::plan::Node;
use super::{Explain, Place, PlanNodes, Planner, Text, explained, run};
use crate::ident::{QualifiedName, quoted};
use crate::snapshot::{Snapshot, Statement, Table};
use crate::what_if::root_of;
use crate::workload::{Kind, Query, Unparsed, Workload};

/// Statements that are looked at: each needs a pass through the catalog.
const MOST: usize = 50;
/// Name of the repair that such a statement went through.
const REPAIR: &str = "read-from-plan";

/// What a planner makes of the statements that could not be parsed, with their positions in `Workload::unparsed`.
pub async fn from_plans(
    planner: &mut impl Planner,
    place: Place<'_>,
    snapshot: &Snapshot,
    workload: &Workload,
) -> Vec<(usize, Query)> {
    let mut found = Vec::new();
    let mut explain = Explain::verbose(place.major(snapshot));
    let mut bench = Snapshot { statements: crate::snapshot::Statements::default(), ..snapshot.clone() };
    let looked_at = workload.unparsed.iter().enumerate().filter(|(_, one)| one.toplevel && !one.text.is_empty());
    for (position, unparsed) in looked_at.take(MOST) {
        let entry = snapshot.statements.entries.iter().find(|entry| entry.text.as_ref() == Some(&unparsed.text));
        let own = Query {
            text: unparsed.text.clone(),
            users: entry.and_then(|entry| entry.user.clone()).into_iter().collect(),
            queryid: entry.and_then(|entry| entry.queryid),
            ..Query::default()
        };
        let nodes = nodes(planner, &mut explain, place, snapshot, &own).await;
        found.extend(
            nodes.and_then(|nodes| from_plan(&mut bench, &nodes, unparsed, own)).map(|query| (position, query)),
        );
    }
    found
}

/// The workload with these statements among the parsed ones, in the order that it keeps.
pub fn adopt(mut workload: Workload, found: Vec<(usize, Query)>) -> Workload {
    let positions: BTreeSet<usize> = found.iter().map(|(position, _)| *position).collect();
    let mut position = 0;
    workload.unparsed.retain(|_| {
        position += 1;
        !positions.contains(&(position - 1))
    });
    workload.queries.extend(found.into_iter().map(|(_, query)| query));
    workload.queries.sort_by(|one, two| {
        let time = two.counters.total_ms.total_cmp(&one.counters.total_ms);
        time.then_with(|| one.fingerprint.cmp(&two.fingerprint))
    });
    workload
}

async fn nodes(
    planner: &mut impl Planner,
    explain: &mut Explain,
    place: Place<'_>,
    snapshot: &Snapshot,
    query: &Query,
) -> Option<PlanNodes> {
    let before = place.before(snapshot, query);
    let text = Text::single(&query.text, place.manner().clock).ok()?;
    let accepted = explained(planner, explain, &before, text).await.ok()?;
    let script = explain.generic(&accepted.text);
    PlanNodes::read(run(planner, &before, &script).await.ok()?.first()?)
}

/// The statement as its plan has it. Nothing in it has a place in the text.
pub fn from_plan(bench: &mut Snapshot, nodes: &PlanNodes, unparsed: &Unparsed, own: Query) -> Option<Query> {
    let text = select(bench, nodes)?;
    bench.statements.entries = vec![Statement { text: Some(text), calls: 1, toplevel: true, ..Statement::default() }];
    let mut query = Workload::build(bench).queries.pop()?;
    without_places(&mut query);
    let modify = nodes.root.kind == "ModifyTable";
    Some(Query {
        fingerprint: unparsed.fingerprint.clone(),
        counters: unparsed.counters.clone(),
        toplevel: unparsed.toplevel,
        kind: if modify { kind(&nodes.root) } else { Kind::Select },
        target: table(bench, &nodes.root).filter(|_| modify).map(|table| table.oid),
        text: own.text,
        users: own.users,
        queryid: own.queryid,
        repairs: vec![REPAIR],
        select_columns: None,
        ..query
    })
}

fn kind(root: &Node) -> Kind {
    match root.operation.as_deref() {
        Some("Insert") => Kind::Insert,
        Some("Update") => Kind::Update,
        Some("Delete") => Kind::Delete,
        Some("Merge") => Kind::Merge,
        _ => Kind::Select,
    }
}

fn without_places(query: &mut Query) {
    for table in &mut query.tables {
        table.span = None;
    }
    for predicate in &mut query.predicates {
        (predicate.span, predicate.operand.span) = (None, None);
    }
    for join in &mut query.joins {
        (join.span, join.left.span, join.right.span) = (None, None, None);
    }
    for sort in &mut query.sorts {
        sort.operand.span = None;
    }
    for group in &mut query.groups {
        group.span = None;
    }
    query.limit = query.limit.map(|limit| crate::workload::Limit { span: None, ..limit });
}

/// The parts of a SELECT.
#[derive(Default)]
struct Parts {
    tables: Vec<String>,
    conditions: Vec<String>,
    groups: Vec<String>,
    sorts: Vec<String>,
    limited: bool,
}

/// A SELECT that needs what the plan needs; `None` where it reads no table of the snapshot.
fn select(snapshot: &Snapshot, nodes: &PlanNodes) -> Option<String> {
    let mut parts = Parts::default();
    spine(&nodes.root, &mut parts);
    collect(snapshot, &nodes.root, &mut parts);
    if parts.tables.is_empty() {
        return None;
    }
    let clause = |word: &str, list: &[String], between: &str| {
        if list.is_empty() { String::new() } else { format!(" {word} {}", list.join(between)) }
    };
    let limit = if parts.limited { " LIMIT $1" } else { "" };
    Some(format!(
        "SELECT 1 FROM {}{}{}{}{limit}",
        parts.tables.join(" CROSS JOIN "),
        clause("WHERE", &parts.conditions, " AND "),
        clause("GROUP BY", &parts.groups, ", "),
        clause("ORDER BY", &parts.sorts, ", "),
    ))
}

/// The order and the limit of the outermost SELECT: down to where the plan branches.
fn spine(root: &Node, parts: &mut Parts) {
    let mut node = root;
    loop {
        match node.kind.as_str() {
            "Limit" => parts.limited = true,
            "Sort" | "Incremental Sort" => {
                parts.sorts = parsed(&node.sort);
                return;
            }
            "Aggregate" | "Group" => {
                parts.groups = parsed(&node.group);
                return;
            }
            _ => {}
        }
        let [only] = node.plans.as_slice() else { return };
        node = only;
    }
}

fn collect(snapshot: &Snapshot, node: &Node, parts: &mut Parts) {
    let own = table(snapshot, node).filter(|_| node.kind != "ModifyTable");
    if let Some(table) = own {
        let name = QualifiedName::new(&table.schema, &table.name);
        let alias = node.alias.as_deref().unwrap_or(&table.name);
        parts.tables.push(format!("{name} {}", quoted(alias)));
    }
    if own.is_some() || node.join.is_some() || node.kind == "Bitmap Index Scan" {
        let all = [&node.index_condition, &node.filter, &node.hash, &node.merge, &node.join_filter];
        for condition in parsed(&all.into_iter().flatten().cloned().collect::<Vec<_>>()) {
            if !parts.conditions.contains(&condition) {
                parts.conditions.push(condition);
            }
        }
    }
    // partitions are one table, read many times
    let mut seen = BTreeSet::new();
    for child in &node.plans {
        let root = if node.kind.ends_with("Append") { table(snapshot, child).map(|table| table.oid) } else { None };
        if root.is_none_or(|root| seen.insert(root)) {
            collect(snapshot, child, parts);
        }
    }
}

/// The table that a node reads; of a partition the whole.
fn table<'a>(snapshot: &'a Snapshot, node: &Node) -> Option<&'a Table> {
    let (schema, name) = (node.schema.as_ref()?, node.relation.as_ref()?);
    let table = snapshot.tables.iter().find(|table| table.schema == *schema && table.name == *name)?;
    Some(root_of(snapshot, table))
}

/// Those that can be parsed: `(hashed SubPlan 1)` and the like are the plan's own.
fn parsed(expressions: &[String]) -> Vec<String> {
    let parses = |sql: &&String| {
        let bare = without_order(sql);
        let parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(bare);
        !sql.contains("SubPlan") && !sql.contains("InitPlan") && parser.is_ok_and(|mut one| one.parse_expr().is_ok())
    };
    expressions.iter().filter(parses).cloned().collect()
}

fn without_order(sql: &str) -> &str {
    let sql = sql.strip_suffix(" NULLS FIRST").or_else(|| sql.strip_suffix(" NULLS LAST")).unwrap_or(sql);
    sql.strip_suffix(" DESC").unwrap_or(sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Column;

    #[test]
    fn what_a_plan_reads_is_a_statement_of_its_own() {
        let mut snapshot = Snapshot::default();
        for (oid, name) in [(1, "orders"), (2, "users")] {
            let (schema, name) = ("app".to_owned(), name.to_owned());
            snapshot.tables.push(Table { oid, schema, name, ..Table::default() });
        }
        for (table_oid, name) in [(1, "user_id"), (1, "status"), (1, "at"), (2, "id")] {
            snapshot.columns.push(Column { table_oid, name: name.to_owned(), ..Column::default() });
        }
        let json = r#"[{"Plan": {"Node Type": "Limit", "Plans": [{"Node Type": "Sort", "Sort Key": ["o.at DESC"], "Plans": [
            {"Node Type": "Hash Join", "Join Type": "Inner", "Hash Cond": "(o.user_id = u.id)", "Plans": [
                {"Node Type": "Seq Scan", "Schema": "app", "Relation Name": "orders", "Alias": "o",
                    "Filter": "((o.status)::text = $1)"},
                {"Node Type": "Hash", "Plans": [{"Node Type": "Seq Scan", "Schema": "app", "Relation Name": "users",
                    "Alias": "u", "Filter": "(NOT (hashed SubPlan 1))"}]}]}]}]}}]"#;
        let nodes = PlanNodes::read(json).expect("a plan");
        let unparsed = Unparsed { fingerprint: "f".to_owned(), ..Unparsed::default() };
        let own = Query { text: "its own".to_owned(), ..Query::default() };
        let query = from_plan(&mut snapshot, &nodes, &unparsed, own).expect("a statement");
        let tables: Vec<Option<u32>> = query.tables.iter().map(|table| table.table_oid).collect();
        assert_eq!((query.fingerprint.as_str(), query.text.as_str(), tables), ("f", "its own", vec![Some(1), Some(2)]));
        assert_eq!((query.predicates.len(), query.predicates[0].operand.column.as_str()), (1, "status"));
        assert_eq!((query.joins.len(), query.sorts.len(), query.sorts[0].descending), (1, 1, true));
        assert!(query.sorts[0].limited && query.predicates[0].span.is_none());
    }

    #[test]
    fn an_adopted_statement_takes_its_place_in_the_workload() {
        let unparsed = |fingerprint: &str| Unparsed { fingerprint: fingerprint.to_owned(), ..Unparsed::default() };
        let workload = Workload {
            queries: vec![Query { fingerprint: "c".to_owned(), ..Query::default() }],
            unparsed: vec![unparsed("a"), unparsed("b")],
            ..Workload::default()
        };
        let found = vec![(1, Query { fingerprint: "b".to_owned(), ..Query::default() })];
        let workload = adopt(workload, found);
        let names: Vec<&str> = workload.queries.iter().map(|query| query.fingerprint.as_str()).collect();
        assert_eq!((names, workload.unparsed[0].fingerprint.as_str()), (vec!["b", "c"], "a"));
    }
}
