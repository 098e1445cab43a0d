//! Existing indexes that a new one makes superfluous.
//!
//! A B-tree that begins with the keys of another serves every scan that one serves. The
//! other still has to stay where it does more than serve scans, where nobody can say who
//! uses it, and where a planner finds a statement dearer without it.

use super::objective::{Objective, Set};
use super::{Input, writes};
use crate::ident::QualifiedName;
use crate::snapshot::{Index, IndexKey, Snapshot, TableKind};
use crate::what_if::{Answer, Basis, Design, DesignKey, Path, Question, plain, scans, serve, size};
use crate::workload::Query;

/// A wider index larger than this is slower for scans that need few rows of the narrow one.
const MOST_TIMES_LARGER: f64 = 5.0;
/// Younger counters and statements do not show who uses an index, s: a day has its nightly jobs.
const LEAST_AGE_S: f64 = 86_400.0;
/// No statement may get dearer by more without it.
const DEARER: f64 = 1.05;
/// Statements that are asked about for one index, those of most time first.
const MOST_STATEMENTS: usize = 40;

/// Whether an index may go for nothing but being superfluous.
fn may_go(snapshot: &Snapshot, index: &Index) -> bool {
    let bound = index.unique || index.primary || index.exclusion || index.constraint.is_some();
    let serves_more = index.replica_identity || index.clustered || index.is_partition || index.partitioned;
    let ours = index.usable() && !index.being_built && index.extension.is_none();
    // ANALYZE keeps statistics of an expression with the index that has it
    let statistics = index.keys.iter().any(|key| key.expression.is_some());
    let rests = snapshot.constraints.iter().any(|constraint| constraint.index_oid == Some(index.oid));
    let plain_table = snapshot.table(index.table_oid).is_some_and(|table| table.kind != TableKind::Partitioned);
    ours && plain_table && !bound && !serves_more && !statistics && !rests
}

/// The indexes that `design` begins with, or equals but for columns that it adds, and that may go.
pub fn superseded<'a>(snapshot: &'a Snapshot, design: &Design) -> Vec<&'a Index> {
    let evidence = &snapshot.evidence;
    let old = evidence.track_counts && evidence.database_stats_age_s >= LEAST_AGE_S;
    let of_table = snapshot.indexes.iter().filter(|index| old && index.table_oid == design.table_oid);
    of_table.filter(|index| covers(design, index) && may_go(snapshot, index)).collect()
}

fn covers(design: &Design, index: &Index) -> bool {
    let mut pairs = design.keys.iter().zip(&index.keys);
    let stored = |column: &String| {
        design.include.contains(column) || design.keys.iter().any(|key| key.column.as_ref() == Some(column))
    };
    let predicate = |sql: &Option<String>| sql.as_deref().map(plain);
    design.method == "btree"
        && index.method == "btree"
        && !index.keys.is_empty()
        && design.keys.len() >= index.keys.len()
        && pairs.all(|(key, existing)| same_key(key, existing))
        && index.include.iter().all(stored)
        && predicate(&design.predicate) == predicate(&index.predicate)
}

fn same_key(key: &DesignKey, existing: &IndexKey) -> bool {
    let class = match (&key.opclass, existing.opclass_is_default) {
        (None, default) => default,
        (Some(opclass), _) => *opclass == existing.opclass,
    };
    key.column.is_some()
        && key.column == existing.column
        && class
        && existing.own_collation.is_none()
        && (key.descending, key.nulls_first) == (existing.descending, existing.nulls_first)
}

/// What the upkeep of those that a design may replace takes, ms of the window.
pub fn upkeep_spared_ms(input: &Input, design: &Design) -> f64 {
    let of = |index: &Index| writes::upkeep(input.snapshot, input.workload, &as_design(index), None).ms;
    let goes = |index: &&Index| !much_larger(input, design, index);
    superseded(input.snapshot, design).into_iter().filter(goes).map(of).sum()
}

fn as_design(index: &Index) -> Design {
    let key = |key: &IndexKey| DesignKey { column: key.column.clone(), ..DesignKey::default() };
    Design {
        table_oid: index.table_oid,
        method: index.method.clone(),
        keys: index.keys.iter().map(key).collect(),
        include: index.include.clone(),
        predicate: index.predicate.clone(),
        needs_extension: None,
    }
}

/// What has to be asked to know whether the indexes that the chosen ones supersede may go.
pub fn questions(input: &Input, objective: &Objective, chosen: &Set) -> Vec<Question> {
    let pairs = pairs(input, objective, chosen);
    let all = pairs.iter().flat_map(|(_, index)| proof(input, objective, chosen, index));
    let mut open: Vec<Question> = all.flatten().filter(|question| input.known.answer(question).is_none()).collect();
    open.retain(|question| !input.known.has(question));
    open.sort();
    open.dedup();
    open
}

