//! Statements as they are: the server's plan against the lab's.

use pgassay::snapshot::{Snapshot, Values};
use pgassay::what_if::lab::{Lab, Shown};

use crate::figures::{Figures, Statements};
use crate::plan::{self, Plan};
use crate::source::{Source, texts};

pub async fn measure(source: &Source, figures: &mut Figures) {
    let snapshot = source.snapshot(Values::Kept, true).await;
    literal(source, &snapshot, &mut figures.with_end_points).await;
    let without = Snapshot { end_points: Vec::new(), ..snapshot };
    literal(source, &without, &mut figures.without).await;
    generic(source, figures).await;
}

/// The statements with their literals.
async fn literal(source: &Source, snapshot: &Snapshot, figures: &mut Statements) {
    let lab = source.lab(snapshot).await;
    let mut session = lab.connect().await.expect("a session");
    let mut connection = source.connect().await;
    for query in &source.queries {
        let found = texts(&mut connection, &format!("EXPLAIN (FORMAT JSON) {query}")).await;
        let server = plan::read(&found.unwrap_or_else(|error| panic!("{error}: {query}"))[0], &str::to_owned);
        let asked = [search_path(source, &lab), format!("EXPLAIN (FORMAT JSON) {query}")];
        match session.run(&asked).await {
            Ok(answer) => figures.count(&server, &in_lab(&answer[1][0], &lab, snapshot), query),
            Err(error) => figures.count(&server, &failed(source, query, &error.to_string()), query),
        }
    }
}

/// The generic plans of the texts in `pg_stat_statements`: from a snapshot with tokens for its values against one with
/// the values, and against the server.
async fn generic(source: &Source, figures: &mut Figures) {
    let (kept, redacted) = (source.snapshot(Values::Kept, false).await, source.snapshot(Values::Tokens, false).await);
    let (with_values, with_tokens) = (source.lab(&kept).await, source.lab(&redacted).await);
    let mut connection = source.connect().await;
    for text in kept.statements.entries.iter().filter_map(|entry| entry.text.as_deref()).filter(|text| is_dml(text)) {
        let steps = generic_steps(text);
        let Ok(found) = texts(&mut connection, &format!("BEGIN; {}; ROLLBACK", steps.join("; "))).await else {
            // prepared statements outlive the transaction
            texts(&mut connection, "ROLLBACK; DEALLOCATE ALL").await.expect("to go on");
            figures.unplanned += 1;
            continue;
        };
        let server = plan::read(&found[0], &str::to_owned);
        let values = generic_plan(source, &with_values, &kept, text).await;
        let tokens = generic_plan(source, &with_tokens, &redacted, text).await;
        figures.redacted.count(&values, &tokens, text);
        figures.redacted_and_server.count(&server, &tokens, text);
    }
}

async fn generic_plan(source: &Source, lab: &Lab, snapshot: &Snapshot, text: &str) -> Plan {
    let mut asked = vec![search_path(source, lab)];
    asked.extend(generic_steps(text));
    match lab.connect().await.expect("a session").run(&asked).await {
        Ok(answer) => in_lab(&answer[3][0], lab, snapshot),
        Err(error) => failed(source, text, &error.to_string()),
    }
}

fn is_dml(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first.as_str())
        && !text.contains("pg_stat_statements_reset")
}

fn generic_steps(text: &str) -> Vec<String> {
    let parameters = (1..100).take_while(|place| text.contains(&format!("${place}"))).count();
    let values = vec!["NULL"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({values})") };
    vec![
        "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE pgassay_generic AS {text}"),
        format!("EXPLAIN (FORMAT JSON) EXECUTE pgassay_generic{arguments}"),
        "DEALLOCATE pgassay_generic".to_owned(),
    ]
}

pub fn search_path(source: &Source, lab: &Lab) -> String {
    format!("SET LOCAL search_path = {}", lab.search_path(source.search_path))
}

/// A plan of the lab, its indexes by the server's names; one that the server does not have is `new`.
pub fn in_lab(json: &str, lab: &Lab, snapshot: &Snapshot) -> Plan {
    plan::read(json, &|name| match lab.index_of(name) {
        Some(Shown::Design(_)) => "new".to_owned(),
        Some(Shown::Existing(oid)) => {
            let index = snapshot.indexes.iter().find(|index| index.oid == oid);
            index.map_or_else(|| name.to_owned(), |index| index.name.clone())
        }
        None => name.to_owned(),
    })
}

pub fn failed(source: &Source, query: &str, error: &str) -> Plan {
    println!("  {}: the lab says {error}: {query}", source.system);
    Plan { cost: 0.0, shape: "none".to_owned() }
}
