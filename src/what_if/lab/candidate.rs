//! Indexes that do not exist yet: made for real on empty tables, sized from statistics, hidden until asked for.
//!
//! CREATE INDEX reads the whole table, so the files are cut down to what the lab itself wrote while it runs, and
//! grown again afterwards. It also counts the rows; the sizes of the snapshot are put back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sqlx::postgres::PgConnection;
use sqlx::{Executor, Row};

use super::error::while_doing;
use super::files::Shape;
use super::fragment::{is_fragment, is_name};
use super::schema::{OWN, Step};
use super::{Lab, LabError, Relation, Shown, build, numbers, slices};
use crate::ident::quoted;
use crate::snapshot::Snapshot;
use crate::what_if::size::{self, Asked, AskedType};
use crate::what_if::{Design, Size};

/// An index that the lab made.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// Its OIDs: of a partitioned table all parts.
    pub oids: Vec<u32>,
    /// Of all parts together.
    pub size: Size,
}

/// One part of a candidate, as the catalog has it.
#[derive(Debug, Deserialize)]
struct Part {
    /// The candidate that it is or belongs to.
    of: String,
    name: String,
    oid: u32,
    table: u32,
    path: Option<String>,
    types: Vec<AskedColumn>,
}

#[derive(Debug, Deserialize)]
struct AskedColumn {
    name: String,
    length: i16,
    alignment: String,
}

/// What was asked of the planner about a design on one table.
type Answers = BTreeMap<(usize, u32), Asked>;

/// Makes those of the designs that are new.
pub async fn add(lab: &mut Lab, designs: &[Design]) -> Result<(), LabError> {
    let new: BTreeSet<&Design> = designs.iter().filter(|design| !lab.knows(design)).collect();
    let mut taken = Vec::new();
    for design in new {
        match unfit(lab, design) {
            Some(why) => drop(lab.refused.insert(design.clone(), why)),
            None => taken.push(design.clone()),
        }
    }
    if taken.is_empty() {
        return Ok(());
    }
    let answers = ask(lab, &taken).await?;
    let tables: BTreeSet<u32> = taken.iter().flat_map(|design| lab.leaves(design.table_oid)).collect();
    let files = own_files(lab, &tables);
    lab.server.shrink(&files).await?;
    let names = make(lab, &taken).await?;
    let shapes = settle(lab, &names, &answers, &tables).await?;
    lab.server.rework(&shapes).await
}

impl Lab {
    fn knows(&self, design: &Design) -> bool {
        self.candidates.contains_key(design) || self.refused.contains_key(design)
    }

    /// The tables with storage of one that may be partitioned, by OIDs in the snapshot.
    fn leaves(&self, table: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut at = vec![table];
        let partitioned = |oid: &u32| self.relations.get(oid).is_some_and(|relation| relation.path.is_none());
        while let Some(oid) = at.pop() {
            if partitioned(&oid) {
                at.extend(self.children.get(&oid).into_iter().flatten());
            } else if self.relations.contains_key(&oid) {
                found.push(oid);
            }
        }
        found.sort_unstable();
        found
    }
}

/// Why a design is not even tried.
fn unfit(lab: &Lab, design: &Design) -> Option<String> {
    if !lab.relations.contains_key(&design.table_oid) {
        return Some("the lab does not have its table".to_owned());
    }
    let plain = design.method.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !design.method.is_empty();
    let classes = design.keys.iter().filter_map(|key| key.opclass.as_deref()).all(is_name);
    let expressions = design.keys.iter().filter_map(|key| key.expression.as_deref());
    let whole = expressions.chain(design.predicate.as_deref()).all(is_fragment);
    (!plain || !classes || !whole).then(|| "it is not one piece of SQL".to_owned())
}

