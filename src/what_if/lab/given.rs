//! A throwaway server that is there already, by SQL alone: a service container of a CI, say.
//!
//! The files are changed by programs that the server itself runs, in a database of the lab's own. Pages that were
//! written are in the server's cache as they were before; a copy of the database has none there, so the lab moves
//! into one. A copy takes its files whole, so they are cut down for it and grown again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::LabError;
use super::error::while_doing;
use super::files::{SEGMENT, Shape};
use super::pages::{self, BLOCK};
use super::schema::OWN;
use crate::ident::quoted;

/// More than this in other databases is no throwaway server, bytes.
const MOST_ELSEWHERE: i64 = 1 << 30;
/// The copy, until it has the name.
const NEXT: &str = "pgassay_lab_next";
const GROW: &str = "COPY (SELECT path || CASE WHEN part = 0 THEN '' ELSE '.' || part END, \
    least(blocks - part * 131072, 131072) * 8192 FROM pg_temp.sized, generate_series(0, greatest(blocks - 1, 0) / 131072) part \
    ) TO PROGRAM 'while read -r file bytes; do truncate -s \"$bytes\" \"$file\" || exit 1; done'";
const WRITE: &str = "COPY (SELECT path, bytes FROM pg_temp.written) TO PROGRAM \
    'while read -r file bytes; do echo \"$bytes\" | base64 -d | dd of=\"$file\" conv=notrunc 2>/dev/null || exit 1; done'";

const KIND: &str = "SELECT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), \
            current_setting('server_version_num')::int4 / 10000, \
            (SELECT coalesce(sum(pg_catalog.pg_database_size(d.oid)), 0)::int8 FROM pg_catalog.pg_database d \
              WHERE d.datname NOT LIKE 'pgassay\\_lab%'), \
            (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_catalog.pg_backend_pid() \
              AND (a.datname LIKE 'pgassay\\_lab%' OR a.application_name = 'pgassay_lab'))";
/// What a lab that was dropped in the middle still has under way: a copy that ends later would stay.
const END: &str = "SELECT count(pg_catalog.pg_terminate_backend(a.pid)) FROM pg_catalog.pg_stat_activity a \
    WHERE a.application_name = 'pgassay_lab' AND a.pid <> pg_catalog.pg_backend_pid()";
/// So often, and so long each time, what is under way is given to end.
const PATIENCE: (u32, Duration) = (200, Duration::from_millis(50));
const TABLESPACES: &str =
    "SELECT t.spcname::text FROM pg_catalog.pg_tablespace t WHERE t.spcname LIKE 'pgassay\\_lab\\_%'";
/// A role that owns something, or is granted it, cannot be dropped.
const OWNED: &str = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pgassay_lab') \
    THEN DROP OWNED BY pgassay_lab; END IF; END $$";

/// A server that somebody named.
#[derive(Debug)]
pub struct Given {
    superuser: PgConnectOptions,
    password: String,
    major: u32,
    /// Files that were grown: their blocks, and those that the lab wrote, by [`key`].
    grown: BTreeMap<String, (u64, u64)>,
}

impl Given {
    /// Looks whether the server may be used so, and clears what a lab that was killed left there.
    pub async fn open(url: &str) -> Result<Self, LabError> {
        let options: PgConnectOptions = url.parse().map_err(while_doing("understand its URL"))?;
        let superuser = options.application_name(OWN).disable_statement_logging();
        let mut connection = connect(&superuser).await?;
        let doing = while_doing("say what it is");
        let row = connection.fetch_one(KIND).await.map_err(&doing)?;
        let (trusted, major): (bool, i32) = (row.try_get(0).map_err(&doing)?, row.try_get(1).map_err(&doing)?);
        let (bytes, busy): (i64, i64) = (row.try_get(2).map_err(&doing)?, row.try_get(3).map_err(&doing)?);
        let why = match () {
            () if !trusted => "the role is no superuser there",
            () if bytes > MOST_ELSEWHERE => "it holds more than 1 GB of other databases, so it is no throwaway",
            () if busy > 0 => "another lab is in it",
            () => "",
        };
        if !why.is_empty() {
            return Err(LabError::NoThrowaway { why });
        }
        let major = u32::try_from(major).unwrap_or_default();
        let given = Self { superuser, password: password()?, major, grown: BTreeMap::new() };
        clear(&mut connection).await?;
        Ok(given)
    }

