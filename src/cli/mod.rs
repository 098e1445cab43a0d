//! The command line: arguments only.

mod advice;
mod rules;
mod snapshot;
mod window;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use advice::{AdviceArgs, AdviceFormat, AdviseArgs, LabArgs, LabCommandArgs};
pub use rules::{RulesAction, RulesArgs};
pub use snapshot::{SnapshotArgs, ValuesKept};
pub use window::WindowArgs;

use crate::config::{FailOn, Severity};
use crate::migration::Framework;
use crate::render::Format;

/// Audits a PostgreSQL workload: missing indexes, N+1 patterns, slow statements, and the migrations that mend them.
///
/// The audited server is read, never changed. Results go to stdout, progress and notes to stderr.
/// Exit code: 0 nothing at or above --fail-on, 1 something, 2 the audit could not be made.
#[derive(Debug, Parser)]
#[command(name = "pgassay", version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = ColorChoice::Auto,
        env = "PGASSAY_COLOR",
        hide_env = true,
        display_order = 900
    )]
    pub color: ColorChoice,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at a server, or at a snapshot of one, and report
    Audit(AuditArgs),
    /// Write everything an audit needs to a file, to audit elsewhere
    Snapshot(SnapshotArgs),
    /// Write migration files for the indexes to create and to drop
    Migrate(MigrateArgs),
    /// The index advice alone: which indexes, together, help this workload most
    Advise(AdviseArgs),
    /// psql on a throwaway PostgreSQL that plans as the snapshot's server would
    Lab(LabCommandArgs),
    /// Keep known findings apart from new ones
    Baseline(BaselineArgs),
    /// The rules: what they find, and why
    Rules(RulesArgs),
    /// SQL over the facts of a server or a snapshot
    Query(QueryArgs),
    /// Write a commented pgassay.toml
    Init(InitArgs),
    /// What this role may see, what is missing, and the exact grants to run
    Doctor(DoctorArgs),
    /// A throwaway PostgreSQL, a real workload, an audit, its migrations: no set-up
    Demo(DemoArgs),
    /// Shell completions
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// The manual page, in roff
    Man,
}

/// How to reach a server.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// postgres://… or "host=… dbname=…"; else `PGASSAY_DATABASE_URL`, `DATABASE_URL`, or what psql would take:
    /// `PG*` variables, service file, `.pgpass`
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// Command whose first line of output is the password (a secret manager, an IAM token)
    #[arg(long, value_name = "COMMAND", env = "PGASSAY_PASSWORD_COMMAND", hide_env_values = true)]
    pub password_command: Option<String>,

    /// Longest time for one query of pgassay on the server, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub statement_timeout: u32,
}

/// Where the facts come from.
#[derive(Debug, Clone, Default, Args)]
pub struct SourceArgs {
    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,

    /// Audit a snapshot file in place of a server
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "password_command", "window"])]
    pub snapshot: Option<PathBuf>,

    /// Take sizes and statistics from another snapshot, matched by name: the schema of a CI database at the size of
    /// production
    #[arg(long, value_name = "FILE")]
    pub stats_from: Option<PathBuf>,

    /// Add the scans that this standby of the server has counted to the server's own: an index may be read there alone;
    /// may be repeated
    #[arg(long, value_name = "URL")]
    pub replica: Vec<String>,

    /// Leave `pg_stat_statements` out: look at the schema and its counters only
    #[arg(long)]
    pub schema_only: bool,

    /// How long to watch.
    #[command(flatten)]
    pub window: WindowArgs,

    /// Judge only what ran since this earlier snapshot of the same server and database; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["window", "schema_only"])]
    pub since: Vec<PathBuf>,

    /// Read the server's log, too: stderr, CSV or JSON, of clouds, gzip; several files are one log. It shows the order of
    /// statements, which proves an N+1, and their run times. With --snapshot no server is needed
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "schema_only")]
    pub log: Vec<PathBuf>,
}

/// How to judge.
#[derive(Debug, Clone, Args)]
pub struct JudgeArgs {
    /// Configuration file; else pgassay.toml found upward from here
    #[arg(long, value_name = "FILE", env = "PGASSAY_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Run these rules only; several with commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Leave these rules out; several with commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<String>,

