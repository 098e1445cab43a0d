//! The statements that put one question through `HypoPG`.

use super::Hypopg;
use crate::ident::{QualifiedName, literal};
use crate::snapshot::{Index, Snapshot};
use crate::what_if::ask::{Asked, Refused};
use crate::what_if::{Design, Path, Question, TableFacts};

/// Access methods that `HypoPG` can imagine.
const METHODS: &[&str] = &["btree", "hash", "brin"];

/// One question as SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Imagined {
    /// All of it, in order.
    pub statements: Vec<String>,
    /// Positions of the designs that are imagined, in the order of the new OIDs.
    pub designs: Vec<usize>,
    /// Which statement answers with the new OIDs.
    pub created: Option<usize>,
    /// Which statements answer with plans.
    pub plans: Vec<usize>,
    /// What an error may leave behind.
    pub prepared: Option<String>,
    /// Which designs are not there, and why.
    pub note: Option<String>,
}

/// Whether `HypoPG` can imagine an index.
pub fn imagines(design: &Design) -> bool {
    METHODS.contains(&design.method.as_str()) && design.needs_extension.is_none()
}

/// Why it cannot.
pub fn beyond(design: &Design) -> String {
    format!("HypoPG cannot imagine a {} index, which would help it", design.method)
}

/// The statements of a question; refused where `HypoPG` can do none of what it asks.
pub fn imagined(
    hypopg: &mut Hypopg,
    snapshot: &Snapshot,
    question: &Question,
    asked: &Asked,
) -> Result<Imagined, Refused> {
    let schema = hypopg.schema.clone();
    if !question.without.is_empty() && !hypopg.hides {
        return Err(Refused::Unable { why: "before 1.4 HypoPG cannot think an existing index away".to_owned() });
    }
    let (able, beyond): (Vec<usize>, Vec<usize>) =
        (0..question.designs.len()).partition(|position| imagines(&question.designs[*position]));
    if able.is_empty() && !beyond.is_empty() {
        return Err(Refused::Unable { why: "HypoPG cannot imagine an index of this method".to_owned() });
    }
    // a twin of an index that exists would take its place in plans
    let designs: Vec<usize> =
        able.into_iter().filter(|position| !exists(snapshot, question, &question.designs[*position])).collect();
    let mut shown = hypopg.reset();
    let created = (!designs.is_empty()).then_some(shown.len());
    let bodies: Vec<String> = designs.iter().map(|position| ddl(snapshot, &question.designs[*position])).collect();
    shown.extend(created.map(|_| creation(&schema, &bodies)));
    let hidden = question.without.iter().flat_map(|oid| with_parts(snapshot, *oid));
    shown.extend(hidden.map(|oid| format!("SELECT {schema}.hypopg_hide_index({oid})::text")));
    let (statements, plans, prepared) = asked.statements(&mut hypopg.explain, &shown);
    let note = (!beyond.is_empty()).then(|| "HypoPG cannot imagine all of these indexes".to_owned());
    Ok(Imagined { statements, designs, created, plans, prepared, note })
}

/// All in one statement; their OIDs in the same order.
fn creation(schema: &str, bodies: &[String]) -> String {
    let bodies: Vec<String> = bodies.iter().map(|body| literal(body)).collect();
    format!(
        "SELECT made.indexrelid::text FROM unnest(ARRAY[{}]) WITH ORDINALITY wanted(body, place), \
         LATERAL {schema}.hypopg_create_index(wanted.body) made ORDER BY wanted.place",
        bodies.join(", ")
    )
}

fn ddl(snapshot: &Snapshot, design: &Design) -> String {
    let facts = TableFacts::read(snapshot, design.table_oid);
    let table = facts.map(|facts| QualifiedName::new(&facts.table.schema, &facts.table.name)).unwrap_or_default();
    let design = Design { predicate: design.predicate.as_deref().map(folded), ..design.clone() };
    format!("CREATE INDEX ON {table} {}", design.body())
}

