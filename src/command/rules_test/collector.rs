//! Before 15: how an audit sees counters that were reported a moment ago.
//!
//! A process collects them and writes a file when somebody asks for a newer one, at most twice a second for a
//! database. One that it never wrote it writes at once, unless the file of all databases is younger than half a
//! second: then a reader takes that to be good enough, and finds nothing.

use std::path::Path;
use std::time::Duration;

use super::ExampleError;
use super::server::{Server, fetch};

/// How old a file must be for a reader to ask for a new one, with a margin.
const OLD: Duration = Duration::from_millis(520);

/// Sees to it that the next reader in `database` gets all that was reported until now.
pub(super) async fn is_to_write(server: &mut Server, database: &str) -> Result<(), ExampleError> {
    let name = crate::ident::literal(database);
    let oid: i64 =
        fetch(server.admin().await?, &format!("SELECT oid::int8 FROM pg_database WHERE datname = {name}")).await?;
    let directory = server.scratch.data_directory().join("pg_stat_tmp");
    match age(&directory.join(format!("db_{oid}.stat"))) {
        Some(age) => tokio::time::sleep(OLD.saturating_sub(age)).await,
        None => match std::fs::remove_file(directory.join("global.stat")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(ExampleError::Files(error)),
            _ => {}
        },
    }
    Ok(())
}

/// `None` where there is no such file; nothing for one from the future.
fn age(file: &Path) -> Option<Duration> {
    let written = std::fs::metadata(file).and_then(|data| data.modified()).ok()?;
    Some(written.elapsed().unwrap_or_default())
}