    /// Major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// How the superuser connects; without a name to the database of the URL.
    pub fn as_superuser(&self, database: Option<&str>) -> PgConnectOptions {
        database.map_or_else(|| self.superuser.clone(), |database| self.superuser.clone().database(database))
    }

    /// How the role connects that owns the lab's objects.
    pub fn as_guest(&self) -> PgConnectOptions {
        self.superuser.clone().username(OWN).password(&self.password).database(OWN)
    }

    /// The clause that gives the role its password.
    pub fn password_clause(&self) -> String {
        format!(" PASSWORD '{}'", self.password)
    }

    /// For psql.
    pub fn url(&self) -> String {
        let mut url = self.as_guest().to_url_lossy();
        // a parameter of our driver, which libpq refuses
        let known: Vec<(String, String)> =
            url.query_pairs().filter(|(name, _)| name != "statement-cache-capacity").map(owned).collect();
        url.query_pairs_mut().clear().extend_pairs(known);
        url.to_string()
    }

    /// Removes the lab; what is left where that fails is named.
    pub async fn leave(&self) -> Result<(), LabError> {
        let mut connection = connect(&self.superuser).await?;
        clear(&mut connection).await
    }

    /// Blocks of a file.
    pub async fn blocks(&self, path: &str) -> Result<u64, LabError> {
        let mut connection = self.at_home().await?;
        let path = moved(path, &place(&mut connection).await?);
        Ok(blocks_of(&mut connection, &[path]).await?.first().copied().unwrap_or_default())
    }

    /// Whether equal keys of this B-tree share an entry; after a checkpoint.
    pub async fn shares_entries(&self, path: &str) -> Result<Option<bool>, LabError> {
        let mut connection = self.at_home().await?;
        let moved = moved(path, &place(&mut connection).await?);
        let first = first_pages(&mut connection, &[moved]).await?.into_values().next().unwrap_or_default();
        Ok(first.get(..BLOCK).and_then(|page| page.try_into().ok()).and_then(pages::shares_entries))
    }

    /// Cuts files down to what the lab itself wrote.
    pub async fn shrink(&mut self, files: &[(String, u64)]) -> Result<(), LabError> {
        let mut connection = self.at_home().await?;
        let here = place(&mut connection).await?;
        let sized: Vec<(String, u64)> = files.iter().map(|(path, blocks)| (moved(path, &here), *blocks)).collect();
        for (path, _) in files {
            self.grown.remove(&key(path));
        }
        resize(&mut connection, &sized).await
    }

    /// Rewrites first pages, moves into a copy of the database, and gives the files their sizes.
    pub async fn rework(&mut self, shapes: &[Shape]) -> Result<(), LabError> {
        let mut connection = self.at_home().await?;
        let here = place(&mut connection).await?;
        connection.execute("CHECKPOINT").await.map_err(while_doing("write its pages out"))?;
        rewrite(&mut connection, shapes, &here).await?;
        let own: Vec<(String, u64)> = self.grown.iter().map(|(file, (_, own))| (moved(file, &here), *own)).collect();
        resize(&mut connection, &own).await?;
        let paths: Vec<String> = shapes.iter().map(|shape| moved(&shape.path, &here)).collect();
        for (shape, own) in shapes.iter().zip(blocks_of(&mut connection, &paths).await?) {
            self.grown.insert(key(&shape.path), (shape.blocks.max(own), own));
        }
        connection.close().await.ok();
        self.copy().await?;
        let mut connection = self.at_home().await?;
        let here = place(&mut connection).await?;
        let sized: Vec<(String, u64)> =
            self.grown.iter().map(|(file, (blocks, _))| (moved(file, &here), *blocks)).collect();
        resize(&mut connection, &sized).await
    }

