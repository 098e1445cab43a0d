//! A rule's file: TOML with nothing in it that is not known, read so that errors point at the word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Severity;
use super::error::{RuleError, Source};
use super::message::Message;
use super::requires::Requires;
use crate::facts::Parameter;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Name of its file: kebab-case, names the problem.
    pub id: String,
    /// Folder of its file.
    pub category: String,
    /// A few words.
    pub title: String,
    /// How bad a finding is, unless its row says otherwise.
    pub severity: Severity,
    /// How sure a finding is, unless its row says otherwise.
    pub confidence: f64,
    /// Version of pgassay that had it first.
    pub since: String,
    /// Named generator of the remedy: `create-index`, `drop-index`, …, or `advice`.
    pub remedy: String,
    /// Why no example runs a remedy: what is to be done is not SQL, or not to be had in a test.
    pub remedy_not_run: Option<String>,
    /// Rules whose findings about the same object have the same cause: they are named in this one's.
    pub covers: Vec<String>,
    /// SELECT over the facts.
    pub sql: String,
    /// What was seen, with the row's values.
    pub message: Message,
    /// Thresholds.
    pub params: BTreeMap<String, Param>,
    /// What it needs to be evaluated.
    pub requires: Requires,
    /// For people.
    pub docs: Docs,
    /// Checked against real servers.
    pub examples: Vec<Example>,
    /// Its file, for errors that point into it.
    pub(super) source: Source,
}

/// A threshold of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Value unless the configuration says otherwise.
    pub default: Parameter,
    /// `rows`, `ms`, …
    pub unit: String,
    /// Why the default is what it is.
    pub why: String,
}

/// A rule in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// What is wrong, why it matters.
    pub problem: String,
    /// What to do, and when to leave it alone.
    pub remedy: String,
    /// Where it can be read up.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// A case with its outcome, run on real servers.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// A few words.
    pub name: String,
    /// DDL and data, run before the counters are reset.
    pub schema: String,
    /// Run after the reset, statement by statement.
    pub traffic: String,
    /// How often the traffic runs.
    pub repeat: u32,
    /// Each run on a connection of its own that stays open during the audit.
    pub sessions: Vec<String>,
    /// The same, but the last statement is not waited for: it waits for a lock, or runs, during the audit.
    pub waiting: Vec<String>,
    /// Makes and grants the role `example`, which then audits.
    pub as_role: Option<String>,
    /// In place of the rule's defaults.
    pub params: BTreeMap<String, Parameter>,
    /// Not run below this major version.
    pub min_version: Option<u32>,
    /// Not run above this major version.
    pub max_version: Option<u32>,
    /// `name=value`, set on the example's database.
    pub settings: Vec<String>,
    /// `name=value`, set with ALTER SYSTEM and reset afterwards. What needs a restart does not get it.
    pub system: Vec<String>,
    /// `name=value`: a server of its own is started with these, over settings fit for a throwaway server.
    pub server: Vec<String>,
    /// SQL that mends it: run after the rule has found what it must, it makes the rule find nothing. Without it that
    /// is asked of the SQL which the findings themselves offer.
    pub remedy: String,
    /// Why the SQL that the findings offer is not run.
    pub remedy_not_run: Option<String>,
    /// After the remedy the counters are reset and the traffic runs again: it is seen to be mended.
    pub traffic_again: bool,
    /// Managed service that the server is taken for: a test has none.
    pub managed: Option<String>,
    /// Whether ANALYZE runs before the audit.
    pub analyze: bool,
    /// Whether the server's log of the traffic is read too.
    pub log: bool,
    /// Only run on a server that was built with JIT.
    pub jit: bool,
    /// Age that the counters are taken to have, seconds: an example cannot wait for a month. `None`: their own.
    pub stats_age_s: Option<f64>,
    /// What the rule must say.
    pub expected: Expected,
}

