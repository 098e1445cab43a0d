//! A throwaway PostgreSQL, rebuilt from a snapshot alone, that plans as the snapshot's server would.
//!
//! It has the schema, the sizes and the statistics, and no row of data: empty tables whose files are as long as the
//! server's. Indexes that do not exist yet are made for real, empty too, and shown to the planner or hidden from it
//! one question at a time. A snapshot may be anybody's: its SQL runs as a role that owns the lab's tables and may do
//! nothing else, in a server without a port.

mod build;
mod candidate;
mod clock;
mod ends;
mod error;
mod extended;
mod extension;
mod files;
mod fragment;
mod given;
mod numbers;
mod pages;
mod remap;
mod schema;
mod server;
mod session;
mod settings;
mod slices;
mod start;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use clock::REWRITES;
pub use error::LabError;
pub use session::LabSession;
pub use settings::{as_reader, on_the_server};

use super::{Design, Size};
use crate::snapshot::{GinSearch, Snapshot};
use candidate::Candidate;
use server::Server;

/// How a lab is made.
#[derive(Debug, Clone, Default)]
pub struct LabOptions {
    /// Directory of the server's binaries (`--pg-bin`, `PGASSAY_PG_BIN`); without one they are looked for.
    pub binaries: Option<PathBuf>,
    /// `PATH`, as one more place to look.
    pub path: Option<String>,
    /// A throwaway server that is there already (`--lab-url`).
    pub url: Option<String>,
    /// Take the nearest major version where the snapshot's is not to be had.
    pub any_major: bool,
}

/// Something that could not be rebuilt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// What: `index public.orders_a_idx`.
    pub what: String,
    /// Why, usually in PostgreSQL's words.
    pub why: String,
    /// `pg_class.oid` of the tables whose plans cannot be trusted without it.
    pub tables: Vec<u32>,
}

/// What an index in a plan of the lab stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// An index that does not exist yet; of a partitioned table, the part of it on any partition.
    Design(Design),
    /// `pg_class.oid` of an existing index.
    Existing(u32),
}

/// A relation of the snapshot and what it is in the lab.
#[derive(Debug, Clone, Default)]
struct Relation {
    /// Its OID in the lab.
    oid: u32,
    /// OID in the snapshot of the table that it is or belongs to.
    table: u32,
    /// Qualified and quoted.
    name: String,
    /// Of its first segment, below the data directory; `None` where it has no storage.
    path: Option<String>,
    /// `relpages`.
    pages: u64,
    /// `reltuples`; -1: unknown, 0 before 14.
    rows: f64,
    /// `relallvisible`.
    all_visible: u64,
    /// Blocks of 8 kB that the planner finds.
    blocks: u64,
    /// Blocks that the lab itself wrote.
    own_blocks: u64,
    /// Access method, of an index.
    method: Option<String>,
    /// What a search costs, of a GIN index.
    search: Option<GinSearch>,
}

/// A throwaway planner; dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Lab {
    server: Server,
    major: u32,
    missing: Vec<Missing>,
    /// Tables and indexes, by their OIDs in the snapshot.
    relations: BTreeMap<u32, Relation>,
    /// Partitions and children, by OIDs in the snapshot.
    children: BTreeMap<u32, Vec<u32>>,
    candidates: BTreeMap<Design, Candidate>,
    refused: BTreeMap<Design, String>,
    shown: BTreeMap<String, Shown>,
    /// Planner settings that roles have of their own.
    role_settings: BTreeMap<String, Vec<String>>,
    snapshot: Arc<Snapshot>,
    /// Candidates so far, for their names.
    made: u64,
}

impl Relation {
    /// What its file is to look like; `None` where it has none.
    fn shape(&self, height: Option<u32>, blocks_of_table: Option<u64>) -> Option<files::Shape> {
        Some(files::Shape {
            path: self.path.clone()?,
            blocks: self.blocks,
            height: height.filter(|_| self.method.as_deref() == Some("btree")),
            of_table: blocks_of_table.filter(|_| self.method.as_deref() == Some("brin")),
            search: self.search,
        })
    }
}

impl Lab {
    /// Makes a lab of a snapshot.
    pub async fn start(snapshot: &Snapshot, options: &LabOptions) -> Result<Self, LabError> {
        start::start(snapshot, options).await
    }

    /// Major version of its server: the snapshot's, or the nearest.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// What could not be rebuilt.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Builds indexes that do not exist yet, hidden from the planner. One that PostgreSQL refuses is no error.
    pub async fn add(&mut self, designs: &[Design]) -> Result<(), LabError> {
        candidate::add(self, designs).await
    }

    /// How large an index would be; `None` for one that was not added or was refused.
    pub fn size(&self, design: &Design) -> Option<Size> {
        self.candidates.get(design).map(|candidate| candidate.size)
    }

    /// Why PostgreSQL would not build it.
    pub fn refused(&self, design: &Design) -> Option<&str> {
        self.refused.get(design).map(String::as_str)
    }

    /// One more backend.
    pub async fn connect(&self) -> Result<LabSession, LabError> {
        LabSession::open(self.server.as_guest(), server::STATEMENT_SECONDS).await
    }

    /// The statement that shows exactly these designs to the planner and hides these existing indexes, in the
    /// transaction that it runs in. Designs that were not added are left out.
    pub fn show(&self, designs: &[Design], without: &[u32]) -> String {
        let shown =
            designs.iter().filter_map(|design| self.candidates.get(design)).flat_map(|found| found.oids.clone());
        let mut hidden = Vec::new();
        for index in without {
            self.with_parts(*index, &mut hidden);
        }
        let list = |oids: Vec<u32>| oids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        format!("SELECT pgassay_lab.show('{{{}}}', '{{{}}}')", list(shown.collect()), list(hidden))
    }

    /// An existing index and those attached to it, by their OIDs in the lab.
    fn with_parts(&self, index: u32, found: &mut Vec<u32>) {
        let Some(relation) = self.relations.get(&index) else { return };
        found.push(relation.oid);
        for part in self.children.get(&index).into_iter().flatten() {
            self.with_parts(*part, found);
        }
    }

    /// What the name of an index in a plan stands for.
    pub fn index_of(&self, lab_index_name: &str) -> Option<Shown> {
        self.shown.get(lab_index_name).cloned()
    }

    /// The lab's search path for a statement that runs with this one: it begins with the snapshot's clock.
    pub fn search_path(&self, of_statement: &str) -> String {
        clock::search_path(of_statement)
    }

    /// `SET LOCAL …` for the planner settings that a role of the snapshot's server has of its own.
    pub fn settings_of(&self, role: &str) -> &[String] {
        self.role_settings.get(role).map(Vec::as_slice).unwrap_or_default()
    }

    /// A URL for psql, as the role that owns the tables.
    pub fn url(&self) -> String {
        self.server.url()
    }
}
