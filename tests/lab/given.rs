//! A throwaway server that is there already serves as well, by SQL alone.

use pgassay::server::scratch::Scratch;
use pgassay::snapshot::Snapshot;
use pgassay::what_if::lab::{Lab, LabOptions};

use crate::costs::{STATEMENTS, both, design, in_lab, planned};
use crate::support::{run, server};
use crate::{column, lab_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_in_a_server_that_was_named_comes_to_the_same_costs_and_leaves_it_as_it_was() {
    for major in [13, 18] {
        let (_production, mut connection, read, own) = both(major).await;
        drop(own);
        let service = server(major);
        let options = LabOptions { url: Some(service.url("postgres")), ..LabOptions::default() };
        let mut lab = Lab::start(&read, &options).await.unwrap_or_else(|error| panic!("{major}: {error:?}"));
        let mut early = lab.connect().await.expect("a session");
        for round in 0..2 {
            for statement in STATEMENTS {
                let (there, here) = (planned(&mut connection, statement).await, in_lab(&lab, statement, vec![]).await);
                assert_eq!(here, there, "{major}, round {round}: {statement}");
            }
            if round == 0 {
                let new = design(&read, "orders", "btree", &["note"]);
                lab.add(std::slice::from_ref(&new)).await.unwrap_or_else(|error| panic!("{major}: {error:?}"));
                let statement = "SELECT * FROM orders WHERE note = 'note 33'";
                let shown = in_lab(&lab, statement, vec![lab.show(std::slice::from_ref(&new), &[])]).await;
                assert!(shown.contains("pgassay_lab_1"), "{major}: {shown}");
                assert!(lab.size(&new).is_some_and(|size| size.blocks > 100), "{major}");
            }
        }
        early.run(&["SELECT 1".to_owned()]).await.expect("a session begins anew when the lab moved");
        assert!(Lab::start(&read, &options).await.is_err(), "{major}: two labs in one server");
        assert_eq!(column(&lab, "SELECT current_database()").await, ["pgassay_lab"]);
        drop((early, lab));
        nothing_is_left(&service).await;
    }
}

async fn nothing_is_left(service: &Scratch) {
    let mut superuser = service.connect("postgres").await.expect("a connection");
    let left = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_database WHERE datname LIKE 'pgassay%'); \
        ASSERT NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname LIKE 'pgassay%'); \
        ASSERT NOT EXISTS (SELECT FROM pg_roles WHERE rolname LIKE 'pgassay%'); END $$";
    run(&mut superuser, left).await;
}

/// What costs less to read: a table and its indexes, and one index alone at yet another price.
fn in_tablespaces(read: &mut Snapshot) {
    for table in read.tables.iter_mut().filter(|table| table.name == "customer") {
        table.tablespace_options = vec!["random_page_cost=1.1".to_owned()];
    }
    for index in read.indexes.iter_mut().filter(|index| index.name == "orders_customer") {
        index.tablespace_options = vec!["random_page_cost=2".to_owned(), "seq_page_cost=0.5".to_owned()];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tablespaces_cost_in_a_named_server_what_they_cost_in_a_lab_of_our_own_and_are_gone_with_the_lab() {
    for major in [13, 18] {
        let (_production, mut connection, mut read, plain) = both(major).await;
        in_tablespaces(&mut read);
        let own = lab_of(&read, major).await;
        let service = server(major);
        let options = LabOptions { url: Some(service.url("postgres")), ..LabOptions::default() };
        let start = async || Lab::start(&read, &options).await.unwrap_or_else(|error| panic!("{major}: {error:?}"));
        let mut lab = start().await;
        assert_eq!(lab.missing(), own.missing(), "{major}");
        for round in 0..2 {
            let mut others = 0;
            for statement in STATEMENTS {
                let there = in_lab(&own, statement, vec![]).await;
                assert_eq!(in_lab(&lab, statement, vec![]).await, there, "{major}, round {round}: {statement}");
                others += usize::from(planned(&mut connection, statement).await != there);
            }
            assert!(others > 0, "{major}: no statement costs another sum in a tablespace");
            let new = design(&read, "customer", "btree", &["born"]);
            lab.add(&[new]).await.unwrap_or_else(|error| panic!("{major}: {error:?}"));
        }
        drop(plain);
        // as a run that was killed leaves it, and then somebody gave its role a table
        std::mem::forget(lab);
        let mut superuser = service.connect("postgres").await.expect("a connection");
        run(&mut superuser, "CREATE TABLE seen (); GRANT SELECT ON seen TO pgassay_lab").await;
        run(&mut superuser, "CREATE TABLE taken (); ALTER TABLE taken OWNER TO pgassay_lab").await;
        drop(start().await);
        nothing_is_left(&service).await;
    }
}
