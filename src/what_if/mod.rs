//! What a statement would cost if an index existed.
//!
//! Three ways behind one type: the planner through `HypoPG` on the audited server,
//! and a model of our own from statistics; the lab will be the third. Every answer says
//! which way it came.

mod access;
mod costs;
mod design;
mod facts;
pub mod hypopg;
pub mod model;
mod path;
mod scan;
mod serve;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use design::{Design, DesignKey};
pub use facts::{TableFacts, root_of};
pub use path::{KeyText, Path, plain};
pub use scan::{Condition, Order, Scan, scans};
pub use serve::{Served, implies, serve};

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

/// Would this index help that statement?
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Index into `Workload::queries`.
    pub query: usize,
    /// The designs that may serve it, all present at once.
    pub designs: Vec<Design>,
}

/// The answer to a question, in the planner's cost units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Who answered.
    pub basis: Basis,
    /// Cost without the designs.
    pub before: f64,
    /// Cost with them.
    pub after: f64,
    /// Positions in `Question::designs` of those that the plan uses.
    pub used: Vec<usize>,
    /// Why there is no answer from the planner, where the basis is the model though `HypoPG` was there.
    pub note: Option<String>,
}
