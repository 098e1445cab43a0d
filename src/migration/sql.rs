//! Plain files for psql: `<version>_<name>.up.sql` and `.down.sql`.
//!
//! psql can run statements that a query produced (`\gexec`), so these files repair what an
//! earlier attempt left and can be run again. They set every timeout aside that could
//! interrupt a concurrent build, because what an interrupted build leaves is INVALID.

use super::attach::{self, Of, PATIENCE, regclass};
use super::change::{Change, Recipe};
use super::definition::{Definition, qualified};
use super::header::comment;
use super::plan::{Piece, Step};
use super::{MigrationFile, header};
use crate::ident::{always_quoted, literal};

/// For whoever runs them.
pub(super) const HOW_TO_RUN: &str = "run the .up.sql files in the order of their names, each with `psql -X -v ON_ERROR_STOP=1 -f FILE`: \
     not with -1, not through a transaction pooler; back again with the .down.sql files in reverse order";

const BEGINNING: &str = "\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\n\\encoding UTF8\n";

/// A concurrent build or drop must not be interrupted; `transaction_timeout` exists since Postgres 17.
const NO_TIMEOUTS: &str = "\
SET statement_timeout = 0;
SET lock_timeout = 0;
SELECT 'SET transaction_timeout = 0' FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'
\\gexec
";

/// The way up and the way down.
pub(super) fn files(version: &str, step: &Step, piece: &Piece) -> Vec<MigrationFile> {
    let file = |change: &Change, way: &str| MigrationFile {
        path: format!("{version}_{}.{way}.sql", piece.name),
        contents: format!("{}\n{BEGINNING}{}", head(step, change), body(change)),
        what: header::one_line(&change.what()),
    };
    vec![file(&piece.up, "up"), file(&piece.down, "down")]
}

fn head(step: &Step, change: &Change) -> String {
    let mut lines = vec![change.what()];
    lines.extend(step.facts.iter().cloned());
    lines.extend(change.locks().map(|locks| format!("Locks:    {locks}")));
    lines.extend(recovery(change).map(|recovery| format!("Recovery: {recovery}")));
    lines.push(
        "Run:      psql -X -v ON_ERROR_STOP=1 -f THIS_FILE; without -1, and not through a transaction pooler"
            .to_owned(),
    );
    comment(lines.iter().map(String::as_str))
}

fn recovery(change: &Change) -> Option<&'static str> {
    Some(match change {
        Change::CreateExtension { .. } | Change::Nothing { .. } => return None,
        Change::CreateIndex(_) => "run it again; what an interrupted build left INVALID is dropped first",
        Change::DropIndex(_) => "run it again; until then the index may be INVALID: written, and never read",
        Change::AttachPartitions(_) => {
            "run it again; what is attached stays. A partition that it reports needs its index (CONCURRENTLY) and an ATTACH first"
        }
        Change::DropPartitioned(_) => "run it again; nothing has changed",
    })
}

fn body(change: &Change) -> String {
    match change {
        Change::CreateExtension { name } => format!("CREATE EXTENSION IF NOT EXISTS {};\n", always_quoted(name)),
        Change::CreateIndex(index) => create(index),
        Change::DropIndex(index) => {
            format!("{NO_TIMEOUTS}\nDROP INDEX CONCURRENTLY IF EXISTS {};\n", qualified(&index.index()))
        }
        Change::AttachPartitions(recipe) => attach(recipe),
        Change::DropPartitioned(recipe) => {
            format!("SET lock_timeout = {PATIENCE};\n\nDROP INDEX IF EXISTS {};\n", qualified(&recipe.root.index()))
        }
        Change::Nothing { .. } => String::new(),
    }
}

fn create(index: &Definition) -> String {
    let (at, on) = (regclass(index, Of::Index), regclass(index, Of::Table));
    let leftover = literal(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", qualified(&index.index())));
    let (busy, create, valid) = (busy(index), index.concurrently_if_missing(), valid(index));
    format!(
        "{NO_TIMEOUTS}
-- two builds on one table would wait for each other
{busy};

-- what an interrupted build left
SELECT {leftover}
FROM pg_catalog.pg_index
WHERE indexrelid = {at}
  AND indrelid = {on} AND NOT indisvalid
\\gexec

{create};

{valid};
"
    )
}

fn busy(index: &Definition) -> String {
    let (on, table) = (regclass(index, Of::Table), literal(&qualified(&index.table)));
    attach::do_block(&format!(
        "  IF EXISTS (
    SELECT FROM pg_catalog.pg_stat_progress_create_index
    WHERE datname = pg_catalog.current_database() AND relid = {on}
  ) THEN
    RAISE EXCEPTION 'an index of % is being built: run this file when that is done', {table};
  END IF;
"
    ))
}

fn valid(index: &Definition) -> String {
    let (at, on) = (regclass(index, Of::Index), regclass(index, Of::Table));
    let (name, table) = (literal(&qualified(&index.index())), literal(&qualified(&index.table)));
    attach::do_block(&format!(
        "  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index
    WHERE indexrelid = {at}
      AND indrelid = {on} AND indisvalid
  ) THEN
    RAISE EXCEPTION 'there is no valid index % on %', {name}, {table};
  END IF;
"
    ))
}

fn attach(recipe: &Recipe) -> String {
    let statements = attach::statements(recipe).join(";\n");
    let check = attach::do_block(&attach::check(recipe));
    format!(
        "-- each statement commits on its own, so no lock is kept while the next one is waited for\nSET lock_timeout = {PATIENCE};\n\n{statements};\n\n{check};\n"
    )
}
