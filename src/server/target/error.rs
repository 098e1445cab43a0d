//! Why a server could not even be named. No message repeats a URL: it may hold a password.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// What is wrong with a URL or a keyword/value string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseError {
    /// `mysql://…`
    #[error("this is not the URL of a PostgreSQL server")]
    Scheme,
    /// A raw `@`, `/` or `#` cut the password in two.
    #[error("the password in the URL seems to hold `@`, `/` or `#` as it is")]
    NotEncoded,
    /// `:port` is not a number.
    #[error("the port in the URL is not a number")]
    Port,
    /// `[::1`
    #[error("the URL opens a bracket for an IPv6 address and does not close it before the port")]
    Brackets,
    /// `%zz`
    #[error("the URL holds a `%` that two hexadecimal digits do not follow")]
    Percent,
    /// `?name` without `=value`.
    #[error("a parameter of the URL has no value")]
    Query,
    /// A word without `=`.
    #[error("a word of the connection string is not followed by `=`")]
    Equals,
    /// A quote without its end.
    #[error("a quote in the connection string is not closed")]
    Quote,
    /// `hots=db`
    #[error("the connection string holds a keyword that PostgreSQL does not know")]
    Keyword,
}

impl ParseError {
    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Scheme => "write postgres://user@host:port/database, or host=… dbname=… user=…",
            Self::NotEncoded | Self::Port | Self::Percent | Self::Query => {
                "percent-encode the password: @ is %40, / is %2F, # is %23, ? is %3F, % is %25; \
                 or leave it out and give it by PGPASSWORD, ~/.pgpass or --password-command"
            }
            Self::Brackets => "write an IPv6 address as [::1]:5432",
            Self::Equals | Self::Quote => {
                "put a value with spaces in single quotes, and a backslash before each quote in it"
            }
            Self::Keyword => "the keywords are those of psql: host, port, dbname, user, sslmode, service, …",
        }
    }
}

/// Why the connection parameters make no target.
#[derive(Debug, Error, Diagnostic)]
pub enum TargetError {
    /// The URL or string itself.
    #[error("{origin}: {problem}")]
    #[diagnostic(code(target::unreadable), help("{}", problem.advice()))]
    Unreadable {
        /// Where it came from, e.g. `DATABASE_URL`.
        origin: &'static str,
        /// What is wrong with it.
        problem: ParseError,
    },
    /// A value out of a fixed set.
    #[error("{keyword} has a value that it cannot have")]
    #[diagnostic(code(target::value), help("{keyword} is {allowed}"))]
    Value {
        /// The libpq keyword.
        keyword: &'static str,
        /// What it may be, in words.
        allowed: &'static str,
    },
    /// Lists of different length.
    #[error("{hosts} hosts are named, but {others} values of {keyword}")]
    #[diagnostic(code(target::lists), help("give one {keyword} for each host, or a single port for all"))]
    Lists {
        /// `port` or `hostaddr`.
        keyword: &'static str,
        /// Length of the list of hosts.
        hosts: usize,
        /// Length of the other list.
        others: usize,
    },
    /// A service that no file defines.
    #[error("no connection service \"{name}\" is defined in {searched}")]
    #[diagnostic(code(target::no_service), help("write a section [{name}] there, or name the file by PGSERVICEFILE"))]
    NoService {
        /// Its name.
        name: String,
        /// The files.
        searched: String,
    },
    /// A line of a service file.
    #[error("line {line} of {} is not `keyword=value`", file.display())]
    #[diagnostic(code(target::service_file), help("the keywords are those of psql, without another `service`"))]
    ServiceFile {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A certificate or key.
    #[error("{keyword} cannot be read: {}", file.display())]
    #[diagnostic(code(target::certificate_file), help("{advice}"))]
    CertificateFile {
        /// The libpq keyword.
        keyword: &'static str,
        /// The file.
        file: PathBuf,
        /// What to do.
        advice: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A private key that others may read.
    #[error("others than its owner may read the private key {}", file.display())]
    #[diagnostic(code(target::key_permissions), help("run `chmod 0600 {}`", file.display()))]
    KeyPermissions {
        /// The file.
        file: PathBuf,
    },
    /// `sslrootcert=system` with less than `verify-full`.
    #[error("sslrootcert=system needs sslmode=verify-full")]
    #[diagnostic(
        code(target::weak_system),
        help("anybody can get a certificate from a public authority, so the host name has to be checked")
    )]
    WeakSystem,
    /// Nobody to connect as.
    #[error("no user to connect as")]
    #[diagnostic(code(target::no_user), help("name one in the URL (postgres://user@host/database) or by PGUSER"))]
    NoUser,
}
