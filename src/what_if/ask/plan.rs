//! What EXPLAIN (FORMAT JSON) says.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Two costs are one when EXPLAIN prints them alike.
const CENT: f64 = 0.005;

/// One node of a plan. Costs in the planner's units; conditions are there with VERBOSE or without, names of schemas
/// with it alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Node {
    /// `Index Scan`, …
    #[serde(rename = "Node Type")]
    pub kind: String,
    /// Total cost.
    #[serde(rename = "Total Cost")]
    pub cost: f64,
    /// Rows expected.
    #[serde(rename = "Plan Rows")]
    pub rows: f64,
    /// Table scanned or written.
    #[serde(rename = "Relation Name")]
    pub relation: Option<String>,
    /// Its schema.
    #[serde(rename = "Schema")]
    pub schema: Option<String>,
    /// What it is called in the statement.
    #[serde(rename = "Alias")]
    pub alias: Option<String>,
    /// Index scanned.
    #[serde(rename = "Index Name")]
    pub index: Option<String>,
    /// `Inner`, `Left`, `Semi`, …
    #[serde(rename = "Join Type")]
    pub join: Option<String>,
    /// `Plain`, `Hashed`, `Sorted`, `Mixed`.
    #[serde(rename = "Strategy")]
    pub strategy: Option<String>,
    /// `Simple`, `Partial`, `Finalize`.
    #[serde(rename = "Partial Mode")]
    pub partial: Option<String>,
    /// `Forward`, `Backward`.
    #[serde(rename = "Scan Direction")]
    pub direction: Option<String>,
    /// `Insert`, `Update`, `Delete`, `Merge`.
    #[serde(rename = "Operation")]
    pub operation: Option<String>,
    /// `Intersect`, `Except`, ….
    #[serde(rename = "Command")]
    pub command: Option<String>,
    /// `InitPlan 1`, `SubPlan 2`, `CTE x`.
    #[serde(rename = "Subplan Name")]
    pub subplan: Option<String>,
    /// CTE, function, values list scanned.
    #[serde(rename = "CTE Name")]
    pub cte: Option<String>,
    /// Of parallel plans.
    #[serde(rename = "Parallel Aware")]
    pub parallel: bool,
    /// Condition that the index serves.
    #[serde(rename = "Index Cond")]
    pub index_condition: Option<String>,
    /// What a lossy index is checked for again.
    #[serde(rename = "Recheck Cond")]
    pub recheck: Option<String>,
    /// Condition on rows.
    #[serde(rename = "Filter")]
    pub filter: Option<String>,
    /// Condition of a join beside its keys.
    #[serde(rename = "Join Filter")]
    pub join_filter: Option<String>,
    /// Keys of a hash join.
    #[serde(rename = "Hash Cond")]
    pub hash: Option<String>,
    /// Keys of a merge join.
    #[serde(rename = "Merge Cond")]
    pub merge: Option<String>,
    /// Expressions sorted by.
    #[serde(rename = "Sort Key")]
    pub sort: Vec<String>,
    /// Expressions grouped by.
    #[serde(rename = "Group Key")]
    pub group: Vec<String>,
    /// Children that are not shown, because no row of theirs can pass for the values given.
    #[serde(rename = "Subplans Removed")]
    pub removed: u64,
    /// Children in order.
    #[serde(rename = "Plans")]
    pub plans: Vec<Node>,
}

#[derive(Deserialize)]
struct Explained {
    #[serde(rename = "Plan")]
    plan: Node,
}

/// The name of an index in a plan, and the table that it is of where the plan says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexName {
    /// Its name.
    pub index: String,
    /// Name of its table, without the schema.
    pub table: Option<String>,
}

/// A plan as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanNodes {
    /// Its root.
    pub root: Node,
    /// Indexes of children that are not shown.
    hidden: BTreeSet<IndexName>,
}

impl PlanNodes {
    /// Reads one plan; `None` where it is none.
    pub fn read(json: &str) -> Option<Self> {
        let mut plans: Vec<Explained> = serde_json::from_str(json).ok()?;
        (plans.len() == 1 && !plans[0].plan.kind.is_empty())
            .then(|| Self { root: plans.remove(0).plan, ..Self::default() })
    }

