//! How a statement of the workload is put to a real planner, whoever that is.
//!
//! The audited server, with or without `HypoPG`, and the lab are asked alike: the text is
//! mended until the server takes it, planned for any value of its parameters and
//! for constants from the statistics that give the rows a call was seen to return, and
//! the plans are read. Nothing is executed: EXPLAIN, never with ANALYZE, in
//! transactions that are rolled back.

mod answer;
mod asked;
mod calibrate;
mod copies;
mod explain;
mod interpolate;
mod lex;
mod path;
mod place;
mod plan;
mod reading;
mod reference;
mod repair;
mod roles;
mod search;
mod shape;
mod text;
mod unparsed;
mod values;

use std::future::Future;

use miette::Diagnostic;
use thiserror::Error;

pub use answer::{Found, existing, in_words, plan};
pub use asked::{Asked, Manner, explained, prepare};
pub use calibrate::{Calibration, Constants};
pub use explain::{Explain, Script};
pub use path::search_path;
pub use place::Place;
pub use plan::{IndexName, Node, PlanNodes};
pub use reference::{Difference, SelfCheck, reference_plans, self_check};
pub use search::{Accepted, accepted};
pub use shape::Names;
pub use text::{Constant, Text};
pub use unparsed::{adopt, from_plan, from_plans};

use super::lab::LabSession;
use crate::ident::literal;
use crate::server::{CloneSession, ServerError, Session};

/// Somebody who plans.
pub trait Planner {
    /// Runs statements in one transaction that is rolled back; for each, the first column of its rows. The position of
    /// an error counts characters from the start of the statement that failed.
    fn run(&mut self, statements: &[String]) -> impl Future<Output = Result<Vec<Vec<String>>, ServerError>> + Send;
}

impl Planner for Session {
    async fn run(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        self.transaction(statements).await
    }
}

impl Planner for LabSession {
    async fn run(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        Self::run(self, statements).await
    }
}

impl Planner for CloneSession {
    async fn run(&mut self, statements: &[String]) -> Result<Vec<Vec<String>>, ServerError> {
        self.rolled_back(statements).await
    }
}

/// Why a statement has no plan.
#[derive(Debug, Clone, Error, Diagnostic, PartialEq, Eq)]
pub enum Refused {
    /// More than one statement, or what cannot be cut into tokens.
    #[error("the text is not one plain statement")]
    #[diagnostic(code(ask::text), help("pg_stat_statements may have lost its end"))]
    Text,
    /// A command without a plan.
    #[error("it is a command without a plan of its own")]
    #[diagnostic(code(ask::utility))]
    Utility,
    /// The server does not take the text, whatever types its parameters are said to be of.
    #[error("the planner does not take its text: {why}")]
    #[diagnostic(code(ask::rejected), help("normalisation replaced literals that cannot be parameters"))]
    Rejected {
        /// The server's words.
        why: String,
    },
    /// EXPLAIN of a write needs the right to write.
    #[error("the role may not plan it: it lacks a privilege on a table")]
    #[diagnostic(code(ask::denied), help("`pgassay doctor` shows the grants that it lacks"))]
    Denied,
    /// Beyond what this planner can do.
    #[error("{why}")]
    #[diagnostic(code(ask::unable), help("a lab can: `--what-if lab`"))]
    Unable {
        /// What.
        why: String,
    },
    /// Not the JSON of a plan.
    #[error("the planner's answer could not be read")]
    #[diagnostic(code(ask::plan))]
    Plan,
    /// The connection, a timeout, a lock.
    #[error("the planner gave no answer: {why}")]
    #[diagnostic(code(ask::silent))]
    Silent {
        /// What happened.
        why: String,
    },
}

impl Refused {
    /// Of an error of the server.
    pub fn of(error: &ServerError) -> Self {
        match error {
            ServerError::Denied { .. } => Self::Denied,
            ServerError::Statement { message, .. } => Self::Rejected { why: message.clone() },
            other => Self::Silent { why: other.to_string() },
        }
    }
}

/// Runs a script after `SET`s of the search path; forgets what it prepared where it fails.
pub async fn run(planner: &mut impl Planner, before: &[String], script: &Script) -> Result<Vec<String>, ServerError> {
    let statements = [before, &script.statements].concat();
    match planner.run(&statements).await {
        Ok(mut answers) => Ok(answers.swap_remove(before.len() + script.plan)),
        Err(error) => {
            if let Some(name) = &script.prepared {
                // where it was not reached there is nothing to drop, and the first error is the one to tell
                planner.run(&[format!("DEALLOCATE {name}")]).await.ok();
            }
            Err(error)
        }
    }
}

/// What goes before every statement: how its names and its strings are read.
pub fn opening(search_path: &str) -> Vec<String> {
    opening_with(search_path, &[])
}

/// The same with settings.
fn opening_with(search_path: &str, settings: &[(String, String)]) -> Vec<String> {
    // one statement, because each is a journey to the audited server
    let set = |name: &str, value: &str| format!("pg_catalog.set_config({}, {}, true)", literal(name), literal(value));
    let first = [set("standard_conforming_strings", "on"), set("search_path", search_path)];
    let all: Vec<String> = first.into_iter().chain(settings.iter().map(|(name, value)| set(name, value))).collect();
    vec![format!("SELECT {}", all.join(", "))]
}
