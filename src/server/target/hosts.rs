//! Which servers to try, in order, and which of them will do.

use std::fmt;
use std::path::PathBuf;

use super::environment::Environment;
use super::error::TargetError;
use super::parameters::Parameters;

/// Where distributions put the socket.
const SOCKET_DIRECTORIES: [&str; 3] = ["/var/run/postgresql", "/tmp", "/private/tmp"];

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How to reach it.
    pub address: Address,
    /// Port, also part of a socket's name.
    pub port: u16,
}

/// How to reach a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Directory of its socket.
    Socket(PathBuf),
    /// Over the network.
    Tcp {
        /// Name for certificates and messages; an address when no name was given.
        host: String,
        /// `hostaddr`: where to connect instead of looking the name up.
        address: Option<String>,
    },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Socket(directory) => write!(formatter, "{}:{}", directory.display(), self.port),
            Address::Tcp { host, .. } if host.contains(':') => write!(formatter, "[{host}]:{}", self.port),
            Address::Tcp { host, .. } => write!(formatter, "{host}:{}", self.port),
        }
    }
}

impl Endpoint {
    /// The host by which the password file names it.
    pub fn name_for_password(&self) -> String {
        match &self.address {
            Address::Socket(directory) if SOCKET_DIRECTORIES.iter().any(|one| directory.as_os_str() == *one) => {
                "localhost".to_owned()
            }
            Address::Socket(directory) => directory.display().to_string(),
            Address::Tcp { host, .. } => host.clone(),
        }
    }

    /// Whether it is on the network.
    pub fn is_tcp(&self) -> bool {
        matches!(self.address, Address::Tcp { .. })
    }
}

/// The hosts of `host`, `hostaddr` and `port`; without any, a socket in a usual place, else localhost.
pub fn endpoints(parameters: &Parameters, environment: &Environment) -> Result<Vec<Endpoint>, TargetError> {
    let (names, addresses) = (list(parameters, "host"), list(parameters, "hostaddr"));
    let count = names.len().max(addresses.len()).max(1);
    if !addresses.is_empty() && !names.is_empty() && addresses.len() != names.len() {
        return Err(TargetError::Lists { keyword: "hostaddr", hosts: names.len(), others: addresses.len() });
    }
    let ports = list(parameters, "port");
    if ports.len() > 1 && ports.len() != count {
        return Err(TargetError::Lists { keyword: "port", hosts: count, others: ports.len() });
    }
    (0..count)
        .map(|at| {
            let port = port(ports.get(at).or(ports.first()).copied().unwrap_or_default())?;
            let nth = |list: &[&str]| list.get(at).copied().filter(|text| !text.is_empty()).map(str::to_owned);
            Ok(Endpoint { address: address(nth(&names), nth(&addresses), port, environment), port })
        })
        .collect()
}

fn list<'a>(parameters: &'a Parameters, keyword: &str) -> Vec<&'a str> {
    parameters.value(keyword).map(|value| value.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn port(text: &str) -> Result<u16, TargetError> {
    match text {
        "" => Ok(5432),
        _ => text
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or(TargetError::Value { keyword: "port", allowed: "a number from 1 to 65535" }),
    }
}

fn address(name: Option<String>, address: Option<String>, port: u16, environment: &Environment) -> Address {
    match (name, address) {
        (Some(name), None) if name.starts_with('/') => Address::Socket(PathBuf::from(name)),
        (Some(host), address) => Address::Tcp { host, address },
        (None, Some(address)) => Address::Tcp { host: address.clone(), address: Some(address) },
        (None, None) => {
            let socket = |directory: &&str| {
                let path = PathBuf::from(directory).join(format!(".s.PGSQL.{port}"));
                environment.files().exists(&path)
            };
            match SOCKET_DIRECTORIES.iter().find(|directory| socket(directory)) {
                Some(directory) => Address::Socket(PathBuf::from(directory)),
                None => Address::Tcp { host: "localhost".to_owned(), address: None },
            }
        }
    }
}

/// libpq's `target_session_attrs`: which of the servers will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionAttributes {
    /// The first that answers.
    #[default]
    Any,
    /// Takes writes.
    ReadWrite,
    /// Takes none.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// In recovery if there is one, else any.
    PreferStandby,
}

impl SessionAttributes {
    /// Reads the keyword's value.
    pub fn resolve(parameters: &Parameters) -> Result<Self, TargetError> {
        match parameters.value("target_session_attrs") {
            None | Some("any") => Ok(Self::Any),
            Some("read-write") => Ok(Self::ReadWrite),
            Some("read-only") => Ok(Self::ReadOnly),
            Some("primary") => Ok(Self::Primary),
            Some("standby") => Ok(Self::Standby),
            Some("prefer-standby") => Ok(Self::PreferStandby),
            Some(_) => Err(TargetError::Value {
                keyword: "target_session_attrs",
                allowed: "any, read-write, read-only, primary, standby or prefer-standby",
            }),
        }
    }

    /// The words that libpq has for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::Primary => "primary",
            Self::Standby => "standby",
            Self::PreferStandby => "prefer-standby",
        }
    }

    /// Whether a server of this kind will do.
    pub fn met(self, in_recovery: bool, read_only_by_default: bool) -> bool {
        match self {
            Self::Any => true,
            Self::ReadWrite => !in_recovery && !read_only_by_default,
            Self::ReadOnly => in_recovery || read_only_by_default,
            Self::Primary => !in_recovery,
            Self::Standby | Self::PreferStandby => in_recovery,
        }
    }
}
