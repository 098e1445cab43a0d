//! A plan as `auto_explain` wrote it, without any value: kinds of nodes, names, figures.

/// A node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// `Seq Scan`, `Hash Left Join`, `HashAggregate`, ….
    pub kind: String,
    /// The table, as the catalog has its name; where the plan names its schema, without.
    pub relation: Option<String>,
    /// The index.
    pub index: Option<String>,
    /// Rows that the planner expected of each loop.
    pub expected: f64,
    /// What happened, with `auto_explain.log_analyze`.
    pub actual: Option<Actual>,
    /// Rows thrown away, of each loop.
    pub removed: f64,
    /// What it wrote to disk, kB.
    pub disk_kb: f64,
    /// Below it, subplans among them.
    pub children: Vec<Node>,
}

/// What happened at a node.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Actual {
    /// Time until the last row of a loop, ms; `None` without `auto_explain.log_timing`.
    pub ms: Option<f64>,
    /// Rows of each loop.
    pub rows: f64,
    /// Loops; 0: it was never run.
    pub loops: f64,
}

/// A plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// Its root.
    pub root: Node,
    /// Time of JIT, ms.
    pub jit_ms: Option<f64>,
}

impl Node {
    /// `Seq Scan on orders`, `Index Scan using orders_pkey on orders`.
    pub fn label(&self) -> String {
        match (&self.index, &self.relation) {
            (Some(index), Some(relation)) => format!("{} using {index} on {relation}", self.kind),
            (Some(name), None) | (None, Some(name)) => format!("{} on {name}", self.kind),
            (None, None) => self.kind.clone(),
        }
    }

    /// Rows thrown away in all loops.
    pub fn removed_in_all(&self) -> f64 {
        self.removed * self.actual.map_or(0.0, |actual| actual.loops)
    }

    /// Time in the node and below it, all loops, ms.
    fn whole_ms(&self) -> f64 {
        self.actual.map_or(0.0, |actual| actual.ms.unwrap_or(0.0) * actual.loops)
    }

    /// Time in the node itself, ms.
    pub fn own_ms(&self) -> f64 {
        (self.whole_ms() - self.children.iter().map(Node::whole_ms).sum::<f64>()).max(0.0)
    }

    /// The node and all below it.
    pub fn all(&self) -> Vec<&Node> {
        let mut found = vec![self];
        let mut at = 0;
        while at < found.len() {
            found.extend(found[at].children.iter());
            at += 1;
        }
        found
    }
}
