//! One cause, one finding: a finding takes in those of other rules that it accounts for.
//!
//! A rule names the rules that it covers. Their findings about the same object (index, else statement, else table,
//! else subject; or what the row itself lists in `accounts_for`) leave the report as findings of their own and are named
//! in the one that accounts for them, which is as severe as the worst of them. What nobody will see, because its rule did
//! not run or the project accepted it, covers nothing.

use std::collections::BTreeMap;

use super::run::worst_first;
use super::{Catalogue, Covered, Evaluated, Outcome, Overrides, Row, Severity};

/// A row by its rule's and its own position.
type Place = (usize, usize);

/// Moves every covered row into the one that accounts for it; of a chain, into its head.
pub(super) fn consolidate(catalogue: &Catalogue, evaluated: &mut [Evaluated], overrides: &Overrides) {
    let covering = covering(catalogue, evaluated, overrides);
    let mut taken: BTreeMap<Place, Vec<Covered>> = BTreeMap::new();
    let mut severities: BTreeMap<Place, Severity> = BTreeMap::new();
    for place in covering.keys() {
        let covered = Covered {
            rule: evaluated[place.0].rule.clone(),
            subject: rows(evaluated, place.0)[place.1].subject.clone(),
        };
        let head = head(*place, &covering);
        severities.entry(head).or_insert_with(|| severity(head, &covering, evaluated, overrides));
        taken.entry(head).or_default().push(covered);
    }
    for (rule, one) in evaluated.iter_mut().enumerate() {
        let Outcome::Found(rows) = &mut one.outcome else { continue };
        for (position, row) in rows.iter_mut().enumerate() {
            row.severity = severities.get(&(rule, position)).copied().unwrap_or(row.severity);
            row.covers = taken.remove(&(rule, position)).unwrap_or_default();
        }
        let mut position = 0;
        rows.retain(|_| {
            position += 1;
            !covering.contains_key(&(rule, position - 1))
        });
        rows.sort_by(worst_first);
    }
}

/// Every covered row, with the one that covers it: of several the first, by rule and position.
fn covering(catalogue: &Catalogue, evaluated: &[Evaluated], overrides: &Overrides) -> BTreeMap<Place, Place> {
    let positions: BTreeMap<&str, usize> =
        evaluated.iter().enumerate().map(|(position, one)| (one.rule.as_str(), position)).collect();
    let shown = |rule: usize| {
        let id = evaluated[rule].rule.as_str();
        rows(evaluated, rule).iter().enumerate().filter(move |(_, row)| !overrides.accepts(id, &row.subject))
    };
    let mut covering = BTreeMap::new();
    for rule in catalogue.rules() {
        let Some(by) = positions.get(rule.id.as_str()).copied() else { continue };
        for of in rule.covers.iter().filter_map(|id| positions.get(id.as_str()).copied()) {
            for (position, row) in shown(of) {
                if let Some((first, _)) = shown(by).find(|(_, other)| same(other, row)) {
                    covering.entry((of, position)).or_insert((by, first));
                }
            }
        }
    }
    covering
}

/// The configuration's, else the worst of its own and of those that it covers.
fn severity(
    place: Place,
    covering: &BTreeMap<Place, Place>,
    evaluated: &[Evaluated],
    overrides: &Overrides,
) -> Severity {
    let own = rows(evaluated, place.0)[place.1].severity;
    if overrides.of(&evaluated[place.0].rule).severity.is_some() {
        return own;
    }
    let covered = covering.iter().filter(|(_, by)| **by == place);
    covered.map(|(of, _)| severity(*of, covering, evaluated, overrides)).fold(own, Ord::max)
}

fn rows(evaluated: &[Evaluated], rule: usize) -> &[Row] {
    match &evaluated[rule].outcome {
        Outcome::Found(rows) => rows,
        Outcome::Clean | Outcome::NotEvaluated(_) => &[],
    }
}

/// Whether both are about the object that the covered one is about.
fn same(covering: &Row, covered: &Row) -> bool {
    if let Some(listed) = &covering.accounts_for {
        return listed.contains(&covered.subject);
    }
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
    use crate::config::Ignore;
    use crate::rule::{Override, Rule};

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
        consolidate(&catalogue, &mut evaluated, &Overrides::default());
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

    /// `cause` covers `slow`, which covers `busy`: the statements of each with their severities, after consolidation.
    fn shown(cause: &[Row], overrides: &Overrides) -> Vec<(String, String, Severity)> {
        let rules = vec![rule("busy", ""), rule("cause", "'busy', 'slow'"), rule("slow", "'busy'")];
        let catalogue = Catalogue::default().with(rules).expect("rules");
        let outcome =
            |id: &str, rows: &[Row]| Evaluated { rule: id.to_owned(), outcome: Outcome::Found(rows.to_vec()) };
        let mut evaluated = [
            outcome("busy", &[about("a", Severity::Info)]),
            outcome("cause", cause),
            outcome("slow", &[about("a", Severity::Error), about("b", Severity::Warning)]),
        ];
        consolidate(&catalogue, &mut evaluated, overrides);
        let found = |rule: usize| rows(&evaluated, rule).iter().map(move |row| (rule, row));
        let all = (0..3).flat_map(found);
        all.map(|(rule, row)| (evaluated[rule].rule.clone(), row.subject.clone(), row.severity)).collect()
    }

    fn about(statement: &str, severity: Severity) -> Row {
        let statement = statement.to_owned();
        Row { subject: statement.clone(), statement_id: Some(statement), severity, ..Row::default() }
    }

    fn is(rule: &str, subject: &str, severity: Severity) -> (String, String, Severity) {
        (rule.to_owned(), subject.to_owned(), severity)
    }

    #[test]
    fn what_covers_is_as_severe_as_the_worst_that_it_covers_unless_the_project_says() {
        let cause = [about("b", Severity::Warning), about("a", Severity::Info)];
        let raised = shown(&cause, &Overrides::default());
        assert_eq!(raised, [is("cause", "a", Severity::Error), is("cause", "b", Severity::Warning)]);
        let change = Override { severity: Some(Severity::Info), ..Override::default() };
        let overrides =
            |id: &str| Overrides { rules: BTreeMap::from([(id.to_owned(), change.clone())]), ..Overrides::default() };
        assert_eq!(shown(&cause, &overrides("cause"))[1], is("cause", "a", Severity::Info));
    }

    #[test]
    fn what_the_project_accepted_covers_nothing() {
        let accepted = Ignore { rule: "cause".to_owned(), subject: "*".to_owned(), ..Ignore::default() };
        let overrides = Overrides { accepted: vec![accepted], ..Overrides::default() };
        let left = shown(&[about("a", Severity::Info)], &overrides);
        let slow = [is("slow", "a", Severity::Error), is("slow", "b", Severity::Warning)];
        assert_eq!(left[0], is("cause", "a", Severity::Info));
        assert_eq!(left[1..], slow);
    }

    #[test]
    fn a_row_that_lists_what_it_accounts_for_covers_that_and_nothing_else() {
        let listing = |list: &[&str]| Row {
            accounts_for: Some(list.iter().map(|one| (*one).to_owned()).collect()),
            ..about("a", Severity::Info)
        };
        let rules = |rows: Vec<(String, String, Severity)>| rows.into_iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(rules(shown(&[listing(&["a", "b"])], &Overrides::default())), ["cause"]);
        assert_eq!(rules(shown(&[listing(&[])], &Overrides::default())), ["cause", "slow", "slow"]);
    }
}