    /// Total cost.
    pub fn cost(&self) -> f64 {
        self.root.cost
    }

    /// Rows that the statement returns or, of a write, touches.
    pub fn rows(&self) -> f64 {
        match self.root.plans.first() {
            Some(child) if self.root.kind == "ModifyTable" => child.rows,
            _ => self.root.rows,
        }
    }

    /// The indexes in it.
    pub fn indexes(&self) -> BTreeSet<IndexName> {
        let mut found = self.hidden.clone();
        self.root.collect(None, &mut found);
        found
    }

    /// Whether a part of the plan is not shown.
    pub fn is_cut(&self) -> bool {
        self.root.is_cut()
    }

    /// The same plan with what is not shown of it, out of one that leaves no partition out.
    #[must_use]
    pub fn completed(self, whole: Self) -> Self {
        // with partitions that the planner itself leaves out the other is dearer, and its names alone are of use
        let same = (self.cost() - whole.cost()).abs() < CENT;
        if same { whole } else { Self { hidden: whole.indexes(), ..self } }
    }
}

impl Node {
    fn is_cut(&self) -> bool {
        self.removed > 0 || self.plans.iter().any(Self::is_cut)
    }

    fn collect(&self, table: Option<&str>, found: &mut BTreeSet<IndexName>) {
        let table = self.relation.as_deref().or(table);
        if let Some(index) = &self.index {
            found.insert(IndexName { index: index.clone(), table: table.map(str::to_owned) });
        }
        for child in &self.plans {
            child.collect(if self.kind.starts_with("Bitmap") { table } else { None }, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_found_anywhere_in_the_plan_with_their_tables() {
        let json = r#"[{"Plan": {"Node Type": "Limit", "Total Cost": 8.5, "Plan Rows": 3, "Plans": [
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "t", "Plans": [
                {"Node Type": "BitmapAnd", "Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "<13543>btree_t_a"}]}]},
            {"Node Type": "Index Scan", "Relation Name": "u", "Index Name": "u_pkey"}]}}]"#;
        let plan = PlanNodes::read(json).expect("a plan");
        let found: Vec<String> =
            plan.indexes().into_iter().map(|one| format!("{} on {:?}", one.index, one.table)).collect();
        assert_eq!((plan.cost(), plan.rows()), (8.5, 3.0));
        assert_eq!(found, ["<13543>btree_t_a on Some(\"t\")", "u_pkey on Some(\"u\")"]);
    }

    #[test]
    fn a_plan_whose_partitions_are_not_shown_gets_the_indexes_of_one_that_shows_them() {
        let plan = |cost: f64, removed: u64, index: &str| {
            let child = format!(r#"{{"Node Type": "Index Scan", "Relation Name": "t_0", "Index Name": "{index}"}}"#);
            let json = format!(
                r#"[{{"Plan": {{"Node Type": "Append", "Total Cost": {cost}, "Subplans Removed": {removed}, "Plans": [{}]}}}}]"#,
                if removed > 0 { "" } else { &child }
            );
            PlanNodes::read(&json).expect("a plan")
        };
        assert!(plan(9.0, 3, "i").is_cut() && !plan(9.0, 0, "i").is_cut());
        for cost in [9.0, 12.0] {
            let completed = plan(9.0, 3, "i").completed(plan(cost, 0, "i"));
            let names: Vec<String> = completed.indexes().into_iter().map(|name| name.index).collect();
            assert_eq!((completed.cost(), names), (9.0, vec!["i".to_owned()]), "{cost}");
        }
    }

    #[test]
    fn what_is_no_plan_is_not_read() {
        for json in ["[]", "", "[{\"Plan\": {}}]", "{}"] {
            assert_eq!(PlanNodes::read(json), None, "{json}");
        }
    }

    #[test]
    fn a_write_has_the_rows_that_it_finds() {
        let json = r#"[{"Plan": {"Node Type": "ModifyTable", "Operation": "Update", "Plan Rows": 0, "Total Cost": 9,
            "Plans": [{"Node Type": "Seq Scan", "Plan Rows": 12}]}}]"#;
        assert_eq!(PlanNodes::read(json).map(|plan| plan.rows()), Some(12.0));
    }
}
