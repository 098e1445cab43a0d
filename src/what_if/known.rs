//! Answers that are at hand already.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Design, Plan, Question};

/// Questions with their answers, and what follows from them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    by_query: BTreeMap<usize, Vec<(Question, Answer)>>,
}

impl Known {
    /// Remembers answers to questions, in the same order.
    pub fn learn(&mut self, questions: Vec<Question>, answers: Vec<Answer>) {
        for (question, answer) in questions.into_iter().zip(answers) {
            self.by_query.entry(question.query).or_default().push((question, answer));
        }
    }

    /// All that was asked about a statement, with the answers.
    pub fn of(&self, query: usize) -> &[(Question, Answer)] {
        self.by_query.get(&query).map_or(&[], Vec::as_slice)
    }

    /// Whether exactly this was asked.
    pub fn has(&self, question: &Question) -> bool {
        self.of(question.query).iter().any(|(known, _)| known == question)
    }

    /// How many answers were asked for.
    pub fn len(&self) -> usize {
        self.by_query.values().map(Vec::len).sum()
    }

    /// Whether nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.by_query.is_empty()
    }

    /// The answer, asked or derived: what a plan does not use may come and go without changing it.
    pub fn answer(&self, question: &Question) -> Option<Answer> {
        let of_query = self.by_query.get(&question.query)?;
        if let Some((_, answer)) = of_query.iter().find(|(known, _)| known == question) {
            return Some(answer.clone());
        }
        of_query.iter().find_map(|(known, answer)| derived(known, answer, question))
    }
}

/// The plan with more to choose from chose only what is left here, so it is still the best.
fn derived(known: &Question, answer: &Answer, wanted: &Question) -> Option<Answer> {
    let offered: BTreeSet<&Design> = known.designs.iter().collect();
    let fewer = wanted.designs.iter().all(|design| offered.contains(design))
        && known.without.iter().all(|oid| wanted.without.contains(oid));
    let plans: Option<Vec<Plan>> = answer.plans.iter().map(|plan| carried_over(known, plan, wanted)).collect();
    plans.filter(|_| fewer).map(|plans| Answer { plans, ..answer.clone() })
}

fn carried_over(known: &Question, plan: &Plan, wanted: &Question) -> Option<Plan> {
    if plan.existing.iter().any(|oid| wanted.without.contains(oid)) {
        return None;
    }
    let place = |position: &usize| wanted.designs.binary_search(known.designs.get(*position)?).ok();
    let used: Vec<usize> = plan.used.iter().map(place).collect::<Option<_>>()?;
    Some(Plan { used, ..plan.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::Basis;

    fn design(table_oid: u32) -> Design {
        Design { table_oid, ..Design::default() }
    }

    fn question(tables: &[u32], without: &[u32]) -> Question {
        Question { query: 0, designs: tables.iter().map(|oid| design(*oid)).collect(), without: without.to_vec() }
    }

    #[test]
    fn an_answer_follows_where_only_what_the_plan_leaves_alone_is_missing() {
        let mut known = Known::default();
        let plan = Plan { cost: 5.0, used: vec![1], existing: vec![9], ..Plan::default() };
        known.learn(vec![question(&[1, 2, 3], &[])], vec![Answer::one(Basis::Lab, plan)]);
        for (wanted, used) in [
            (question(&[1, 2, 3], &[]), Some(vec![1])),
            (question(&[2, 3], &[]), Some(vec![0])),
            (question(&[2], &[7]), Some(vec![0])),
            (question(&[1, 3], &[]), None),
            (question(&[2], &[9]), None),
            (question(&[2, 4], &[]), None),
        ] {
            let found = known.answer(&wanted).map(|answer| answer.plans[0].used.clone());
            assert_eq!(found, used, "{wanted:?}");
        }
    }
}
