//! A plan as EXPLAIN gives it: its cost, and its shape without figures.

use serde_json::Value;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Total cost of the root.
    pub cost: f64,
    /// Every node with what it works on.
    pub shape: String,
}

/// Reads the output of `EXPLAIN (FORMAT JSON)`; `index` says under which name an index counts.
pub fn read(json: &str, index: &dyn Fn(&str) -> String) -> Plan {
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let root = &value[0]["Plan"];
    let mut shape = String::new();
    describe(root, index, &mut shape);
    Plan { cost: root["Total Cost"].as_f64().expect("a cost"), shape }
}

fn describe(node: &Value, index: &dyn Fn(&str) -> String, shape: &mut String) {
    for key in [
        "Node Type",
        "Strategy",
        "Partial Mode",
        "Join Type",
        "Operation",
        "Scan Direction",
        "Schema",
        "Relation Name",
        "Alias",
    ] {
        if let Some(text) = node[key].as_str() {
            *shape += text;
            *shape += " ";
        }
    }
    if let Some(name) = node["Index Name"].as_str() {
        *shape += &index(name);
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        *shape += "(";
        describe(child, index, shape);
        *shape += ")";
    }
}

/// To the cent, which is all that EXPLAIN shows.
pub fn same_cost(one: f64, two: f64) -> bool {
    (one - two).abs() < 0.005
}
