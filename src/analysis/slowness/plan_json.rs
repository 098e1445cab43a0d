//! A plan in JSON. Only the names of nodes, tables and indexes and the figures are taken: conditions hold the values of
//! users.

use serde_json::Value;

use super::plan::{Actual, Node, Tree};

/// `None`: no plan.
pub(super) fn parse(body: &str) -> Option<Tree> {
    let whole: Value = serde_json::from_str(body).ok()?;
    let jit_ms = whole.pointer("/JIT/Timing/Total");
    Some(Tree { root: node(whole.get("Plan")?)?, jit_ms: jit_ms.and_then(Value::as_f64) })
}

fn node(of: &Value) -> Option<Node> {
    let number = |name: &str| of.get(name).and_then(Value::as_f64);
    let name = |name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let actual = number("Actual Loops").map(|loops| Actual {
        ms: number("Actual Total Time"),
        rows: number("Actual Rows").unwrap_or(0.0),
        loops,
    });
    let removed = of.as_object()?.iter().filter(|(name, _)| name.starts_with("Rows Removed by "));
    let on_disk = of.get("Sort Space Type").and_then(Value::as_str) == Some("Disk");
    let sorted = number("Sort Space Used").filter(|_| on_disk);
    let below = of.get("Plans").and_then(Value::as_array).into_iter().flatten();
    Some(Node {
        kind: kind(of)?,
        relation: name("Relation Name").or_else(|| name("CTE Name")).or_else(|| name("Function Name")),
        index: name("Index Name"),
        expected: number("Plan Rows").unwrap_or(0.0),
        actual,
        removed: removed.filter_map(|(_, rows)| rows.as_f64()).sum(),
        disk_kb: sorted.or(number("Disk Usage")).unwrap_or(0.0),
        children: below.filter_map(node).collect(),
    })
}

/// As the text form says it.
fn kind(of: &Value) -> Option<String> {
    let word = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default();
    let plain = word("Node Type");
    let kind = match (plain, word("Strategy")) {
        ("", _) => return None,
        ("Aggregate", "Hashed") => "HashAggregate".to_owned(),
        ("Aggregate", "Sorted") => "GroupAggregate".to_owned(),
        ("Aggregate", "Mixed") => "MixedAggregate".to_owned(),
        ("ModifyTable", _) => word("Operation").to_owned(),
        _ => joined(plain, word("Join Type")),
    };
    let backward = if word("Scan Direction") == "Backward" { " Backward" } else { "" };
    let parallel = if of.get("Parallel Aware") == Some(&Value::Bool(true)) { "Parallel " } else { "" };
    let partial = Some(word("Partial Mode")).filter(|mode| !mode.is_empty() && *mode != "Simple");
    let partial = partial.map_or(String::new(), |mode| format!("{mode} "));
    Some(format!("{partial}{parallel}{kind}{backward}"))
}

/// `Hash Join` and `Left` are `Hash Left Join`; `Nested Loop` gets the word that the others have.
fn joined(plain: &str, join: &str) -> String {
    match (plain.strip_suffix(" Join"), join) {
        (_, "" | "Inner") => plain.to_owned(),
        (Some(method), _) => format!("{method} {join} Join"),
        (None, _) => format!("{plain} {join} Join"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan_text;
    use super::*;

    #[test]
    fn both_forms_of_a_plan_are_one() {
        let json = r#"{"Query Text": "SELECT 'secret'", "Plan": {"Node Type": "Nested Loop", "Join Type": "Left",
            "Plan Rows": 5, "Actual Loops": 1, "Actual Rows": 4, "Actual Total Time": 2.5, "Plans": [
            {"Node Type": "Index Scan", "Scan Direction": "Backward", "Index Name": "i", "Relation Name": "t", "Alias": "x",
             "Filter": "(a = 'secret')", "Rows Removed by Filter": 7, "Plan Rows": 1, "Actual Loops": 2, "Actual Rows": 1,
             "Actual Total Time": 1.0}]}, "JIT": {"Timing": {"Total": 3.5}}}"#;
        let text = "\
Nested Loop Left Join  (cost=0.00..1.00 rows=5 width=4) (actual time=0.100..2.500 rows=4 loops=1)
  ->  Index Scan Backward using i on t x  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..1.000 rows=1 loops=2)
        Filter: (a = 'secret')
        Rows Removed by Filter: 7
JIT:
  Timing: Generation 0.5 ms, Total 3.5 ms";
        let tree = parse(json).expect("a plan");
        assert_eq!(Some(&tree), plan_text::parse(text).as_ref());
        assert!(!format!("{tree:?}").contains("secret"));
        for broken in ["", "{", "[]", "{\"Plan\": 3}", "{\"Plan\": {}}"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn kinds_are_those_of_the_text() {
        for (json, expected) in [
            (r#"{"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Partial"}"#, "Partial HashAggregate"),
            (r#"{"Node Type": "Seq Scan", "Parallel Aware": true}"#, "Parallel Seq Scan"),
            (r#"{"Node Type": "Hash Join", "Join Type": "Right Anti"}"#, "Hash Right Anti Join"),
            (r#"{"Node Type": "ModifyTable", "Operation": "Update"}"#, "Update"),
        ] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(kind(&value).as_deref(), Some(expected), "{json}");
        }
    }
}
