//! What the machine says about the user: variables, home, name, files.
//!
//! Everything below `command` gets it handed in, so that resolving a target is a pure
//! function and can be tested with a made-up machine.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files as far as connection parameters need them.
pub trait Files: Send + Sync {
    /// The whole of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Permission bits of an ordinary file; `None` when it is something else or is not there.
    fn mode(&self, path: &Path) -> Option<u32>;
    /// Whether anything is there: a file, a socket.
    fn exists(&self, path: &Path) -> bool;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(path).ok()?;
        metadata.is_file().then(|| metadata.permissions().mode() & 0o777)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// Variables, home directory, user name and files.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
    user: Option<String>,
    files: Arc<dyn Files>,
}

impl fmt::Debug for Environment {
    // variables hold passwords
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("home", &self.home)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// Of a made-up machine with these variables and files, without home or user.
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, files: Arc<dyn Files>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { variables: variables.into_iter().map(owned).collect(), home: None, user: None, files }
    }

    /// Of the process that runs; for `command` to call and hand down.
    pub fn of_this_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            home: std::env::home_dir(),
            user: user_name(),
            files: Arc::new(Disk),
        }
    }

    /// The same with a home directory.
    #[must_use]
    pub fn with_home(self, home: impl Into<PathBuf>) -> Self {
        Self { home: Some(home.into()), ..self }
    }

    /// The same with a user of the operating system.
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path below the home directory.
    pub fn below_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }

    /// The user of the operating system.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The files.
    pub fn files(&self) -> &dyn Files {
        self.files.as_ref()
    }
}

/// The name of the effective user, as `getpwuid` finds it for local users; for others what the shell says.
fn user_name() -> Option<String> {
    let wanted = rustix::process::geteuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_else(|_| String::new());
    let local = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    });
    local.or_else(|| std::env::var("USER").ok()).or_else(|| std::env::var("LOGNAME").ok())
}
