//! A plan on one line, as people say it.
//!
//! No figures are in it, and the names of hypothetical indexes are handed in, so that it is
//! the same on every server that plans alike: `Limit > Index Scan using t_a_idx on t`.

use std::collections::BTreeMap;

use super::plan::{Node, PlanNodes};

/// Children of an Append that are said one by one; more that are alike are counted.
const SAID: usize = 3;

/// What indexes are called: by their name in the plan. One that is not in it keeps its name.
pub type Names = BTreeMap<String, String>;

impl PlanNodes {
    /// Its nodes on one line.
    pub fn shape(&self, names: &Names) -> String {
        shape(&self.root, names)
    }
}

fn shape(node: &Node, names: &Names) -> String {
    let label = label(node, names);
    let named = node.subplan.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let children = children(node, names);
    match children.as_slice() {
        [] => format!("{named}{label}"),
        [only] => format!("{named}{label} > {only}"),
        several => format!("{named}{label} ({})", several.join("; ")),
    }
}

fn children(node: &Node, names: &Names) -> Vec<String> {
    let mut said: Vec<(usize, String, String)> = Vec::new();
    for child in &node.plans {
        let kind = kind(child);
        match said.last_mut() {
            Some((count, last, _)) if node.plans.len() > SAID && *last == kind => *count += 1,
            _ => said.push((1, kind, shape(child, names))),
        }
    }
    said.into_iter().map(|(count, kind, whole)| if count > 1 { format!("{count} × {kind}") } else { whole }).collect()
}

fn label(node: &Node, names: &Names) -> String {
    let index = node.index.as_ref().map(|index| {
        let word = if node.kind == "Bitmap Index Scan" { "on" } else { "using" };
        format!(" {word} {}", names.get(index).unwrap_or(index))
    });
    let on = node.relation.as_ref().or(node.cte.as_ref());
    let alias = node.alias.as_ref().filter(|alias| on.is_some() && Some(*alias) != on);
    let on = on.map(|on| format!(" on {on}"));
    let alias = alias.map(|alias| format!(" {alias}"));
    let parts = [index, on, alias].into_iter().flatten();
    kind(node) + &parts.collect::<String>()
}

/// What psql prints for the node's type.
fn kind(node: &Node) -> String {
    let parallel = if node.parallel { "Parallel " } else { "" };
    let backward = if node.direction.as_deref() == Some("Backward") { " Backward" } else { "" };
    let kind = match node.kind.as_str() {
        "Aggregate" => aggregate(node),
        "ModifyTable" => node.operation.clone().unwrap_or_else(|| node.kind.clone()),
        "SetOp" if node.strategy.as_deref() == Some("Hashed") => "HashSetOp".to_owned(),
        "Nested Loop" | "Hash Join" | "Merge Join" => join(node),
        other => other.to_owned(),
    };
    format!("{parallel}{kind}{backward}")
}

fn aggregate(node: &Node) -> String {
    let partial = node.partial.as_deref().filter(|mode| *mode != "Simple").map(|mode| format!("{mode} "));
    let kind = match node.strategy.as_deref() {
        Some("Hashed") => "HashAggregate",
        Some("Sorted") => "GroupAggregate",
        Some("Mixed") => "MixedAggregate",
        _ => "Aggregate",
    };
    format!("{}{kind}", partial.unwrap_or_default())
}

fn join(node: &Node) -> String {
    let base = node.kind.trim_end_matches(" Join");
    match node.join.as_deref() {
        None | Some("Inner") => node.kind.clone(),
        Some(join) => format!("{base} {join} Join"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_said_on_one_line() {
        let json = r#"[{"Plan": {"Node Type": "Limit", "Plans": [{"Node Type": "Nested Loop", "Join Type": "Left", "Plans": [
            {"Node Type": "Index Scan", "Scan Direction": "Backward", "Index Name": "<1>x", "Relation Name": "orders", "Alias": "o"},
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "t", "Alias": "t", "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "t_a_idx"}]},
            {"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Finalize", "Subplan Name": "InitPlan 1",
                "Plans": [{"Node Type": "Seq Scan", "Parallel Aware": true, "Relation Name": "u"}]}]}]}}]"#;
        let names = Names::from([("<1>x".to_owned(), "a new index on orders (at)".to_owned())]);
        assert_eq!(
            PlanNodes::read(json).expect("a plan").shape(&names),
            "Limit > Nested Loop Left Join (Index Scan Backward using a new index on orders (at) on orders o; \
             Bitmap Heap Scan on t > Bitmap Index Scan on t_a_idx; \
             InitPlan 1: Finalize HashAggregate > Parallel Seq Scan on u)"
        );
    }

    #[test]
    fn partitions_that_are_read_alike_are_counted() {
        let child = |name: &str| format!(r#"{{"Node Type": "Seq Scan", "Relation Name": "{name}"}}"#);
        let json = |names: &[&str]| {
            let children: Vec<String> = names.iter().map(|name| child(name)).collect();
            format!(r#"[{{"Plan": {{"Node Type": "Append", "Plans": [{}]}}}}]"#, children.join(","))
        };
        for (names, expected) in [
            (&["a", "b"][..], "Append (Seq Scan on a; Seq Scan on b)"),
            (&["a", "b", "c", "d"], "Append > 4 × Seq Scan"),
        ] {
            let plan = PlanNodes::read(&json(names)).expect("a plan");
            assert_eq!(plan.shape(&Names::new()), expected, "{names:?}");
        }
    }
}
