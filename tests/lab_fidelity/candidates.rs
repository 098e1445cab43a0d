//! Indexes that do not exist yet: the lab's empty one against the one really built on the server, and `HypoPG`'s.

use std::collections::BTreeSet;

use pgassay::snapshot::{Snapshot, Values};
use pgassay::what_if::lab::Lab;
use pgassay::what_if::{Design, DesignKey};
use pgassay::workload::identify;
use serde::Deserialize;
use sqlx::PgConnection;

use crate::figures::{Figures, Unseen, WhatIf, short};
use crate::plan::{self, Plan};
use crate::source::{Source, directory, texts};
use crate::statements::{failed, in_lab, search_path};
use crate::told;

/// An index of `candidates.json`.
#[derive(Debug, Deserialize)]
struct Candidate {
    /// `schema.table`, unquoted.
    table: String,
    keys: Vec<String>,
    #[serde(default = "btree")]
    method: String,
    #[serde(default)]
    include: Vec<String>,
    #[serde(rename = "where")]
    predicate: Option<String>,
}

fn btree() -> String {
    "btree".to_owned()
}

/// What the index is asked about: statements that name its table, with the cost without it.
struct Affected<'a> {
    queries: Vec<&'a String>,
    /// By the server.
    before: Vec<f64>,
    /// By the lab.
    before_in_lab: Vec<f64>,
}

pub async fn measure(source: &Source, figures: &mut Figures) {
    let snapshot = source.snapshot(Values::Kept, true).await;
    let text = std::fs::read_to_string(directory(source.system).join("candidates.json")).expect("a file");
    let candidates: Vec<Candidate> = serde_json::from_str(&text).expect("candidates");
    let designs: Vec<Design> = candidates.iter().map(|one| design(one, &snapshot)).collect();
    let mut lab = source.lab(&snapshot).await;
    lab.add(&designs).await.unwrap_or_else(|error| panic!("{error:?}"));
    let mut connection = source.connect().await;
    let hypopg = texts(&mut connection, "CREATE EXTENSION IF NOT EXISTS hypopg SCHEMA public").await.is_ok();
    let name = |design: &Design| snapshot.table(design.table_oid).expect("a table").name.as_str();
    let told = told::decisions(source, &designs, &designs.iter().map(name).collect::<Vec<_>>()).await;
    for (place, design) in designs.iter().enumerate() {
        let mut affected = affected(source, design, &snapshot, &mut connection).await;
        let truth = built(design, &snapshot, &affected, &mut connection).await;
        let name = format!("{} {}", snapshot.table(design.table_oid).expect("a table").name, design.body());
        let told = |fingerprint: String| told.get(&(place, fingerprint)).copied();
        unseen(&mut figures.unseen, &name, &affected, &truth, &told);
        let without = in_the_lab(source, &lab, design, &[], &snapshot, &affected).await.unwrap_or_default();
        affected.before_in_lab = without.iter().map(|plan| plan.cost).collect();
        let asked = in_the_lab(source, &lab, design, std::slice::from_ref(design), &snapshot, &affected).await;
        judge(&mut figures.lab, design, &name, &affected, &affected.before_in_lab, (&truth, asked.as_ref()));
        if hypopg {
            let asked = by_hypopg(design, &snapshot, &affected, &mut connection).await;
            judge(&mut figures.hypopg, design, &name, &affected, &affected.before, (&truth, asked.as_ref()));
        }
    }
}

/// Each judge compares with what it says itself about the statement without the index.
fn judge(
    figures: &mut WhatIf,
    design: &Design,
    name: &str,
    affected: &Affected<'_>,
    own_before: &[f64],
    (truth, asked): (&[Plan], Option<&Vec<Plan>>),
) {
    figures.candidates.count(asked.is_some());
    let Some(asked) = asked else { return };
    let before = affected.before.iter().zip(own_before);
    for (((query, (before, own_before)), real), answer) in affected.queries.iter().zip(before).zip(truth).zip(asked) {
        let agree = (real.cost < 0.9 * before) == (answer.cost < 0.9 * own_before);
        let changed = real.shape.contains("new");
        figures.same_plan.count(real.shape == answer.shape);
        figures.decision.count(agree);
        if !changed && !answer.shape.contains("new") {
            continue;
        }
        figures.decision_changed.count(agree);
        let error = ((answer.cost - real.cost).abs() / real.cost, format!("{name}: {}", short(query)));
        if matches!(design.method.as_str(), "btree" | "hash" | "brin") {
            figures.errors.push(error);
        } else {
            figures.rough_errors.push(error);
        }
    }
}

/// What is decided without the literals against what is true with them.
fn unseen(
    figures: &mut Unseen,
    name: &str,
    affected: &Affected<'_>,
    truth: &[Plan],
    told: &dyn Fn(String) -> Option<bool>,
) {
    for ((query, before), real) in affected.queries.iter().zip(&affected.before).zip(truth) {
        if let Some(told) = identify(query).and_then(told) {
            let gains = real.cost < 0.9 * before;
            figures.count(gains, told);
            if gains && !told {
                println!("  not told without the literals: {name}: {}", short(query));
            }
        }
    }
}

