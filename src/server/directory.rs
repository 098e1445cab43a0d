//! Private directories that a socket fits into.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

/// Files that live in memory, on Linux.
const MEMORY: &str = "/dev/shm";

/// What must be free there: databases, and the log of their changes until the next checkpoint.
const FREE: u64 = 3 << 30;

/// A socket's path may have 107 bytes (103 on macOS); `/pgassay-XXXXXX/.s.PGSQL.65535.lock` needs these.
const ROOM: usize = 103 - 36;

/// A directory for this user alone below `TMPDIR`; below `/tmp` where `TMPDIR` is too long for a socket's path, or
/// is not `suitable`.
pub fn private_directory(suitable: impl Fn(&Path) -> bool) -> io::Result<TempDir> {
    let usual = std::env::temp_dir();
    let short = usual.as_os_str().len() <= ROOM;
    private(if short && suitable(&usual) { &usual } else { Path::new("/tmp") })
}

/// The same in memory, where it is `suitable` and there is room and no `TMPDIR` says otherwise.
pub fn private_directory_in_memory(suitable: impl Fn(&Path) -> bool) -> io::Result<TempDir> {
    let memory = Path::new(MEMORY);
    if std::env::var_os("TMPDIR").is_none() && free(memory) >= FREE && suitable(memory) {
        return private(memory);
    }
    private_directory(suitable)
}

/// Nothing where there is no such place.
fn free(place: &Path) -> u64 {
    rustix::fs::statvfs(place).map_or(0, |at| at.f_bavail.saturating_mul(at.f_frsize))
}

fn private(parent: &Path) -> io::Result<TempDir> {
    let directory = tempfile::Builder::new().prefix("pgassay-").tempdir_in(parent)?;
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700))?;
    Ok(directory)
}
