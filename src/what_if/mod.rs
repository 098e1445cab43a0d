//! What a statement would cost if an index existed.
//!
//! Three ways behind one type: the planner through `HypoPG` on the audited server,
//! and a model of our own from statistics; the lab will be the third. Every answer says
//! which way it came.

mod access;
pub mod ask;
mod costs;
mod design;
mod doubt;
mod facts;
pub mod hypopg;
mod known;
pub mod lab;
pub mod model;
pub mod oracle;
mod path;
mod scan;
mod serve;
pub mod size;
mod sorting;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use design::{Design, DesignKey};
pub use doubt::doubt;
pub use facts::{TableFacts, root_of};
pub use known::Known;
pub use path::{KeyText, Path, plain};
pub use scan::{Condition, Disjunction, Join, Order, Scan, scans};
pub use serve::{Served, implies, nearest, serve};

/// Where a cost comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A throwaway server rebuilt from the snapshot.
    Lab,
    /// `HypoPG` on the audited server.
    Hypopg,
    /// pgassay's own estimate from statistics; never the planner's.
    #[default]
    Model,
}

/// What does a statement cost with exactly these indexes?
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// Designs that are there, sorted, none twice; empty: the server as it is.
    pub designs: Vec<Design>,
    /// `pg_class.oid` of existing indexes thought away, sorted.
    pub without: Vec<u32>,
}

/// How large an index would be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Size {
    /// Blocks of 8 kB, of all partitions.
    pub blocks: u64,
    /// Entries: rows that its WHERE lets in; of GIN the rows, not the keys.
    pub entries: f64,
    /// No statistics tell it well: GIN, `GiST`.
    pub rough: bool,
}

/// The answer to a question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Who answered; the same for all questions about one statement.
    pub basis: Basis,
    /// One plan for each way to fill in the parameters, in the same order for every question about the statement;
    /// empty where nobody could plan it.
    pub plans: Vec<Plan>,
    /// Why the planner gave no answer, where the basis is weaker than what was asked for.
    pub note: Option<String>,
}

/// One plan, in the planner's cost units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What stood for the parameters.
    pub parameters: Parameters,
    /// Total cost of the root.
    pub cost: f64,
    /// Positions in `Question::designs` of those that it uses, sorted.
    pub used: Vec<usize>,
    /// `pg_class.oid` of the existing indexes that it uses, sorted.
    pub existing: Vec<u32>,
    /// Its nodes on one line, without figures, as people say it: `Limit > Index Scan using orders_a_idx on orders`.
    pub shape: String,
}

/// What stands for a statement's parameters in a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameters {
    /// Nothing: the plan for any value, or a statement without parameters.
    #[default]
    Generic,
    /// Constants from the statistics, chosen so that the planner expects the rows that a call returns.
    Calibrated {
        /// The parameter that decides, and how: `$2 takes its most common value`.
        what: String,
    },
}

impl Question {
    /// Whether it asks about the server as it is.
    pub fn is_plain(&self) -> bool {
        self.designs.is_empty() && self.without.is_empty()
    }
}

impl Answer {
    /// An answer of one plan.
    pub fn one(basis: Basis, plan: Plan) -> Self {
        Self { basis, plans: vec![plan], note: None }
    }
}
