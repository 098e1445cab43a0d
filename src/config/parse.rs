//! Reading the text: TOML with spans, then what TOML cannot know (rules, parameters, dates).

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use serde::Deserialize;
use toml::Spanned;

use super::rules_table::{RuleTable, RulesTable};
use super::{AdviceConfig, Config, ConfigError, FailOn, Ignore, Place, Profile, RuleConfig, Severity, Targets, WhatIf};

/// The ids of the rules that there are, each with the names of its parameters.
pub type Known = BTreeMap<String, BTreeSet<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    fail_on: Option<FailOn>,
    #[serde(default)]
    min_severity: Option<Severity>,
    #[serde(default)]
    profile: Place,
    #[serde(default)]
    advice: AdviceTable,
    #[serde(default)]
    targets: Targets,
    #[serde(default)]
    rules: RulesTable,
    #[serde(default)]
    ignore: Vec<Spanned<IgnoreTable>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AdviceTable {
    budget: Option<Spanned<String>>,
    max_indexes: Option<NonZeroUsize>,
    profile: Option<Profile>,
    what_if: Option<WhatIf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreTable {
    rule: Spanned<String>,
    #[serde(default = "anything")]
    subject: String,
    reason: Spanned<String>,
    expires: Option<Spanned<toml::Value>>,
}

fn anything() -> String {
    "*".to_owned()
}

/// `[rules] dirs` alone, before it is known which rules there are; everything else is left for later.
pub(super) fn rule_dirs(name: &str, text: &str) -> Result<Vec<String>, ConfigError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Dirs {
        rules: Only,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Only {
        dirs: Vec<String>,
    }
    let reader = Reader { name, text, known: &Known::new() };
    let dirs: Dirs = toml::from_str(text).map_err(|error| reader.invalid(&error))?;
    Ok(dirs.rules.dirs)
}

/// The file being read, for errors to point into.
struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    known: &'a Known,
}

pub(super) fn parse(name: &str, text: &str, known: &Known) -> Result<Config, ConfigError> {
    let reader = Reader { name, text, known };
    let file: File = toml::from_str(text).map_err(|error| reader.invalid(&error))?;
    let mut rules = BTreeMap::new();
    for (id, table) in file.rules.rules {
        reader.check_rule(&id)?;
        rules.insert(id.get_ref().clone(), reader.rule(id.get_ref(), table)?);
    }
    let ignores = file.ignore.into_iter().map(|table| reader.ignore(table)).collect::<Result<_, _>>()?;
    Ok(Config {
        fail_on: file.fail_on.unwrap_or(Config::default().fail_on),
        min_severity: file.min_severity.unwrap_or(Config::default().min_severity),
        place: file.profile,
        advice: reader.advice(file.advice)?,
        targets: file.targets,
        rule_dirs: file.rules.dirs,
        rules,
        ignores,
    })
}