    /// A copy of the database, with its settings, in its place.
    async fn copy(&self) -> Result<(), LabError> {
        let mut connection = connect(&self.superuser).await?;
        let strategy = if self.major >= 15 { " STRATEGY FILE_COPY" } else { "" };
        for statement in [
            format!(
                "SELECT count(pg_catalog.pg_terminate_backend(a.pid)) FROM pg_catalog.pg_stat_activity a WHERE a.datname = '{OWN}'"
            ),
            format!("CREATE DATABASE {NEXT} TEMPLATE {OWN}{strategy}"),
            format!(
                "INSERT INTO pg_catalog.pg_db_role_setting SELECT n.oid, s.setrole, s.setconfig \
                 FROM pg_catalog.pg_db_role_setting s, pg_catalog.pg_database d, pg_catalog.pg_database n \
                 WHERE s.setdatabase = d.oid AND d.datname = '{OWN}' AND n.datname = '{NEXT}'"
            ),
            format!("DROP DATABASE {OWN} WITH (FORCE)"),
            format!("ALTER DATABASE {NEXT} RENAME TO {OWN}"),
        ] {
            let sent = connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await;
            sent.map_err(while_doing("copy the lab's database"))?;
        }
        Ok(())
    }

    async fn at_home(&self) -> Result<PgConnection, LabError> {
        let mut connection = connect(&self.as_superuser(Some(OWN))).await?;
        let set = connection.execute("SET search_path = pg_catalog, pg_temp; SET client_min_messages = error").await;
        set.map_err(while_doing("set a session up"))?;
        Ok(connection)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let leave = || -> Result<(), LabError> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.leave())
        };
        // a thread of its own, for this one may be in the middle of a runtime
        let left = std::thread::scope(|scope| scope.spawn(leave).join());
        if !matches!(left, Ok(Ok(()))) {
            eprintln!(
                "pgassay: the database and the role {OWN} of the lab may still be there; the next lab removes them"
            );
        }
    }
}

fn owned((name, value): (Cow<'_, str>, Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), value.into_owned())
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, LabError> {
    PgConnection::connect_with(options).await.map_err(while_doing("let its superuser in"))
}

/// Not to be guessed by others who reach that server.
fn password() -> Result<String, LabError> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect())
}

/// Removes the lab, and what one that was killed left.
async fn clear(connection: &mut PgConnection) -> Result<(), LabError> {
    let doing = while_doing("remove an earlier lab");
    for _ in 0..PATIENCE.0 {
        if connection.fetch_one(END).await.and_then(|row| row.try_get::<i64, _>(0)).map_err(&doing)? == 0 {
            break;
        }
        tokio::time::sleep(PATIENCE.1).await;
    }
    for name in [NEXT, OWN] {
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await.map_err(&doing)?;
    }
    for row in connection.fetch_all(TABLESPACES).await.map_err(&doing)? {
        let drop = format!("DROP TABLESPACE {}", quoted(&row.try_get::<String, _>(0).map_err(&doing)?));
        connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await.map_err(&doing)?;
    }
    connection.execute(sqlx::raw_sql(OWNED)).await.map_err(&doing)?;
    let drop = format!("DROP ROLE IF EXISTS {OWN}");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await.map_err(&doing)?;
    Ok(())
}

const PLACE: &str = "SELECT d.oid::text FROM pg_database d WHERE d.datname = current_database()";

/// What the directories of the database are called, in each tablespace.
async fn place(connection: &mut PgConnection) -> Result<String, LabError> {
    let doing = while_doing("find its files");
    let row = connection.fetch_one(PLACE).await.map_err(&doing)?;
    row.try_get(0).map_err(&doing)
}

/// A file keeps its tablespace and its number when the database is copied: `base/5/9`, `pg_tblspc/7/PG_16_202307071/5/9`.
fn moved(path: &str, place: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let above = directory.rsplit_once('/').map_or(directory, |(above, _)| above);
    format!("{above}/{place}/{file}")
}

