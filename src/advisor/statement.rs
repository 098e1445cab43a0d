//! What is known of one statement's cost under any set of indexes: exactly, or within bounds.
//!
//! More to choose from never makes the best plan dearer. So a plan is at hand wherever
//! all that it uses is there, which bounds the cost from above; and what a planner could
//! not do with more indexes it cannot do with fewer, which bounds it from below. Where
//! the bounds meet, nothing needs to be asked.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Caution;
use crate::what_if::{Answer, Basis, Design, Known, Plan, Question};
use crate::workload::Counters;

/// A set of one statement's designs: a bit for each place in [`Statement::designs`].
pub type Mask = u128;
/// Designs that one statement is asked about.
pub const MOST_DESIGNS: usize = 128;

/// Less is within the error of the planner's figures, and of the model's.
const LEAST_PLANNED: f64 = 0.03;
const LEAST_MODELLED: f64 = 0.20;
/// No index takes all of a statement's time: it is still parsed, planned, started and sent.
const MOST: f64 = 0.99;

/// Answers about one statement after which what is at hand must do.
const MOST_ANSWERS: usize = 50;
/// Answers up to which all hope counts; from here on it fades, since so much was asked and it did not come true.
const HOPEFUL_ANSWERS: usize = 10;
/// Share of a plan's cost that a narrower index than the one that it uses may leave: fewer pages are walked.
const NARROWER: f64 = 0.85;

/// Share of a statement's time that a set saves, 0 to 1: at least, and at most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gain {
    /// By a plan that is at hand.
    pub sure: f64,
    /// By the cheapest plan that nothing known rules out.
    pub hoped: f64,
}

/// One statement with all that is known of it.
#[derive(Debug)]
pub struct Statement<'a> {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Positions in the objective's designs, rising: those that may serve it.
    pub designs: Vec<usize>,
    /// Time that it took in the snapshot's window, ms.
    pub total_ms: f64,
    /// How often it ran.
    pub calls: u64,
    /// What it costs as the server is, for each way to fill in its parameters; none: it could not be planned.
    pub before: Vec<f64>,
    /// Who answered.
    pub basis: Basis,
    /// Nobody needs to be asked: our own estimate is all there is.
    pub told: bool,
    /// What it costs by the clock, in the planner's units, where that is far below the planner's word.
    pub measured: Option<f64>,
    /// What is to be said of how it was judged.
    pub note: Option<String>,
    /// Whether gains within the error of a planner's figures count.
    pub caution: Caution,
    asked: Vec<Asked<'a>>,
    memo: RefCell<HashMap<Mask, Gain>>,
}

#[derive(Debug)]
struct Asked<'a> {
    offered: Mask,
    /// The same with all that holds a part of one of them.
    within: Mask,
    question: Cow<'a, Question>,
    answer: Cow<'a, Answer>,
    /// For each plan what it uses; `None` where that is no design of ours.
    used: Vec<Option<Mask>>,
}

/// A plan of one of the ways to fill in the parameters.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The designs that it uses.
    pub used: Mask,
    /// Cost of the same way without any design.
    pub before: f64,
}

impl<'a> Statement<'a> {
    /// What `known` says of a statement that `designs` (positions in `all`) may serve.
    pub fn asked(query: usize, counters: &Counters, designs: Vec<usize>, all: &[&Design], known: &'a Known) -> Self {
        let places: BTreeMap<&Design, usize> = designs.iter().map(|design| all[*design]).zip(0..).collect();
        let answered = known.of(query).iter().filter(|(_, answer)| !answer.plans.is_empty());
        let asked = answered
            .map(|(question, answer)| Asked::new(Cow::Borrowed(question), Cow::Borrowed(answer), &places))
            .collect();
        let mut statement = Self::new(query, counters, designs, asked);
        statement.widen(all);
        statement
    }

