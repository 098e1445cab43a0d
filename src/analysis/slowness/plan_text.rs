//! A plan as EXPLAIN prints it. Only the names of nodes, tables and indexes and the figures are taken: conditions hold
//! the values of users.

use super::plan::{Actual, Node, Tree};

/// Deeper plans are damaged logs.
const DEEPEST: usize = 200;

/// `None`: no plan.
pub(super) fn parse(body: &str) -> Option<Tree> {
    // nodes on the way down, each with the column of its arrow
    let mut open: Vec<(usize, Node)> = Vec::new();
    let (mut jit, mut jit_ms) = (false, None);
    for line in body.lines() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim_start();
        let (column, text, arrow) = match text.strip_prefix("->") {
            Some(rest) => (indent + 1, rest.trim_start(), true),
            None => (0, text, open.is_empty()),
        };
        if let Some(node) = arrow.then(|| node(text)).flatten() {
            while open.last().is_some_and(|(other, _)| *other >= column) && open.len() > 1 {
                close(&mut open);
            }
            if open.len() >= DEEPEST {
                return None;
            }
            open.push((column, node));
            continue;
        }
        jit = (jit && indent > 0) || text == "JIT:" && indent == 0;
        if jit && text.starts_with("Timing:") {
            jit_ms = after(text, "Total ");
        } else if let Some((_, node)) = open.last_mut() {
            detail(node, text);
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, root)| Tree { root, jit_ms })
}

fn close(open: &mut Vec<(usize, Node)>) {
    let Some((_, node)) = open.pop() else { return };
    if let Some((_, parent)) = open.last_mut() {
        parent.children.push(node);
    }
}

/// `Index Scan using a on t x  (cost=0.29..8.31 rows=1 width=8) (actual time=0.01..0.02 rows=1 loops=1)`.
fn node(text: &str) -> Option<Node> {
    let (name, figures) = text.split_once("  (cost=")?;
    let expected = after(figures, " rows=")?;
    let actual = figures.split_once("(actual ").map(|(_, actual)| Actual {
        ms: after(actual, ".."),
        rows: after(actual, "rows=").unwrap_or(0.0),
        loops: after(actual, "loops=").unwrap_or(1.0),
    });
    let never = figures.contains("(never executed)").then(Actual::default);
    let (kind, index, relation) = named(name);
    Some(Node { kind, relation, index, expected, actual: actual.or(never), ..Node::default() })
}

/// Kind, index, table of a node's name; the alias is left out.
fn named(name: &str) -> (String, Option<String>, Option<String>) {
    if let Some((kind, rest)) = name.split_once(" using ") {
        let (index, rest) = identifier(rest);
        let relation = rest.strip_prefix(" on ").map(|rest| identifier(rest).0);
        return (kind.to_owned(), Some(index), relation);
    }
    let Some((kind, rest)) = name.split_once(" on ") else { return (name.to_owned(), None, None) };
    let (name, _) = identifier(rest);
    if kind.ends_with("Bitmap Index Scan") {
        return (kind.to_owned(), Some(name), None);
    }
    (kind.to_owned(), None, Some(name))
}

/// The last part of `schema.name`, without quotes, and what follows.
fn identifier(text: &str) -> (String, &str) {
    let (mut name, mut rest) = word(text);
    while let Some(after) = rest.strip_prefix('.') {
        (name, rest) = word(after);
    }
    (name, rest)
}

fn word(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '.']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut name = String::new();
    let mut rest = quoted;
    while let Some((part, after)) = rest.split_once('"') {
        name.push_str(part);
        rest = after;
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return (name, rest),
        }
    }
    (name + rest, "")
}

/// The figures of a line below a node; a line of one worker counts in the node's own.
fn detail(node: &mut Node, text: &str) {
    if let Some(removed) = text.strip_prefix("Rows Removed by ").and_then(|rest| after(rest, ": ")) {
        node.removed += removed;
    } else if text.starts_with("Sort Method: ") {
        node.disk_kb = node.disk_kb.max(after(text, "Disk: ").unwrap_or(0.0));
    } else if let Some(disk) = after(text, "Disk Usage: ").filter(|_| text.contains("Batches: ")) {
        node.disk_kb = node.disk_kb.max(disk);
    }
}

/// The number after a word.
fn after(text: &str, word: &str) -> Option<f64> {
    let rest = &text[text.find(word)? + word.len()..];
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    let number = rest[..end].split("..").next().unwrap_or_default();
    number.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_quotes_schema_and_alias() {
        for (text, kind, index, relation) in [
            ("Seq Scan on orders o", "Seq Scan", None, Some("orders")),
            ("Seq Scan on public.\"Odd \"\"T on\" x", "Seq Scan", None, Some("Odd \"T on")),
            ("Index Scan Backward using \"a b\" on t", "Index Scan Backward", Some("a b"), Some("t")),
            ("Bitmap Index Scan on t_a_idx", "Bitmap Index Scan", Some("t_a_idx"), None),
            ("Hash Left Join", "Hash Left Join", None, None),
            ("CTE Scan on x y", "CTE Scan", None, Some("x")),
        ] {
            let (index, relation) = (index.map(str::to_owned), relation.map(str::to_owned));
            assert_eq!(named(text), (kind.to_owned(), index, relation), "{text}");
        }
    }

    #[test]
    fn nodes_hang_where_their_arrows_say() {
        let body = "\
Limit  (cost=0.00..9.00 rows=10 width=4) (actual time=0.010..7.500 rows=10 loops=1)
  InitPlan 1 (returns $0)
    ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (never executed)
  ->  Hash Join  (cost=0.00..8.00 rows=10 width=4) (actual time=0.010..7.000 rows=10.00 loops=1)
        Hash Cond: (a.x = 'it''s  (cost=7'::text)
        ->  Seq Scan on b  (cost=0.00..4.00 rows=100 width=4) (actual time=0.010..3.000 rows=90 loops=2)
              Filter: (secret = 'Rows Removed by Filter: 7'::text)
              Rows Removed by Filter: 9910
        ->  Hash  (cost=0.00..3.00 rows=1 width=4) (actual rows=1 loops=1)
              Buckets: 1024  Batches: 4  Memory Usage: 40kB
              ->  Sort  (cost=0.00..3.00 rows=1 width=4) (actual time=0.010..0.500 rows=1 loops=1)
                    Sort Method: external merge  Disk: 1234kB
JIT:
  Functions: 4
  Options: Inlining false, Optimization false, Expressions true, Deforming true
  Timing: Generation 0.500 ms, Inlining 0.000 ms, Optimization 1.000 ms, Emission 2.000 ms, Total 3.500 ms
";
        let tree = parse(body).expect("a plan");
        assert_eq!((tree.root.kind.as_str(), tree.root.children.len(), tree.jit_ms), ("Limit", 2, Some(3.5)));
        let join = &tree.root.children[1];
        let (scan, hash) = (&join.children[0], &join.children[1]);
        assert_eq!(tree.root.children[0].actual, Some(Actual::default()));
        assert_eq!((scan.removed, scan.actual.map(|actual| actual.loops)), (9910.0, Some(2.0)));
        assert_eq!((hash.actual.and_then(|actual| actual.ms), hash.children[0].disk_kb), (None, 1234.0));
        assert!((join.own_ms() - 1.0).abs() < 1e-9, "{}", join.own_ms());
        assert!(!format!("{tree:?}").contains("secret"));
        assert_eq!(parse("no plan"), None);
    }
}
