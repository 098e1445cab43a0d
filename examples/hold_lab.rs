//! Makes a lab of a snapshot and says where; with `drop` it ends at once, else it waits to be killed: the tests look
//! what is left.

use std::path::PathBuf;
use std::time::Duration;

use pgassay::source::file;
use pgassay::what_if::lab::{Lab, LabOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snapshot, binaries, what] = arguments.as_slice() else {
        return Err("usage: hold_lab SNAPSHOT BIN WHAT".into());
    };
    let options = LabOptions { binaries: Some(PathBuf::from(binaries)), ..LabOptions::default() };
    let lab = Lab::start(&file::read(snapshot)?, &options).await?;
    println!("lab: {}", lab.url());
    if what != "drop" {
        tokio::time::sleep(Duration::from_mins(2)).await;
    }
    Ok(())
}
