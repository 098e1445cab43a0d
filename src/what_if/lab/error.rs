//! What can go wrong with a lab as a whole. What it merely lacks is a [`super::Missing`].

use miette::Diagnostic;
use thiserror::Error;

use crate::server::scratch::ScratchError;

/// Why there is no lab.
#[derive(Debug, Error, Diagnostic)]
pub enum LabError {
    /// The throwaway server.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scratch(#[from] ScratchError),
    /// Only servers of other versions.
    #[error("this machine has no PostgreSQL {wanted} for a lab, only {found}")]
    #[diagnostic(
        code(lab::other_major),
        help(
            "planners of two versions differ: install the server package of {wanted}, name its directory by --pg-bin \
             (PGASSAY_PG_BIN), or take the nearest with --what-if lab"
        )
    )]
    OtherMajor {
        /// Of the snapshot.
        wanted: u32,
        /// The nearest on this machine.
        found: u32,
    },
    /// The lab's server refused something that does not come from the snapshot.
    #[error("the lab's server refused to {doing}")]
    #[diagnostic(code(lab::statement), help("the lab needs a server that it may change in every way"))]
    Statement {
        /// What was being done.
        doing: &'static str,
        /// The server's words.
        source: sqlx::Error,
    },
    /// A file of the lab's server could not be written.
    #[error("a file of the lab's server could not be given its size")]
    #[diagnostic(
        code(lab::file),
        help("the files take no space, but their file system has to know sparse files; TMPDIR names another")
    )]
    File(#[from] std::io::Error),
    /// `--lab-url` names a server that is not for this.
    #[error("the server that was named for a lab cannot be one: {why}")]
    #[diagnostic(
        code(lab::no_throwaway),
        help("name a server that holds nothing of value, by its superuser: the lab writes its catalog and its files")
    )]
    NoThrowaway {
        /// What is in the way.
        why: &'static str,
    },
    /// Code of the snapshot got ahead of the lab.
    #[error("the snapshot made a check for itself where none may be yet: it is not a snapshot that pgassay took")]
    #[diagnostic(code(lab::tampered), help("take the snapshot anew, from the server"))]
    Tampered,
}

/// A failure while something was being done.
pub(super) fn while_doing(doing: &'static str) -> impl Fn(sqlx::Error) -> LabError {
    move |source| LabError::Statement { doing, source }
}
