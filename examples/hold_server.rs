//! Starts a throwaway server, says where, and waits to be killed: the tests kill it, and look what is left.

use std::path::PathBuf;
use std::time::Duration;

use pgassay::server::scratch::{Binaries, Scratch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).map(PathBuf::from).ok_or("usage: hold_server DIRECTORY_OF_BINARIES")?;
    let server = Scratch::start(&Binaries { directory }, &[])?;
    println!("server: {}", server.socket_directory().display());
    std::thread::sleep(Duration::from_mins(2));
    Ok(())
}
