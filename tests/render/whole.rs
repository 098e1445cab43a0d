//! The whole output for small reports.

use pgassay::render::{Format, Look, render, render_advice};
use pgassay::report::Outcome;
use pgassay::rule::TURNED_OFF;

use super::builder;

fn look(width: usize) -> Look {
    Look { width, colour: false, unicode: true }
}

#[test]
fn a_terminal_of_80_columns() {
    insta::assert_snapshot!(render(Format::Table, &builder::busy(), &look(80)));
}

#[test]
fn a_terminal_of_140_columns() {
    insta::assert_snapshot!(render(Format::Table, &builder::busy(), &look(140)));
}

#[test]
fn a_terminal_without_symbols_or_colours() {
    insta::assert_snapshot!(render(Format::Table, &builder::busy(), &Look { unicode: false, ..look(80) }));
}

#[test]
fn a_quiet_report_says_what_was_not_evaluated() {
    insta::assert_snapshot!(render(Format::Table, &builder::quiet(), &look(80)));
}

#[test]
fn a_quiet_comment() {
    insta::assert_snapshot!(render(Format::Markdown, &builder::quiet(), &look(80)));
}

#[test]
fn a_comment_on_a_pull_request() {
    insta::assert_snapshot!(render(Format::Markdown, &builder::busy(), &look(80)));
}

#[test]
fn a_comment_against_a_baseline_names_what_is_new_and_resolved() {
    let comment = render(Format::Markdown, &builder::compared(), &look(80));
    assert!(
        comment.starts_with("<!-- pgassay:report target=shop -->\n### pgassay: 2 new, 1 resolved, 8 in the baseline")
    );
    assert!(comment.contains("| 🔴 error new | `missing-index` |"));
    assert!(comment.contains("Resolved: `unused-index` `public.gone_idx`\n"));
}

#[test]
fn annotations() {
    insta::assert_snapshot!(render(Format::Github, &builder::busy(), &look(80)));
    insta::assert_snapshot!(render(Format::Github, &builder::quiet(), &look(80)));
}

#[test]
fn json_is_read_back_as_the_same_report() {
    for report in [builder::quiet(), builder::busy(), builder::compared(), builder::doubted(), builder::advised()] {
        let json = render(Format::Json, &report, &look(80));
        assert_eq!(serde_json::from_str::<pgassay::report::Report>(&json).expect("a report"), report);
    }
}

#[test]
fn an_index_to_create_is_shown_with_its_method_and_operator_class() {
    let mut report = builder::busy();
    let index = &mut report.indexes[0];
    (index.method, index.size_bytes) = ("gin".to_owned(), None);
    index.columns.truncate(1);
    index.columns[0].opclass = Some("gin_trgm_ops".to_owned());
    let shown = render(Format::Table, &report, &look(140));
    assert!(shown.contains("public.orders USING gin (customer_id gin_trgm_ops)  unknown  8 min saved"), "{shown}");
}

#[test]
fn rules_left_out_on_purpose_are_counted_once_and_apart() {
    let mut report = builder::quiet();
    let off = builder::rule("wraparound-horizon", Outcome::NotEvaluated, Some(TURNED_OFF));
    report.rules.push(off);
    for format in [Format::Table, Format::Markdown] {
        let shown = render(format, &report, &look(80));
        assert!(shown.contains("1 rule left out by the configuration or the command line"), "{shown}");
        assert!(shown.contains("1 rule not evaluated") && !shown.contains("wraparound-horizon"), "{shown}");
    }
    let json = render(Format::Json, &report, &look(80));
    assert!(json.contains("wraparound-horizon") && json.contains(TURNED_OFF), "{json}");
}

#[test]
fn advice_on_a_terminal_of_80_and_of_140_columns() {
    insta::assert_snapshot!(render_advice(Format::Table, &builder::advised(), &look(80)));
    insta::assert_snapshot!(render_advice(Format::Table, &builder::advised(), &look(140)));
}

#[test]
fn advice_as_a_comment() {
    insta::assert_snapshot!(render_advice(Format::Markdown, &builder::advised(), &look(80)));
}

#[test]
fn a_report_that_rests_on_a_lab_says_how_well_it_reproduces_the_server() {
    let line = "lab: PostgreSQL 16 rebuilt from the snapshot; reproduces 98 of 100 of the server's own plan costs";
    for format in [Format::Table, Format::Markdown] {
        let shown = render(format, &builder::judged(), &look(140));
        let plain = shown.replace('\\', "");
        assert!(
            plain.contains(line) && plain.contains("95 statements by the lab, 3 statements by pgassay's own model"),
            "{shown}"
        );
        assert!(shown.contains("(planner, lab); replaces") && !shown.contains("doubtful"), "{shown}");
        let doubted = render(format, &builder::doubted(), &look(140));
        assert!(doubted.contains("(planner, doubtful lab)"), "{doubted}");
        assert!(doubted.contains("plans 40 of 100 statements otherwise than the server"), "{doubted}");
    }
}

#[test]
fn a_finding_shows_the_plan_now_and_then() {
    let shown = render(Format::Table, &builder::judged(), &look(140));
    for words in [
        "plan now:  Limit > Gather Merge > Sort > Parallel Seq Scan on orders",
        "plan then: Limit > Index Scan using orders_customer_id_created_at_idx on orders",
        "depends on the value: $2 takes its most common value",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let comment = render(Format::Markdown, &builder::judged(), &look(140));
    assert!(comment.contains("Parallel Seq Scan on orders` → `Limit > Index Scan"), "{comment}");
}
