//! Who judged the indexes, and how far that can be trusted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who judged the indexes of a report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// Statements that were asked about, by who answered.
    pub basis: BasisCounts,
    /// The lab, where one judged.
    pub lab: Option<LabInfo>,
    /// How well the lab reproduces what the server's own planner said; `None` where nothing is known of that.
    pub self_check: Option<SelfCheck>,
    /// Questions that a planner answered: a statement and a set of indexes each.
    pub calls: u64,
    /// Statements that no planner could judge though one was there.
    pub unjudged: Vec<Unjudged>,
    /// The time limit was over before every question was answered.
    pub incomplete: bool,
}

/// Statements by who answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BasisCounts {
    /// A throwaway server rebuilt from the snapshot.
    pub lab: u64,
    /// `HypoPG` on the audited server.
    pub hypopg: u64,
    /// pgassay's own estimate.
    pub model: u64,
}

/// A throwaway server that was rebuilt from the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabInfo {
    /// Its major version.
    pub major: u32,
    /// That of the server.
    pub source_major: u32,
    /// Why its figures are less than the server's own planner's; `None`: they are as good.
    pub doubt: Option<String>,
    /// What could not be rebuilt.
    pub missing: Vec<MissingPart>,
}

/// A part of the schema that a lab lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingPart {
    /// A table, a column, an index, …
    pub what: String,
    /// Why.
    pub why: String,
}

/// The lab against the server's own planner, on statements of which the snapshot holds the server's plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfCheck {
    /// Statements compared.
    pub statements: u64,
    /// Of those: the same cost to the cent.
    pub same_cost: u64,
    /// Of those: the same nodes.
    pub same_plan: u64,
    /// The others, one by one.
    pub differences: Vec<PlanDifference>,
}

/// A statement that the lab plans otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanDifference {
    /// The statement's fingerprint.
    pub statement: String,
    /// Cost by the server's planner.
    pub cost_server: f64,
    /// Cost by the lab's; `None` where it has no plan.
    pub cost_lab: Option<f64>,
    /// The server's plan, its nodes on one line.
    pub plan_server: String,
    /// The lab's; `None` where it has none.
    pub plan_lab: Option<String>,
}

/// A statement that no planner could judge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unjudged {
    /// The statement's fingerprint.
    pub statement: String,
    /// Why.
    pub why: String,
}

/// An index that was considered, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConsideredIndex {
    /// What it is: `public.orders (customer_id) WHERE …`.
    pub index: String,
    /// Whether it is advised.
    pub advised: bool,
    /// Its place among all candidates of the workload, by what it does for that statement; from 1.
    pub rank: Option<u64>,
    /// The statement that it does most for; `None`: no plan used it.
    pub statement: Option<String>,
    /// Cost of that statement without it.
    pub cost_before: Option<f64>,
    /// With it.
    pub cost_after: Option<f64>,
    /// Estimated size.
    pub size_bytes: Option<u64>,
    /// The rule that decided.
    pub why: String,
}
