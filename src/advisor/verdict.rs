//! What indexes do for each statement: which helps, or why none does.
//!
//! Nothing is said of a statement that nobody judged: one that takes no time to speak of, that names tables of which
//! nothing is known, or that could not be planned.

use std::collections::BTreeMap;

use super::objective::{Objective, Set};
use super::statement::{Statement, places_of};
use super::{Advice, Considered, Input, Recommendations};
use crate::analysis::slowness::Seen;
use crate::analysis::{Analyses, Cause, CauseKind};
use crate::ident::QualifiedName;
use crate::snapshot::Snapshot;
use crate::what_if::{Basis, Design, Parameters, Plan};
use crate::workload::{Kind, Query, Workload};

/// Times that one plan costs more than another, from which they are two ways to run a statement.
const APART: f64 = 3.0;

/// What indexes do for a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Positions in [`Recommendations::create`] of those that help.
    pub helped_by: Vec<usize>,
    /// Candidates that were asked about for it.
    pub tried: usize,
    /// Who answered; `None`: nobody had to be asked.
    pub basis: Option<Basis>,
    /// Cost as the server is.
    pub before: Option<f64>,
    /// Cost with the indexes that help, else with the best that was tried.
    pub after: Option<f64>,
    /// Why no index helps, in a sentence without a full stop; empty where one does.
    pub why: String,
    /// The planner's plans where they differ by the value of a parameter, in words.
    pub by_value: Option<String>,
}

/// By position of the statement.
pub(super) fn verdicts(
    input: &Input,
    objective: &Objective,
    chosen: &Set,
    create: &[Advice],
    considered: &[Considered],
) -> Vec<Verdict> {
    let places = objective.statements.iter().zip(0..).filter(|(statement, _)| !statement.designs.is_empty());
    // of a statement with foreign keys behind it, the first is its own
    let mut asked: BTreeMap<usize, usize> = BTreeMap::new();
    for (statement, place) in places {
        asked.entry(statement.query).or_insert(place);
    }
    let one = |query: &usize| {
        let helped_by: Vec<usize> =
            (0..create.len()).filter(|at| create[*at].helps.iter().any(|help| help.query == *query)).collect();
        let judged = Judged { input, objective, chosen, considered, query: *query };
        match asked.get(query) {
            Some(place) => judged.asked(&objective.statements[*place], *place, helped_by),
            None => judged.not_asked(helped_by),
        }
    };
    input.candidates.refused.keys().filter_map(one).collect()
}

struct Judged<'a> {
    input: &'a Input<'a>,
    objective: &'a Objective<'a>,
    chosen: &'a Set,
    considered: &'a [Considered],
    query: usize,
}

impl Judged<'_> {
    fn asked(&self, statement: &Statement, place: usize, helped_by: Vec<usize>) -> Option<Verdict> {
        if statement.before.is_empty() {
            return None;
        }
        let helped = !helped_by.is_empty();
        let set = if helped { self.objective.mask(place, self.chosen) } else { statement.all() };
        let best = statement.best(set, &[])?;
        Some(Verdict {
            query: self.query,
            helped_by,
            tried: statement.designs.len(),
            basis: Some(statement.basis),
            before: Some(best.before),
            after: Some(best.plan.cost),
            why: if helped { String::new() } else { self.why_not(statement) },
            by_value: by_value(statement.as_it_is()),
        })
    }

    /// What the best plan with everything on offer uses, and what became of that.
    fn why_not(&self, statement: &Statement) -> String {
        let tried = statement.designs.len();
        let of = if tried == 1 {
            "the one index that was tried".to_owned()
        } else {
            format!("any of the {tried} indexes that were tried")
        };
        let used = statement.best(statement.all(), &[]).map(|best| best.used).unwrap_or_default();
        let Some(first) =
            places_of(used).find_map(|at| self.objective.designs.get(*statement.designs.get(at)?).copied())
        else {
            return match statement.basis {
                Basis::Model => format!("by our own estimate no plan would use {of}"),
                Basis::Lab | Basis::Hypopg => format!("the planner would not use {of}"),
            };
        };
        let known = self.considered.iter().find(|one| one.design == *first).filter(|one| !one.recommended);
        let why = known.map(|one| one.why.clone()).filter(|why| !why.is_empty());
        let label = label(self.input.snapshot, first);
        match why {
            Some(why) => format!("the best of {tried} tried, {label}, is not worth it: {why}"),
            None => format!("{label}, the best of {tried} tried, gains it too little"),
        }
    }

    /// No candidate was left to ask about.
    fn not_asked(&self, helped_by: Vec<usize>) -> Option<Verdict> {
        let query =
            self.input.workload.queries.get(self.query).filter(|query| reads_known_tables(self.input, query))?;
        let helped = !helped_by.is_empty();
        let refused = &self.input.candidates.refused[&self.query];
        let why = telling(refused.iter().map(|(design, why)| (design, why.as_str())));
        let why = match why {
            Some((design, why)) => format!("{}: {why}", label(self.input.snapshot, design)),
            None if query.predicates.is_empty() && query.joins.is_empty() => {
                "it reads whole tables, without a condition that an index could serve".to_owned()
            }
            None => "none of its conditions leads to an index worth trying".to_owned(),
        };
        let why = if helped { String::new() } else { why };
        Some(Verdict { query: self.query, helped_by, why, ..Verdict::default() })
    }
}