/// Which existing indexes a chosen design replaces: those without which no statement gets dearer, by a planner.
pub fn replaced(input: &Input, objective: &Objective, chosen: &Set, design: usize) -> Vec<u32> {
    let of_design = pairs(input, objective, chosen).into_iter().filter(|(position, _)| *position == design);
    let proven = of_design.filter(|(_, index)| is_proven(input, &proof(input, objective, chosen, index)));
    proven.map(|(_, index)| index.oid).collect()
}

/// Chosen designs with what they supersede; each existing index once.
fn pairs<'a>(input: &Input<'a>, objective: &Objective, chosen: &Set) -> Vec<(usize, &'a Index)> {
    let mut pairs: Vec<(usize, &Index)> = Vec::new();
    for design in chosen {
        for index in superseded(input.snapshot, objective.designs[*design]) {
            let known = pairs.iter().any(|(_, one)| one.oid == index.oid);
            if !known && !much_larger(input, objective.designs[*design], index) {
                pairs.push((*design, index));
            }
        }
    }
    pairs
}

fn much_larger(input: &Input, design: &Design, index: &Index) -> bool {
    let blocks = |design: &Design| size::of_design(input.snapshot, design).map(|size| size.blocks as f64);
    let (wide, narrow) = (blocks(design), blocks(&as_design(index)));
    wide.zip(narrow).is_none_or(|(wide, narrow)| wide > narrow * MOST_TIMES_LARGER)
}

/// For each statement that the index serves: with the chosen designs, and the same without the index.
fn proof(input: &Input, objective: &Objective, chosen: &Set, index: &Index) -> Vec<[Question; 2]> {
    let mut served: Vec<usize> = (0..input.workload.queries.len())
        .filter(|query| is_served(input, &input.workload.queries[*query], index))
        .collect();
    let time = |query: &usize| input.workload.queries[*query].counters.total_ms;
    served.sort_by(|one, two| time(two).total_cmp(&time(one)).then(one.cmp(two)));
    served.truncate(MOST_STATEMENTS);
    let ask = |query: usize| {
        let designs: Vec<Design> = chosen
            .iter()
            .map(|design| objective.designs[*design])
            .filter(|design| {
                input.workload.queries[query].tables.iter().any(|used| used.table_oid == Some(design.table_oid))
            })
            .cloned()
            .collect();
        let with = Question { query, designs, without: Vec::new() };
        let without = Question { without: vec![index.oid], ..with.clone() };
        [with, without]
    };
    served.into_iter().map(ask).collect()
}

fn is_served(input: &Input, query: &Query, index: &Index) -> bool {
    let existing = Path::existing(input.snapshot, index.table_oid);
    let Some(path) = existing.iter().find(|path| path.name == index.name) else { return false };
    scans(input.snapshot, query).iter().any(|scan| {
        let outer: Vec<usize> = scan.joins.iter().map(|join| join.other).collect();
        scan.facts.table.oid == index.table_oid && serve(path, scan, &outer).is_some()
    })
}

/// A planner answered all of it, and nothing gets dearer.
fn is_proven(input: &Input, proof: &[[Question; 2]]) -> bool {
    let planned = |question: &Question| {
        input.known.answer(question).filter(|answer| answer.basis != Basis::Model && !answer.plans.is_empty())
    };
    let holds = |[with, without]: &[Question; 2]| {
        planned(with).zip(planned(without)).is_some_and(|(with, without)| no_dearer(&with, &without))
    };
    proof.iter().all(holds)
}

fn no_dearer(with: &Answer, without: &Answer) -> bool {
    let mut pairs = with.plans.iter().zip(&without.plans);
    with.plans.len() == without.plans.len() && pairs.all(|(with, without)| without.cost <= with.cost * DEARER)
}

