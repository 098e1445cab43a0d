//! What can be wrong with a rule, pointing at the word in its file.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::facts::FactsError;

/// What can be wrong with a rule.
#[derive(Debug, Error, Diagnostic)]
pub enum RuleError {
    /// Something in its file.
    #[error("{message}")]
    #[diagnostic(code(rule::file))]
    File {
        /// What is wrong.
        message: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The word.
        #[label("{label}")]
        at: SourceSpan,
        /// A few words beside it.
        label: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
    /// A file or directory of rules that cannot be read.
    #[error("the rules in {path} cannot be read")]
    #[diagnostic(code(rule::unreadable), help("name a directory of .toml files, or one such file"))]
    Unreadable {
        /// As named.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Two rules of one name.
    #[error("there are two rules \"{id}\": {first} and {second}")]
    #[diagnostic(code(rule::twice), help("rename one of the files: the id of a rule is the name of its file"))]
    Twice {
        /// The id.
        id: String,
        /// Path of one.
        first: String,
        /// Path of the other.
        second: String,
    },
    /// A name that no rule has.
    #[error("there is no rule \"{id}\"")]
    #[diagnostic(code(rule::unknown))]
    Unknown {
        /// As named.
        id: String,
        /// What was probably meant.
        #[help]
        help: String,
    },
    /// A parameter that the rule does not have.
    #[error("the rule {id} has no parameter \"{parameter}\"")]
    #[diagnostic(code(rule::unknown_parameter))]
    UnknownParameter {
        /// The rule.
        id: String,
        /// As named.
        parameter: String,
        /// What was probably meant.
        #[help]
        help: String,
    },
    /// Its SQL failed while it ran.
    #[error("the rule {id} could not be run: the audit is not complete without it")]
    #[diagnostic(code(rule::failed), help("leave it out with `--skip {id}`, and report the error"))]
    Failed {
        /// The rule.
        id: String,
        /// Why.
        #[diagnostic_source]
        source: FactsError,
    },
    /// A row that is not as a rule's row has to be.
    #[error("the rule {id} returned a row that cannot be a finding: {problem}")]
    #[diagnostic(
        code(rule::row),
        help("in its SQL, `coalesce` gives a value to what may be NULL; meanwhile, leave it out with `--skip {id}`")
    )]
    Row {
        /// The rule.
        id: String,
        /// What is wrong with the row.
        problem: String,
    },
    /// The empty facts that rules are checked against could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
}

/// A rule's file and where its parts stand in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Source {
    /// As given.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Where the SQL stands.
    pub sql: Range<usize>,
    /// Where the message stands.
    pub message: Range<usize>,
}

/// A part of the message that is not a placeholder though it looks like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misplaced {
    /// The words.
    pub word: String,
    /// What is wrong with them.
    pub problem: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), sql: 0..0, message: 0..0 }
    }

    pub fn error(&self, message: String, at: Range<usize>, label: &str, help: Option<String>) -> RuleError {
        RuleError::File {
            message,
            file: Arc::new(NamedSource::new(&self.path, self.text.clone()).with_language("TOML")),
            at: at.into(),
            label: label.to_owned(),
            help,
        }
    }

    pub fn toml(&self, error: &toml::de::Error) -> RuleError {
        let said = error.message();
        let (message, help) = match said.split_once(", expected ") {
            Some((message, expected)) => (message.replace('`', "\""), Some(expected_one(message, expected))),
            None => (said.replace('`', "\""), None),
        };
        self.error(message, error.span().unwrap_or(0..0), "here", help)
    }

    pub fn bad_id(&self, id: &str) -> RuleError {
        let help = "name the file after the problem in kebab-case: unindexed-foreign-key.toml".to_owned();
        self.error(format!("\"{id}\" is no id for a rule"), 0..0, "its file's name is its id", Some(help))
    }

    pub fn missing(&self, id: &str, what: &str) -> RuleError {
        let end = self.text.len();
        self.error(
            format!("the rule {id} has no {}", what.trim_start_matches("an ")),
            end..end,
            &format!("add {what}"),
            None,
        )
    }

    /// A rule that covers itself by way of others.
    pub fn circle(&self, id: &str) -> RuleError {
        let help = "of one cause, only one rule may account for the others".to_owned();
        let at = self.word(&(0..self.text.len()), "covers");
        self.error(format!("the rules that {id} covers cover each other in a circle"), at, "here", Some(help))
    }

    /// A covered rule that does not exist.
    pub fn unknown_covered(&self, id: &str, help: String) -> RuleError {
        let at = self.word(&(0..self.text.len()), id);
        self.error(format!("there is no rule \"{id}\" to cover"), at, "here", Some(help))
    }

    pub fn example(&self, name: &str, at: Range<usize>) -> RuleError {
        let help =
            "say what is found, `finds = [\"subject\"]` or `finds = []`, or `not_evaluated = \"words of the reason\"`";
        let message = format!("the example \"{name}\" must say one thing that is expected");
        self.error(message, at, "here", Some(help.to_owned()))
    }

    pub fn assignment(&self, setting: &str, at: Range<usize>) -> RuleError {
        let help = "a setting of an example is written \"name=value\": \"work_mem=1MB\"".to_owned();
        self.error(format!("\"{setting}\" sets nothing"), at, "no name=value", Some(help))
    }

    pub fn in_message(&self, problem: &Misplaced) -> RuleError {
        let at = self.word(&self.message, &problem.word);
        self.error(problem.problem.clone(), at, "here", Some("placeholders are {column} or {column:raw}".to_owned()))
    }

    /// Where a word stands within a part, else the part.
    pub fn word(&self, part: &Range<usize>, word: &str) -> Range<usize> {
        let text = self.text.get(part.clone()).unwrap_or_default();
        crate::facts::find_word(text, word)
            .filter(|_| !word.is_empty())
            .map_or(part.clone(), |start| part.start + start..part.start + start + word.len())
    }
}

/// Turns serde's list of what it knows into a help, with the nearest word first.
fn expected_one(message: &str, expected: &str) -> String {
    let word = message.split('`').nth(1).unwrap_or_default();
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match crate::facts::nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("expected {}", expected.replace('`', "\"")),
    }
}
