//! All rules: those inside the program, and those of a directory or file.

use std::path::Path;

use include_dir::{Dir, include_dir};

use super::{Rule, RuleError};
use crate::facts::nearest;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// What the ids of a project's own rules begin with, so that a rule to come takes no name away.
pub const LOCAL: &str = "local/";

/// Rules by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    rules: Vec<Rule>,
}

impl Catalogue {
    /// The rules inside the program. Their SQL is checked by the tests.
    pub fn builtin() -> Result<Self, RuleError> {
        let mut rules = Vec::new();
        collect(&BUILTIN, &mut rules)?;
        Self::default().with(rules)?.complete()
    }

    /// These rules and those of files, each given by its path and text; every one is checked.
    pub async fn with_files(self, files: &[(String, String)]) -> Result<Self, RuleError> {
        let parse = |(path, text): &(String, String)| Rule::parse(path, text);
        let added = Self::default().with(files.iter().map(parse).collect::<Result<_, _>>()?)?;
        added.check().await?;
        self.with(added.rules)
    }

    /// These rules and a project's own, which bear `local/` before their names.
    pub async fn with_local(self, files: &[(String, String)]) -> Result<Self, RuleError> {
        let mut own = Self::default().with_files(files).await?;
        for rule in &mut own.rules {
            rule.id = format!("{LOCAL}{}", rule.id);
        }
        self.with(own.rules)?.complete()
    }

    /// These rules and one more, for tests and examples.
    pub fn with(mut self, added: Vec<Rule>) -> Result<Self, RuleError> {
        self.rules.extend(added);
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
        match self.rules.windows(2).find(|pair| pair[0].id == pair[1].id) {
            Some(pair) => Err(RuleError::Twice {
                id: pair[0].id.clone(),
                first: pair[0].path().to_owned(),
                second: pair[1].path().to_owned(),
            }),
            None => self.without_circles(),
        }
    }

    /// What covers what has an end.
    fn without_circles(self) -> Result<Self, RuleError> {
        match self.rules.iter().find(|rule| self.covered(rule).any(|id| id == rule.id)) {
            Some(rule) => Err(rule.source.circle(&rule.id)),
            None => Ok(self),
        }
    }

    /// Every rule that another one covers is there: asked of all the rules of an audit together.
    pub fn complete(self) -> Result<Self, RuleError> {
        for rule in &self.rules {
            if let Some(id) = rule.covers.iter().find(|id| self.rule(id).is_err()) {
                return Err(rule.source.unknown_covered(id, self.help(id)));
            }
        }
        Ok(self)
    }

    /// Ids of the rules that this one covers, those that they cover, and so on; of a circle each once.
    fn covered(&self, rule: &Rule) -> impl Iterator<Item = String> {
        let mut seen: Vec<String> = rule.covers.clone();
        let mut at = 0;
        while at < seen.len() {
            let next = self.rules.iter().find(|rule| rule.id == seen[at]);
            for id in next.into_iter().flat_map(|rule| &rule.covers) {
                if !seen.contains(id) {
                    seen.push(id.clone());
                }
            }
            at += 1;
        }
        seen.into_iter()
    }

    /// By id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Result<&Rule, RuleError> {
        self.rules.iter().find(|rule| rule.id == id).ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> RuleError {
        RuleError::Unknown { id: id.to_owned(), help: self.help(id) }
    }

    fn help(&self, id: &str) -> String {
        match nearest(id, self.rules.iter().map(|rule| rule.id.as_str())) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "`pgassay rules list` shows them all".to_owned(),
        }
    }
}

fn collect(directory: &Dir<'_>, rules: &mut Vec<Rule>) -> Result<(), RuleError> {
    for file in directory.files().filter(|file| is_rule(file.path())) {
        let text = file.contents_utf8().unwrap_or_default();
        rules.push(Rule::parse(&format!("rules/{}", file.path().display()), text)?);
    }
    for folder in directory.dirs().filter(|folder| !is_advice(folder.path())) {
        collect(folder, rules)?;
    }
    Ok(())
}

fn is_rule(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// No rules: `rules/orm/` holds words of advice, one file a framework, `rules/weights/` weights of analyses, and
/// `rules/profiles/` what a managed service changes.
fn is_advice(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ["orm", "weights", "profiles"].iter().any(|folder| name == *folder))
}
