//! The statements that ask for a plan.

use std::collections::BTreeMap;

use super::text::{Constant, Text};

/// From it on, EXPLAIN plans a statement with parameters as it is.
const GENERIC_PLAN: u32 = 16;

/// Statements of which one answers with a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// In order.
    pub statements: Vec<String>,
    /// Which of them is the EXPLAIN.
    pub plan: usize,
    /// What it prepares and forgets again; an error in between leaves it there.
    pub prepared: Option<String>,
}

/// How a server is asked.
#[derive(Debug, Clone, Default)]
pub struct Explain {
    /// Major version.
    pub major: u32,
    verbose: bool,
    names: u64,
}

impl Explain {
    /// For a server of a major version.
    pub fn of(major: u32) -> Self {
        Self { major, ..Self::default() }
    }

    /// With the names of tables and expressions written out.
    pub fn verbose(major: u32) -> Self {
        Self { verbose: true, ..Self::of(major) }
    }

    /// The plan for any value. A prepared statement keeps its plan, so each time takes a name of its own.
    pub fn generic(&mut self, text: &Text) -> Script {
        let highest = text.parameters().last().copied().unwrap_or(0);
        let sql = text.generic();
        if highest == 0 || self.major >= GENERIC_PLAN {
            let generic = highest > 0;
            return Script { statements: vec![format!("{} {sql}", self.options(generic))], ..Script::default() };
        }
        let name = self.name();
        let nulls = vec!["NULL"; highest as usize].join(", ");
        Script {
            statements: vec![
                "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
                prepare(&name, text),
                format!("{} EXECUTE {name}({nulls})", self.options(false)),
                format!("DEALLOCATE {name}"),
            ],
            plan: 2,
            prepared: Some(name),
        }
    }

    /// The plan for some values; `None` where a parameter has none.
    pub fn custom(&self, text: &Text, constants: &BTreeMap<u32, Constant>) -> Option<Script> {
        let statements = vec![format!("{} {}", self.options(false), text.with(constants)?)];
        Some(Script { statements, ..Script::default() })
    }

    /// Whether the server takes it at all, and of which types the parameters are, one a row in the order of numbers.
    pub fn types(&mut self, text: &Text) -> Script {
        let name = self.name();
        let types = "SELECT pg_catalog.unnest(parameter_types)::pg_catalog.text FROM pg_catalog.pg_prepared_statements";
        Script {
            statements: vec![
                prepare(&name, text),
                format!("{types} WHERE name = '{name}'"),
                format!("DEALLOCATE {name}"),
            ],
            plan: 1,
            prepared: Some(name),
        }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("pgassay_{}", self.names)
    }

    fn options(&self, generic: bool) -> String {
        let verbose = if self.verbose { "VERBOSE, " } else { "" };
        let generic = if generic { "GENERIC_PLAN, " } else { "" };
        format!("EXPLAIN ({generic}{verbose}FORMAT JSON)")
    }
}

/// A number that the text does not have any more would be of no type.
fn prepare(name: &str, text: &Text) -> String {
    let numbers = text.parameters();
    let highest = numbers.last().copied().unwrap_or(0);
    let types: Vec<&str> =
        (1..=highest).map(|number| if numbers.contains(&number) { "unknown" } else { "text" }).collect();
    let types = if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
    format!("{}{}", heading(name, &types), text.generic())
}

fn heading(name: &str, types: &str) -> String {
    format!("PREPARE {name}{types} AS ")
}

/// How many characters stand before the text in a `PREPARE` of ours.
pub fn before_text(statement: &str) -> usize {
    statement.find(" AS ").map_or(0, |at| statement[..at].chars().count() + " AS ".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: &str) -> Text {
        Text::single(sql, false).expect("a text")
    }

    #[test]
    fn before_16_a_generic_plan_is_that_of_a_prepared_statement_with_a_name_of_its_own() {
        let mut explain = Explain::of(15);
        let first = explain.generic(&text("SELECT $1, $3"));
        assert_eq!(
            first.statements,
            [
                "SET LOCAL plan_cache_mode = force_generic_plan",
                "PREPARE pgassay_1(unknown, text, unknown) AS SELECT $1, $3",
                "EXPLAIN (FORMAT JSON) EXECUTE pgassay_1(NULL, NULL, NULL)",
                "DEALLOCATE pgassay_1",
            ]
        );
        assert_eq!(before_text(&first.statements[1]), 45);
        assert_ne!(explain.generic(&text("SELECT $1")).prepared, first.prepared);
    }

    #[test]
    fn from_16_on_and_without_parameters_it_is_one_statement() {
        for (major, sql, expected) in [
            (16, "SELECT $1;", "EXPLAIN (GENERIC_PLAN, FORMAT JSON) SELECT $1"),
            (18, "SELECT 1", "EXPLAIN (FORMAT JSON) SELECT 1"),
            (13, "SELECT 1", "EXPLAIN (FORMAT JSON) SELECT 1"),
        ] {
            assert_eq!(Explain::of(major).generic(&text(sql)).statements, [expected], "{major} {sql}");
        }
    }
}
