//! What is planned and written, without a server.

use std::collections::BTreeSet;

use pgassay::ident::MAX_NAME_BYTES;
use pgassay::migration::{Change, Framework, plan};
use pgassay::report::IndexAction;

use crate::emitted;
use crate::reports::{create, dropped, everything, partitioned, plain, report};

fn paths(framework: Framework, indexes: Vec<IndexAction>) -> Vec<String> {
    emitted(framework, &report(indexes), &[]).files.into_iter().map(|file| file.path).collect()
}

#[test]
fn extensions_come_first_and_drops_last() {
    let firsts: Vec<String> = plan(&everything()).steps.into_iter().map(|step| step.what).collect();
    let place = |beginning: &str| firsts.iter().position(|what| what.starts_with(beginning)).expect("a step");
    assert_eq!(place("create extension"), 0, "{firsts:#?}");
    let drops = firsts.iter().skip(place("drop")).all(|what| what.starts_with("drop"));
    assert!(drops && place("drop") == firsts.len() - 2, "{firsts:#?}");
}

#[test]
fn an_extension_that_is_installed_or_asked_for_twice_is_created_once_at_most() {
    let trigram = |name: &str, column: &str| IndexAction {
        needs_extension: Some("pg_trgm".to_owned()),
        ..create("public", "orders", name, &format!("USING gin ({column} gin_trgm_ops)"))
    };
    let mut both = report(vec![trigram("a_idx", "a"), trigram("b_idx", "b")]);
    let extensions = |report: &_| plan(report).steps.iter().filter(|step| step.what.contains("extension")).count();
    assert_eq!(extensions(&both), 1);
    both.server.extensions = vec!["pg_trgm 1.6".to_owned()];
    assert_eq!(extensions(&both), 0);
}

#[test]
fn names_are_short_enough_and_new() {
    let long = "x".repeat(62);
    let leaf_twin = create("public", "orders", "ev_1_k_idx", "USING btree (customer_id)");
    let indexes = vec![
        leaf_twin,
        partitioned(create("public", "ev", "ev_k_idx", "USING btree (k)")),
        partitioned(create("public", "ev", &long, "USING btree (day)")),
        create("public", "orders", "old_idx", "USING btree (id, name)"),
        dropped("public", "orders", "old_idx", "USING btree (id)"),
    ];
    let plan = plan(&report(indexes));
    let mut seen = BTreeSet::new();
    for change in plan.steps.iter().flat_map(|step| &step.pieces).map(|piece| &piece.up) {
        let index = match change {
            Change::CreateIndex(index) | Change::DropIndex(index) => index.index(),
            Change::AttachPartitions(recipe) => recipe.root.index(),
            other => panic!("not in this plan: {other:?}"),
        };
        assert!(index.name.len() <= MAX_NAME_BYTES, "{index}");
        assert!(seen.insert(index.clone()), "{index} twice");
    }
    assert!(plan.notes.iter().any(|note| note.contains("old_idx is created as old_idx_")), "{:?}", plan.notes);
}

#[test]
fn what_is_not_sure_to_be_safe_is_left_out_with_a_note() {
    let good = || create("public", "orders", "i", "USING btree (a)");
    for (action, words) in [
        (IndexAction { ddl: "DROP TABLE orders".to_owned(), ..good() }, "not one plain CREATE INDEX"),
        (IndexAction { ddl: format!("{}; DROP TABLE orders", good().ddl), ..good() }, "not one plain CREATE INDEX"),
        (IndexAction { undo: String::new(), ..dropped("public", "orders", "i", "(a)") }, "nothing is dropped for good"),
        (IndexAction { table: "customers".to_owned(), ..good() }, "another index or table"),
        (IndexAction { name: "j".to_owned(), ..good() }, "another index or table"),
        (create("pg_catalog", "pg_class", "i", "(relname)"), "PostgreSQL's own"),
        (create("pg_temp_3", "t", "i", "(a)"), "PostgreSQL's own"),
    ] {
        let plan = plan(&report(vec![action]));
        assert!(plan.steps.is_empty(), "{:?}", plan.steps);
        assert!(plan.notes[0].contains(words), "{:?}", plan.notes);
    }
    let twice = plan(&report(vec![good(), create("public", "orders", "again", "USING btree (a)")]));
    assert_eq!((twice.steps.len(), twice.notes.len()), (1, 1));
}

