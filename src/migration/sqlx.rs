//! Files for sqlx: `<version>_<name>.up.sql` and `.down.sql`, or `<version>_<name>.sql`
//! where the directory has only such.
//!
//! A file that begins with the bytes `-- no-transaction` is sent as one simple query
//! outside a transaction; with a second statement it would be an implicit transaction
//! again. So such a file holds one statement and no guard: a retry after a failure must
//! fail, not succeed over an INVALID index.

use super::attach::{self, PATIENCE};
use super::change::{Change, Recipe};
use super::definition::qualified;
use super::header::{comment, one_line};
use super::plan::{Piece, Step};
use super::version::leading_number;
use super::{Context, MigrationFile, is_sql};
use crate::ident::always_quoted;

/// For whoever runs them.
pub(super) const HOW_TO_RUN: &str = "run these migrations from one job, not from every replica at its start: sqlx waits for its advisory lock with \
     a snapshot held, and a concurrent build waits for that snapshot; let the role that runs them have no lock_timeout, \
     statement_timeout or transaction_timeout";

const NO_TRANSACTION: &str = "-- no-transaction\n";

/// The way up and, if the directory has such files or none, the way down.
pub(super) fn files(version: &str, step: &Step, piece: &Piece, context: &Context) -> Vec<MigrationFile> {
    let file = |change: &Change, ending: &str, further: &str| MigrationFile {
        path: format!("{version}_{}.{ending}", piece.name),
        contents: contents(step, change, further),
        what: one_line(&change.what()),
    };
    if reversible(context) {
        return vec![file(&piece.up, "up.sql", ""), file(&piece.down, "down.sql", "")];
    }
    let back = statement(&piece.down).map(|back| comment([format!("Way back: {back}").as_str()]));
    vec![file(&piece.up, "sql", &back.unwrap_or_default())]
}

/// What sqlx's own tool does: as the newest file; with ways back where there is none.
fn reversible(context: &Context) -> bool {
    let migrations = context.existing.iter().filter(|file| is_sql(&file.name));
    let newest = migrations.filter_map(|file| Some((leading_number(&file.name)?, &file.name))).max();
    newest.is_none_or(|(_, name)| name.ends_with(".up.sql") || name.ends_with(".down.sql"))
}

fn contents(step: &Step, change: &Change, further: &str) -> String {
    let alone = match change {
        Change::CreateExtension { .. } | Change::DropPartitioned(_) | Change::Nothing { .. } => "",
        Change::CreateIndex(_) | Change::DropIndex(_) | Change::AttachPartitions(_) => NO_TRANSACTION,
    };
    let mut lines = vec![change.what()];
    lines.extend(step.facts.iter().cloned());
    lines.extend(change.locks().map(|locks| format!("Locks:    {locks}")));
    lines.extend(recovery(change).map(|recovery| format!("Recovery: {recovery}")));
    let head = comment(lines.iter().map(String::as_str));
    let statement = match change {
        Change::DropPartitioned(_) => {
            statement(change).map(|drop| format!("SET LOCAL lock_timeout = {PATIENCE};\n{drop}"))
        }
        _ => statement(change),
    };
    let statement = statement.map(|statement| format!("{statement};\n")).unwrap_or_default();
    format!("{alone}{head}{further}{statement}")
}

fn statement(change: &Change) -> Option<String> {
    Some(match change {
        Change::CreateExtension { name } => format!("CREATE EXTENSION IF NOT EXISTS {}", always_quoted(name)),
        Change::CreateIndex(index) => index.concurrently(),
        Change::DropIndex(index) => format!("DROP INDEX CONCURRENTLY IF EXISTS {}", qualified(&index.index())),
        Change::AttachPartitions(recipe) => attach(recipe),
        Change::DropPartitioned(recipe) => format!("DROP INDEX IF EXISTS {}", qualified(&recipe.root.index())),
        Change::Nothing { .. } => return None,
    })
}

fn recovery(change: &Change) -> Option<String> {
    Some(match change {
        Change::CreateExtension { .. } | Change::Nothing { .. } => return None,
        Change::CreateIndex(index) => format!(
            "if a run fails here: DROP INDEX CONCURRENTLY IF EXISTS {}; then run the migrations again",
            qualified(&index.index())
        ),
        Change::DropIndex(_) => "run it again; until then the index may be INVALID: written, and never read".to_owned(),
        Change::AttachPartitions(_) => {
            "run it again; what is attached stays. A partition that it reports needs its index (CONCURRENTLY) and an ATTACH first".to_owned()
        }
        Change::DropPartitioned(_) => "run it again; nothing has changed".to_owned(),
    })
}

/// One statement that commits after each of its parts, so that no lock is kept while the next one is waited for.
fn attach(recipe: &Recipe) -> String {
    let own = |part: String| format!("  SET LOCAL lock_timeout = {PATIENCE};\n  {part};\n  COMMIT;\n");
    let parts: Vec<String> = attach::statements(recipe).into_iter().map(own).collect();
    attach::do_block(&format!("{}{}", parts.concat(), attach::check(recipe)))
}
