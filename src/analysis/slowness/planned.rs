//! The plans of one statement: how they differ, and what the slowest of them says of itself.

use super::plan::{Node, Tree};
use super::shape::{Names, shape};

/// Shapes kept of a statement.
const SHAPES: usize = 8;
/// Rows of a node from which a wrong estimate leads to a wrong plan.
const MANY_ROWS: f64 = 1_000.0;
/// How far off an estimate is that counts.
const FAR_OFF: f64 = 10.0;

/// What was seen of the plans of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plans {
    /// How many.
    pub count: u64,
    /// By shape, in the order in which they were first seen.
    pub shapes: Vec<Runs>,
    /// How often the shape was another than the one before.
    pub changes: u64,
    /// What the slowest run with figures says.
    pub slowest: Option<Slowest>,
    last: Option<usize>,
}

/// The runs of one shape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs {
    /// Nodes without figures.
    pub shape: String,
    /// How many.
    pub count: u64,
    /// Their time, ms.
    pub total_ms: f64,
}

impl Runs {
    /// Of one run, ms.
    pub fn mean_ms(&self) -> f64 {
        self.total_ms / self.count.max(1) as f64
    }
}

/// What a run says of itself (`auto_explain.log_analyze`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Slowest {
    /// Its time, ms.
    pub ms: f64,
    /// The node that took most time itself, and its share of that of all nodes.
    pub heaviest: Option<(String, f64)>,
    /// The node that threw away most rows: those, and those it kept.
    pub removed: Option<(String, f64, f64)>,
    /// The node that wrote most to disk, kB.
    pub spilled: Option<(String, f64)>,
    /// The deepest node whose rows the planner expected least well: expected, and seen.
    pub misestimate: Option<(String, f64, f64)>,
    /// Time of JIT, ms.
    pub jit_ms: Option<f64>,
}

impl Plans {
    pub(super) fn add(&mut self, tree: &Tree, ms: f64, names: &Names) {
        self.count += 1;
        self.count_shape(shape(&tree.root, names), ms);
        let ran = tree.root.actual.is_some();
        if ran && self.slowest.as_ref().is_none_or(|slowest| ms > slowest.ms) {
            self.slowest = Some(Slowest::of(tree, ms));
        }
    }

    fn count_shape(&mut self, shape: String, ms: f64) {
        let at = self.shapes.iter().position(|runs| runs.shape == shape);
        let at = at.or_else(|| {
            let room = self.shapes.len() < SHAPES;
            room.then(|| {
                self.shapes.push(Runs { shape, ..Runs::default() });
                self.shapes.len() - 1
            })
        });
        if let Some(runs) = at.and_then(|at| self.shapes.get_mut(at)) {
            runs.count += 1;
            runs.total_ms += ms;
        }
        self.changes += u64::from(self.count > 1 && at != self.last);
        self.last = at;
    }
}

impl Slowest {
    fn of(tree: &Tree, ms: f64) -> Self {
        let nodes = tree.root.all();
        Self {
            ms,
            heaviest: heaviest(&nodes),
            removed: most(&nodes, super::plan::Node::removed_in_all).map(|(node, removed)| {
                let kept = node.actual.map_or(0.0, |actual| actual.rows * actual.loops);
                (node.label(), removed, kept)
            }),
            spilled: most(&nodes, |node| node.disk_kb).map(|(node, kb)| (node.label(), kb)),
            misestimate: misestimate(&tree.root, true, 0).map(|found| (found.label, found.expected, found.seen)),
            jit_ms: tree.jit_ms,
        }
    }
}

fn heaviest(nodes: &[&Node]) -> Option<(String, f64)> {
    let all: f64 = nodes.iter().map(|node| node.own_ms()).sum();
    most(nodes, Node::own_ms).map(|(node, own)| (node.label(), own / all))
}

