//! The arguments of `pgassay snapshot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ServerArgs, WindowArgs};
use crate::snapshot::Values;

/// `pgassay snapshot`.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,

    /// File to write; compressed if its name ends in .gz
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: PathBuf,

    /// Leave `pg_stat_statements` out
    #[arg(long)]
    pub schema_only: bool,

    /// How long to watch.
    #[command(flatten)]
    pub window: WindowArgs,

    /// What the sample values in the statistics become; a lab needs tokens or the values themselves
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = ValuesKept::Tokens)]
    pub values: ValuesKept,

    /// Read the least and the greatest value of indexed columns too: two values of each, for plans near the ends
    #[arg(long)]
    pub end_points: bool,

    /// Leave out the server's own plans, against which a lab is checked
    #[arg(long)]
    pub no_plans: bool,
}

/// What sample values become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ValuesKept {
    /// Texts become tokens of the same order and equality; numbers and times stay
    #[default]
    Tokens,
    /// They stay as they are: personal data may be among them
    Keep,
    /// None are kept
    None,
}

impl From<ValuesKept> for Values {
    fn from(kept: ValuesKept) -> Self {
        match kept {
            ValuesKept::Tokens => Self::Tokens,
            ValuesKept::Keep => Self::Kept,
            ValuesKept::None => Self::LeftOut,
        }
    }
}
