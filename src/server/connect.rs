//! From a target to one server that answers: hosts in order, encrypted and not, the right kind.

use std::time::Duration;

use sqlx::postgres::PgConnection;

use super::error::ServerError;
use super::password;
use super::target::{Host, SessionAttributes, SslMode, Target};
use super::wire::{self, Encryption};

/// A session that a server accepted.
pub struct Connected {
    /// The session.
    pub connection: PgConnection,
    /// `host:port`.
    pub at: String,
    /// How far the way can be trusted.
    pub encryption: Encryption,
}

/// Hosts to try with the kind of server wanted of each, in order.
pub async fn candidates(target: &Target) -> Result<Vec<(Host, SessionAttributes)>, ServerError> {
    let mut hosts = target.hosts.clone();
    if let Some(command) = &target.password_command {
        let password = password::from_command(command).await?;
        for host in &mut hosts {
            host.password = Some(password.clone());
        }
    }
    let with = |wanted| hosts.iter().cloned().map(move |host| (host, wanted));
    Ok(match target.attributes {
        SessionAttributes::PreferStandby => {
            with(SessionAttributes::Standby).chain(with(SessionAttributes::Any)).collect()
        }
        wanted => with(wanted).collect(),
    })
}

/// Connects to one host, encrypted or not as `sslmode` orders it.
pub async fn connect(target: &Target, host: &Host) -> Result<Connected, ServerError> {
    let (first, second) = match host.tls.mode {
        _ if !host.endpoint.is_tcp() => (false, None),
        SslMode::Disable => (false, None),
        SslMode::Allow => (false, Some(true)),
        SslMode::Prefer => (true, Some(false)),
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (true, None),
    };
    match (attempt(target, host, first).await, second) {
        // `pg_hba.conf` may want the other way, and with `prefer` a failed handshake is no reason to give up
        (Err(error @ (ServerError::NotAdmitted { .. } | ServerError::Tls { .. })), Some(second)) => {
            attempt(target, host, second).await.map_err(|later| match later {
                ServerError::NotAdmitted { .. } | ServerError::Tls { .. } => error,
                // this way got further
                later => later,
            })
        }
        (outcome, _) => outcome,
    }
}

async fn attempt(target: &Target, host: &Host, encrypt: bool) -> Result<Connected, ServerError> {
    let Some(limit) = target.connect_timeout else { return set_up(target, host, encrypt).await };
    let late = || ServerError::ConnectTimeout { at: host.endpoint.to_string(), seconds: limit.as_secs() };
    within(limit, set_up(target, host, encrypt)).await.unwrap_or_else(|| Err(late()))
}

async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

async fn set_up(target: &Target, host: &Host, encrypt: bool) -> Result<Connected, ServerError> {
    let (stream, encryption) = wire::reach(host, encrypt).await?;
    let password = host.password.as_ref().map_or("", |password| password.expose());
    let connection = wire::converse(stream, &target.user, &target.database, password).await?;
    let connection =
        connection.map_err(|error| ServerError::of_startup(error, host, &target.user, &target.database))?;
    Ok(Connected { connection, at: host.endpoint.to_string(), encryption })
}