/// What is there already says more than what was never worth a thought.
fn telling<'a>(refused: impl Iterator<Item = (&'a Design, &'a str)>) -> Option<(&'a Design, &'a str)> {
    let rank = |why: &str| i32::from(!(why.contains("already") || why.contains("would serve")));
    refused.min_by(|one, two| (rank(one.1), one).cmp(&(rank(two.1), two)))
}

/// Whether an index could be thought of at all: tables of the user's that it reads, all of them known.
fn reads_known_tables(input: &Input, query: &Query) -> bool {
    let own = |oid: u32| {
        let table = input.snapshot.table(oid);
        table.is_some_and(|table| !["pg_catalog", "information_schema"].contains(&table.schema.as_str()))
    };
    let all_known = query.tables.iter().all(|used| used.table_oid.is_some_and(own));
    let writes_alone = query.kind == Kind::Insert && query.tables.iter().all(|used| used.table_oid == query.target);
    !query.tables.is_empty() && all_known && !writes_alone
}

/// `orders (a, b)`, with the method where it is not a B-tree.
fn label(snapshot: &Snapshot, design: &Design) -> String {
    let table = snapshot.table(design.table_oid);
    let table = table.map_or(String::new(), |table| QualifiedName::new(&table.schema, &table.name).to_string());
    let body = design.body();
    format!("{table} {}", body.strip_prefix("USING btree ").unwrap_or(&body))
}

/// `Seq Scan on t (cost 1,200) for any value, Index Scan … (cost 8) where $1 takes a rare value`.
fn by_value(plans: &[Plan]) -> Option<String> {
    let cheap = plans.iter().min_by(|one, two| one.cost.total_cmp(&two.cost))?;
    let dear = plans.iter().max_by(|one, two| one.cost.total_cmp(&two.cost))?;
    let told = |plan: &Plan| {
        let when = match &plan.parameters {
            Parameters::Generic => "for any value".to_owned(),
            Parameters::Calibrated { what } => format!("where {what}"),
        };
        format!("{} (cost {}) {when}", plan.shape, crate::units::Count(plan.cost.round()))
    };
    let differ = cheap.shape != dear.shape && !cheap.shape.is_empty() && dear.cost >= cheap.cost * APART;
    differ.then(|| format!("by the value of a parameter the planner would choose {}, or {}", told(cheap), told(dear)))
}

/// What makes statements slow: the causes of the analyses, and after the uneven times what the planner says of them.
pub fn causes(analyses: &Analyses, recommendations: &Recommendations, workload: &Workload) -> Vec<Cause> {
    let by_value: BTreeMap<&str, &String> = recommendations
        .verdicts
        .iter()
        .filter_map(|one| Some((workload.queries.get(one.query)?.fingerprint.as_str(), one.by_value.as_ref()?)))
        .collect();
    let mut all = Vec::new();
    for cause in &analyses.causes {
        all.push(cause.clone());
        let words = by_value.get(cause.statement.as_str()).filter(|_| cause.kind == CauseKind::Uneven);
        all.extend(words.map(|words| Cause {
            kind: CauseKind::PlanByValue,
            seen: Seen::Planner,
            share: None,
            amount: 2.0,
            unit: "plans",
            words: (*words).clone(),
            statement: cause.statement.clone(),
        }));
    }
    all
}
