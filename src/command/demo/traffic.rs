//! What an application asks, as data: requests, their weights, and the statements of each.
//!
//! The form of the file is described at its head (`fixtures/cpl/traffic.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

/// The traffic of one system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// `application_name` of its connections.
    pub application_name: String,
    /// How many connections work at the same time.
    pub connections: usize,
    /// Pieces of SQL.
    pub text: BTreeMap<String, String>,
    /// Values drawn once per request.
    pub pick: BTreeMap<String, Pick>,
    /// Steps that recur.
    pub block: BTreeMap<String, Vec<Step>>,
    /// The requests.
    pub request: Vec<Request>,
}

/// Where a drawn value comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Pick {
    /// An id of a table; a skew above 1 prefers small ids.
    Id {
        /// The table.
        table: String,
        /// Exponent of the draw.
        skew: f64,
    },
    /// One of these words.
    Word {
        /// The words.
        of: Vec<String>,
    },
}

/// One kind of request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// For progress and errors.
    pub name: String,
    /// Share of the traffic, relative to the others.
    pub weight: f64,
    /// What it sends.
    pub steps: Vec<Step>,
}

/// One step of a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Send a statement.
    Send {
        /// Its text, with placeholders.
        sql: String,
        /// Name under which its rows are kept.
        keep: Option<String>,
        /// Leave it out when this value is NULL.
        unless_null: Option<String>,
    },
    /// Repeat steps for every kept row.
    Each {
        /// The kept rows.
        each: String,
        /// What to repeat.
        steps: Vec<Step>,
    },
    /// The steps of a block.
    Use {
        /// Name of the block.
        #[serde(rename = "use")]
        block: String,
    },
}

impl Traffic {
    /// Parses the file and puts the pieces of SQL in their places.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut traffic: Self = toml::from_str(text)?;
        let pieces = traffic.text.clone();
        for request in &mut traffic.request {
            fill(&mut request.steps, &pieces);
        }
        for steps in traffic.block.values_mut() {
            fill(steps, &pieces);
        }
        Ok(traffic)
    }

    /// `count` requests, each kind as often as its weight says and spread evenly.
    pub fn schedule(&self, count: usize) -> Vec<&Request> {
        let total: f64 = self.request.iter().map(|request| request.weight).sum();
        let mut due: Vec<f64> = vec![0.0; self.request.len()];
        (0..count).map(|_| &self.request[self.next_due(&mut due, total)]).collect()
    }

    /// The kind that is furthest behind its share.
    fn next_due(&self, due: &mut [f64], total: f64) -> usize {
        for (owed, request) in due.iter_mut().zip(&self.request) {
            *owed += request.weight;
        }
        let mut furthest = 0;
        for (position, owed) in due.iter().enumerate() {
            if *owed > due[furthest] {
                furthest = position;
            }
        }
        due[furthest] -= total;
        furthest
    }
}

/// Pieces may hold pieces, one level deep.
fn fill(steps: &mut [Step], pieces: &BTreeMap<String, String>) {
    for step in steps {
        match step {
            Step::Send { sql, .. } => *sql = filled(&filled(sql, pieces), pieces),
            Step::Each { steps, .. } => fill(steps, pieces),
            Step::Use { .. } => {}
        }
    }
}

fn filled(sql: &str, pieces: &BTreeMap<String, String>) -> String {
    pieces.iter().fold(sql.to_owned(), |sql, (name, piece)| sql.replace(&format!("{{text.{name}}}"), piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        application_name = "a"
        connections = 1
        text = { t = "FROM {text.u}", u = "orders" }
        pick = {}
        block = {}
        [[request]]
        name = "often"
        weight = 3
        steps = [{ sql = "SELECT 1 {text.t}" }]
        [[request]]
        name = "seldom"
        weight = 1
        steps = []
    "#;

    #[test]
    fn requests_come_as_often_as_their_weight_says() {
        let traffic = Traffic::parse(TWO).expect("a traffic file");
        let names: Vec<&str> = traffic.schedule(4).iter().map(|request| request.name.as_str()).collect();
        assert_eq!(names, ["often", "often", "seldom", "often"]);
    }

    #[test]
    fn pieces_of_sql_are_put_in_their_places() {
        let traffic = Traffic::parse(TWO).expect("a traffic file");
        let Step::Send { sql, .. } = &traffic.request[0].steps[0] else { panic!("not a statement") };
        assert_eq!(sql, "SELECT 1 FROM orders");
    }
}
