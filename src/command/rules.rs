//! `pgassay rules`: which rules there are, and what one of them says.

use std::path::{Path, PathBuf};

use miette::Report;

use crate::cli::{RulesAction, RulesArgs};
use crate::rule::{Catalogue, Rule, RuleError, explanation};
use crate::server::scratch::Binaries;

use super::{output, rules_test, settings};

/// A rule to begin with: it works, and every part of it is explained.
const SKELETON: &str = include_str!("rule_skeleton.toml");

/// Lists, explains, tests or begins one.
pub async fn run(args: RulesArgs) -> Result<u8, Report> {
    let width = output::look().width;
    match args.action {
        RulesAction::List { json: true } => output::print(&list_json(&settings::catalogue(&args.rules).await?))?,
        RulesAction::List { json: false } => output::print(&list(&settings::catalogue(&args.rules).await?, width))?,
        RulesAction::Explain { id } => {
            output::print(&explain(&settings::catalogue(&args.rules).await?, &id, width)?)?;
        }
        RulesAction::Test { files, only } => {
            let files = [files, args.rules].concat();
            return test(Catalogue::builtin()?, &files, only.as_deref()).await;
        }
        RulesAction::New { id, dir } => begin(&id, &dir)?,
    }
    Ok(0)
}

/// Writes the skeleton of a rule, and says how to go on.
fn begin(id: &str, directory: &Path) -> Result<(), Report> {
    let path = directory.join(format!("{id}.toml"));
    // a name that leads elsewhere is none in kebab-case
    Rule::parse(&format!("{}.toml", id.replace(['/', '\\'], "_")), SKELETON)?;
    output::make_directory_of(&path)?;
    output::write_new_file(&path, SKELETON.as_bytes())?;
    output::note(&format!(
        "wrote {0}\ntest it:  pgassay rules test {0}\nuse it:   pgassay audit --rules {1}, or in pgassay.toml: [rules] dirs = [\"{1}\"]",
        path.display(),
        directory.display()
    ));
    Ok(())
}

/// Runs examples on a throwaway server of the version that is installed; 1 if any disagrees.
async fn test(builtin: Catalogue, files: &[PathBuf], only: Option<&str>) -> Result<u8, Report> {
    let mut catalogue = if files.is_empty() { builtin } else { Catalogue::default() };
    for file in files {
        catalogue = catalogue.with_files(&rule_files(file)?).await?;
    }
    only.map(|id| catalogue.rule(id)).transpose()?;
    let named = std::env::var_os("PGASSAY_PG_BIN");
    let binaries = Binaries::find(named.as_deref().map(Path::new), std::env::var("PATH").ok().as_deref())?;
    let wanted = |rule: &Rule, _: &_| only.is_none_or(|id| rule.id == id);
    let results = rules_test::run_examples(&catalogue, &binaries, binaries.major()?, wanted).await?;
    output::print(&rules_test::summary(&results))?;
    Ok(u8::from(results.iter().any(|result| !result.agreed())))
}

/// Path and text of a rule file, or of every one in a directory and the folders below it, in order.
pub fn rule_files(path: &Path) -> Result<Vec<(String, String)>, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: path.to_owned(), source };
    if !path.is_dir() {
        return Ok(vec![(path.display().to_string(), std::fs::read_to_string(path).map_err(unreadable)?)]);
    }
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut inside: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_, _>>().map_err(unreadable)?;
    inside.sort();
    let mut files = Vec::new();
    for path in inside.iter().filter(|path| path.is_dir() || path.extension().is_some_and(|ending| ending == "toml")) {
        files.extend(rule_files(path)?);
    }
    Ok(files)
}

/// Every rule on a line of a table.
pub fn list(catalogue: &Catalogue, width: usize) -> String {
    let rows = catalogue.rules().iter();
    let cells = |rule: &Rule| vec![rule.id.clone(), rule.severity.name().to_owned(), rule.title.clone()];
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    super::query::table(&["rule", "severity", "what it finds"].map(str::to_owned), &rows, width)
}

/// Every rule as JSON: an array of objects.
pub fn list_json(catalogue: &Catalogue) -> String {
    let rules: Vec<serde_json::Value> = catalogue.rules().iter().map(as_json).collect();
    format!("{:#}\n", serde_json::Value::Array(rules))
}

/// What a rule finds, why it matters, what to do, when to leave it alone, its thresholds and what it needs.
pub fn explain(catalogue: &Catalogue, id: &str, width: usize) -> Result<String, RuleError> {
    Ok(explanation(catalogue.rule(id)?, width))
}

fn as_json(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "rule": rule.id,
        "category": rule.category,
        "title": rule.title,
        "severity": rule.severity.name(),
        "since": rule.since,
        "remedy": rule.remedy,
        "params": rule.params,
        "requires": rule.requires,
        "docs": rule.docs,
    })
}
