//! What EXPLAIN (FORMAT JSON) says.

use std::collections::BTreeSet;

use serde_json::Value;

/// A plan's cost and the hypothetical indexes in it.
#[derive(Debug, PartialEq)]
pub struct Plan {
    /// Total cost of the root.
    pub cost: f64,
    /// OIDs of hypothetical indexes, as text: `HypoPG` names them `<oid>method_table_columns`.
    pub hypothetical: BTreeSet<String>,
}

/// Reads one plan; `None` where it is none.
pub fn read(json: &str) -> Option<Plan> {
    let document: Value = serde_json::from_str(json).ok()?;
    let root = document.get(0)?.get("Plan")?;
    let mut plan = Plan { cost: root.get("Total Cost")?.as_f64()?, hypothetical: BTreeSet::new() };
    collect(root, &mut plan.hypothetical);
    Some(plan)
}

fn collect(node: &Value, found: &mut BTreeSet<String>) {
    let name = node.get("Index Name").and_then(Value::as_str);
    let oid = name.and_then(|name| name.strip_prefix('<')).and_then(|name| name.split_once('>'));
    found.extend(oid.map(|(oid, _)| oid.to_owned()));
    for child in node.get("Plans").and_then(Value::as_array).into_iter().flatten() {
        collect(child, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypothetical_indexes_are_found_anywhere_in_the_plan() {
        let json = r#"[{"Plan": {"Node Type": "Limit", "Total Cost": 8.5, "Plans": [
            {"Node Type": "Index Scan", "Index Name": "<13543>btree_public_t_a"},
            {"Node Type": "Index Scan", "Index Name": "t_pkey"}]}}]"#;
        let plan = read(json).expect("a plan");
        assert_eq!((plan.cost, plan.hypothetical), (8.5, BTreeSet::from(["13543".to_owned()])));
        assert_eq!(read("[]"), None);
    }
}
