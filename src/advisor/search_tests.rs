//! The search against brute force, on matrices of answers made by a seeded generator.

use super::objective::{Cost, Limits, Objective, Set, View};
use super::select::{Effort, FEW, better, select};
use super::statement::Statement;
use super::{questions, worth};
use crate::what_if::{Answer, Basis, Design, DesignKey, Known, Plan, Question};
use crate::workload::Counters;

/// `xorshift64*`: the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A planner of whom everything is known: plans of each statement, each with what it uses and costs.
struct World {
    designs: Vec<Design>,
    costs: Vec<Cost>,
    statements: Vec<Vec<(Vec<usize>, f64)>>,
    weights: Vec<f64>,
}

const BEFORE: f64 = 1_000.0;

impl World {
    /// Plans that use one design or two, on tables of four designs each.
    fn random(seed: u64, designs: usize, statements: usize) -> Self {
        let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let plans = |numbers: &mut Numbers| {
            let one = |numbers: &mut Numbers| {
                let mut used = vec![numbers.below(designs)];
                if numbers.below(3) == 0 {
                    used.push(numbers.below(designs));
                }
                used.sort_unstable();
                used.dedup();
                (used, BEFORE * (0.02 + 0.9 * numbers.share()))
            };
            (0..=numbers.below(5)).map(|_| one(numbers)).collect()
        };
        Self {
            designs: (0..designs).map(design).collect(),
            costs: (0..designs).map(|_| cost(&mut numbers)).collect(),
            statements: (0..statements).map(|_| plans(&mut numbers)).collect(),
            weights: (0..statements).map(|_| 1_000.0 * (0.1 + numbers.share())).collect(),
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        let place = |number: &usize| question.designs.binary_search(&self.designs[*number]).ok();
        let usable = self.statements[question.query].iter().filter_map(|(used, cost)| {
            let used: Vec<usize> = used.iter().map(place).collect::<Option<_>>()?;
            Some(Plan { cost: *cost, used, ..Plan::default() })
        });
        let nothing = Plan { cost: BEFORE, ..Plan::default() };
        let best = usable.fold(nothing, |best, next| if next.cost < best.cost { next } else { best });
        Answer::one(Basis::Lab, best)
    }

    fn relevant(&self, statement: usize) -> Vec<usize> {
        let mut all: Vec<usize> = self.statements[statement].iter().flat_map(|(used, _)| used.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn objective<'a>(&'a self, known: &'a Known, limits: Limits) -> Objective<'a> {
        let designs: Vec<&Design> = self.designs.iter().collect();
        let statement = |query: usize| {
            let counters = Counters { calls: 10, total_ms: self.weights[query], ..Counters::default() };
            Statement::asked(query, &counters, self.relevant(query), &designs, known)
        };
        let statements = (0..self.statements.len()).map(statement).collect();
        let total = self.weights.iter().sum();
        Objective::new(designs.clone(), statements, self.costs.clone(), limits, total)
    }

    /// What is chosen when this planner answers, and how many questions it took.
    fn advised(&self, limits: Limits) -> (Set, usize) {
        let mut known = Known::default();
        loop {
            let objective = self.objective(&known, limits);
            let asks = [questions::first(&objective, &known), questions::peeled(&objective, &known)];
            let mut open = asks.into_iter().find(|open| !open.is_empty()).unwrap_or_default();
            if open.is_empty() {
                let chosen = select(&objective, Effort::Thorough, &Set::new());
                open = questions::hoped(&objective, &chosen, &known);
                if open.is_empty() {
                    open = questions::without_each(&objective, &chosen, &known);
                }
            }
            if open.is_empty() {
                let hoped = select(&objective, Effort::Thorough, &Set::new());
                let chosen = select(&objective.viewed(View::Sure), Effort::Thorough, &hoped);
                return (chosen, known.len());
            }
            let answers = open.iter().map(|question| self.answer(question)).collect();
            known.learn(open, answers);
        }
    }

    /// Everything that can be asked, asked.
    fn omniscient(&self) -> Known {
        let mut known = Known::default();
        for query in 0..self.statements.len() {
            let relevant = self.relevant(query);
            let sets = (0..1_u32 << relevant.len()).map(|bits| {
                let of = relevant.iter().enumerate().filter(move |(place, _)| bits >> place & 1 == 1);
                of.map(|(_, design)| self.designs[*design].clone()).collect()
            });
            let all: Vec<Question> = sets.map(|designs| Question { query, designs, without: Vec::new() }).collect();
            let answers = all.iter().map(|question| self.answer(question)).collect();
            known.learn(all, answers);
        }
        known
    }
}

fn design(number: usize) -> Design {
    let keys = vec![DesignKey::column(&format!("c{number:02}"))];
    Design { table_oid: number as u32 / 4, method: "btree".to_owned(), keys, ..Design::default() }
}

fn cost(numbers: &mut Numbers) -> Cost {
    Cost { upkeep_ms: 40.0 * numbers.share(), bytes: 1_000 + 9_000 * numbers.below(10) as u64, weight: 1.0 }
}

/// The best of all sets that are within the limits.
fn brute_force(objective: &Objective, designs: usize) -> Set {
    let sets = (0..1_u32 << designs).map(|bits| (0..designs).filter(|one| bits >> one & 1 == 1).collect::<Set>());
    let within = sets.filter(|set| objective.fits(set));
    within.reduce(|best, next| better(objective, best, next)).expect("the empty set fits")
}

fn limits(bytes: Option<u64>) -> Limits {
    Limits { bytes, count: None }
}

/// What is not worth mentioning is left out after the search, so the best set is one without such indexes.
fn earned(objective: &Objective, set: &Set) -> bool {
    set.iter().all(|design| worth::earns(objective, set, *design))
}

#[test]
fn the_choice_among_few_designs_is_the_best_there_is() {
    for seed in 0..60 {
        let world = World::random(seed, 9, 8);
        for bytes in [None, Some(60_000), Some(20_000)] {
            let known = world.omniscient();
            let objective = world.objective(&known, limits(bytes)).viewed(View::Sure);
            let best = brute_force(&objective, 9);
            let (chosen, _) = world.advised(limits(bytes));
            assert!(objective.fits(&chosen), "{seed} {bytes:?}: {chosen:?}");
            if earned(&objective, &best) {
                let lost = objective.value(&best) - objective.value(&chosen);
                assert!(
                    lost <= objective.value(&best) * 0.005,
                    "{seed} {bytes:?}: {chosen:?} instead of {best:?}, {lost}"
                );
            }
        }
    }
}

#[test]
fn a_grown_and_repaired_choice_is_nearly_the_best() {
    let designs = FEW + 2;
    let (mut worst, mut sum, mut cases) = (0.0_f64, 0.0, 0.0);
    for seed in 100..108 {
        let world = World::random(seed, designs, 12);
        for bytes in [80_000, 40_000, 20_000] {
            let known = world.omniscient();
            let objective = world.objective(&known, limits(Some(bytes))).viewed(View::Sure);
            let best = brute_force(&objective, designs);
            let (chosen, _) = world.advised(limits(Some(bytes)));
            assert!(objective.fits(&chosen), "{seed} {bytes}: {chosen:?}");
            if earned(&objective, &best) {
                let lost = 1.0 - objective.value(&chosen) / objective.value(&best).max(1.0);
                worst = worst.max(lost);
                sum += lost;
                cases += 1.0;
            }
        }
    }
    println!("{:.3} % below the best on average of {cases}, {:.3} % at worst", 100.0 * sum / cases, 100.0 * worst);
    assert!(cases >= 15.0 && sum / cases <= 0.005 && worst <= 0.03, "{sum} of {cases}, worst {worst}");
}

#[test]
fn few_questions_lead_to_the_choice() {
    for seed in 200..206 {
        let world = World::random(seed, 40, 20);
        let (_, asked) = world.advised(limits(Some(100_000)));
        let relevant: usize = (0..20).map(|statement| world.relevant(statement).len()).sum();
        assert!(asked <= 20 * 2 + relevant * 2, "{seed}: {asked} questions about {relevant} pairs");
    }
}

#[test]
fn a_statement_whose_plan_uses_nothing_is_asked_about_twice() {
    let world = World { statements: vec![vec![(vec![0, 1], BEFORE * 2.0)]; 5], ..World::random(1, 4, 5) };
    assert_eq!(world.advised(limits(None)), (Set::new(), 10));
}

#[test]
fn a_larger_budget_is_worth_no_less() {
    for seed in 300..320 {
        let world = World::random(seed, 10, 10);
        let known = world.omniscient();
        let value = |bytes: u64| {
            let chosen = world.advised(limits(Some(bytes))).0;
            let objective = world.objective(&known, limits(Some(bytes))).viewed(View::Sure);
            objective.value(&chosen)
        };
        let values: Vec<f64> = (0..8).map(|step| value(step * 12_000)).collect();
        let least = |pair: &[f64]| pair[0] - pair[0].abs().max(1.0) * 0.02;
        assert!(values.windows(2).all(|pair| pair[1] >= least(pair)), "{seed}: {values:?}");
    }
}

#[test]
fn no_more_indexes_are_chosen_than_wanted() {
    let world = World::random(7, 10, 10);
    for count in 0..5 {
        let limits = Limits { bytes: None, count: Some(count) };
        assert!(world.advised(limits).0.len() <= count, "{count}");
    }
}

#[test]
fn the_order_of_the_answers_does_not_matter() {
    let world = World::random(11, 10, 10);
    let forward = world.omniscient();
    let mut backward = Known::default();
    for query in (0..10).rev() {
        let (questions, answers): (Vec<_>, Vec<_>) = forward.of(query).iter().rev().cloned().unzip();
        backward.learn(questions, answers);
    }
    let chosen = |known: &Known| {
        select(&world.objective(known, limits(Some(40_000))).viewed(View::Sure), Effort::Thorough, &Set::new())
    };
    assert_eq!(chosen(&forward), chosen(&backward));
}

#[test]
fn of_indexes_that_do_the_same_the_one_with_the_fewest_keys_is_chosen() {
    let mut world = World { statements: vec![vec![(vec![0], 10.0), (vec![1], 10.0)]], ..World::random(3, 2, 1) };
    world.costs =
        vec![Cost { weight: 2.0, bytes: 1, ..Cost::default() }, Cost { weight: 1.0, bytes: 9, ..Cost::default() }];
    assert_eq!(world.advised(limits(None)).0, Set::from([1]));
}
