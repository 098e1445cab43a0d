//! Certificates of an authority of our own, made with openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A directory of certificates: `ca.crt`, `other-ca.crt`, `self.crt`, and with their keys `server`, `self`, `bob`.
pub struct Certificates(TempDir);

impl Certificates {
    /// The server's certificate is made out to `localhost`, and not to its address.
    pub fn make() -> Self {
        let made = Self(tempfile::tempdir().expect("a directory"));
        made.openssl(&authority("ca", "Ours"));
        made.openssl(&authority("other-ca", "Theirs"));
        made.openssl(&format!("{} -addext subjectAltName=DNS:localhost", authority("self", "localhost")));
        made.signed("server", "localhost", "subjectAltName=DNS:localhost");
        made.signed("bob", "bob", "subjectAltName=DNS:bob");
        made
    }

    /// The text of one.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Its path.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    fn directory(&self) -> &Path {
        self.0.path()
    }

    fn signed(&self, name: &str, subject: &str, extension: &str) {
        std::fs::write(self.path("extensions"), extension).expect("a file");
        self.openssl(&format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={subject}"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out {name}.crt"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.directory()).output();
        let output = output.expect("openssl is needed for the tests: apt-get install openssl");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn authority(name: &str, subject: &str) -> String {
    format!("req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {name}.key -out {name}.crt -subj /CN={subject}")
}
