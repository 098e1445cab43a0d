//! What is to be done, in which order, and what is left out because it is not sure to be safe.
//!
//! Extensions first, then indexes to create, then indexes to drop: an index goes only when
//! the one that replaces it is there. What cannot be taken back is not done at all.

use std::collections::BTreeSet;

use super::change::Change;
use super::definition::Definition;
use super::header::{facts, one_line};
use super::{name, partition};
use crate::ident::QualifiedName;
use crate::report::{Action, IndexAction, Report};

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub steps: Vec<Step>,
    /// What was left out or changed, and why.
    pub notes: Vec<String>,
}

/// One index, or one extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// In a line.
    pub what: String,
    /// What it rests on, for the head of its files.
    pub facts: Vec<String>,
    /// Extension that an earlier step creates for it.
    pub extension: Option<String>,
    /// Its files, in this order; the way back is the reverse.
    pub pieces: Vec<Piece>,
}

/// One file and its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Part of the file's name.
    pub name: String,
    /// What it does.
    pub up: Change,
    /// What takes it back.
    pub down: Change,
}

/// What a report asks for.
pub fn plan(report: &Report) -> Plan {
    let mut plan = Plan::default();
    let (creates, drops): (Vec<_>, Vec<_>) = report.indexes.iter().partition(|one| one.action == Action::Create);
    let mut taken: BTreeSet<QualifiedName> =
        drops.iter().map(|one| QualifiedName::new(&one.schema, &one.name)).collect();
    let mut done: BTreeSet<Definition> = BTreeSet::new();
    for action in creates.into_iter().chain(drops) {
        match definition(action, &mut done) {
            Ok(definition) => plan.add(report, action, definition, &mut taken),
            Err(why) => plan.notes.push(one_line(&format!("no file for index {}: {why}", action.name))),
        }
    }
    // stable: everything else keeps its order
    plan.steps.sort_by_key(|step| !matches!(step.pieces[..], [Piece { up: Change::CreateExtension { .. }, .. }]));
    plan
}

/// The index that an action creates, or that it must be able to bring back.
fn definition(action: &IndexAction, done: &mut BTreeSet<Definition>) -> Result<Definition, &'static str> {
    let create = action.action == Action::Create;
    let ddl = if create { &action.ddl } else { &action.undo };
    let own = ["pg_catalog", "information_schema"].contains(&action.schema.as_str());
    if own || ["pg_toast", "pg_temp"].iter().any(|prefix| action.schema.starts_with(prefix)) {
        return Err("its schema is PostgreSQL's own");
    }
    let Some(found) = Definition::parse(ddl, &action.schema) else {
        return Err(if create {
            "its statement is not one plain CREATE INDEX"
        } else {
            "its way back is not one plain CREATE INDEX, and nothing is dropped for good"
        });
    };
    if found.name != action.name || found.table != QualifiedName::new(&action.schema, &action.table) {
        return Err("its statement is about another index or table than the report says");
    }
    let same = if create { found.on(String::new(), found.table.clone()) } else { found.clone() };
    if done.insert(same) { Ok(found) } else { Err("it stands in the report twice") }
}

impl Plan {
    fn add(&mut self, report: &Report, action: &IndexAction, found: Definition, taken: &mut BTreeSet<QualifiedName>) {
        let create = action.action == Action::Create;
        let extension = action.needs_extension.clone().filter(|name| create && !installed(report, name));
        if let Some(name) = &extension {
            self.require(report, name, &found);
        }
        let index = if create { self.named(found, taken) } else { found };
        let pieces = match (action.action, action.partitioned) {
            (Action::Create, false) => vec![created(index)],
            (Action::Drop, false) => vec![dropped(index)],
            (Action::Create, true) => created_on_partitions(&index, action, taken),
            (Action::Drop, true) => dropped_from_partitions(&index, action, taken),
        };
        let main = pieces
            .iter()
            .max_by_key(|piece| matches!(piece.up, Change::AttachPartitions(_) | Change::DropPartitioned(_)));
        let what = main.map(|piece| one_line(&piece.up.what())).unwrap_or_default();
        self.steps.push(Step { what, facts: facts(report, action), extension, pieces });
    }

    /// The index under a name that fits.
    fn named(&mut self, index: Definition, taken: &mut BTreeSet<QualifiedName>) -> Definition {
        let name = name::fitting(&index.table.schema, &index.name, taken);
        if name != index.name {
            let note = format!("index {} is created as {name}: its name is taken or longer than 63 bytes", index.name);
            self.notes.push(one_line(&note));
        }
        Definition { name, ..index }
    }

    fn require(&mut self, report: &Report, extension: &str, index: &Definition) {
        let up = Change::CreateExtension { name: extension.to_owned() };
        if self.steps.iter().any(|step| step.pieces.iter().any(|piece| piece.up == up)) {
            return;
        }
        let why = "other objects may use the extension by now, so it stays: DROP EXTENSION takes it away";
        let piece = Piece {
            name: format!("extension_{}", name::slug(extension)),
            up,
            down: Change::Nothing { why: why.to_owned() },
        };
        let version = &report.tool.version;
        let facts = vec![one_line(&format!("By pgassay {version}: index {} needs it", index.index()))];
        self.steps.push(Step { what: one_line(&piece.up.what()), facts, extension: None, pieces: vec![piece] });
    }
}

fn installed(report: &Report, extension: &str) -> bool {
    report.server.extensions.iter().any(|one| one.split(' ').next() == Some(extension))
}

fn created(index: Definition) -> Piece {
    Piece { name: name::slug(&index.name), up: Change::CreateIndex(index.clone()), down: Change::DropIndex(index) }
}

fn dropped(index: Definition) -> Piece {
    let Piece { name, up, down } = created(index);
    Piece { name: format!("drop_{name}"), up: down, down: up }
}

fn created_on_partitions(root: &Definition, action: &IndexAction, taken: &mut BTreeSet<QualifiedName>) -> Vec<Piece> {
    let (recipe, leaves) = partition::recipe(root, &action.partitions, taken);
    let mut pieces: Vec<Piece> = leaves.into_iter().map(created).collect();
    let (up, down) = (Change::AttachPartitions(recipe.clone()), Change::DropPartitioned(recipe));
    pieces.push(Piece { name: name::slug(&root.name), up, down });
    pieces
}

/// Leaves come after the root, so that the way back, which runs in reverse, builds them before it.
fn dropped_from_partitions(root: &Definition, action: &IndexAction, taken: &mut BTreeSet<QualifiedName>) -> Vec<Piece> {
    let (recipe, leaves) = partition::recipe(root, &action.partitions, taken);
    let (up, down) = (Change::DropPartitioned(recipe.clone()), Change::AttachPartitions(recipe));
    let mut pieces = vec![Piece { name: format!("drop_{}", name::slug(&root.name)), up, down }];
    pieces.extend(leaves.into_iter().map(|leaf| {
        let why = format!("the index of {} went with {}; this file holds its way back", leaf.table, root.index());
        let name = format!("way_back_of_{}", name::slug(&leaf.name));
        Piece { name, up: Change::Nothing { why }, down: Change::CreateIndex(leaf) }
    }));
    pieces
}
