//! `sslmode` and certificates, with libpq's meaning and defaults.

use std::io;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::TargetError;
use super::parameters::Parameters;

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted only if the server refuses otherwise.
    Allow,
    /// Encrypted if the server can, else not.
    #[default]
    Prefer,
    /// Encrypted.
    Require,
    /// Encrypted, by a certificate of a trusted authority.
    VerifyCa,
    /// The same, and made out to this host.
    VerifyFull,
}

/// Whose certificates are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Anybody's.
    Any,
    /// Those of the authorities in this PEM text.
    Pem(Vec<u8>),
    /// Those of the operating system's authorities.
    System,
}

/// A certificate to show the server, and its key, as PEM texts.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The chain.
    pub certificate: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientCertificate")
    }
}

/// How a connection is to be encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// `sslmode`; `require` with a root certificate has become `verify-ca`, as libpq does for old times' sake.
    pub mode: SslMode,
    /// Whose certificates are good.
    pub roots: Roots,
    /// Own certificate.
    pub client: Option<ClientCertificate>,
    /// `sslnegotiation=direct`: TLS from the first byte.
    pub direct: bool,
}

impl Tls {
    /// No encryption: over a socket there is nobody in between.
    pub const NONE: Self = Self { mode: SslMode::Disable, roots: Roots::Any, client: None, direct: false };

    /// Reads mode and files. Only for TCP; libpq does not look at them for a socket either.
    pub fn resolve(parameters: &Parameters, environment: &Environment) -> Result<Self, TargetError> {
        let system = parameters.value("sslrootcert") == Some("system");
        let mode = mode(parameters.value("sslmode"), system)?;
        let direct = direct(parameters.value("sslnegotiation"), mode)?;
        if mode == SslMode::Disable {
            return Ok(Self { direct, ..Self::NONE });
        }
        let roots = roots(parameters.value("sslrootcert"), mode, environment)?;
        let mode = if mode == SslMode::Require && roots != Roots::Any { SslMode::VerifyCa } else { mode };
        let roots = if mode < SslMode::VerifyCa { Roots::Any } else { roots };
        Ok(Self { mode, roots, client: client(parameters, environment)?, direct })
    }
}

impl PartialOrd for SslMode {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

fn mode(value: Option<&str>, system: bool) -> Result<SslMode, TargetError> {
    let mode = match value {
        None if system => SslMode::VerifyFull,
        None => SslMode::default(),
        Some("disable") => SslMode::Disable,
        Some("allow") => SslMode::Allow,
        Some("prefer") => SslMode::Prefer,
        Some("require") => SslMode::Require,
        Some("verify-ca") => SslMode::VerifyCa,
        Some("verify-full") => SslMode::VerifyFull,
        Some(_) => {
            let allowed = "disable, allow, prefer, require, verify-ca or verify-full";
            return Err(TargetError::Value { keyword: "sslmode", allowed });
        }
    };
    if system && mode != SslMode::VerifyFull { Err(TargetError::WeakSystem) } else { Ok(mode) }
}

fn direct(value: Option<&str>, mode: SslMode) -> Result<bool, TargetError> {
    match value {
        None | Some("postgres") => Ok(false),
        Some("direct") if mode >= SslMode::Require => Ok(true),
        Some(_) => Err(TargetError::Value {
            keyword: "sslnegotiation",
            allowed: "postgres, or with sslmode=require or stronger direct",
        }),
    }
}

/// A root certificate that is there counts for `require` as well; for the verifying modes it has to be there.
fn roots(value: Option<&str>, mode: SslMode, environment: &Environment) -> Result<Roots, TargetError> {
    if value == Some("system") {
        return Ok(Roots::System);
    }
    let advice = "name the authority's certificate by sslrootcert, or trust the system's: sslrootcert=system";
    match pem(value, "root.crt", environment) {
        Some((_, Ok(text))) => Ok(Roots::Pem(text)),
        Some((file, Err(source))) if mode >= SslMode::VerifyCa || source.kind() != io::ErrorKind::NotFound => {
            Err(TargetError::CertificateFile { keyword: "sslrootcert", file, advice, source })
        }
        None if mode >= SslMode::VerifyCa => Err(TargetError::CertificateFile {
            keyword: "sslrootcert",
            file: PathBuf::from("~/.postgresql/root.crt"),
            advice,
            source: io::ErrorKind::NotFound.into(),
        }),
        _ => Ok(Roots::Any),
    }
}

/// A named certificate has to be readable; the one in the default place is optional.
fn client(parameters: &Parameters, environment: &Environment) -> Result<Option<ClientCertificate>, TargetError> {
    let (named, advice) =
        (parameters.value("sslcert"), "a client certificate needs its key beside it: sslcert, sslkey");
    let certificate = match pem(named, "postgresql.crt", environment) {
        Some((_, Ok(text))) => text,
        Some((file, Err(source))) if named.is_some() => {
            return Err(TargetError::CertificateFile { keyword: "sslcert", file, advice, source });
        }
        _ => return Ok(None),
    };
    match pem(parameters.value("sslkey"), "postgresql.key", environment) {
        Some((file, Ok(_))) if too_open(&file, environment) => Err(TargetError::KeyPermissions { file }),
        Some((_, Ok(key))) => Ok(Some(ClientCertificate { certificate, key })),
        Some((file, Err(source))) => Err(TargetError::CertificateFile { keyword: "sslkey", file, advice, source }),
        None => Ok(None),
    }
}

/// libpq lets root's keys be readable by a group (0640), as Debian's `ssl-cert` does.
fn too_open(file: &Path, environment: &Environment) -> bool {
    environment.files().mode(file).is_some_and(|mode| mode & 0o037 != 0)
}

/// The PEM text itself, or the file named, or the one in `~/.postgresql`.
fn pem(value: Option<&str>, default: &str, environment: &Environment) -> Option<(PathBuf, io::Result<Vec<u8>>)> {
    if let Some(text) = value.filter(|value| value.trim_start().starts_with("-----BEGIN")) {
        return Some((PathBuf::new(), Ok(text.as_bytes().to_vec())));
    }
    let default = || environment.below_home(".postgresql").map(|directory| directory.join(default));
    let path = value.map(PathBuf::from).or_else(default)?;
    let text = environment.files().read(&path);
    Some((path, text))
}
