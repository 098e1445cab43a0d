//! All rules: those inside the program, and those of a directory or file.

use std::path::Path;

use include_dir::{Dir, include_dir};

use super::{Rule, RuleError};
use crate::facts::nearest;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

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
        Self::default().with(rules)
    }

    /// These rules and those of files, each given by its path and text; every one is checked.
    pub async fn with_files(self, files: &[(String, String)]) -> Result<Self, RuleError> {
        let parse = |(path, text): &(String, String)| Rule::parse(path, text);
        let added = Self::default().with(files.iter().map(parse).collect::<Result<_, _>>()?)?;
        added.check().await?;
        self.with(added.rules)
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
            None => Ok(self),
        }
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
        let help = match nearest(id, self.rules.iter().map(|rule| rule.id.as_str())) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "`pgassay rules list` shows them all".to_owned(),
        };
        RuleError::Unknown { id: id.to_owned(), help }
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

/// `rules/orm/` holds words of advice, one file a framework, and `rules/weights/` weights of analyses: no rules.
fn is_advice(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "orm" || name == "weights")
}