/// Rows that a WHERE lets in and distinct keys, as the planner expects them.
async fn ask(lab: &Lab, designs: &[Design]) -> Result<Answers, LabError> {
    let mut session = lab.connect().await?;
    let mut answers = Answers::new();
    for (place, design) in designs.iter().enumerate() {
        let keys: Vec<String> = design.keys.iter().map(key_sql).collect();
        let filter = design.predicate.as_ref().map(|predicate| format!(" WHERE ({predicate})")).unwrap_or_default();
        for table in lab.leaves(design.table_oid) {
            let from = format!("SELECT 1 FROM ONLY {}{filter}", lab.relations[&table].name);
            let mut asked = Asked::default();
            if design.predicate.is_some() {
                asked.entries = rows_of(&mut session, &from).await;
            }
            if design.method == "btree" && (keys.len() > 1 || design.predicate.is_some()) {
                for count in 1..=keys.len() {
                    let grouped = format!("{from} GROUP BY {}", keys[..count].join(", "));
                    let Some(rows) = rows_of(&mut session, &grouped).await else { break };
                    asked.distinct.push(rows);
                }
            }
            answers.insert((place, table), asked);
        }
    }
    Ok(answers)
}

fn key_sql(key: &crate::what_if::DesignKey) -> String {
    key.column.as_deref().map_or_else(|| format!("({})", key.expression.as_deref().unwrap_or_default()), quoted)
}

/// `None` where the planner cannot plan it: types that do not group, expressions that are none.
async fn rows_of(session: &mut super::LabSession, query: &str) -> Option<f64> {
    let statements =
        ["SET LOCAL max_parallel_workers_per_gather = 0".to_owned(), format!("EXPLAIN (FORMAT JSON) {query}")];
    let answers = session.run(&statements).await.ok()?;
    let plan: serde_json::Value = serde_json::from_str(answers.get(1)?.first()?).ok()?;
    plan.get(0)?.get("Plan")?.get("Plan Rows")?.as_f64()
}

fn own_files(lab: &Lab, tables: &BTreeSet<u32>) -> Vec<(String, u64)> {
    let relations = tables.iter().filter_map(|table| lab.relations.get(table));
    relations.filter_map(|relation| Some((relation.path.clone()?, relation.own_blocks))).collect()
}

/// Builds them; names and places of those that could be.
async fn make(lab: &mut Lab, designs: &[Design]) -> Result<BTreeMap<String, (usize, Design)>, LabError> {
    extensions(lab, designs).await?;
    let mut names = BTreeMap::new();
    let mut steps = Vec::new();
    for (place, design) in designs.iter().enumerate() {
        lab.made += 1;
        let name = format!("{OWN}_{}", lab.made);
        let sql = format!("CREATE INDEX {name} ON {} {}", lab.relations[&design.table_oid].name, design.body());
        let free = design.predicate.is_some() || design.keys.iter().any(|key| key.expression.is_some());
        steps.push(Step { what: name.clone(), sql, alone: free, tables: Vec::new() });
        names.insert(name, (place, design.clone()));
    }
    let mut guest = lab.server.guest().await?;
    let path = format!("SET search_path = {}", search_path(&lab.snapshot));
    let set = guest.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(path))).await;
    set.map_err(while_doing("set a session up"))?;
    for missing in build::run(&mut guest, vec![steps]).await? {
        if let Some((_, design)) = names.remove(&missing.what) {
            lab.refused.insert(design, missing.why);
        }
    }
    Ok(names)
}

/// Operator classes of extensions are named without their schema.
fn search_path(snapshot: &Snapshot) -> String {
    let mut schemas = vec!["pg_catalog".to_owned(), "public".to_owned()];
    schemas.extend(snapshot.extensions.iter().map(|extension| quoted(&extension.schema)));
    schemas.push(OWN.to_owned());
    schemas.join(", ")
}

/// Extensions that the server does not have yet; in the lab's own schema, where no snapshot has put anything.
async fn extensions(lab: &Lab, designs: &[Design]) -> Result<(), LabError> {
    let needed: BTreeSet<&str> = designs.iter().filter_map(|design| design.needs_extension.as_deref()).collect();
    let mut superuser = None;
    for name in needed.into_iter().filter(|name| !lab.snapshot.has_extension(name)) {
        if superuser.is_none() {
            superuser = Some(lab.server.superuser(Some(OWN)).await?);
        }
        if let Some(superuser) = superuser.as_mut() {
            let wanted = crate::snapshot::Extension {
                name: name.to_owned(),
                schema: OWN.to_owned(),
                ..crate::snapshot::Extension::default()
            };
            // one that is not to be had fails the index that needs it, in PostgreSQL's words; a second round has it
            super::extension::create(superuser, &[wanted]).await;
        }
    }
    Ok(())
}