    /// What was offered with an index was, but for its size, offered with each narrower one too.
    fn widen(&mut self, all: &[&Design]) {
        let narrower: Vec<Mask> = self.designs.iter().map(|wide| narrower(all, &self.designs, all[*wide])).collect();
        for asked in &mut self.asked {
            asked.within = places_of(asked.offered).fold(asked.offered, |within, place| within | narrower[place]);
        }
    }

    /// A statement of which our own estimate says what designs do; nobody needs to be asked.
    pub fn told(
        query: usize,
        counters: &Counters,
        designs: Vec<usize>,
        all: &[&Design],
        answers: Vec<(Question, Answer)>,
    ) -> Self {
        let places: BTreeMap<&Design, usize> = designs.iter().map(|design| all[*design]).zip(0..).collect();
        let own = |(question, answer)| Asked::new(Cow::Owned(question), Cow::Owned(answer), &places);
        let asked = answers.into_iter().map(own).collect();
        Self { told: true, ..Self::new(query, counters, designs, asked) }
    }

    fn new(query: usize, counters: &Counters, designs: Vec<usize>, asked: Vec<Asked<'a>>) -> Self {
        let nothing = asked.iter().find(|asked| asked.question.is_plain());
        let before = nothing.map(|asked| asked.answer.plans.iter().map(|plan| plan.cost).collect());
        Self {
            query,
            designs,
            total_ms: counters.total_ms,
            calls: counters.calls,
            before: before.unwrap_or_default(),
            basis: asked.iter().map(|asked| asked.answer.basis).max().unwrap_or_default(),
            told: false,
            measured: None,
            note: None,
            caution: Caution::Usual,
            asked,
            memo: RefCell::default(),
        }
    }

    /// Mean time of a call, ms.
    pub fn mean_ms(&self) -> f64 {
        self.total_ms / self.calls.max(1) as f64
    }

    /// The set of all its designs.
    pub fn all(&self) -> Mask {
        mask_of(0..self.designs.len())
    }

    /// The share of its time that these save.
    pub fn gain(&self, set: Mask) -> Gain {
        if let Some(gain) = self.memo.borrow().get(&set) {
            return *gain;
        }
        let gain = self.gain_without(set, &[]);
        self.memo.borrow_mut().insert(set, gain);
        gain
    }

    /// The same where existing indexes are thought away; negative where their loss weighs more.
    pub fn gain_without(&self, set: Mask, without: &[u32]) -> Gain {
        let ways = 0..self.before.len();
        let most = |ratios: &dyn Fn(usize) -> f64| 1.0 - ways.clone().map(ratios).fold(f64::INFINITY, f64::min);
        if self.before.is_empty() {
            return Gain::default();
        }
        let cost = |way| self.at_hand(way, set, without).map_or(f64::INFINITY, |one| one.plan.cost);
        let sure = most(&|way| self.left(way, cost(way)));
        let open = most(&|way| self.left(way, self.floor(way, set, without)));
        let hoped = sure + self.hope() * (open - sure).max(0.0);
        let counts = |gain: f64| if (0.0..self.least()).contains(&gain) { 0.0 } else { gain.min(MOST) };
        let sure = counts(sure);
        Gain { sure, hoped: counts(hoped).max(sure) }
    }