/// What is to be said of an index that may go.
pub fn note(snapshot: &Snapshot, oid: u32) -> Option<String> {
    let index = snapshot.indexes.iter().find(|index| index.oid == oid)?;
    let name = QualifiedName::new(&index.schema, &index.name);
    let standbys = if snapshot.standbys.is_empty() && snapshot.evidence.standbys == 0 {
        ""
    } else {
        "; scans on the standbys are not counted here, and the new index serves them there too"
    };
    Some(format!(
        "begins with the keys of {name} and makes it superfluous: drop that one when this one is valid{standbys}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Constraint, ConstraintKind, Evidence, Table};

    fn index() -> Index {
        let key = IndexKey { column: Some("a".to_owned()), opclass_is_default: true, ..IndexKey::default() };
        Index {
            oid: 9,
            table_oid: 1,
            schema: "public".to_owned(),
            name: "t_a".to_owned(),
            method: "btree".to_owned(),
            keys: vec![key],
            valid: true,
            ready: true,
            live: true,
            ..Index::default()
        }
    }

    fn snapshot(index: Index) -> Snapshot {
        let evidence = Evidence { track_counts: true, database_stats_age_s: 30.0 * 86_400.0, ..Evidence::default() };
        let table = Table { oid: 1, name: "t".to_owned(), ..Table::default() };
        Snapshot { evidence, tables: vec![table], indexes: vec![index], ..Snapshot::default() }
    }

    fn wider() -> Design {
        let keys = vec![DesignKey::column("a"), DesignKey::column("b")];
        Design { table_oid: 1, method: "btree".to_owned(), keys, ..Design::default() }
    }

    fn replaces(snapshot: &Snapshot, design: &Design) -> bool {
        !superseded(snapshot, design).is_empty()
    }

    #[test]
    fn a_wider_index_supersedes_the_one_that_it_begins_with() {
        let narrow = || snapshot(index());
        let partial = |sql: &str| Some(sql.to_owned());
        assert!(replaces(&narrow(), &wider()));
        assert!(replaces(&narrow(), &Design { include: vec!["c".to_owned()], ..wider() }));
        let both = Design { predicate: partial("(b IS NULL)"), ..wider() };
        assert!(replaces(&snapshot(Index { predicate: partial("b IS NULL"), ..index() }), &both));
        assert!(replaces(&snapshot(Index { include: vec!["b".to_owned()], ..index() }), &wider()));
    }

    #[test]
    fn an_index_that_does_more_than_the_new_one_stays() {
        let on = |key: IndexKey| Index { keys: vec![IndexKey { opclass_is_default: true, ..key }], ..index() };
        let a = || Some("a".to_owned());
        let text = |sql: &str| Some(sql.to_owned());
        for (case, index) in [
            ("unique", Index { unique: true, ..index() }),
            ("primary key", Index { primary: true, ..index() }),
            ("exclusion", Index { exclusion: true, ..index() }),
            ("constraint", Index { constraint: text("t_a_key"), ..index() }),
            ("replica identity", Index { replica_identity: true, ..index() }),
            ("clustered", Index { clustered: true, ..index() }),
            ("part of a partitioned index", Index { is_partition: true, ..index() }),
            ("invalid", Index { valid: false, ..index() }),
            ("being built", Index { being_built: true, ..index() }),
            ("of an extension", Index { extension: text("x"), ..index() }),
            ("hash", Index { method: "hash".to_owned(), ..index() }),
            ("partial", Index { predicate: text("b IS NULL"), ..index() }),
            ("another column", on(IndexKey { column: text("b"), ..IndexKey::default() })),
            ("an expression", on(IndexKey { expression: text("lower(a)"), ..IndexKey::default() })),
            ("descending", on(IndexKey { column: a(), descending: true, nulls_first: true, ..IndexKey::default() })),
            (
                "another collation",
                on(IndexKey { column: a(), own_collation: text("pg_catalog.\"C\""), ..IndexKey::default() }),
            ),
            ("an included column", Index { include: vec!["c".to_owned()], ..index() }),
        ] {
            assert!(!replaces(&snapshot(index), &wider()), "{case}");
        }
        let mut class = index();
        class.keys[0] =
            IndexKey { opclass: "text_pattern_ops".to_owned(), opclass_is_default: false, ..class.keys[0].clone() };
        assert!(!replaces(&snapshot(class), &wider()), "another operator class");
    }

    #[test]
    fn an_index_stays_while_nothing_tells_who_uses_it() {
        let mut young = snapshot(index());
        young.evidence.database_stats_age_s = 3_600.0;
        assert!(!replaces(&young, &wider()), "young counters");
        let mut uncounted = snapshot(index());
        uncounted.evidence.track_counts = false;
        assert!(!replaces(&uncounted, &wider()), "no counters");
        let mut referenced = snapshot(index());
        let kind = ConstraintKind::ForeignKey;
        referenced.constraints.push(Constraint { kind, index_oid: Some(9), ..Constraint::default() });
        assert!(!replaces(&referenced, &wider()), "a foreign key rests on it");
    }

    #[test]
    fn only_a_planner_proves_that_nothing_gets_dearer() {
        let plans = |costs: &[f64]| {
            let plan = |cost: &f64| crate::what_if::Plan { cost: *cost, ..crate::what_if::Plan::default() };
            Answer { plans: costs.iter().map(plan).collect(), ..Answer::default() }
        };
        for (with, without, expected) in [
            (&[10.0, 20.0][..], &[10.2, 20.0][..], true),
            (&[10.0, 20.0], &[10.0, 40.0], false),
            (&[10.0, 20.0], &[10.0], false),
        ] {
            assert_eq!(no_dearer(&plans(with), &plans(without)), expected, "{with:?} {without:?}");
        }
    }

    #[test]
    fn standbys_are_mentioned_where_there_are_any() {
        let mut snapshot = snapshot(index());
        assert!(!note(&snapshot, 9).is_some_and(|note| note.contains("standbys")));
        snapshot.evidence.standbys = 1;
        assert!(note(&snapshot, 9).is_some_and(|note| note.contains("public.t_a") && note.contains("standbys")));
    }
}
