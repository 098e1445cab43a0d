//! What a user would be told: the rule's word on what the analysis found, with the rule's own limits.

use std::collections::BTreeMap;

use pgassay::advisor::Recommendations;
use pgassay::analysis::Analyses;
use pgassay::facts::{Facts, Input};
use pgassay::rule::{Catalogue, Outcome, Override, Row, run_one};
use pgassay::snapshot::Snapshot;
use pgassay::workload::Workload;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The rule.
const RULE: &str = "n-plus-one";

/// Runs the rule.
pub struct Teller {
    catalogue: Catalogue,
}

impl Teller {
    /// With the rule of the binary.
    pub fn new() -> Result<Self> {
        Ok(Self { catalogue: Catalogue::builtin()? })
    }

    /// The confidence of each accusation, by the statement's fingerprint.
    pub async fn told(
        &self,
        snapshot: &Snapshot,
        workload: &Workload,
        analyses: &Analyses,
    ) -> Result<BTreeMap<String, f64>> {
        let recommendations = Recommendations::default();
        let mut facts = Facts::load(&Input { snapshot, workload, analyses, recommendations: &recommendations }).await?;
        match run_one(self.catalogue.rule(RULE)?, &mut facts, &Override::default()).await? {
            Outcome::Found(rows) => Ok(rows.into_iter().filter_map(accusation).collect()),
            Outcome::Clean => Ok(BTreeMap::new()),
            // it must not pass for a rule that found nothing
            Outcome::NotEvaluated(why) => Err(format!("{RULE} was not evaluated: {why}").into()),
        }
    }
}

/// A worker that is named as such is none.
fn accusation(row: Row) -> Option<(String, f64)> {
    let on_purpose = row.evidence.get("pattern").is_some_and(|pattern| pattern == "worker-loop");
    row.statement_id.filter(|_| !on_purpose).map(|id| (id, row.confidence))
}
