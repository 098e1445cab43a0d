//! `pgassay rules`: its arguments.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `pgassay rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub action: RulesAction,

    /// Rules of your own beside the built-in ones: a directory of rule files, or one file; may be repeated
    #[arg(long, value_name = "DIR", global = true)]
    pub rules: Vec<PathBuf>,
}

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// Every rule with its severity, a line each
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What a rule finds, why it matters, what to do, and when to leave it alone
    Explain {
        /// Id of the rule, as in the report
        #[arg(value_name = "RULE")]
        id: String,
    },
    /// Run a rule file's examples on a throwaway PostgreSQL
    Test {
        /// Rule files or directories; without any, the built-in rules
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,

        /// Only examples of this rule
        #[arg(long, value_name = "RULE")]
        only: Option<String>,
    },
    /// Write the skeleton of a rule of your own, which passes its tests
    New {
        /// Its id: kebab-case, names the problem
        #[arg(value_name = "RULE")]
        id: String,

        /// Directory to write to; made if it does not exist
        #[arg(long, value_name = "DIR", default_value = "pgassay-rules")]
        dir: PathBuf,
    },
}
