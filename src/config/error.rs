//! What can be wrong with `pgassay.toml`.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use super::StorageError;

/// An error in `pgassay.toml`, pointing at the word.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// Not TOML, an unknown key, or a value of another type.
    #[error("{message}")]
    #[diagnostic(code(config::invalid))]
    Invalid {
        /// What the parser said.
        message: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The word.
        #[label("here")]
        at: SourceSpan,
        /// What was probably meant, or what there is to choose from.
        #[help]
        help: Option<String>,
    },
    /// A rule that does not exist.
    #[error("there is no rule \"{rule}\"")]
    #[diagnostic(code(config::unknown_rule))]
    UnknownRule {
        /// As written.
        rule: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The word.
        #[label("not a rule")]
        at: SourceSpan,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
    /// A parameter that the rule does not have.
    #[error("the rule {rule} has no parameter \"{parameter}\"")]
    #[diagnostic(code(config::unknown_parameter))]
    UnknownParameter {
        /// The rule.
        rule: String,
        /// As written.
        parameter: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The word.
        #[label("not a parameter of {rule}")]
        at: SourceSpan,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
    /// An ignore without a reason.
    #[error("an ignore needs a reason")]
    #[diagnostic(code(config::no_reason), help("say in `reason` why the finding is accepted: the report shows it"))]
    NoReason {
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The empty reason.
        #[label("empty")]
        at: SourceSpan,
    },
    /// A date that is none.
    #[error("\"{found}\" is not a date")]
    #[diagnostic(code(config::date), help("write it as 2027-01-31: the last day on which the ignore holds"))]
    Date {
        /// As written.
        found: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The value.
        #[label("not a date")]
        at: SourceSpan,
    },
    /// A budget that is none.
    #[error("{source}")]
    #[diagnostic(code(config::budget))]
    Budget {
        /// Why.
        source: StorageError,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The value.
        #[label("not a budget")]
        at: SourceSpan,
    },
}
