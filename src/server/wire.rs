//! The bytes between pgassay and a server: reaching it, TLS, and handing the stream to sqlx.
//!
//! sqlx opens its own connections and falls short of libpq there: it trusts the system's
//! authorities beside `sslrootcert`, knows no `hostaddr` beside a host name, and sends
//! `PGOPTIONS`, which poolers refuse. So the connection is made here, and sqlx speaks
//! through a socket in a private directory that exists for the length of the handshake.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsConnector;

use super::certificate;
use super::directory::private_directory;
use super::error::ServerError;
use super::target::{Address, Endpoint, Host, SslMode, Tls};

/// A stream to a server, whatever it is made of.
pub type Stream = Box<dyn Duplex>;

/// Reads and writes.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// How far the way to the server can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// A socket of this machine.
    Local,
    /// Readable to everybody on the way.
    None,
    /// Encrypted, but to whom was not checked.
    Unverified,
    /// The certificate was checked.
    Authority,
    /// The certificate and the host name in it were checked.
    Full,
}

impl Encryption {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Local => "over a local socket",
            Self::None => "not encrypted",
            Self::Unverified => "TLS, the server's certificate not checked",
            Self::Authority => "TLS, the server's certificate checked",
            Self::Full => "TLS, the server's certificate and host name checked",
        }
    }
}

/// Connects, and negotiates TLS if `encrypt`; with `Prefer` a server without TLS is taken as it is.
pub async fn reach(host: &Host, encrypt: bool) -> Result<(Stream, Encryption), ServerError> {
    let endpoint = &host.endpoint;
    match &endpoint.address {
        Address::Socket(directory) => {
            let path = directory.join(format!(".s.PGSQL.{}", endpoint.port));
            let stream = UnixStream::connect(path).await.map_err(|error| unreachable(endpoint, error))?;
            Ok((Box::new(stream), Encryption::Local))
        }
        Address::Tcp { host: name, address } => {
            let place = (address.as_deref().unwrap_or(name), endpoint.port);
            let stream = TcpStream::connect(place).await.map_err(|error| unreachable(endpoint, error))?;
            // answers are small and waited for
            let _ = stream.set_nodelay(true);
            if encrypt { encrypted(stream, name, host).await } else { Ok((Box::new(stream), Encryption::None)) }
        }
    }
}

fn unreachable(endpoint: &Endpoint, source: io::Error) -> ServerError {
    let at = endpoint.to_string();
    // the resolver's errors are of no kind of their own and carry no number of the system
    if endpoint.is_tcp() && source.raw_os_error().is_none() {
        return ServerError::Unresolved { at, source };
    }
    ServerError::Unreachable { at, source }
}

async fn encrypted(mut stream: TcpStream, name: &str, host: &Host) -> Result<(Stream, Encryption), ServerError> {
    let at = || host.endpoint.to_string();
    let failed = |source| ServerError::Tls { at: at(), source };
    if !host.tls.direct && !offers_tls(&mut stream).await.map_err(failed)? {
        return match host.tls.mode {
            SslMode::Prefer | SslMode::Allow => Ok((Box::new(stream), Encryption::None)),
            _ => Err(ServerError::NoTls { at: at() }),
        };
    }
    let config = certificate::config(&host.tls).map_err(failed)?;
    let name = ServerName::try_from(name.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => Ok((Box::new(stream), verified(&host.tls))),
        Err(error) => Err(bad_certificate(&error, at()).unwrap_or_else(|| failed(error))),
    }
}

/// Asks the server whether it speaks TLS: it answers with one letter.
async fn offers_tls(stream: &mut TcpStream) -> io::Result<bool> {
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    stream.write_all(&REQUEST).await?;
    match stream.read_u8().await? {
        b'S' => Ok(true),
        b'N' => Ok(false),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is not PostgreSQL's")),
    }
}

fn verified(tls: &Tls) -> Encryption {
    match tls.mode {
        SslMode::VerifyFull => Encryption::Full,
        SslMode::VerifyCa => Encryption::Authority,
        _ => Encryption::Unverified,
    }
}

fn bad_certificate(error: &io::Error, at: String) -> Option<ServerError> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(reason) => Some(ServerError::Certificate { at, reason: reason.to_string() }),
        _ => None,
    }
}

/// Lets sqlx set a session up over the stream.
pub async fn converse(
    stream: Stream,
    user: &str,
    database: &str,
    password: &str,
) -> Result<Result<PgConnection, sqlx::Error>, ServerError> {
    let failed = |source| ServerError::Directory { source };
    let directory = private_directory(|_| true).map_err(failed)?;
    let listener = UnixListener::bind(directory.path().join(".s.PGSQL.5432")).map_err(failed)?;
    tokio::spawn(relay(listener, stream));
    let options = PgConnectOptions::new_without_pgpass()
        .socket(directory.path())
        .port(5432)
        .username(user)
        .database(database)
        .password(password)
        .ssl_mode(PgSslMode::Disable)
        .application_name(super::APPLICATION_NAME)
        .extra_float_digits(None)
        .statement_cache_capacity(0)
        .disable_statement_logging();
    Ok(PgConnection::connect_with(&options).await)
}

/// Carries bytes between sqlx and the server until either ends.
async fn relay(listener: UnixListener, mut server: Stream) -> io::Result<()> {
    let (mut client, _) = listener.accept().await?;
    drop(listener);
    let startup = read_startup(&mut client).await?;
    server.write_all(&without_options(&startup)).await?;
    server.flush().await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// The first message has no type, only a length, which counts itself.
async fn read_startup(client: &mut UnixStream) -> io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let body = usize::try_from(length).ok().and_then(|length| length.checked_sub(4));
    let mut body = vec![0; body.filter(|length| *length <= 65_536).ok_or(io::ErrorKind::InvalidData)?];
    client.read_exact(&mut body).await?;
    Ok(body)
}

/// The startup message without `options`, which sqlx takes from `PGOPTIONS`.
fn without_options(body: &[u8]) -> Vec<u8> {
    let (protocol, parameters) = body.split_at(body.len().min(4));
    let mut kept = protocol.to_vec();
    let words: Vec<&[u8]> = parameters.split(|byte| *byte == 0).collect();
    for pair in words.chunks_exact(2).filter(|pair| !pair[0].is_empty() && pair[0] != b"options") {
        for word in pair {
            kept.extend_from_slice(word);
            kept.push(0);
        }
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 4).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &kept].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_startup_message_keeps_all_but_the_options() {
        for (before, after) in [
            (
                &b"\0\x03\0\0user\0ann\0options\0-c geqo=off\0database\0shop\0\0"[..],
                &b"user\0ann\0database\0shop\0\0"[..],
            ),
            (b"\0\x03\0\0user\0ann\0database\0\0\0", b"user\0ann\0database\0\0\0"),
            (b"\0\x03\0\0\0", b"\0"),
        ] {
            let length = u32::try_from(after.len() + 8).expect("small").to_be_bytes();
            assert_eq!(without_options(before), [&length[..], b"\0\x03\0\0", after].concat());
        }
    }
}
