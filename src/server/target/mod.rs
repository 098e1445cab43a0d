//! Which server, as whom, how encrypted: connection parameters, resolved as libpq does.
//!
//! A pure function of the argument and an [`Environment`]. What the argument says comes
//! first, then `PGASSAY_DATABASE_URL`, `DATABASE_URL`, the connection service, the `PG*`
//! variables, the defaults; the password file fills in a password that is still missing.

mod dsn;
pub mod environment;
mod error;
mod hosts;
mod parameters;
mod pgpass;
mod service;
mod tls;
mod url;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use environment::Environment;
pub use error::{ParseError, TargetError};
pub use hosts::{Address, Endpoint, SessionAttributes};
pub use tls::{ClientCertificate, Roots, SslMode, Tls};

use parameters::Parameters;
use pgpass::Wanted;

/// Long enough for a slow network; an unattended run must not hang on a dead host, as libpq would.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Long enough to read a large catalog, short enough to be no burden.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// What the command line adds to the URL.
#[derive(Debug, Clone, Default)]
pub struct TargetOptions {
    /// A command whose first line of output is the password; comes before every other source of it.
    pub password_command: Option<String>,
    /// Most time for one statement; 30 s unless given.
    pub statement_timeout: Option<Duration>,
}

/// A password, which prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Keeps a password.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The password itself, for the server.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A server to try, with the password that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Where it is.
    pub endpoint: Endpoint,
    /// From the URL, the service, `PGPASSWORD` or the password file.
    pub password: Option<Password>,
    /// How the connection is encrypted; never over a socket.
    pub tls: Tls,
}

/// All that is needed to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The servers, in the order in which they are tried.
    pub hosts: Vec<Host>,
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// Which of the servers will do.
    pub attributes: SessionAttributes,
    /// Most time for reaching one server, up to the first answer.
    pub connect_timeout: Option<Duration>,
    /// Most time for one statement.
    pub statement_timeout: Duration,
    /// Gives the password.
    pub password_command: Option<String>,
    /// Where the parameters came from: `the argument`, `DATABASE_URL`, `the environment`, …
    pub origin: &'static str,
    /// What the user should hear: a password file that is not used, a parameter that is not applied.
    pub notes: Vec<String>,
}

impl Target {
    /// Resolves what the user said and what the environment adds.
    pub fn resolve(
        argument: Option<&str>,
        options: &TargetOptions,
        environment: &Environment,
    ) -> Result<Self, TargetError> {
        let (origin, text) = said(argument, environment);
        let mut notes = Vec::new();
        let parameters = layers(origin, text, environment, &mut notes)?;
        for keyword in parameters.not_applied() {
            notes.push(format!("the connection parameter {keyword} is not applied: pgassay does without it"));
        }
        let user = parameters.value("user").or(environment.user()).ok_or(TargetError::NoUser)?.to_owned();
        let database = parameters.value("dbname").unwrap_or(&user).to_owned();
        let mut target = Self {
            hosts: Vec::new(),
            attributes: SessionAttributes::resolve(&parameters)?,
            connect_timeout: connect_timeout(&parameters)?,
            statement_timeout: options.statement_timeout.unwrap_or(STATEMENT_TIMEOUT),
            password_command: options.password_command.clone(),
            user,
            database,
            origin,
            notes,
        };
        target.hosts = target.hosts_of(&parameters, environment)?;
        Ok(target)
    }

    /// `host:port/database as user`, of the first host; never a password.
    pub fn describe(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(|host| host.endpoint.to_string()).collect();
        format!("{}/{} as {}", hosts.join(","), self.database, self.user)
    }

    fn hosts_of(&mut self, parameters: &Parameters, environment: &Environment) -> Result<Vec<Host>, TargetError> {
        let endpoints = hosts::endpoints(parameters, environment)?;
        let tls =
            if endpoints.iter().any(Endpoint::is_tcp) { Tls::resolve(parameters, environment)? } else { Tls::NONE };
        let given = parameters.value("password").map(Password::new);
        let file = if given.is_some() || self.password_command.is_some() {
            None
        } else {
            pgpass::read(parameters.value("passfile"), environment).unwrap_or_else(|warning| {
                self.notes.push(warning);
                None
            })
        };
        let host = |endpoint: Endpoint| Host {
            password: given.clone().or_else(|| self.password_in(file.as_deref()?, &endpoint)),
            tls: if endpoint.is_tcp() { tls.clone() } else { Tls::NONE },
            endpoint,
        };
        Ok(endpoints.into_iter().map(host).collect())
    }

    fn password_in(&self, file: &str, endpoint: &Endpoint) -> Option<Password> {
        let host = endpoint.name_for_password();
        let wanted = Wanted { host: &host, port: endpoint.port, database: &self.database, user: &self.user };
        pgpass::password(file, wanted).map(Password)
    }
}

/// The first of the places where a whole URL can be given.
fn said<'a>(argument: Option<&'a str>, environment: &'a Environment) -> (&'static str, &'a str) {
    let variable = |name: &'static str| environment.variable(name).map(|text| (name, text));
    argument
        .filter(|text| !text.trim().is_empty())
        .map(|text| ("the argument", text))
        .or_else(|| variable("PGASSAY_DATABASE_URL"))
        .or_else(|| variable("DATABASE_URL"))
        .unwrap_or(("the environment", ""))
}

fn layers(
    origin: &'static str,
    text: &str,
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<Parameters, TargetError> {
    let mut parameters = read(text.trim(), notes).map_err(|problem| TargetError::Unreadable { origin, problem })?;
    let variables = Parameters::of_variables(|name| environment.variable(name));
    if let Some(service) = parameters.value("service").or(variables.value("service")) {
        let file = parameters.value("servicefile").or(variables.value("servicefile"));
        let found = service::find(service, file, environment)?;
        parameters.fill_from(found);
    }
    parameters.fill_from(variables);
    Ok(parameters)
}

/// A URL, `key=value` pairs, or the bare name of a database.
fn read(text: &str, notes: &mut Vec<String>) -> Result<Parameters, ParseError> {
    if url::is_url(text) {
        let parsed = url::parse(text)?;
        let note = |name| format!("the connection parameter {name} is unknown and was ignored");
        notes.extend(parsed.unknown.iter().map(note));
        return Ok(parsed.parameters);
    }
    if text.is_empty() || text.contains('=') {
        return dsn::parse(text);
    }
    let mut parameters = Parameters::default();
    parameters.set("dbname", text.to_owned());
    Ok(parameters)
}

/// Zero and less mean no limit, as for libpq.
fn connect_timeout(parameters: &Parameters) -> Result<Option<Duration>, TargetError> {
    let Some(text) = parameters.value("connect_timeout") else { return Ok(Some(CONNECT_TIMEOUT)) };
    let wrong = TargetError::Value { keyword: "connect_timeout", allowed: "a whole number of seconds" };
    let seconds: i64 = text.trim().parse().map_err(|_| wrong)?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}