impl Reader<'_> {
    fn advice(&self, table: AdviceTable) -> Result<AdviceConfig, ConfigError> {
        let budget = |written: Spanned<String>| {
            let wrong = |source| ConfigError::Budget { source, file: self.file(), at: span(written.span()) };
            written.get_ref().parse().map_err(wrong)
        };
        Ok(AdviceConfig {
            budget: table.budget.map(budget).transpose()?,
            max_indexes: table.max_indexes.map(NonZeroUsize::get),
            profile: table.profile,
            what_if: table.what_if,
        })
    }

    fn rule(&self, id: &str, table: RuleTable) -> Result<RuleConfig, ConfigError> {
        let parameters = self.known.get(id);
        let mut params = BTreeMap::new();
        for (name, value) in table.params {
            if !parameters.is_some_and(|known| known.contains(name.get_ref())) {
                return Err(self.unknown_parameter(id, &name));
            }
            params.insert(name.into_inner(), value);
        }
        Ok(RuleConfig { severity: table.severity, enabled: table.enabled, params })
    }

    fn ignore(&self, table: Spanned<IgnoreTable>) -> Result<Ignore, ConfigError> {
        let before = self.text.get(..table.span().start).unwrap_or_default();
        let place = format!("{}:{}", self.name, before.lines().count().max(1) + usize::from(before.ends_with('\n')));
        let table = table.into_inner();
        self.check_rule(&table.rule)?;
        if table.reason.get_ref().trim().is_empty() {
            return Err(ConfigError::NoReason { file: self.file(), at: span(table.reason.span()) });
        }
        let expires = table.expires.map(|value| self.date(&value)).transpose()?;
        Ok(Ignore {
            rule: table.rule.into_inner(),
            subject: table.subject,
            reason: table.reason.into_inner(),
            expires,
            place,
        })
    }

    /// A TOML date, or a string that holds one; never a time of day.
    fn date(&self, value: &Spanned<toml::Value>) -> Result<String, ConfigError> {
        let written = match value.get_ref() {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let date = written.parse::<toml::value::Datetime>().ok().filter(|parsed| parsed.time.is_none());
        match date.and_then(|parsed| parsed.date) {
            Some(date) => Ok(date.to_string()),
            None => Err(ConfigError::Date { found: written, file: self.file(), at: span(value.span()) }),
        }
    }

    fn check_rule(&self, id: &Spanned<String>) -> Result<(), ConfigError> {
        if self.known.contains_key(id.get_ref()) {
            return Ok(());
        }
        Err(ConfigError::UnknownRule {
            rule: id.get_ref().clone(),
            file: self.file(),
            at: span(id.span()),
            help: nearest(id.get_ref(), self.known.keys().map(String::as_str))
                .map(|meant| format!("did you mean `{meant}`?"))
                .or_else(|| Some("`pgassay rules list` names them all".to_owned())),
        })
    }

    fn unknown_parameter(&self, rule: &str, name: &Spanned<String>) -> ConfigError {
        let known: Vec<&str> = self.known.get(rule).into_iter().flatten().map(String::as_str).collect();
        ConfigError::UnknownParameter {
            rule: rule.to_owned(),
            parameter: name.get_ref().clone(),
            file: self.file(),
            at: span(name.span()),
            help: Some(match nearest(name.get_ref(), known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.is_empty() => "it has none".to_owned(),
                None => format!("it has {}", known.join(", ")),
            }),
        }
    }

    fn invalid(&self, error: &toml::de::Error) -> ConfigError {
        let message = error.message().to_owned();
        ConfigError::Invalid {
            help: suggestion(&message),
            at: span(error.span().unwrap_or(0..0)),
            file: self.file(),
            message,
        }
    }

    fn file(&self) -> Arc<NamedSource<String>> {
        Arc::new(NamedSource::new(self.name, self.text.to_owned()))
    }
}

fn span(range: Range<usize>) -> SourceSpan {
    range.into()
}

/// serde names what it found and what it expected in back quotes, in this order.
fn suggestion(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let found = words.next()?;
    nearest(found, words).map(|meant| format!("did you mean `{meant}`?"))
}

/// The candidate that is at most a third of its length away.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(&folded(word), &folded(candidate)), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Vec<char> {
    word.to_lowercase().replace('_', "-").chars().collect()
}

