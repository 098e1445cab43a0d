//! A PgBouncer in transaction mode before a throwaway server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pgassay::server::scratch::Scratch;

/// A running PgBouncer; dropping it ends it.
pub struct Pooler {
    child: Child,
    port: u16,
}

impl Pooler {
    /// All clients share `backends` sessions of the server.
    pub fn before(server: &Scratch, backends: u32) -> Self {
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup/pgbouncer.sh");
        let found = Command::new(setup).output().expect("the script runs");
        let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
        let settings = server.socket_directory().join("pgbouncer.ini");
        let users = server.socket_directory().join("users.txt");
        fs::write(&users, "\"postgres\" \"\"\n").expect("a file");
        let text = format!(
            "[databases]\npostgres = host={directory} port={server_port}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\npool_mode = transaction\n\
             default_pool_size = {backends}\nauth_type = trust\nauth_file = {users}\n",
            directory = server.socket_directory().display(),
            server_port = server.port(),
            users = users.display(),
        );
        fs::write(&settings, text).expect("a file");
        let mut command = Command::new(path);
        if rustix::process::geteuid().is_root() {
            // it refuses to be root, as the server does
            command.args(["-u", "postgres"]);
        }
        let child = command.arg("-q").arg(settings).stderr(Stdio::null()).spawn().expect("pgbouncer starts");
        let pooler = Self { child, port };
        pooler.wait();
        pooler
    }

    /// A URL of the superuser through it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn wait(&self) {
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "pgbouncer did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}
