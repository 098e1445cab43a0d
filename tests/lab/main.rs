//! A lab rebuilt from a snapshot plans as the server does, says what it lacks, and leaves nothing behind.

#[path = "../support/mod.rs"]
mod support;

mod costs;
mod given;
mod safety;
mod schema;

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::{Snapshot, Values};
use pgassay::source::live::{self, ReadOptions};
use pgassay::what_if::lab::{Lab, LabOptions};

/// Versions that these tests run on.
const MAJORS: [u32; 4] = [13, 15, 16, 18];

async fn snapshot(server: &Scratch) -> Snapshot {
    let session = support::connecting::session_with(&server.url("postgres"), |_| ()).await;
    let mut session = session.unwrap_or_else(|error| panic!("{error:?}"));
    let read =
        live::read(&mut session, &ReadOptions { end_points: true, values: Values::Kept, ..ReadOptions::default() })
            .await;
    read.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn lab_of(snapshot: &Snapshot, major: u32) -> Lab {
    let options = LabOptions { binaries: Some(support::binaries(major).directory), ..LabOptions::default() };
    Lab::start(snapshot, &options).await.unwrap_or_else(|error| panic!("{major}: {error:?}"))
}

/// What the first statement answers, one column.
async fn column(lab: &Lab, sql: &str) -> Vec<String> {
    let mut session = lab.connect().await.expect("a session");
    let mut answers = session.run(&[sql.to_owned()]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    answers.remove(0)
}
