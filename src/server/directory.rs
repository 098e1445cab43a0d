//! Private directories that a socket fits into.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

/// A socket's path may have 107 bytes (103 on macOS); `/pgassay-XXXXXX/.s.PGSQL.65535.lock` needs these.
const ROOM: usize = 103 - 36;

/// A directory for this user alone below `TMPDIR`; below `/tmp` where `TMPDIR` is too long for a socket's path, or
/// is not `suitable`.
pub fn private_directory(suitable: impl Fn(&Path) -> bool) -> io::Result<TempDir> {
    let usual = std::env::temp_dir();
    let short = usual.as_os_str().len() <= ROOM;
    let parent = if short && suitable(&usual) { usual } else { Path::new("/tmp").to_path_buf() };
    let directory = tempfile::Builder::new().prefix("pgassay-").tempdir_in(parent)?;
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700))?;
    Ok(directory)
}