/// Hides the new indexes, gives them their sizes, and puts the tables' back.
async fn settle(
    lab: &mut Lab,
    names: &BTreeMap<String, (usize, Design)>,
    answers: &Answers,
    tables: &BTreeSet<u32>,
) -> Result<Vec<Shape>, LabError> {
    let mut superuser = lab.server.superuser(Some(OWN)).await?;
    let parts = parts(&mut superuser, names.keys().cloned().collect()).await?;
    let by_lab_oid: BTreeMap<u32, u32> =
        tables.iter().filter_map(|table| Some((lab.relations.get(table)?.oid, *table))).collect();
    let slices = slices::of_tables_in(&lab.snapshot, tables);
    let mut shapes = Vec::new();
    let mut sized: Vec<Relation> = Vec::new();
    for part in parts {
        let Some((place, design)) = names.get(&part.of) else { continue };
        lab.shown.insert(part.name.clone(), Shown::Design(design.clone()));
        let candidate = lab.candidates.entry(design.clone()).or_default();
        candidate.oids.push(part.oid);
        let leaf = by_lab_oid.get(&part.table).copied().filter(|_| part.path.is_some());
        let Some((leaf, path)) = leaf.zip(part.path.as_deref()) else { continue };
        let asked = Asked {
            deduplicates: lab.server.shares_entries(path).await?.filter(|_| design.method == "btree"),
            types: part.types.iter().map(AskedColumn::asked).collect(),
            ..answers.get(&(*place, leaf)).cloned().unwrap_or_default()
        };
        let shape = slices.get(&leaf).and_then(|slice| size::Shape::of(slice, leaf, design, &asked));
        let estimate = shape.as_ref().map(size::estimate).unwrap_or_default();
        candidate.grow(estimate);
        let relation = Relation::imagined(part, estimate, &design.method);
        let height = shape.filter(|_| design.method == "btree").map(|shape| size::height(estimate.blocks, &shape));
        shapes.extend(relation.shape(height, lab.relations.get(&leaf).map(|table| table.blocks)));
        sized.push(relation);
    }
    hide(&mut superuser, lab).await?;
    let heaps: Vec<&Relation> = tables.iter().filter_map(|table| lab.relations.get(table)).collect();
    shapes.extend(heaps.iter().filter_map(|heap| heap.shape(None, None)));
    numbers::write_classes(&mut superuser, heaps.into_iter().chain(&sized)).await?;
    Ok(shapes)
}

async fn hide(superuser: &mut PgConnection, lab: &Lab) -> Result<(), LabError> {
    let hidden: Vec<i64> = lab.candidates.values().flat_map(|found| &found.oids).map(|oid| i64::from(*oid)).collect();
    let hide = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY ($1::int8[]::oid[])";
    superuser.execute(sqlx::query(hide).bind(hidden)).await.map_err(while_doing("hide the new indexes"))?;
    Ok(())
}

impl Candidate {
    /// One more part.
    fn grow(&mut self, part: Size) {
        self.size.blocks += part.blocks;
        self.size.entries += part.entries;
        self.size.rough |= part.rough;
    }
}

impl Relation {
    /// A part of an index that does not exist yet, of this size.
    fn imagined(part: Part, size: Size, method: &str) -> Self {
        Self {
            oid: part.oid,
            path: part.path,
            pages: size.blocks,
            rows: size.entries,
            blocks: size.blocks,
            method: Some(method.to_owned()),
            ..Self::default()
        }
    }
}

impl AskedColumn {
    fn asked(&self) -> AskedType {
        AskedType { name: self.name.clone(), length: self.length, alignment: self.alignment.clone() }
    }
}

/// The new indexes and their parts on partitions; their files are written out.
async fn parts(superuser: &mut PgConnection, names: Vec<String>) -> Result<Vec<Part>, LabError> {
    const PARTS: &str = include_str!("parts.sql");
    let doing = while_doing("look at the new indexes");
    superuser.execute("CHECKPOINT").await.map_err(&doing)?;
    let rows = superuser.fetch_all(sqlx::query(PARTS).bind(names)).await.map_err(&doing)?;
    let read = |row: &sqlx::postgres::PgRow| {
        let json: String = row.try_get(0)?;
        serde_json::from_str(&json).map_err(|error| sqlx::Error::Decode(error.into()))
    };
    rows.iter().map(read).collect::<Result<_, _>>().map_err(&doing)
}
