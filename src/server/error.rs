//! What can go wrong between pgassay and a server, and what to do about it.
//!
//! Servers are named as `host:port`; no message holds a password or a URL.

use miette::Diagnostic;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
use thiserror::Error;

use super::target::Host;

/// What can go wrong while connecting or reading.
#[derive(Debug, Error, Diagnostic)]
pub enum ServerError {
    /// The name of the host means nothing to DNS.
    #[error("the host of {at} cannot be found")]
    #[diagnostic(code(server::unresolved), help("is its name spelt right, and does this machine reach a name server?"))]
    Unresolved {
        /// `host:port`.
        at: String,
        /// The resolver's words.
        source: std::io::Error,
    },
    /// Nothing listens there, or nothing gets there.
    #[error("no server can be reached at {at}")]
    #[diagnostic(
        code(server::unreachable),
        help(
            "is the server running, does it listen there (listen_addresses, port, unix_socket_directories), \
             and does a firewall let this machine through?"
        )
    )]
    Unreachable {
        /// `host:port`, or the socket's directory and port.
        at: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// No answer in time.
    #[error("{at} did not answer within {seconds} s")]
    #[diagnostic(
        code(server::connect_timeout),
        help("a firewall that drops packets looks like this; connect_timeout (PGCONNECT_TIMEOUT) sets the limit")
    )]
    ConnectTimeout {
        /// `host:port`.
        at: String,
        /// The limit.
        seconds: u64,
    },
    /// TLS was asked for, the server has none.
    #[error("{at} does not offer TLS, which sslmode asks for")]
    #[diagnostic(
        code(server::no_tls),
        help("turn `ssl` on at the server; or, on a network that you trust, sslmode=prefer")
    )]
    NoTls {
        /// `host:port`.
        at: String,
    },
    /// The certificate does not pass.
    #[error("the certificate of {at} is not accepted: {reason}")]
    #[diagnostic(
        code(server::certificate),
        help("sslrootcert names the authority to trust, and verify-full wants the host name in the certificate")
    )]
    Certificate {
        /// `host:port`.
        at: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS failed otherwise.
    #[error("no encrypted connection to {at} can be made")]
    #[diagnostic(
        code(server::tls),
        help("is it a PostgreSQL server, and are sslcert, sslkey and sslrootcert PEM files?")
    )]
    Tls {
        /// `host:port`.
        at: String,
        /// The library's words.
        source: std::io::Error,
    },
    /// A password was given and is not the right one, or the role does not exist: the server does not say which.
    #[error("{at} does not accept the password of \"{user}\"")]
    #[diagnostic(
        code(server::wrong_password),
        help("the role may also not exist; a password in a URL has to be percent-encoded")
    )]
    WrongPassword {
        /// `host:port`.
        at: String,
        /// The role.
        user: String,
    },
    /// No password was given, the server wants one.
    #[error("{at} wants a password for \"{user}\", and none was given")]
    #[diagnostic(
        code(server::no_password),
        help("give it by PGPASSWORD, a line in ~/.pgpass, --password-command, or percent-encoded in the URL")
    )]
    NoPassword {
        /// `host:port`.
        at: String,
        /// The role.
        user: String,
    },
    /// `--password-command` gave no password.
    #[error("the password command gave no password: {reason}")]
    #[diagnostic(
        code(server::password_command),
        help("it runs in `sh`, and the first line that it prints is the password")
    )]
    PasswordCommand {
        /// Its exit, or the system's words.
        reason: String,
    },
    /// `pg_hba.conf` or the role itself says no.
    #[error("{at} does not let \"{user}\" in: {message}")]
    #[diagnostic(
        code(server::not_admitted),
        help("pg_hba.conf decides who connects from where, how and whether encrypted; try another sslmode or user")
    )]
    NotAdmitted {
        /// `host:port`.
        at: String,
        /// The role.
        user: String,
        /// The server's words.
        message: String,
    },
    /// An authentication method that pgassay does not speak, or a server that does not speak PostgreSQL.
    #[error("{at} cannot be talked to: {message}")]
    #[diagnostic(
        code(server::protocol),
        help("pgassay speaks SCRAM, MD5 and plain passwords, trust, peer and certificates; not GSSAPI, SSPI or OAuth")
    )]
    Protocol {
        /// `host:port`.
        at: String,
        /// What was wrong.
        message: String,
    },
    /// No such database.
    #[error("there is no database \"{database}\" at {at}")]
    #[diagnostic(
        code(server::unknown_database),
        help("`psql -l` lists those that exist; without a name the user's is taken")
    )]
    UnknownDatabase {
        /// `host:port`.
        at: String,
        /// The database.
        database: String,
    },
    /// All slots are taken.
    #[error("{at} takes no further connection: {message}")]
    #[diagnostic(
        code(server::too_many_connections),
        help("wait, or close idle ones; a member of pg_use_reserved_connections (16 and later) still gets in")
    )]
    TooManyConnections {
        /// `host:port`.
        at: String,
        /// The server's words.
        message: String,
    },
    /// Starting up, shutting down, or in recovery without hot standby.
    #[error("{at} is not ready: {message}")]
    #[diagnostic(code(server::not_ready), help("try again when it has started"))]
    NotReady {
        /// `host:port`.
        at: String,
        /// The server's words.
        message: String,
    },
    /// A server of the wrong kind.
    #[error("{at} is not what target_session_attrs={wanted} asks for")]
    #[diagnostic(code(server::wrong_kind), help("name the other servers too, or leave target_session_attrs out"))]
    WrongKind {
        /// `host:port`.
        at: String,
        /// The value of `target_session_attrs`.
        wanted: &'static str,
    },
    /// Several hosts, and none would do.
    #[error("none of the {} servers can be used", causes.len())]
    #[diagnostic(code(server::none_of_several), help("they were tried in the order in which they are named"))]
    NoneOfSeveral {
        /// Why each.
        #[related]
        causes: Vec<ServerError>,
    },
    /// Too old.
    #[error("{at} runs PostgreSQL {version}, and pgassay reads PostgreSQL 13 to 18")]
    #[diagnostic(code(server::too_old), help("versions before 13 get no fixes any more: upgrade the server"))]
    TooOld {
        /// `host:port`.
        at: String,
        /// Its major version.
        version: u32,
    },
    /// The connection broke or was ended.
    #[error("the connection to {at} was lost: {message}")]
    #[diagnostic(code(server::lost), help("was the server stopped, or the session ended by somebody or a pooler?"))]
    Lost {
        /// `host:port`.
        at: String,
        /// The server's last words, or the system's.
        message: String,
    },
    /// A statement ran too long.
    #[error("a statement of pgassay was stopped after {seconds} s")]
    #[diagnostic(
        code(server::statement_timeout),
        help("the catalog is large or the server busy; --statement-timeout gives it more time")
    )]
    StatementTimeout {
        /// The limit.
        seconds: u64,
    },
    /// A lock was not to be had.
    #[error("a statement of pgassay waited for a lock and gave up: {message}")]
    #[diagnostic(code(server::locked), help("somebody changes the schema just now; try again later"))]
    Locked {
        /// The server's words.
        message: String,
    },
    /// A privilege is missing.
    #[error("{message}")]
    #[diagnostic(
        code(server::denied),
        help("`pgassay doctor` shows what this role may see and the grants that it lacks")
    )]
    Denied {
        /// The server's words.
        message: String,
    },
    /// A statement failed otherwise.
    #[error("the server refused a statement of pgassay: {message} ({sqlstate})")]
    #[diagnostic(code(server::statement))]
    Statement {
        /// `SQLSTATE`.
        sqlstate: String,
        /// The server's words.
        message: String,
        /// Characters from the start of the caller's SQL to the place of the error, from 1.
        position: Option<usize>,
    },
    /// The answer is not of the expected shape.
    #[error("an answer of the server is not as expected")]
    #[diagnostic(code(server::answer), help("this is a mistake in pgassay or an unusual server; please report it"))]
    Answer {
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The private directory for the wire could not be made.
    #[error("no private directory for the connection can be made")]
    #[diagnostic(code(server::directory), help("set TMPDIR to a directory that may be written"))]
    Directory {
        /// The system's words.
        source: std::io::Error,
    },
}

