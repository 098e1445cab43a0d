//! Running the examples of rules: each on a database of its own of a throwaway server, through
//! the same stages as an audit.

mod circumstances;
mod collector;
mod jit;
mod judge;
mod log;
mod result;
mod server;
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

pub use self::result::{ExampleError, ExampleResult, Verdict, summary};
use self::server::Server;
use self::stage::Stage;
use crate::rule::{Catalogue, Example, Rule};
use crate::server::scratch::Binaries;

/// How many servers run examples at a time: one of them often waits for a disk, a lock or a clock.
const LANES: usize = 2;

/// Runs every example of every rule that `filter` lets pass. Those that ask for the same settings of the server share
/// one, which is there as long as they run.
pub async fn run_examples(
    catalogue: &Catalogue,
    binaries: &Binaries,
    major: u32,
    filter: impl Fn(&Rule, &Example) -> bool,
) -> Result<Vec<ExampleResult>, ExampleError> {
    let all = catalogue.rules().iter().flat_map(|rule| rule.examples.iter().map(move |example| (rule, example)));
    let wanted: Vec<(&Rule, &Example)> = all.filter(|(rule, example)| filter(rule, example)).collect();
    let first = Arc::new(Server::first(binaries).await?);
    let lanes = stream::iter(groups(&wanted, major)).map(|group| one_after_another(&first, major, group));
    let done: Vec<Vec<(usize, Verdict)>> = lanes.buffer_unordered(LANES).try_collect().await?;
    let mut verdicts: BTreeMap<usize, Verdict> = done.into_iter().flatten().collect();
    let result = |(position, (rule, example)): (usize, &(&Rule, &Example))| ExampleResult {
        rule: rule.id.clone(),
        example: example.name.clone(),
        major,
        verdict: verdicts.remove(&position).unwrap_or(Verdict::NotForThisVersion),
    };
    Ok(wanted.iter().enumerate().map(result).collect())
}

/// Examples that may use one server, each with its position among all.
type Group<'a> = Vec<(usize, &'a Rule, &'a Example)>;

/// The examples that are for this version, by the settings of their server; those without any are enough for every lane.
fn groups<'a>(wanted: &[(&'a Rule, &'a Example)], major: u32) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(&[String], usize), Group<'a>> = BTreeMap::new();
    for (position, (rule, example)) in wanted.iter().enumerate() {
        let lane = if example.server.is_empty() { position % LANES } else { 0 };
        if circumstances::fits(example, major) {
            groups.entry((&example.server, lane)).or_default().push((position, rule, example));
        }
    }
    groups.into_values().collect()
}

async fn one_after_another(
    first: &Arc<Server>,
    major: u32,
    group: Group<'_>,
) -> Result<Vec<(usize, Verdict)>, ExampleError> {
    let settings = group.first().map_or(&[][..], |(_, _, example)| &example.server[..]);
    let mut server = Server::like(first, settings).await?;
    let mut verdicts = Vec::new();
    for (position, rule, example) in group {
        let database = format!("example_{position}");
        verdicts.push((position, Stage::new(&mut server, major, database, rule, example).verdict().await));
    }
    server.end().await?;
    Ok(verdicts)
}

/// SQL as a client sends it: a statement ends with a line that ends in a semicolon, outside `$$`.
fn statements(sql: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in sql.lines() {
        let Some(statement) = statements.last_mut() else { break };
        statement.push_str(line.trim_end());
        statement.push('\n');
        let inside_function = !statement.matches("$$").count().is_multiple_of(2);
        if line.trim_end().ends_with(';') && !inside_function {
            statements.push(String::new());
        }
    }
    let trimmed = statements.iter().map(|statement| statement.trim().trim_end_matches(';').to_owned());
    trimmed.filter(|statement| !statement.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_a_line_that_ends_in_a_semicolon() {
        let traffic = "SELECT 1;\nSELECT ';',\n  2;\n\n  BEGIN; \nSELECT 3";
        assert_eq!(statements(traffic), ["SELECT 1", "SELECT ';',\n  2", "BEGIN", "SELECT 3"]);
        assert_eq!(statements("DO $$\nBEGIN;\nEND $$;\nSELECT 1;"), ["DO $$\nBEGIN;\nEND $$", "SELECT 1"]);
        assert!(statements(" \n").is_empty());
    }
}
