//! What other tools find is found, and what they are known to get wrong is not repeated.

#[path = "support/mod.rs"]
mod support;
#[allow(dead_code, reason = "each test binary uses its part")]
#[path = "quiet/system.rs"]
mod system;

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use pgassay::rule::Catalogue;
use system::{OLD_ENOUGH, audit_with, findings, load_from, server, traffic_from};

/// `cases.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    found: Vec<Found>,
    quiet: Vec<Quiet>,
}

/// What is to be found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    check: String,
    /// Which look for it, too.
    tools: String,
    rule: String,
    subjects: Vec<String>,
}

/// What is not to be said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiet {
    claim: String,
    source: String,
    rules: Vec<String>,
    /// Of tables and indexes.
    names: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_find_is_found_and_what_they_get_wrong_is_not_repeated() {
    let cases = cases();
    for major in [13, 15, 18] {
        let server = server(major);
        let connection = load_from(&server, "rivals", "schema").await;
        traffic_from(connection, "rivals", "schema").await;
        let said = findings(&audit_with(&server, "schema", OLD_ENOUGH));
        for case in &cases.found {
            for subject in &case.subjects {
                let ending = format!(" {} {subject}", case.rule);
                let found = said.iter().any(|one| one.ends_with(&ending));
                assert!(found, "PostgreSQL {major}: {}:{ending}\n{said:#?}", case.check);
            }
        }
        for case in &cases.quiet {
            let repeated: Vec<&String> = said.iter().filter(|one| case.is_repeated_by(one)).collect();
            assert!(repeated.is_empty(), "PostgreSQL {major}: {}: {repeated:?}", case.claim);
        }
    }
}

#[test]
fn the_cases_name_rules_and_tables_that_there_are() {
    let (cases, schema) = (cases(), fixture("schema.sql"));
    let catalogue = Catalogue::builtin().expect("rules");
    let rules = cases.found.iter().map(|case| &case.rule).chain(cases.quiet.iter().flat_map(|case| &case.rules));
    for rule in rules {
        assert!(catalogue.rule(rule).is_ok(), "{rule}");
    }
    for name in cases.quiet.iter().flat_map(|case| &case.names) {
        assert!(schema.contains(&format!(" {name} ")), "{name}");
    }
}

#[test]
fn what_was_got_wrong_is_known_by_its_rule_and_a_name_in_its_subject() {
    let case = Quiet {
        claim: String::new(),
        source: String::new(),
        rules: vec!["unindexed-foreign-key".to_owned()],
        names: vec!["turned".to_owned()],
    };
    assert!(case.is_repeated_by("info unindexed-foreign-key public.turned (a, b)"));
    assert!(!case.is_repeated_by("info unindexed-foreign-key public.turned_off (a)"));
    assert!(!case.is_repeated_by("info missing-primary-key public.turned"));
}

#[test]
fn the_table_in_the_documents_is_that_of_the_cases() {
    support::is_fresh("docs/rivals.md", &document(&cases()));
}

impl Quiet {
    /// Whether a finding, `severity rule subject`, is what was got wrong.
    fn is_repeated_by(&self, finding: &str) -> bool {
        let mut words = finding.split([' ', '.', '(', ')', ',', '"']);
        let rule = words.nth(1);
        let names_rule = self.rules.iter().any(|one| Some(one.as_str()) == rule);
        names_rule && words.any(|word| self.names.iter().any(|name| name == word))
    }
}

fn document(cases: &Cases) -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n| Found | Looked for by | Rule |\n|---|---|---|\n");
    for case in &cases.found {
        let tools = if case.tools.is_empty() { "-" } else { &case.tools };
        let _ = writeln!(text, "| {} | {tools} | [{rule}](rules/{rule}.md) |", case.check, rule = case.rule);
    }
    text.push_str("\n| Not said | Known from |\n|---|---|\n");
    for case in &cases.quiet {
        let _ = writeln!(text, "| {} | {} |", case.claim, case.source);
    }
    text
}

const INTRODUCTION: &str = "# What other tools look for\n
Checks about performance of splinter, PgHero, pg-index-health and others, restated as tables of `fixtures/rivals/schema.sql`. A
test audits them on PostgreSQL 13, 15 and 18: the first table is found, the second is not said. The other tools are not run there;
what is written of them was read in their sources and issues.
";

fn cases() -> Cases {
    toml::from_str(&fixture("cases.toml")).expect("cases")
}

fn fixture(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rivals").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