async fn affected<'a>(
    source: &'a Source,
    design: &Design,
    snapshot: &Snapshot,
    connection: &mut PgConnection,
) -> Affected<'a> {
    let table = snapshot.table(design.table_oid).expect("a table");
    let queries: Vec<&String> = source.queries.iter().filter(|query| query.contains(&table.name)).collect();
    let mut before = Vec::new();
    for query in &queries {
        let found = texts(connection, &format!("EXPLAIN (FORMAT JSON) {query}")).await.expect("a plan");
        before.push(plan::read(&found[0], &str::to_owned).cost);
    }
    Affected { queries, before, before_in_lab: Vec::new() }
}

/// Builds the index in a transaction that is rolled back. What CREATE INDEX learns about the heap on the way is
/// taken back before the plans are made, and once more at the end: it outlives the rollback.
async fn built(
    design: &Design,
    snapshot: &Snapshot,
    affected: &Affected<'_>,
    connection: &mut PgConnection,
) -> Vec<Plan> {
    let table = snapshot.table(design.table_oid).expect("a table");
    let (schema, name) = (pgassay::ident::quoted(&table.schema), pgassay::ident::quoted(&table.name));
    let restore = restore(design.table_oid, connection).await;
    let existing: BTreeSet<&str> = snapshot.indexes.iter().map(|index| index.name.as_str()).collect();
    let ddl = format!("CREATE INDEX pgassay_candidate ON {schema}.{name} {}", design.body());
    texts(connection, &format!("BEGIN; {ddl}; {restore}")).await.unwrap_or_else(|error| panic!("{error}: {ddl}"));
    let mut plans = Vec::new();
    for query in &affected.queries {
        let found = texts(connection, &format!("EXPLAIN (FORMAT JSON) {query}")).await.expect("a plan");
        let index = |name: &str| if existing.contains(name) { name.to_owned() } else { "new".to_owned() };
        plans.push(plan::read(&found[0], &index));
    }
    texts(connection, &format!("ROLLBACK; {restore}")).await.expect("as it was");
    plans
}

/// The statements that put back what `pg_class` says about a table and its partitions.
async fn restore(table: u32, connection: &mut PgConnection) -> String {
    let sql = format!(
        "WITH RECURSIVE tree(oid) AS (SELECT {table}::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON tree.oid = i.inhparent) \
         SELECT format('UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s WHERE oid = %s', c.relpages, \
         c.reltuples::float8, c.relallvisible, c.oid) FROM pg_class c JOIN tree USING (oid)"
    );
    texts(connection, &sql).await.expect("the catalog").join("; ")
}

async fn in_the_lab(
    source: &Source,
    lab: &Lab,
    design: &Design,
    shown: &[Design],
    snapshot: &Snapshot,
    affected: &Affected<'_>,
) -> Option<Vec<Plan>> {
    if let Some(why) = lab.refused(design) {
        println!("  {}: the lab refuses {}: {why}", source.system, design.body());
        return None;
    }
    let mut session = lab.connect().await.expect("a session");
    let mut plans = Vec::new();
    for query in &affected.queries {
        let show = lab.show(shown, &[]);
        let asked = [search_path(source, lab), show, format!("EXPLAIN (FORMAT JSON) {query}")];
        plans.push(match session.run(&asked).await {
            Ok(answer) => in_lab(&answer[2][0], lab, snapshot),
            Err(error) => failed(source, query, &error.to_string()),
        });
    }
    Some(plans)
}

async fn by_hypopg(
    design: &Design,
    snapshot: &Snapshot,
    affected: &Affected<'_>,
    connection: &mut PgConnection,
) -> Option<Vec<Plan>> {
    let table = snapshot.table(design.table_oid).expect("a table");
    let (schema, name) = (pgassay::ident::quoted(&table.schema), pgassay::ident::quoted(&table.name));
    let ddl = format!("CREATE INDEX ON {schema}.{name} {}", design.body()).replace('\'', "''");
    let made = texts(connection, &format!("SELECT indexname FROM public.hypopg_create_index('{ddl}')")).await.ok()?;
    let mut plans = Vec::new();
    for query in &affected.queries {
        let found = texts(connection, &format!("EXPLAIN (FORMAT JSON) {query}")).await.expect("a plan");
        // of a partitioned table, each partition has its own
        let index = |name: &str| {
            if made.iter().any(|one| one == name) || name.starts_with('<') { "new".to_owned() } else { name.to_owned() }
        };
        plans.push(plan::read(&found[0], &index));
    }
    texts(connection, "SELECT public.hypopg_reset()::text").await.expect("to forget it");
    Some(plans)
}

fn design(candidate: &Candidate, snapshot: &Snapshot) -> Design {
    let (schema, name) = candidate.table.split_once('.').expect("schema.table");
    let table = snapshot.tables.iter().find(|table| table.schema == schema && table.name == name);
    Design {
        table_oid: table.unwrap_or_else(|| panic!("no table {}", candidate.table)).oid,
        method: candidate.method.clone(),
        keys: candidate.keys.iter().map(|key| design_key(key)).collect(),
        include: candidate.include.clone(),
        predicate: candidate.predicate.clone(),
        needs_extension: None,
    }
}

/// `name text_pattern_ops`, `"order" desc nulls last`, `(a ->> 'b')`.
fn design_key(text: &str) -> DesignKey {
    if let Some(expression) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return DesignKey::expression(expression);
    }
    let mut words = text.split(' ');
    let mut key = DesignKey::column(words.next().unwrap_or_default().trim_matches('"'));
    for word in words {
        match word {
            "desc" => (key.descending, key.nulls_first) = (true, true),
            "last" => key.nulls_first = false,
            "nulls" => {}
            opclass => key.opclass = Some(opclass.to_owned()),
        }
    }
    key
}