/// Levenshtein's.
fn distance(one: &[char], two: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (position, left) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = position + 1;
        for (column, right) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic;

    use super::super::{Parameter, Storage};
    use super::*;

    fn known() -> Known {
        let params = BTreeSet::from(["min_rows".to_owned()]);
        BTreeMap::from([("unindexed-foreign-key".to_owned(), params), ("unused-index".to_owned(), BTreeSet::new())])
    }

    /// What it says, the word that it points at, and its help.
    fn told(text: &str) -> (String, String, String) {
        let error = parse("pgassay.toml", text, &known()).expect_err(text);
        let label = error.labels().and_then(|mut labels| labels.next()).expect("a label");
        let word = &text[label.offset()..label.offset() + label.len()];
        let help = error.help().map(|help| help.to_string()).unwrap_or_default();
        (error.to_string(), word.to_owned(), help)
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"
            fail-on = "warning"
            min-severity = "info"
            [advice]
            budget = "25%"
            max-indexes = 3
            profile = "write"
            what-if = "lab"
            [rules.unindexed-foreign-key]
            severity = "error"
            enabled = true
            params = { min_rows = 5_000 }
            [[ignore]]
            rule = "unused-index"
            subject = "public.*"
            reason = "used once a year"
            expires = 2027-01-31
        "#;
        let config = parse("pgassay.toml", text, &known()).expect("a good file");
        assert_eq!(config.fail_on, FailOn::Warning);
        let advice = AdviceConfig {
            budget: Some(Storage::HeapShare(0.25)),
            max_indexes: Some(3),
            profile: Some(Profile::Write),
            what_if: Some(WhatIf::Lab),
        };
        assert_eq!(config.advice, advice);
        let rule = &config.rules["unindexed-foreign-key"];
        assert_eq!(rule.severity, Some(Severity::Error));
        assert_eq!(rule.params["min_rows"], Parameter::Number(5_000.0));
        assert_eq!(config.ignores[0].expires.as_deref(), Some("2027-01-31"));
        assert!(config.ignores[0].covers("unused-index", "public.orders_idx"));
        assert!(!config.ignores[0].expired("2027-01-31") && config.ignores[0].expired("2027-02-01"));
    }

    #[test]
    fn own_rules_are_found_before_they_are_known_and_an_ignore_knows_its_line() {
        let text = "[rules]\ndirs = [\"db/rules\"]\n\"local/x\".enabled = false\n\n[[ignore]]\nrule = \"unused-index\"\nreason = \"r\"\n";
        assert_eq!(rule_dirs("pgassay.toml", text).expect("a good file"), ["db/rules"]);
        let mut known = known();
        known.insert("local/x".to_owned(), BTreeSet::new());
        let config = parse("pgassay.toml", text, &known).expect("a good file");
        assert_eq!(config.rule_dirs, ["db/rules"]);
        assert_eq!(config.rules["local/x"].enabled, Some(false));
        assert_eq!(config.ignores[0].place, "pgassay.toml:5");
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse("pgassay.toml", "", &known()).expect("an empty file"), Config::default());
    }

    #[test]
    fn an_error_points_at_the_word_and_says_what_was_meant() {
        for (text, message, word, help) in [
            ("fail_on = \"error\"", "unknown field `fail_on`", "fail_on", "did you mean `fail-on`?"),
            ("fail-on = \"eror\"", "unknown variant `eror`", "\"eror\"", "did you mean `error`?"),
            ("[rules.unused-indexes]", "no rule \"unused-indexes\"", "unused-indexes", "did you mean `unused-index`?"),
            ("[rules.speed]", "no rule \"speed\"", "speed", "`pgassay rules list` names them all"),
            ("[rules.unused-index]\nenable = false", "unknown field `enable`", "enable", "did you mean `enabled`?"),
            ("rules.unindexed-foreign-key.params.min_row = 1", "\"min_row\"", "min_row", "did you mean `min_rows`?"),
            ("[[ignore]]\nrule = \"unused-index\"\nreason = \" \"", "needs a reason", "\" \"", "say in `reason`"),
            ("[[ignore]]\nrule = \"unused-index\"", "missing field `reason`", "[[ignore]]", ""),
            (
                "[[ignore]]\nrule = \"unused-index\"\nreason = \"x\"\nexpires = \"soon\"",
                "\"soon\" is not a date",
                "\"soon\"",
                "write it as 2027-01-31",
            ),
            ("advice.budget = \"500\"", "\"500\" is neither a share nor a size", "\"500\"", ""),
            ("advice.max-indexes = 0", "expected a nonzero", "0", ""),
            ("advice.max_indexes = 2", "unknown field `max_indexes`", "max_indexes", "did you mean `max-indexes`?"),
            ("advice.what-if = \"labs\"", "unknown variant `labs`", "\"labs\"", "did you mean `lab`?"),
            ("fail-on = ", "quoted", "", ""),
            ("[rules]\ndirs = 5", "invalid type", "5", ""),
            ("[rules]\nunused-index.enable = true", "unknown field `enable`", "enable", "did you mean `enabled`?"),
        ] {
            let (told, at, meant) = told(text);
            assert!(told.contains(message), "{text}: {told}");
            assert_eq!(at, word, "{text}");
            assert!(meant.starts_with(help), "{text}: {meant}");
        }
    }
}
