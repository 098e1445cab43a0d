//! The server under a lab: its own, in a private directory, or one that is there already.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use super::LabError;
use super::error::while_doing;
use super::files::{Directory, Shape};
use super::given::Given;
use super::schema::OWN;
use crate::server::scratch::{Binaries, Scratch, Setup};

/// Most time for one statement of the snapshot: a hostile one must come to an end.
pub const STATEMENT_SECONDS: u64 = 60;

/// Over those of every throwaway server.
const SETTINGS: [&str; 12] = [
    "shared_buffers=16MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "track_counts=off",
    "track_activities=off",
    "bgwriter_lru_maxpages=0",
    "max_connections=24",
    "max_locks_per_transaction=1024",
    "allow_system_table_mods=on",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
    "dynamic_library_path=$libdir",
];

/// The server under a lab.
#[derive(Debug)]
pub enum Server {
    /// In a private directory.
    Own(Scratch),
    /// There before.
    Given(Box<Given>),
}

/// No name is looked up but in the catalog, and texts are in the form that a snapshot has them in.
const SUPERUSER: &str = "SET search_path = pg_catalog, pg_temp; SET DateStyle = 'ISO, MDY'; \
    SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET client_min_messages = error; SET statement_timeout = 0; \
    SET jit = off; SET allow_system_table_mods = on";
const GUEST: &str = "SET search_path = pg_catalog, pg_temp; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = postgres; \
    SET TimeZone = 'UTC'; SET client_min_messages = error; SET check_function_bodies = off; SET jit = off";

impl Server {
    /// A server of its own.
    pub fn local(binaries: &Binaries) -> Result<Self, LabError> {
        let setup = Setup { settings: &SETTINGS, without_checksums: true, ..Setup::default() };
        Ok(Self::Own(Scratch::start_with(binaries, &setup)?))
    }

    /// How the superuser connects; without a name to a database that is not the lab's.
    fn as_superuser(&self, database: Option<&str>) -> PgConnectOptions {
        match self {
            Self::Own(scratch) => scratch.connecting(database.unwrap_or("postgres"), "postgres"),
            Self::Given(given) => given.as_superuser(database),
        }
    }

    /// How the role connects that owns the lab's objects.
    pub fn as_guest(&self) -> PgConnectOptions {
        match self {
            Self::Own(scratch) => scratch.connecting(OWN, OWN),
            Self::Given(given) => given.as_guest(),
        }
    }

    /// The clause that gives that role its password, where it needs one.
    pub fn password_clause(&self) -> String {
        match self {
            Self::Own(_) => String::new(),
            Self::Given(given) => given.password_clause(),
        }
    }

    /// A connection of the superuser; without a name to a database that is not the lab's.
    pub async fn superuser(&self, database: Option<&str>) -> Result<PgConnection, LabError> {
        let options = self.as_superuser(database);
        let mut connection = PgConnection::connect_with(&options).await.map_err(while_doing("let its superuser in"))?;
        connection.execute(SUPERUSER).await.map_err(while_doing("set a session up"))?;
        Ok(connection)
    }

    /// A connection of the role that owns the lab's objects, for its statements alone.
    pub async fn guest(&self) -> Result<PgConnection, LabError> {
        let options = self.as_guest();
        let mut connection = PgConnection::connect_with(&options).await.map_err(while_doing("let a session in"))?;
        connection.execute(GUEST).await.map_err(while_doing("set a session up"))?;
        Ok(connection)
    }

    /// Cuts files down to what the lab itself wrote, while nobody has them open.
    pub async fn shrink(&mut self, files: &[(String, u64)]) -> Result<(), LabError> {
        match self {
            Self::Own(scratch) => {
                let directory = Directory { data: scratch.data_directory() };
                Ok(files.iter().try_for_each(|(path, blocks)| directory.shrink(path, *blocks))?)
            }
            Self::Given(given) => given.shrink(files).await,
        }
    }

    /// Blocks that a file has.
    pub async fn blocks(&self, path: &str) -> Result<u64, LabError> {
        match self {
            Self::Own(scratch) => Ok(Directory { data: scratch.data_directory() }.blocks(path)?),
            Self::Given(given) => given.blocks(path).await,
        }
    }

    /// Whether equal keys of this B-tree share an entry; after a checkpoint.
    pub async fn shares_entries(&self, path: &str) -> Result<Option<bool>, LabError> {
        match self {
            Self::Own(scratch) => Ok(Directory { data: scratch.data_directory() }.shares_entries(path)?),
            Self::Given(given) => given.shares_entries(path).await,
        }
    }

    /// Shapes files; all sessions end with it.
    pub async fn rework(&mut self, shapes: &[Shape]) -> Result<(), LabError> {
        match self {
            Self::Own(scratch) => {
                scratch.shut_down()?;
                let adopt = |path: &Path| scratch.adopt(path);
                let directory = Directory { data: scratch.data_directory() };
                shapes.iter().try_for_each(|shape| directory.apply(shape, &adopt))?;
                Ok(scratch.launch()?)
            }
            Self::Given(given) => given.rework(shapes).await,
        }
    }

    /// For psql.
    pub fn url(&self) -> String {
        match self {
            Self::Own(scratch) => scratch.url(OWN).replace("user=postgres", &format!("user={OWN}")),
            Self::Given(given) => given.url(),
        }
    }
}
