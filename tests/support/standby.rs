//! A streaming standby of a throwaway server, made from a copy of its files.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pgassay::server::scratch::Scratch;

use super::server;

/// Stops the primary for a moment, copies it, and starts both; returns when the standby streams.
pub async fn standby_of(primary: &Scratch, major: u32) -> Scratch {
    let standby = server(major);
    standby.shut_down().expect("the standby stops");
    primary.shut_down().expect("the primary stops");
    std::fs::remove_dir_all(standby.data_directory()).expect("an empty place");
    let copied = Command::new("cp").arg("-a").arg(primary.data_directory()).arg(standby.data_directory()).status();
    assert!(copied.expect("cp").success(), "the files are copied");
    let host = primary.socket_directory().display();
    let settings =
        format!("primary_conninfo = 'host={host} port={} user=postgres'\nhot_standby = on\n", primary.port());
    append(&standby, "postgresql.auto.conf", &settings);
    append(&standby, "standby.signal", "");
    primary.launch().expect("the primary starts");
    standby.launch().expect("the standby starts");
    streams(primary).await;
    standby
}

fn append(standby: &Scratch, name: &str, text: &str) {
    let path = standby.data_directory().join(name);
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, before + text).expect("a file");
    standby.adopt(Path::new(&path)).expect("its owner");
}

async fn streams(primary: &Scratch) {
    let mut connection = primary.connect("postgres").await.expect("the primary");
    for _ in 0..200 {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'");
        if count.fetch_one(&mut connection).await.expect("walsenders") > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the standby does not stream");
}
