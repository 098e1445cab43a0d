//! How an example ended, and why it could not be run.

use miette::Diagnostic;
use thiserror::Error;

use crate::facts::FactsError;
use crate::migration::MigrationError;
use crate::rule::RuleError;
use crate::server::scratch::ScratchError;
use crate::server::{ServerError, TargetError};
use crate::source::SourceError;
use crate::source::log::LogError;

/// Why an example could not be run to its end.
#[derive(Debug, Error, Diagnostic)]
pub enum ExampleError {
    /// The throwaway server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scratch(#[from] ScratchError),
    /// A statement of the example.
    #[error("a statement of the example failed: {statement}")]
    #[diagnostic(code(example::statement))]
    Statement {
        /// Its beginning.
        statement: String,
        /// What the server said.
        source: sqlx::Error,
    },
    /// The connection that audits.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The connection that audits.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] ServerError),
    /// Reading the snapshot.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    /// Reading the server's log.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Log(#[from] LogError),
    /// Loading the facts.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// The rule.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rule(#[from] RuleError),
    /// The remedy of a partitioned index.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] MigrationError),
    /// A file of the throwaway server.
    #[error("a file of the throwaway server cannot be removed")]
    #[diagnostic(code(example::files))]
    Files(#[source] std::io::Error),
    /// A process of the throwaway server.
    #[error("a session of the throwaway server does not end")]
    #[diagnostic(code(example::lingers), help("is the machine overloaded? Run the examples again"))]
    Lingers,
}

/// How an example ended.
#[derive(Debug)]
pub struct ExampleResult {
    /// Id of the rule.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// Major version of the server.
    pub major: u32,
    /// Agreed with what it says, or not.
    pub verdict: Verdict,
}

impl ExampleResult {
    /// Whether it did not disagree and did not fail.
    pub fn agreed(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Agreed | Verdict::Mended | Verdict::NotForThisVersion | Verdict::NotForThisServer
        )
    }

    fn told(&self) -> String {
        let head = format!("{}, \"{}\", PostgreSQL {}", self.rule, self.example, self.major);
        match &self.verdict {
            Verdict::Agreed => format!("ok    {head}\n"),
            Verdict::Mended => format!("ok    {head}, and mended by its remedy\n"),
            Verdict::NotForThisVersion => format!("other version  {head}\n"),
            Verdict::NotForThisServer => format!("no JIT  {head}\n"),
            Verdict::Disagreed { expected, got } => {
                format!("FAIL  {head}\n      expected: {expected}\n      got:      {got}\n")
            }
            Verdict::Failed(error) => format!("FAIL  {head}\n      {error:?}\n"),
        }
    }
}

/// Every result on a line, what disagreed in full, then the counts.
pub fn summary(results: &[ExampleResult]) -> String {
    let failed = results.iter().filter(|result| !result.agreed()).count();
    let mended = results.iter().filter(|result| matches!(result.verdict, Verdict::Mended)).count();
    let lines: String = results.iter().map(ExampleResult::told).collect();
    format!("{lines}{} examples agreed, {failed} did not; {mended} remedies were run\n", results.len() - failed)
}

/// Whether an example agreed with what it says.
#[derive(Debug)]
pub enum Verdict {
    /// It did.
    Agreed,
    /// It did, and after its remedy was run the rule found nothing.
    Mended,
    /// It is for other versions.
    NotForThisVersion,
    /// It needs a server that was built with JIT.
    NotForThisServer,
    /// It did not.
    Disagreed {
        /// What it says.
        expected: String,
        /// What the rule said.
        got: String,
    },
    /// It could not be run.
    Failed(Box<ExampleError>),
}
