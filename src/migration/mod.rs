//! From a report to migration files, with the way back beside each.
//!
//! [`plan()`] decides what is done and in which order; [`emit`] writes it in the form of
//! one framework. Both are pure: the clock and the directory are handed in, and writing
//! the files is somebody else's business.

mod attach;
mod change;
mod definition;
mod existing;
mod header;
mod name;
mod partition;
mod plan;
mod sql;
mod sqlx;
mod version;

use std::fmt;
use std::str::FromStr;

use miette::Diagnostic;
use thiserror::Error;
use time::OffsetDateTime;

pub use self::change::{Attachment, Change, Recipe};
pub use self::definition::Definition;
pub use self::plan::{Piece, Plan, Step, plan};

/// What can go wrong with migration files.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum MigrationError {
    /// The name of a framework that nobody knows.
    #[error("there is no framework \"{name}\"")]
    #[diagnostic(code(migration::framework), help("pgassay writes migrations for: sql, sqlx"))]
    UnknownFramework {
        /// As it was given.
        name: String,
    },
    /// The directory uses the highest number that there is.
    #[error("no version is left after {newest}, the newest in the directory")]
    #[diagnostic(
        code(migration::no_version),
        help("versions are 64-bit integers; rename the file that has this one, or name another directory")
    )]
    NoVersionLeft {
        /// Highest version in the directory.
        newest: i64,
    },
}

/// A form of migration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    /// Plain files for psql.
    Sql,
    /// `sqlx migrate` and `sqlx::migrate!`.
    Sqlx,
}

impl Framework {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 2] = [Self::Sql, Self::Sqlx];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Sqlx => "sqlx",
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Framework {
    type Err = MigrationError;

    fn from_str(name: &str) -> Result<Self, MigrationError> {
        let known = Self::ALL.into_iter().find(|framework| framework.name() == name);
        known.ok_or_else(|| MigrationError::UnknownFramework { name: name.to_owned() })
    }
}

/// Where the files will live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Version of the first file; later ones follow by a second each.
    pub now: OffsetDateTime,
    /// What the directory holds already.
    pub existing: Vec<ExistingFile>,
}

/// A file that the directory holds already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingFile {
    /// Name, without a directory.
    pub name: String,
    /// Text; what is not UTF-8 may be left empty.
    pub contents: String,
}

/// A file to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationFile {
    /// Relative to the directory of migrations. New there: its version is above every existing one.
    pub path: String,
    /// Its text.
    pub contents: String,
    /// What it does, in a line.
    pub what: String,
}

/// What [`emit`] hands back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Emitted {
    /// Files, in the order of their versions; the way up before the way down.
    pub files: Vec<MigrationFile>,
    /// How to run them, and what was left out and why.
    pub notes: Vec<String>,
}

/// Writes a plan in the form of a framework.
pub fn emit(framework: Framework, plan: &Plan, context: &Context) -> Result<Emitted, MigrationError> {
    let (steps, mut notes) = existing::Known::read(&context.existing).without_done(&plan.steps);
    notes.splice(0..0, plan.notes.iter().cloned());
    let mut versions = version::Versions::start(context)?;
    let mut files = Vec::new();
    for step in steps {
        for piece in &step.pieces {
            let version = versions.take()?;
            files.extend(match framework {
                Framework::Sql => sql::files(&version, step, piece),
                Framework::Sqlx => sqlx::files(&version, step, piece, context),
            });
        }
    }
    if !files.is_empty() {
        notes.push(match framework {
            Framework::Sql => sql::HOW_TO_RUN.to_owned(),
            Framework::Sqlx => sqlx::HOW_TO_RUN.to_owned(),
        });
    }
    Ok(Emitted { files, notes })
}

/// Whether a runner would take the file for a migration: their endings are in lower case.
fn is_sql(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|ending| ending == "sql")
}