/// The file, in whichever copy of the database.
fn key(path: &str) -> String {
    moved(path, "")
}

const SIZES: &str =
    "SELECT (pg_stat_file(path)).size / 8192 FROM unnest($1::text[]) WITH ORDINALITY AS f(path, place) ORDER BY place";

/// Blocks of files, in the same order.
async fn blocks_of(connection: &mut PgConnection, paths: &[String]) -> Result<Vec<u64>, LabError> {
    let doing = while_doing("look at its files");
    let rows = connection.fetch_all(sqlx::query(SIZES).bind(paths)).await.map_err(&doing)?;
    let blocks =
        |row: &sqlx::postgres::PgRow| row.try_get::<i64, _>(0).map(|blocks| u64::try_from(blocks).unwrap_or_default());
    rows.iter().map(blocks).collect::<Result<_, _>>().map_err(doing)
}

const READ: &str = "SELECT path, pg_read_binary_file(path, 0, 16384) FROM unnest($1::text[]) AS f(path)";

async fn first_pages(connection: &mut PgConnection, paths: &[String]) -> Result<BTreeMap<String, Vec<u8>>, LabError> {
    let doing = while_doing("read the first pages of indexes");
    let rows = connection.fetch_all(sqlx::query(READ).bind(paths)).await.map_err(&doing)?;
    let pair = |row: &sqlx::postgres::PgRow| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(pair).collect::<Result<_, sqlx::Error>>().map_err(doing)
}

async fn rewrite(connection: &mut PgConnection, shapes: &[Shape], here: &str) -> Result<(), LabError> {
    let doing = while_doing("write the first pages of indexes");
    let wanted: BTreeMap<String, &Shape> =
        shapes.iter().filter(|shape| shape.rewritten()).map(|shape| (moved(&shape.path, here), shape)).collect();
    let paths: Vec<String> = wanted.keys().cloned().collect();
    let (mut changed, mut bytes) = (Vec::new(), Vec::new());
    for (path, first) in first_pages(connection, &paths).await? {
        if let Some(pages) = wanted.get(&path).and_then(|shape| pages::rewritten(&first, shape)) {
            changed.push(path);
            bytes.push(pages);
        }
    }
    let staged = "CREATE TEMP TABLE written AS SELECT path, replace(encode(bytes, 'base64'), E'\\n', '') AS bytes \
        FROM unnest($1::text[], $2::bytea[]) AS w(path, bytes)";
    connection.execute(sqlx::query(staged).bind(changed).bind(bytes)).await.map_err(&doing)?;
    connection.execute(sqlx::raw_sql(WRITE)).await.map_err(&doing)?;
    connection.execute(sqlx::raw_sql("DROP TABLE pg_temp.written")).await.map_err(&doing)?;
    Ok(())
}

/// Gives files these blocks; a first segment that is cut down loses those after it.
async fn resize(connection: &mut PgConnection, files: &[(String, u64)]) -> Result<(), LabError> {
    let doing = while_doing("give its files their sizes");
    let (paths, blocks): (Vec<String>, Vec<i64>) =
        files.iter().map(|(path, blocks)| (path.clone(), i64::try_from(*blocks).unwrap_or(i64::MAX))).unzip();
    let staged =
        "CREATE TEMP TABLE sized AS SELECT path, blocks FROM unnest($1::text[], $2::int8[]) AS s(path, blocks)";
    connection.execute(sqlx::query(staged).bind(paths).bind(blocks)).await.map_err(&doing)?;
    let short = format!("SELECT path FROM pg_temp.sized WHERE blocks <= {SEGMENT}");
    let remove = format!(
        "COPY ({short}) TO PROGRAM 'while read -r file; do n=1; while [ -e \"$file.$n\" ]; do rm -f \"$file.$n\"; \
         n=$((n + 1)); done; done'"
    );
    for statement in [remove.as_str(), GROW, "DROP TABLE pg_temp.sized"] {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))).await.map_err(&doing)?;
    }
    Ok(())
}