    /// The way of filling in the parameters that gains most, with its plan.
    pub fn best(&self, set: Mask, without: &[u32]) -> Option<Chosen<'_>> {
        let ways = (0..self.before.len()).filter_map(|way| self.at_hand(way, set, without));
        ways.reduce(|best, next| if next.ratio() < best.ratio() { next } else { best })
    }

    /// The plan of the same way to fill in the parameters, as the server is.
    pub fn best_shape(&self, best: &Chosen) -> String {
        let nothing = self.asked.iter().find(|asked| asked.question.is_plain());
        let same = |plan: &&Plan| plan.parameters == best.plan.parameters;
        let plan = nothing.and_then(|asked| asked.answer.plans.iter().find(same));
        plan.map(|plan| plan.shape.clone()).unwrap_or_default()
    }

    /// The plans of all ways as the server is; none where it could not be planned.
    pub fn as_it_is(&self) -> &[Plan] {
        let nothing = self.asked.iter().find(|asked| asked.question.is_plain());
        nothing.map_or(&[], |asked| asked.answer.plans.as_slice())
    }

    /// The plans of all ways at hand, in their order.
    pub fn plans(&self, set: Mask) -> Vec<Chosen<'_>> {
        (0..self.before.len()).filter_map(|way| self.at_hand(way, set, &[])).collect()
    }

    /// What some known plan uses.
    pub fn used_sets(&self) -> impl Iterator<Item = Mask> + '_ {
        self.asked.iter().flat_map(|asked| &asked.used).filter_map(|used| used.filter(|used| *used != 0))
    }

    /// How much of what no answer rules out is hoped for, 0 to 1: the longer it was looked into, the less.
    fn hope(&self) -> f64 {
        let left = MOST_ANSWERS.saturating_sub(self.asked.len()) as f64;
        if self.told { 1.0 } else { (left / (MOST_ANSWERS - HOPEFUL_ANSWERS) as f64).min(1.0) }
    }

    /// Whether enough was asked about it: what is known by then has to do, since hope that nobody looks into misleads.
    pub fn is_exhausted(&self) -> bool {
        !self.told && self.asked.len() >= MOST_ANSWERS
    }

    /// Share of its time that is left at this cost: where the clock says that it costs less than the planner believes,
    /// only a cost below that saves any.
    fn left(&self, way: usize, cost: f64) -> f64 {
        let before = self.before[way].max(f64::MIN_POSITIVE);
        let measured = self.measured.filter(|measured| *measured < before && cost <= before);
        measured.map_or(cost / before, |measured| (cost / measured).min(1.0))
    }

    fn least(&self) -> f64 {
        match (self.caution, self.basis) {
            (Caution::None, _) => 0.0,
            (_, Basis::Model) => LEAST_MODELLED,
            _ => LEAST_PLANNED,
        }
    }

    /// The cheapest known plan that needs nothing but these.
    fn at_hand(&self, way: usize, set: Mask, without: &[u32]) -> Option<Chosen<'_>> {
        let before = self.before[way].max(f64::MIN_POSITIVE);
        let plans = self.asked.iter().filter_map(|asked| {
            let (plan, used) = (asked.answer.plans.get(way)?, (*asked.used.get(way)?)?);
            let stands = used & !set == 0 && !plan.existing.iter().any(|oid| without.contains(oid));
            stands.then_some(Chosen { plan, used, before })
        });
        let order = |one: &Chosen| (one.plan.cost, one.used.count_ones(), one.used);
        plans.reduce(|best, next| if order(&next) < order(&best) { next } else { best })
    }

    /// The greatest cost that is known to be reached with more to choose from.
    fn floor(&self, way: usize, set: Mask, without: &[u32]) -> f64 {
        let floors = self.asked.iter().filter(|asked| asked.question.without.iter().all(|oid| without.contains(oid)));
        let floors = floors.filter(|asked| set & !asked.within == 0).filter_map(|asked| {
            let cost = asked.answer.plans.get(way)?.cost;
            Some(if set & !asked.offered == 0 { cost } else { cost * NARROWER })
        });
        floors.fold(0.0, f64::max)
    }
}

impl Chosen<'_> {
    /// Cost after to cost before.
    pub fn ratio(&self) -> f64 {
        self.plan.cost / self.before
    }
}

impl<'a> Asked<'a> {
    fn new(question: Cow<'a, Question>, answer: Cow<'a, Answer>, places: &BTreeMap<&Design, usize>) -> Self {
        let place = |position: &usize| places.get(question.designs.get(*position)?).copied();
        let used = |plan: &Plan| plan.used.iter().map(place).collect::<Option<Vec<usize>>>().map(mask_of);
        let offered = mask_of(question.designs.iter().filter_map(|design| places.get(design).copied()));
        let used = answer.plans.iter().map(used).collect();
        Self { offered, within: offered, question, answer, used }
    }
}

