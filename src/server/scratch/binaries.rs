//! The programs of a PostgreSQL server: finding them, and running them as somebody who may.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ScratchError;
use super::owner::Owner;

/// Where packages put the versions of a server: Debian, Homebrew on Intel, on Apple's own processors, Red Hat's.
const PARENTS: [&str; 4] = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt", "/usr"];

/// The binaries of one server version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Directory of `initdb`, `pg_ctl` and `postgres`.
    pub directory: PathBuf,
}

impl Binaries {
    /// `PGASSAY_PG_BIN` as handed in, else the newest of the usual places, else `PATH`.
    pub fn find(named: Option<&Path>, path: Option<&str>) -> Result<Self, ScratchError> {
        Self::all(named, path).into_iter().next().ok_or(ScratchError::NoBinaries)
    }

    /// Those of a major version, looked for as [`Binaries::find`] does; where there are none, those of the version
    /// nearest to it, of two equally near the newer. With them the version that they are.
    pub fn of_major(major: u32, named: Option<&Path>, path: Option<&str>) -> Result<(Self, u32), ScratchError> {
        let found = Self::all(named, path);
        let versions =
            found.into_iter().filter_map(|binaries| binaries.major().ok().map(|version| (binaries, version)));
        let nearest = versions.min_by_key(|(_, version)| (version.abs_diff(major), u32::MAX - version));
        nearest.ok_or(ScratchError::NoBinaries)
    }

    /// All servers of the machine, in the order in which they are taken.
    fn all(named: Option<&Path>, path: Option<&str>) -> Vec<Self> {
        // programs are started from another directory
        let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let mut places: Vec<PathBuf> = named.map(whole).into_iter().collect();
        if places.is_empty() {
            for parent in PARENTS {
                places.extend(newest_first(Path::new(parent)));
            }
            places.extend(path.unwrap_or_default().split(':').map(PathBuf::from));
        }
        let complete = |place: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| place.join(name).exists());
        places.into_iter().filter(complete).map(|directory| Self { directory }).collect()
    }

    /// 13, 14, …: as `postgres --version` says.
    pub fn major(&self) -> Result<u32, ScratchError> {
        let output = self.command("postgres", None).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = text.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
        number.ok_or(ScratchError::Program { program: "postgres", output: text })
    }

    pub(super) fn command(&self, program: &str, owner: Option<Owner>) -> Command {
        let mut command = Command::new(self.directory.join(program));
        // the servers that npm hands out bring their own libraries; Debian's do not need the variable
        command.env("LD_LIBRARY_PATH", self.directory.join("../lib")).env("LC_ALL", "C").current_dir("/");
        command.stdin(Stdio::null());
        if let Some(owner) = owner {
            command.uid(owner.uid).gid(owner.gid);
        }
        command
    }

    /// Whether `owner` may run these where they are.
    pub(super) fn reachable(&self, owner: Option<Owner>) -> bool {
        let directory = fs::canonicalize(&self.directory);
        directory.is_ok_and(|directory| owner.is_none_or(|owner| owner.may_enter(&directory)))
    }

    /// Binaries that `owner` may run: these, or where a directory above them is closed to it a copy below `private`.
    pub(super) fn open_to(&self, owner: Option<Owner>, private: &Path) -> io::Result<Self> {
        let directory = fs::canonicalize(&self.directory)?;
        let reachable = owner.is_none_or(|owner| owner.may_enter(&directory));
        let Some(home) = directory.parent().filter(|_| !reachable) else { return Ok(self.clone()) };
        let copy = private.join("server");
        copy_tree(home, &copy)?;
        Ok(Self { directory: copy.join(directory.file_name().unwrap_or_default()) })
    }
}

/// `<parent>/<version>/bin`, the highest version first.
fn newest_first(parent: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((
                name.trim_start_matches("postgresql@").trim_start_matches("pgsql-").parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_by(|one, two| two.cmp(one));
    versions.into_iter().map(|(_, place)| place).collect()
}

/// Hard links where the file system allows, so that it costs nothing.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&source, &copy)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &copy)?;
        } else {
            copy_file(&source, &copy, entry.metadata()?.mode() & 0o777)?;
        }
    }
    Ok(())
}

fn copy_file(source: &Path, copy: &Path, mode: u32) -> io::Result<()> {
    // a link shares the permissions of its file, which must not change
    let open = mode | ((mode & 0o500) >> 6);
    if open == mode && fs::hard_link(source, copy).is_ok() {
        return Ok(());
    }
    fs::copy(source, copy)?;
    fs::set_permissions(copy, fs::Permissions::from_mode(open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_comes_first_by_number() {
        let parent = tempfile::tempdir().expect("a directory");
        for name in ["9", "16", "13", "common"] {
            fs::create_dir(parent.path().join(name)).expect("a directory");
        }
        let found: Vec<PathBuf> = newest_first(parent.path());
        assert_eq!(found, ["16", "13", "9"].map(|version| parent.path().join(version).join("bin")));
    }

    #[test]
    fn a_copy_is_open_to_others_even_where_the_files_are_not() {
        let parent = tempfile::tempdir().expect("a directory");
        let home = parent.path().join("home");
        fs::create_dir_all(home.join("bin")).expect("a directory");
        for (name, mode, expected) in [("shut", 0o700, 0o705), ("text", 0o600, 0o604), ("open", 0o755, 0o755)] {
            let file = home.join("bin").join(name);
            fs::write(&file, name).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
            let copy = parent.path().join(format!("copy-{name}"));
            copy_tree(&home, &copy).expect("a copy");
            let copied = fs::metadata(copy.join("bin").join(name)).expect("a file").mode() & 0o777;
            assert_eq!(copied, expected, "{name}");
            assert_eq!(fs::metadata(&file).expect("a file").mode() & 0o777, mode, "{name}: the original");
        }
    }
}
