//! Cleans up after a pgassay that was killed.
//!
//! A small shell waits for the end of a pipe that only this process holds open. The end
//! comes however the process dies, `kill -9` included.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// SIGQUIT is PostgreSQL's immediate shutdown. The server's file names its process and is gone when it is.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
[ -d "$1" ] || exit 0
read -r server 2>/dev/null <"$1/data/postmaster.pid" && kill -QUIT "$server" 2>/dev/null
tries=0
while [ -n "$server" ] && kill -0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
[ -n "$server" ] && kill -KILL "$server" 2>/dev/null
# an initdb that outlived its parent goes on writing until it notices
tries=0
while [ -e "$1" ] && [ "$tries" -lt 300 ]; do
  rm -rf "$1" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
"#;

/// The waiting shell; dropping it after the directory is gone ends it without further ado.
#[derive(Debug)]
pub struct Watchdog(Child);

impl Watchdog {
    /// Watches over the directory of a server, of which `data` is the data directory.
    pub fn over(directory: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(SCRIPT).arg("pgassay-watchdog").arg(directory).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C goes to the terminal's whole process group, and this one has to outlive it
        shell.process_group(0);
        shell.spawn().map(Self)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // only to collect it; there is nothing to do about a failure
        let _ = self.0.wait();
    }
}