/// Places of the designs that hold a part of what a wider one holds, behind the same first keys.
fn narrower(all: &[&Design], designs: &[usize], wide: &Design) -> Mask {
    let columns = |design: &Design| -> BTreeSet<String> {
        design.keys.iter().filter_map(|key| key.column.clone()).chain(design.include.iter().cloned()).collect()
    };
    let held = columns(wide);
    let is_part = |design: &Design| {
        (design.table_oid, &design.method, &design.predicate) == (wide.table_oid, &wide.method, &wide.predicate)
            && wide.keys.starts_with(&design.keys)
            && columns(design).is_subset(&held)
    };
    mask_of((0..designs.len()).filter(|place| wide.method == "btree" && is_part(all[designs[*place]])))
}

/// The bits of these places.
pub fn mask_of(places: impl IntoIterator<Item = usize>) -> Mask {
    places.into_iter().filter(|place| *place < MOST_DESIGNS).fold(0, |mask, place| mask | 1 << place)
}

/// The places of these bits.
pub fn places_of(mask: Mask) -> impl Iterator<Item = usize> {
    (0..MOST_DESIGNS).filter(move |place| mask >> place & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::DesignKey;

    fn design(key: &str, include: &[&str]) -> Design {
        let include = include.iter().map(|one| (*one).to_owned()).collect();
        Design { method: "btree".to_owned(), keys: vec![DesignKey::column(key)], include, ..Design::default() }
    }

    /// A statement that two indexes on `a` and one on `b` may serve, by these answers: the sets, and their costs.
    fn hoped(answers: &[(&[usize], f64)], set: Mask) -> f64 {
        let designs = [design("a", &[]), design("a", &["x"]), design("b", &[])];
        let all: Vec<&Design> = designs.iter().collect();
        let mut known = Known::default();
        for (places, cost) in answers {
            let offered = places.iter().map(|place| designs[*place].clone()).collect();
            let plan = Plan { cost: *cost, used: (0..places.len()).collect(), ..Plan::default() };
            known.learn(
                vec![Question { query: 0, designs: offered, without: Vec::new() }],
                vec![Answer::one(Basis::Lab, plan)],
            );
        }
        let counters = Counters { calls: 10, total_ms: 1_000.0, ..Counters::default() };
        Statement::asked(0, &counters, vec![0, 1, 2], &all, &known).gain(set).hoped
    }

    #[test]
    fn an_index_is_hoped_to_do_little_more_than_a_wider_one_did() {
        let first: [(&[usize], f64); 2] = [(&[], 1_000.0), (&[0, 1, 2], 100.0)];
        let with_wider: [(&[usize], f64); 3] = [first[0], first[1], (&[1], 600.0)];
        for (case, answers, place, expected) in [
            ("nothing but all at once is known", &first[..], 0, 0.9),
            ("what the wider one leaves bounds it", &with_wider[..], 0, 0.49),
            ("another key", &with_wider[..], 2, 0.9),
        ] {
            let found = hoped(answers, mask_of([place]));
            assert!((found - expected).abs() < 1e-9, "{case}: {found}");
        }
    }

    #[test]
    fn what_is_not_asked_any_more_is_no_hope() {
        let mut answers: Vec<(&[usize], f64)> = vec![(&[], 1_000.0), (&[0, 1, 2], 100.0)];
        assert!(hoped(&answers, mask_of([2])) > 0.8);
        answers.resize(MOST_ANSWERS, (&[0, 1, 2], 100.0));
        assert!(hoped(&answers, mask_of([2])) < 1e-9, "{}", hoped(&answers, mask_of([2])));
    }
}