impl ServerError {
    /// The server's `SQLSTATE`, of an error that it raised.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Statement { sqlstate, .. } => Some(sqlstate),
            Self::WrongPassword { .. } | Self::NoPassword { .. } => Some("28P01"),
            Self::NotAdmitted { .. } => Some("28000"),
            Self::UnknownDatabase { .. } => Some("3D000"),
            Self::TooManyConnections { .. } => Some("53300"),
            Self::NotReady { .. } => Some("57P03"),
            Self::StatementTimeout { .. } => Some("57014"),
            Self::Locked { .. } => Some("55P03"),
            Self::Denied { .. } => Some("42501"),
            _ => None,
        }
    }

    /// Whether the next of several hosts may still do. One that refuses the role ends the search, as for libpq;
    /// one that is full does not.
    pub(super) fn leaves_other_hosts(&self) -> bool {
        !matches!(
            self,
            Self::WrongPassword { .. }
                | Self::NoPassword { .. }
                | Self::NotAdmitted { .. }
                | Self::UnknownDatabase { .. }
                | Self::PasswordCommand { .. }
                | Self::Directory { .. }
        )
    }

    /// What went wrong while a session was set up.
    pub(super) fn of_startup(error: sqlx::Error, host: &Host, user: &str, database: &str) -> Self {
        let (at, user) = (host.endpoint.to_string(), user.to_owned());
        let Some((sqlstate, message)) = raised(&error) else {
            return match error {
                sqlx::Error::Io(source) => Self::Lost { at, message: words(&source) },
                other => Self::Protocol { at, message: other.to_string() },
            };
        };
        match sqlstate.as_str() {
            // so says PgBouncer; newer versions of it have PostgreSQL's own codes
            _ if message.starts_with("no such database") => Self::UnknownDatabase { at, database: database.to_owned() },
            "28P01" if host.password.is_none() => Self::NoPassword { at, user },
            "28P01" => Self::WrongPassword { at, user },
            // PgBouncer has one code for a wrong password, an unknown role and an unknown database
            "08P01" if message.contains("password") => Self::WrongPassword { at, user },
            // 42501: the role may not connect to this database
            "28000" | "42501" => Self::NotAdmitted { at, user, message },
            "3D000" => Self::UnknownDatabase { at, database: database.to_owned() },
            "53300" => Self::TooManyConnections { at, message },
            "57P03" => Self::NotReady { at, message },
            _ => Self::Protocol { at, message: format!("{message} ({sqlstate})") },
        }
    }

    /// What went wrong with a statement; `before` characters were put before the caller's SQL.
    pub(crate) fn of_statement(error: &sqlx::Error, at: &str, seconds: u64, before: usize) -> Self {
        let Some((sqlstate, message)) = raised(error) else {
            let message = match error {
                sqlx::Error::Io(source) => words(source),
                other => other.to_string(),
            };
            return Self::Lost { at: at.to_owned(), message };
        };
        match sqlstate.as_str() {
            // 57014 is also how an administrator cancels a statement
            "57014" if message.contains("statement timeout") => Self::StatementTimeout { seconds },
            "55P03" => Self::Locked { message },
            "42501" => Self::Denied { message },
            "57P01" | "57P02" | "57P05" | "25P03" | "08P01" | "08003" | "08006" => {
                Self::Lost { at: at.to_owned(), message }
            }
            _ => {
                let position = position(error).and_then(|position| position.checked_sub(before));
                Self::Statement { sqlstate, message, position }
            }
        }
    }
}

fn raised(error: &sqlx::Error) -> Option<(String, String)> {
    let database = error.as_database_error()?;
    Some((database.code()?.into_owned(), database.message().to_owned()))
}

fn position(error: &sqlx::Error) -> Option<usize> {
    match error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?.position()? {
        PgErrorPosition::Original(position) => Some(position),
        PgErrorPosition::Internal { .. } => None,
    }
}

fn words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
        _ => error.to_string(),
    }
}