/// What an example expects of its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these subjects, sorted, a statement by its text; none: clean.
    Finds(Vec<String>),
    /// Not evaluated, with these words in the reason.
    NotEvaluated(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    severity: Severity,
    confidence: Option<f64>,
    since: String,
    remedy: String,
    remedy_not_run: Option<String>,
    #[serde(default)]
    covers: Vec<String>,
    sql: Spanned<String>,
    message: Spanned<String>,
    #[serde(default)]
    params: BTreeMap<String, Param>,
    #[serde(default)]
    requires: Requires,
    docs: Option<Docs>,
    #[serde(default)]
    example: Vec<Spanned<ExampleTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleTable {
    name: String,
    #[serde(default)]
    schema: String,
    #[serde(default)]
    traffic: String,
    #[serde(default = "once")]
    repeat: u32,
    #[serde(default)]
    sessions: Vec<String>,
    #[serde(default)]
    waiting: Vec<String>,
    as_role: Option<String>,
    #[serde(default)]
    params: BTreeMap<String, Parameter>,
    min_version: Option<u32>,
    max_version: Option<u32>,
    #[serde(default)]
    settings: Vec<Spanned<String>>,
    #[serde(default)]
    system: Vec<Spanned<String>>,
    #[serde(default)]
    server: Vec<Spanned<String>>,
    #[serde(default)]
    remedy: String,
    remedy_not_run: Option<String>,
    #[serde(default)]
    traffic_again: bool,
    managed: Option<String>,
    #[serde(default = "yes")]
    analyze: bool,
    #[serde(default)]
    log: bool,
    #[serde(default)]
    jit: bool,
    stats_age_s: Option<f64>,
    finds: Option<Vec<String>>,
    not_evaluated: Option<String>,
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

impl Rule {
    /// Reads the text of `<category>/<id>.toml`; SQL and names in it are checked by [`super::Catalogue::check`].
    pub fn parse(path: &str, text: &str) -> Result<Self, RuleError> {
        let path = path.replace('\\', "/");
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let category = folder.rsplit('/').next().unwrap_or_default();
        let id = file.strip_suffix(".toml").unwrap_or(file);
        let mut source = Source::new(&path, text);
        if !is_kebab_case(id) {
            return Err(source.bad_id(id));
        }
        let file: File = toml::from_str(text).map_err(|error| source.toml(&error))?;
        source.sql = file.sql.span();
        source.message = file.message.span();
        file.rule(id, category, source)
    }
}

impl File {
    fn rule(self, id: &str, category: &str, source: Source) -> Result<Rule, RuleError> {
        let message = Message::parse(self.message.get_ref()).map_err(|problem| source.in_message(&problem))?;
        let docs = self.docs.ok_or_else(|| source.missing(id, "[docs] with `problem` and `remedy`"))?;
        let examples = self.example.into_iter().map(|one| example(one, &source)).collect::<Result<Vec<_>, _>>()?;
        let rule = Rule {
            id: id.to_owned(),
            category: category.to_owned(),
            title: self.title,
            severity: self.severity,
            confidence: self.confidence.unwrap_or(1.0),
            since: self.since,
            remedy: self.remedy,
            remedy_not_run: self.remedy_not_run,
            covers: self.covers,
            sql: self.sql.into_inner(),
            message,
            params: self.params,
            requires: self.requires,
            docs,
            examples,
            source,
        };
        rule.complete()
    }
}

impl Rule {
    fn complete(self) -> Result<Self, RuleError> {
        let some = |wanted: fn(&[String]) -> bool| {
            self.examples.iter().any(|one| matches!(&one.expected, Expected::Finds(subjects) if wanted(subjects)))
        };
        let empty = |text: &str| text.trim().is_empty();
        let missing = if empty(&self.docs.problem) || empty(&self.docs.remedy) {
            "[docs] with `problem` and `remedy`"
        } else if !some(|subjects| !subjects.is_empty()) {
            "an [[example]] that finds something"
        } else if !some(<[String]>::is_empty) {
            "an [[example]] that finds nothing (`finds = []`)"
        } else {
            return Ok(self);
        };
        Err(self.source.missing(&self.id, missing))
    }

    /// The examples after which a remedy is run: their own, or what the findings offer.
    pub fn mended(&self) -> impl Iterator<Item = &Example> {
        let finds = |example: &&Example| matches!(&example.expected, Expected::Finds(all) if !all.is_empty());
        let offered = |example: &Example| self.remedy != "advice" && example.remedy_not_run.is_none();
        self.examples.iter().filter(finds).filter(move |example| !example.remedy.is_empty() || offered(example))
    }

    /// Name of its file, as given.
    pub fn path(&self) -> &str {
        &self.source.path
    }
}

fn example(table: Spanned<ExampleTable>, source: &Source) -> Result<Example, RuleError> {
    let span = table.span();
    let table = table.into_inner();
    let expected = match (table.finds, table.not_evaluated) {
        (Some(mut subjects), None) => {
            subjects.sort();
            Expected::Finds(subjects)
        }
        (None, Some(words)) => Expected::NotEvaluated(words),
        _ => return Err(source.example(&table.name, span)),
    };
    Ok(Example {
        name: table.name,
        schema: table.schema,
        traffic: table.traffic,
        repeat: table.repeat,
        sessions: table.sessions,
        waiting: table.waiting,
        as_role: table.as_role,
        params: table.params,
        min_version: table.min_version,
        max_version: table.max_version,
        settings: assignments(table.settings, source)?,
        system: assignments(table.system, source)?,
        server: assignments(table.server, source)?,
        remedy: table.remedy,
        remedy_not_run: table.remedy_not_run,
        traffic_again: table.traffic_again,
        managed: table.managed,
        analyze: table.analyze,
        log: table.log,
        jit: table.jit,
        stats_age_s: table.stats_age_s,
        expected,
    })
}

/// Settings as `name=value`.
fn assignments(settings: Vec<Spanned<String>>, source: &Source) -> Result<Vec<String>, RuleError> {
    let assignment = |setting: Spanned<String>| match setting.get_ref().split_once('=') {
        Some((name, _)) if !name.trim().is_empty() => Ok(setting.into_inner()),
        _ => Err(source.assignment(setting.get_ref(), setting.span())),
    };
    settings.into_iter().map(assignment).collect()
}

/// Words of lower-case letters and digits, with single hyphens between.
fn is_kebab_case(id: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    id.split('-').all(word) && id.starts_with(|first: char| first.is_ascii_lowercase())
}
