//! The systems of `fixtures/` load on every version, hold the same rows every time, and take their traffic.

mod support;

use std::sync::Arc;

use indicatif::ProgressBar;
use pgassay::command::demo::{round, system};

const SCALE: f64 = 0.002;

async fn checksum(connection: &mut sqlx::PgConnection) -> String {
    let sql = "SELECT md5(string_agg(t.row, '' ORDER BY t.row)) FROM (
        SELECT (p.item_id, p.store_id, p.price, p.confidence, p.ip_address, p.flagged_count)::text AS row FROM packing_lists_price p
        UNION ALL SELECT (v.price_id, v.is_correct_price)::text FROM packing_lists_vote v
        UNION ALL SELECT (i.packing_list_id, i.item_id, i.section)::text FROM packing_lists_packinglistitem i) t";
    sqlx::query_scalar(sql).fetch_one(connection).await.expect("a checksum")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_packing_lists_load_on_every_version_with_the_same_rows_and_take_their_traffic() {
    let mut checksums = Vec::new();
    for major in support::MAJORS {
        let server = support::server(major);
        let mut connection = server.connect("postgres").await.expect("a connection");
        system::load(&mut connection, SCALE).await.unwrap_or_else(|error| panic!("{major}: {error}"));
        checksums.push(checksum(&mut connection).await);
        let traffic = Arc::new(system::traffic().expect("a traffic file"));
        let kinds = traffic.request.len();
        let round = round::drive(&server, "postgres", &traffic, kinds, &ProgressBar::hidden()).await;
        let round = round.unwrap_or_else(|error| panic!("{major}: {error}"));
        assert!(round.statements > 500, "{major}: {round:?}");
    }
    // random() has another generator since 15
    assert!(checksums[..2].windows(2).chain(checksums[2..].windows(2)).all(|two| two[0] == two[1]), "{checksums:?}");
}

#[test]
fn every_kind_of_request_comes_up_in_a_demo() {
    let traffic = system::traffic().expect("a traffic file");
    let mut names: Vec<&str> = traffic.schedule(120).iter().map(|request| request.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), traffic.request.len());
}
