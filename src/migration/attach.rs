//! SQL that puts the index of a partitioned table together, for every framework.

use super::change::Recipe;
use super::definition::{Definition, qualified};
use crate::ident::literal;

/// How long a statement that blocks others waits for its lock.
pub(super) const PATIENCE: &str = "'2s'";

/// The statements, each good as a transaction of its own, and each good to run again.
pub(super) fn statements(recipe: &Recipe) -> Vec<String> {
    let parents = std::iter::once(&recipe.root).chain(&recipe.branches).map(Definition::on_only_if_missing);
    let attached = recipe.attachments.iter().map(|one| {
        let (whole, part) = (qualified(&one.to), qualified(&one.index));
        format!("ALTER INDEX {whole} ATTACH PARTITION {part}")
    });
    parents.chain(attached).collect()
}

/// PL/pgSQL that raises unless the index is valid, and names the partitions that have none.
pub(super) fn check(recipe: &Recipe) -> String {
    let (index, table) = (regclass(&recipe.root, Of::Index), regclass(&recipe.root, Of::Table));
    let name = literal(&qualified(&recipe.root.index()));
    format!(
        "  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index
    WHERE indexrelid = {index} AND indrelid = {table} AND indisvalid
  ) THEN
    RAISE EXCEPTION 'index % is not valid: a partition was added since this file was written, or the build of one failed; without a valid index: %',
      {name}, (
        SELECT pg_catalog.string_agg(part.relid::pg_catalog.regclass::text, ', ' ORDER BY part.relid)
        FROM pg_catalog.pg_partition_tree({table}) part
        WHERE part.isleaf AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index own
          JOIN pg_catalog.pg_partition_tree({index}) tree ON tree.relid = own.indexrelid
          WHERE own.indrelid = part.relid AND own.indisvalid
        )
      );
  END IF;
"
    )
}

/// A DO block around PL/pgSQL statements, quoted so that no name in them can end it.
pub(super) fn do_block(body: &str) -> String {
    let mut tag = "$pgassay$".to_owned();
    while body.contains(&tag) {
        tag.insert(tag.len() - 1, 'x');
    }
    format!("DO {tag}\nBEGIN\n{body}END\n{tag}")
}

/// What a definition is asked for.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// The index.
    Index,
    /// Its table.
    Table,
}

/// `pg_catalog.to_regclass('…')`: NULL where it does not exist.
pub(super) fn regclass(definition: &Definition, of: Of) -> String {
    let name = match of {
        Of::Index => definition.index(),
        Of::Table => definition.table.clone(),
    };
    format!("pg_catalog.to_regclass({})", literal(&qualified(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_block() {
        let block = do_block("  PERFORM '$pgassay$ $pgassayx$';\n");
        assert!(block.starts_with("DO $pgassayxx$\n") && block.ends_with("\n$pgassayxx$"), "{block}");
    }
}
