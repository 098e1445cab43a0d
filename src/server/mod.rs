//! Connections to PostgreSQL: the audited server, guarded, and throwaway servers of our own.

mod certificate;
mod clone;
mod connect;
mod directory;
mod error;
mod password;
pub mod scratch;
mod session;
pub mod target;
mod wire;

/// What the server and its log call our sessions.
pub const APPLICATION_NAME: &str = "pgassay";

pub use clone::CloneSession;
pub use error::ServerError;
pub use session::{MARKER, Session};
pub use target::{Environment, Target, TargetError, TargetOptions};
pub use wire::Encryption;