/// `HypoPG` compares predicates as written, the planner has them simplified: `flag = false` is NOT flag.
fn folded(predicate: &str) -> String {
    let parts = predicate.split(" AND ").map(|part| {
        let bare = part.trim().trim_start_matches('(').trim_end_matches(')');
        match bare.rsplit_once('=').map(|(column, value)| (column.trim(), value.trim())) {
            Some((column, "false")) => format!("NOT {column}"),
            Some((column, "true")) => column.to_owned(),
            _ => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join(" AND ")
}

/// Whether the server has this index, and the question does not think it away.
fn exists(snapshot: &Snapshot, question: &Question, design: &Design) -> bool {
    let wanted = Path::designed(0, design);
    let same = |index: &&Index| index.include == design.include && !question.without.contains(&index.oid);
    let names: Vec<&str> = snapshot
        .indexes
        .iter()
        .filter(|index| index.table_oid == design.table_oid)
        .filter(same)
        .map(|index| index.name.as_str())
        .collect();
    Path::existing(snapshot, design.table_oid).iter().any(|path| {
        names.contains(&path.name.as_str())
            && path.method == wanted.method
            && path.keys == wanted.keys
            && path.predicate == wanted.predicate
    })
}

/// An index and those attached to it.
fn with_parts(snapshot: &Snapshot, oid: u32) -> Vec<u32> {
    let mut found = vec![oid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let parts = snapshot.indexes.iter().filter(|index| index.parent_oid == Some(parent));
        let new: Vec<u32> = parts.map(|index| index.oid).filter(|oid| !found.contains(oid)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Extension, IndexKey, Table};
    use crate::what_if::DesignKey;
    use crate::what_if::ask::{self, Text};

    fn snapshot(version: &str) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.server.version_num = 150_000;
        snapshot.tables.push(Table { oid: 1, schema: "shop".to_owned(), name: "Order".to_owned(), ..Table::default() });
        let key = IndexKey { column: Some("b".to_owned()), opclass_is_default: true, ..IndexKey::default() };
        snapshot.indexes.push(Index {
            oid: 9,
            table_oid: 1,
            name: "b_idx".to_owned(),
            method: "btree".to_owned(),
            keys: vec![key],
            valid: true,
            ready: true,
            live: true,
            ..Index::default()
        });
        let (schema, version) = ("ext".to_owned(), version.to_owned());
        snapshot.extensions.push(Extension { name: "hypopg".to_owned(), schema, version, ..Extension::default() });
        snapshot
    }

    fn design(method: &str, column: &str, predicate: Option<&str>) -> Design {
        Design {
            table_oid: 1,
            method: method.to_owned(),
            keys: vec![DesignKey::column(column)],
            predicate: predicate.map(str::to_owned),
            ..Design::default()
        }
    }

    fn script(version: &str, designs: Vec<Design>, without: Vec<u32>) -> Result<Imagined, Refused> {
        let snapshot = snapshot(version);
        let text = Text::single(r#"SELECT * FROM "Order" WHERE a = $1"#, false).expect("a text");
        let asked = Asked { text, before: ask::opening("shop"), constants: None };
        let mut hypopg = Hypopg::of(&snapshot).expect("the extension");
        imagined(&mut hypopg, &snapshot, &Question { query: 0, designs, without }, &asked)
    }

    #[test]
    fn a_question_is_forget_imagine_plan() {
        let found = script("1.3.1", vec![design("gin", "c", None), design("btree", "a", Some("flag = false"))], vec![]);
        let found = found.expect("a script");
        assert_eq!(
            found.statements,
            [
                "SELECT ext.hypopg_reset()::text",
                "SELECT made.indexrelid::text FROM unnest(ARRAY['CREATE INDEX ON shop.\"Order\" USING btree (a) WHERE NOT \
                 flag']) WITH ORDINALITY wanted(body, place), LATERAL ext.hypopg_create_index(wanted.body) made ORDER BY \
                 wanted.place",
                "SELECT pg_catalog.set_config('standard_conforming_strings', 'on', true), \
                 pg_catalog.set_config('search_path', 'shop', true)",
                "SET LOCAL plan_cache_mode = force_generic_plan",
                "PREPARE pgassay_1(unknown) AS SELECT * FROM \"Order\" WHERE a = $1",
                "EXPLAIN (FORMAT JSON) EXECUTE pgassay_1(NULL)",
                "DEALLOCATE pgassay_1",
            ]
        );
        assert_eq!((found.designs, found.created, found.plans), (vec![1], Some(1), vec![5]));
        assert!(found.note.is_some(), "the GIN index is not there");
    }

    #[test]
    fn a_twin_of_an_existing_index_is_not_imagined_unless_that_is_thought_away() {
        let twin = || vec![design("btree", "b", None)];
        assert_eq!(script("1.4.0", twin(), vec![]).expect("a script").created, None);
        let without = script("1.4.0", twin(), vec![9]).expect("a script");
        assert!(
            without.created.is_some() && without.statements.contains(&"SELECT ext.hypopg_hide_index(9)::text".into())
        );
        let ends = Hypopg::of(&snapshot("1.4.0")).expect("the extension").reset();
        assert_eq!(ends, ["SELECT ext.hypopg_reset()::text", "SELECT ext.hypopg_unhide_all_indexes()::text"]);
    }

    #[test]
    fn what_hypopg_cannot_do_is_refused() {
        assert!(matches!(script("1.3.1", vec![], vec![9]), Err(Refused::Unable { .. })));
        assert!(matches!(script("1.4.1", vec![design("gin", "c", None)], vec![]), Err(Refused::Unable { .. })));
        assert!(script("1.3.1", vec![], vec![]).is_ok());
    }
}