/// The node with the largest figure above zero; of equal ones the first.
fn most<'a>(nodes: &[&'a Node], figure: impl Fn(&Node) -> f64) -> Option<(&'a Node, f64)> {
    let figures = nodes.iter().map(|node| (*node, figure(node))).filter(|(_, figure)| *figure > 0.0);
    figures.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// An estimate that is far off.
struct FarOff {
    label: String,
    expected: f64,
    seen: f64,
    depth: usize,
}

/// Where estimates go wrong first: the deepest, then the farthest off. What is not read to its end returns fewer rows
/// than expected without anybody being wrong: below a LIMIT, a join, a subplan only too few expected rows count.
fn misestimate(node: &Node, to_its_end: bool, depth: usize) -> Option<FarOff> {
    let ends_early = node.kind == "Limit" || node.kind.contains("Join") || node.kind.starts_with("Nested Loop");
    let below = node.children.iter().filter_map(|child| misestimate(child, to_its_end && !ends_early, depth + 1));
    let own = node.actual.filter(|actual| actual.loops > 0.0).and_then(|actual| {
        let (expected, seen) = (node.expected.max(1.0), actual.rows.max(1.0));
        let few = seen >= MANY_ROWS && seen >= expected * FAR_OFF;
        let many = to_its_end && !ends_early && expected >= MANY_ROWS && expected >= seen * FAR_OFF;
        (few || many).then(|| FarOff { label: node.label(), expected: node.expected, seen: actual.rows, depth })
    });
    own.into_iter().chain(below).reduce(|best, next| {
        let off = |one: &FarOff| (one.expected.max(1.0) / one.seen.max(1.0)).ln().abs();
        if (next.depth, off(&next)) > (best.depth, off(&best)) { next } else { best }
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan_text;
    use super::*;

    fn tree(body: &str) -> Tree {
        plan_text::parse(body).expect("a plan")
    }

    fn scan(kind: &str) -> Tree {
        tree(&format!("{kind} on t  (cost=0.00..1.00 rows=1 width=4)"))
    }

    #[test]
    fn plans_that_take_turns_are_told_from_one_that_changed() {
        let names = Names::default();
        for (order, shapes, changes) in [("aaaa", 1, 0), ("aabb", 2, 1), ("abab", 2, 3)] {
            let mut plans = Plans::default();
            for letter in order.chars() {
                plans.add(&scan(if letter == 'a' { "Seq Scan" } else { "Index Scan using i" }), 1.0, &names);
            }
            assert_eq!((plans.shapes.len(), plans.changes, plans.count), (shapes, changes, 4), "{order}");
        }
        let mut many = Plans::default();
        for number in 0..20 {
            many.add(&tree(&format!("Seq Scan on t{number}  (cost=0.00..1.00 rows=1 width=4)")), 1.0, &names);
        }
        assert_eq!((many.shapes.len(), many.count), (SHAPES, 20));
    }

    #[test]
    fn the_slowest_run_speaks() {
        let plan = |ms: f64| {
            tree(&format!(
                "Sort  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..{ms} rows=5 loops=1)\n  Sort Method: external \
                 merge  Disk: 80kB\n  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..{} rows=5 \
                 loops=1)\n        Rows Removed by Filter: 4995",
                ms * 0.9
            ))
        };
        let mut plans = Plans::default();
        for ms in [10.0, 50.0, 20.0] {
            plans.add(&plan(ms), ms, &Names::default());
        }
        let slowest = plans.slowest.expect("figures");
        assert_eq!((slowest.ms, slowest.removed), (50.0, Some(("Seq Scan on t".to_owned(), 4995.0, 5.0))));
        assert_eq!(slowest.spilled, Some(("Sort".to_owned(), 80.0)));
        let (label, share) = slowest.heaviest.expect("a node");
        assert_eq!((label.as_str(), (share * 100.0).round()), ("Seq Scan on t", 90.0));
    }

    #[test]
    fn an_estimate_is_wrong_only_where_the_node_was_read_to_its_end() {
        let of = |root: &str, expected: u32, seen: u32| {
            let body = format!(
                "{root}  (cost=0.00..1.00 rows=10 width=4) (actual time=0.100..9 rows=10 loops=1)\n  ->  Seq Scan on t  \
                 (cost=0.00..1.00 rows={expected} width=4) (actual time=0.100..8 rows={seen} loops=1)"
            );
            Slowest::of(&tree(&body), 9.0).misestimate.map(|(label, ..)| label)
        };
        let scan = Some("Seq Scan on t".to_owned());
        assert_eq!(of("Sort", 10, 20_000), scan);
        assert_eq!(of("Sort", 20_000, 10), scan);
        assert_eq!(of("Limit", 20_000, 10), None);
        assert_eq!(of("Limit", 10, 20_000), scan);
        assert_eq!(of("Sort", 10, 900), None);
        assert_eq!(of("Sort", 2_500, 20_000), None);
    }
}