#[test]
fn versions_differ_and_every_way_up_has_its_way_back() {
    let indexes = vec![create("public", "orders", "i", "(a)"), dropped("public", "orders", "j", "(b)")];
    for framework in Framework::ALL {
        assert_eq!(
            paths(framework, indexes.clone()),
            [
                "20261122120000_i.up.sql",
                "20261122120000_i.down.sql",
                "20261122120001_drop_j.up.sql",
                "20261122120001_drop_j.down.sql",
            ]
        );
    }
}

#[test]
fn what_the_directory_already_does_is_not_written_again() {
    for framework in Framework::ALL {
        let first = emitted(framework, &everything(), &[]);
        let existing: Vec<_> = first.files.iter().map(|file| (file.path.as_str(), file.contents.as_str())).collect();
        let again = emitted(framework, &everything(), &existing);
        assert_eq!(again.files, [], "{framework}");
        assert_eq!(again.notes.iter().filter(|note| note.contains("already")).count(), 12, "{:#?}", again.notes);
        // an index that a later file drops is written again
        let later = ("20270101000000_later.sql", "DROP INDEX CONCURRENTLY IF EXISTS hidden.t_a_idx");
        let existing: Vec<_> = existing.into_iter().chain([later]).collect();
        let paths: Vec<_> =
            emitted(framework, &everything(), &existing).files.into_iter().map(|file| file.path).collect();
        assert!(paths[0].starts_with("20270101000001_t_a_idx"), "{paths:?}");
    }
}

#[test]
fn a_file_for_sqlx_is_one_statement_under_the_first_line_that_sqlx_looks_for() {
    for file in emitted(Framework::Sqlx, &everything(), &[]).files {
        let code: String = file.contents.lines().filter(|line| !line.starts_with("--")).collect();
        if code.contains("CONCURRENTLY") {
            assert!(file.contents.starts_with("-- no-transaction\n"), "{}", file.contents);
            assert!(!code.starts_with("CREATE INDEX CONCURRENTLY IF NOT EXISTS"), "{code}");
        }
    }
}

#[test]
fn files_say_why_and_how_and_guard_the_build() {
    let partitions = || report(vec![partitioned(create("public", "ev", "ev_k_idx", "USING btree (k)"))]);
    let mut files = vec![];
    for framework in Framework::ALL {
        files.extend(emitted(framework, &plain(), &[]).files);
        files.extend(emitted(framework, &partitions(), &[]).files.into_iter().rev().take(2).rev());
    }
    let expected = [
        include_str!("files/sql.create.up.sql"),
        include_str!("files/sql.create.down.sql"),
        include_str!("files/sql.partitions.up.sql"),
        include_str!("files/sql.partitions.down.sql"),
        include_str!("files/sqlx.create.up.sql"),
        include_str!("files/sqlx.create.down.sql"),
        include_str!("files/sqlx.partitions.up.sql"),
        include_str!("files/sqlx.partitions.down.sql"),
    ];
    for (file, expected) in files.iter().zip(expected) {
        assert_eq!(file.contents, expected, "{}", file.path);
    }
    assert_eq!(files.len(), expected.len());
}

#[test]
fn no_value_of_a_statement_and_no_new_line_gets_into_a_file() {
    for framework in Framework::ALL {
        for file in emitted(framework, &plain(), &[]).files {
            assert!(!file.contents.contains("4711"), "{}", file.contents);
            assert!(!file.contents.lines().any(|line| line.starts_with("DROP TABLE")), "{}", file.contents);
        }
    }
}