    /// Rules of your own: a directory of rule files, or one file; may be repeated. Their ids begin with local/
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,

    /// Who judges an index, and within what limits.
    #[command(flatten)]
    pub advice: AdviceArgs,
}

/// `pgassay audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Where the facts come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// How to judge.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Format on stdout
    #[arg(long, short = 'f', value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Write the report to a file too, in the format of its ending (.json, .md, .txt); may be repeated
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Vec<PathBuf>,

    /// Print nothing on stdout
    #[arg(long, short = 'q')]
    pub quiet: bool,

    /// Exit with 1 from this severity on; else what pgassay.toml says, else error
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,

    /// Leave findings below this severity out of the report
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<Severity>,

    /// Known findings, as `pgassay baseline create` wrote them; without FILE .pgassay/baseline.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".pgassay/baseline.json")]
    pub baseline: Option<PathBuf>,

    /// Report and count only what is not in the baseline (--baseline, or .pgassay/baseline.json)
    #[arg(long)]
    pub new_only: bool,

    /// Build the advised indexes on this clone, time the statements there, and remove them: it is written to and its
    /// statements are run
    #[arg(long, value_name = "URL", help_heading = "Index advice")]
    pub prove: Option<String>,
}

/// `pgassay migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Where the facts come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// How to judge.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Take the indexes of a report made with --format json in place of a new audit
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["url", "snapshot", "password_command", "window", "since"]
    )]
    pub report: Option<PathBuf>,

    /// Who will run the files
    #[arg(long, value_enum)]
    pub framework: Framework,

    /// Directory to write to; made if it does not exist
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub dir: PathBuf,

    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `pgassay baseline`.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: BaselineAction,
}

/// What to do with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineAction {
    /// Write every finding of today to a new baseline
    Create(BaselineRun),
    /// Add what is new, remove what is gone
    Update(BaselineRun),
    /// Remove what is gone, add nothing
    Prune(BaselineRun),
    /// Say what is new and what is gone; exit code 1 if anything is
    Check(BaselineRun),
}

/// An audit whose findings are compared with a baseline.
#[derive(Debug, Args)]
pub struct BaselineRun {
    /// Where the facts come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// How to judge.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// The baseline
    #[arg(long, value_name = "FILE", default_value = ".pgassay/baseline.json")]
    pub file: PathBuf,
}

/// `pgassay query`.
#[derive(Debug, Args)]
#[command(override_usage = "pgassay query [OPTIONS] [URL|FILE] <SQL>")]
pub struct QueryArgs {
    /// A server, or a snapshot file; without it the server that `audit` would look at
    #[arg(value_name = "URL|FILE")]
    first: String,

    /// SQL (of SQLite) over the fact tables; `.tables` lists them, `.tables NAME` describes one
    #[arg(value_name = "SQL")]
    second: Option<String>,

    /// How to print the answer
    #[arg(long, short = 'f', value_enum, default_value_t = AnswerFormat::Table)]
    pub format: AnswerFormat,
}

impl QueryArgs {
    /// What to ask, and the SQL: a single argument is the SQL.
    pub fn source_and_sql(&self) -> (Option<&str>, &str) {
        match &self.second {
            Some(sql) => (Some(&self.first), sql),
            None => (None, &self.first),
        }
    }
}

/// Formats of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people, at most as wide as the terminal
    Table,
    /// For spreadsheets: a header, then values (RFC 4180); NULL is empty
    Csv,
    /// For programs: an array of objects
    Json,
}

/// `pgassay init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write it; a file that exists is left alone
    #[arg(value_name = "FILE", default_value = "pgassay.toml")]
    pub file: PathBuf,
}

/// `pgassay doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The server.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// `pgassay demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Size of the data: 1 is the capture scale of a million prices
    #[arg(long, value_name = "FACTOR", default_value_t = 0.3)]
    pub scale: f64,

    /// Requests in each of the two rounds
    #[arg(long, value_name = "N", default_value_t = 120)]
    pub requests: u32,

    /// Where to write the migrations; kept at the end
    #[arg(long, value_name = "DIR", default_value = "pgassay-demo")]
    pub dir: PathBuf,
}
