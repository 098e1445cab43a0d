//! The arguments of index advice: who judges, within what limits; `pgassay advise` and `pgassay lab`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::SourceArgs;
use crate::config::{Profile, Storage, WhatIf};
use crate::render::Format;

/// Who judges an index, and within what limits.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Index advice")]
pub struct AdviceArgs {
    /// Who says what an index would change [default: auto]
    #[arg(long, value_enum, value_name = "WHO", env = "PGASSAY_WHAT_IF", hide_env_values = true)]
    pub what_if: Option<WhatIf>,

    /// Where a lab comes from.
    #[command(flatten)]
    pub lab: LabArgs,

    /// Most storage for new indexes: a share of all tables (25%) or a size (500MB). Those that only a foreign key asks for
    /// come on top
    #[arg(long, value_name = "STORAGE")]
    pub budget: Option<Storage>,

    /// Most indexes to create; those that only a foreign key asks for come on top
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_indexes: Option<usize>,

    /// What counts for more, reads or writes [default: balanced]
    #[arg(long, value_enum, value_name = "WHICH")]
    pub profile: Option<Profile>,

    /// Advise by what is known after so long; without it every question is answered
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub time_limit: Option<u32>,

    /// How many backends of the lab to ask at once; else one for each core. Changes no answer
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
}

/// Where a lab comes from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Index advice")]
pub struct LabArgs {
    /// Directory with initdb and postgres for the lab; else those of this machine and of `PATH`
    #[arg(long, value_name = "DIR", env = "PGASSAY_PG_BIN", hide_env_values = true)]
    pub pg_bin: Option<PathBuf>,

    /// A throwaway server to make the lab on, as a superuser: its databases stay as they are
    #[arg(long, value_name = "URL", env = "PGASSAY_LAB_URL", hide_env_values = true, conflicts_with = "pg_bin")]
    pub lab_url: Option<String>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("not a whole number".to_owned()),
    }
}

/// `pgassay advise`.
#[derive(Debug, Args)]
#[command(override_usage = "pgassay advise [OPTIONS] [URL|FILE]")]
pub struct AdviseArgs {
    /// Where the facts come from; a URL that is the name of a file is a snapshot.
    #[command(flatten)]
    pub source: SourceArgs,

    /// Who judges, and within what limits.
    #[command(flatten)]
    pub advice: AdviceArgs,

    /// Configuration file; else pgassay.toml found upward from here
    #[arg(long, value_name = "FILE", env = "PGASSAY_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Every index that was considered on a table, or only those that have these columns, as keys or otherwise: what it would cost
    /// and gain, and why it is not advised
    #[arg(long, value_name = "TABLE(COLUMNS)")]
    pub why: Vec<String>,

    /// Format on stdout
    #[arg(long, short = 'f', value_enum, default_value_t = AdviceFormat::Table)]
    pub format: AdviceFormat,
}

impl AdviseArgs {
    /// The source, a single argument that is a file taken for a snapshot.
    pub fn source(&self, is_file: impl Fn(&Path) -> bool) -> SourceArgs {
        let mut source = self.source.clone();
        if source.snapshot.is_none() && source.server.url.as_deref().is_some_and(|url| is_file(Path::new(url))) {
            source.snapshot = source.server.url.take().map(PathBuf::from);
        }
        source
    }
}

/// Formats of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AdviceFormat {
    /// For a terminal
    Table,
    /// The contract of the report, indexes alone; `migrate --report` takes it
    Json,
    /// For a comment on a pull request
    Markdown,
}

impl From<AdviceFormat> for Format {
    fn from(format: AdviceFormat) -> Self {
        match format {
            AdviceFormat::Table => Self::Table,
            AdviceFormat::Json => Self::Json,
            AdviceFormat::Markdown => Self::Markdown,
        }
    }
}

/// `pgassay lab`.
#[derive(Debug, Args)]
#[command(override_usage = "pgassay lab [OPTIONS] <FILE> [-- PSQL ARGUMENTS]")]
pub struct LabCommandArgs {
    /// A snapshot
    #[arg(value_name = "FILE")]
    pub snapshot: PathBuf,

    /// Where the lab comes from.
    #[command(flatten)]
    pub lab: LabArgs,

    /// Sizes and statistics of another snapshot, matched by name
    #[arg(long, value_name = "FILE")]
    pub stats_from: Option<PathBuf>,

    /// Run this in place of a prompt; may be repeated
    #[arg(long, short = 'c', value_name = "SQL")]
    pub command: Vec<String>,

    /// Arguments for psql
    #[arg(last = true, value_name = "PSQL ARGUMENTS")]
    pub psql: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn advise(arguments: &[&str]) -> AdviseArgs {
        let cli = Cli::try_parse_from([&["pgassay", "advise"], arguments].concat()).expect("good arguments");
        let Command::Advise(args) = cli.command else { panic!("another command") };
        args
    }

    #[test]
    fn an_argument_that_is_a_file_is_a_snapshot() {
        let is_file = |path: &Path| path == Path::new("shop.json.gz");
        for (arguments, url, snapshot) in [
            (&["shop.json.gz"][..], None, Some("shop.json.gz")),
            (&["postgres://h/shop"], Some("postgres://h/shop"), None),
            (&["--snapshot", "other.json"], None, Some("other.json")),
            (&[], None, None),
        ] {
            let source = advise(arguments).source(is_file);
            assert_eq!(source.server.url.as_deref(), url, "{arguments:?}");
            assert_eq!(source.snapshot.as_deref(), snapshot.map(Path::new), "{arguments:?}");
        }
    }
}
