//! A throwaway server that is there already serves as well, by SQL alone.

use pgassay::what_if::lab::{Lab, LabOptions};

use crate::column;
use crate::costs::{STATEMENTS, both, design, in_lab, planned};
use crate::support::{run, server};

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
        let mut superuser = service.connect("postgres").await.expect("a connection");
        let left = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_database WHERE datname LIKE 'pgassay%'); \
            ASSERT NOT EXISTS (SELECT FROM pg_roles WHERE rolname LIKE 'pgassay%'); END $$";
        run(&mut superuser, left).await;
    }
}
