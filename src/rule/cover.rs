//! One cause, one finding: a finding takes in those of other rules that it accounts for.
//!
//! A rule names the rules that it covers. Their findings about the same object (index, else statement, else table,
//! else subject) leave the report as findings of their own and are named in the one that accounts for them.

use std::collections::BTreeMap;

use super::{Catalogue, Covered, Evaluated, Outcome, Row};

/// A row by its rule's and its own position.
type Place = (usize, usize);

/// Moves every covered row into the one that accounts for it; of a chain, into its head.
pub(super) fn consolidate(catalogue: &Catalogue, evaluated: &mut [Evaluated]) {
    let covering = covering(catalogue, evaluated);
    let mut taken: BTreeMap<Place, Vec<Covered>> = BTreeMap::new();
    for place in covering.keys() {
        let covered = Covered {
            rule: evaluated[place.0].rule.clone(),
            subject: rows(evaluated, place.0)[place.1].subject.clone(),
        };
        taken.entry(head(*place, &covering)).or_default().push(covered);
    }
    for (rule, one) in evaluated.iter_mut().enumerate() {
        let Outcome::Found(rows) = &mut one.outcome else { continue };
        for (position, row) in rows.iter_mut().enumerate() {
            row.covers = taken.remove(&(rule, position)).unwrap_or_default();
        }
        let mut position = 0;
        rows.retain(|_| {
            position += 1;
            !covering.contains_key(&(rule, position - 1))
        });
    }
}

/// Every covered row, with the one that covers it: of several the first, by rule and position.
fn covering(catalogue: &Catalogue, evaluated: &[Evaluated]) -> BTreeMap<Place, Place> {
    let positions: BTreeMap<&str, usize> =
        evaluated.iter().enumerate().map(|(position, one)| (one.rule.as_str(), position)).collect();
    let mut covering = BTreeMap::new();
    for rule in catalogue.rules() {
        let Some(by) = positions.get(rule.id.as_str()).copied() else { continue };
        for of in rule.covers.iter().filter_map(|id| positions.get(id.as_str()).copied()) {
            for (position, row) in rows(evaluated, of).iter().enumerate() {
                if let Some(first) = rows(evaluated, by).iter().position(|other| same(other, row)) {
                    covering.entry((of, position)).or_insert((by, first));
                }
            }
        }
    }
    covering
}

fn rows(evaluated: &[Evaluated], rule: usize) -> &[Row] {
    match &evaluated[rule].outcome {
        Outcome::Found(rows) => rows,
        Outcome::Clean | Outcome::NotEvaluated(_) => &[],
    }
}

/// Whether both are about the object that the covered one is about.
fn same(covering: &Row, covered: &Row) -> bool {
    if covered.index_id.is_some() {
        return covering.index_id == covered.index_id;
    }
    if covered.statement_id.is_some() {
        return covering.statement_id == covered.statement_id;
    }
    if covered.table_id.is_some() {
        return covering.table_id == covered.table_id;
    }
    covering.subject == covered.subject
}

/// The end of the chain; rules that cover each other in a circle are refused when they are loaded.
fn head(place: Place, covering: &BTreeMap<Place, Place>) -> Place {
    let mut head = place;
    while let Some(next) = covering.get(&head) {
        head = *next;
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    fn rule(id: &str, covers: &str) -> Rule {
        let text = format!(
            "title = 't'\nseverity = 'info'\nsince = '0.1.0'\nremedy = 'advice'\ncovers = [{covers}]\nsql = 'SELECT 1 AS subject'\n\
             message = 'm'\n[docs]\nproblem = 'p'\nremedy = 'r'\n[[example]]\nname = 'a'\nfinds = ['x']\n[[example]]\nname = 'b'\nfinds = []\n"
        );
        Rule::parse(&format!("rules/test/{id}.toml"), &text).expect("a rule")
    }

    fn found(id: &str, rows: &[(&str, u32)]) -> Evaluated {
        let row = |(subject, index): &(&str, u32)| Row {
            subject: (*subject).to_owned(),
            index_id: Some(*index),
            ..Row::default()
        };
        Evaluated { rule: id.to_owned(), outcome: Outcome::Found(rows.iter().map(row).collect()) }
    }

    #[test]
    fn the_head_of_a_chain_names_all_and_other_objects_stay() {
        let rules = vec![rule("bloated", ""), rule("redundant", "'unused'"), rule("unused", "'bloated'")];
        let catalogue = Catalogue::default().with(rules).expect("rules");
        let mut evaluated = [
            found("bloated", &[("a", 1), ("b", 2), ("c", 3)]),
            found("redundant", &[("a", 1)]),
            found("unused", &[("a", 1), ("b", 2)]),
        ];
        consolidate(&catalogue, &mut evaluated);
        let shown: Vec<Vec<(String, usize)>> = (0..3)
            .map(|rule| rows(&evaluated, rule).iter().map(|row| (row.subject.clone(), row.covers.len())).collect())
            .collect();
        assert_eq!(shown[0], [("c".to_owned(), 0)]);
        assert_eq!(shown[1], [("a".to_owned(), 2)]);
        assert_eq!(shown[2], [("b".to_owned(), 1)]);
    }

    #[test]
    fn rules_that_cover_each_other_are_refused() {
        let circle = Catalogue::default().with(vec![rule("one", "'two'"), rule("two", "'one'")]);
        let said = circle.expect_err("a circle").to_string();
        assert!(said.contains("cover each other"), "{said}");
    }
}
